"""IBM Db2.

Source: the specification's row, ``db2://host:port`` + ``database.schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="IBM Db2",
    kind="table",
    schemes={"db2": 50000},
    aliases={"ibm_db_sa": "db2", "as400": "db2"},
    namespaces="`db2://host:port`",
    names="`database.schema.table`, `schema.table`",
    read=within(3),
)
