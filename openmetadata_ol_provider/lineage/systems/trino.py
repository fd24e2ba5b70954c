"""Trino and Presto: the name begins with a catalog.

Source: the specification's row, ``trino://host:port`` + ``catalog.schema.table``; dbt's ``presto://``; some versions of
the listener send no scheme (``trino:8080``). Metadata tables such as ``orders$snapshots`` are datasets of their own.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Trino, Presto",
    kind="table",
    schemes={"trino": 8080, "presto": 8080},
    aliases={"trinodb": "trino", "starburst": "trino", "prestodb": "presto", "prestosql": "trino"},
    namespaces="`trino://host:port`, `trino:8080`",
    names="`catalog.schema.table`",
    read=within(3),
)
