"""Apache Druid and Apache Pinot: one level of tables below the schema.

Source: the Druid emitter (contrib) and SQLAlchemy's URLs, ``druid://host:port`` + ``datasource``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Druid, Pinot",
    kind="table",
    schemes={"druid": 8082, "pinot": 8099},
    namespaces="`druid://host:port`, `pinot://host:port`",
    names="`datasource`, `druid.datasource`",
    read=within(1),
)
