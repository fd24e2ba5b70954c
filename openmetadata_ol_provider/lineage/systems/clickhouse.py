"""ClickHouse.

Source: openlineage-dbt and the JDBC extractor, ``clickhouse://host:port`` + ``database.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="ClickHouse",
    kind="table",
    schemes={"clickhouse": 8123},
    aliases={"clickhousedb": "clickhouse"},
    namespaces="`clickhouse://host:port`",
    names="`database.table`",
    read=within(2),
)
