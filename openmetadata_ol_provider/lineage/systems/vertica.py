"""Vertica.

Source: not in the specification; JDBC's extractor and SQLAlchemy, ``vertica://host:port`` + ``database.schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Vertica",
    kind="table",
    schemes={"vertica": 5433},
    aliases={"verticadb": "vertica"},
    namespaces="`vertica://host:port`",
    names="`database.schema.table`, `schema.table`",
    read=within(3),
)
