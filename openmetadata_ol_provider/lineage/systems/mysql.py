"""MySQL, and what speaks its protocol and names tables alike: database and table, no schema between them.

Source: the specification's `mysql` and `oceanbase` rows, ``mysql://host:port`` + ``database.table``; StarRocks and
Doris may put a catalog before the database.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="MySQL, MariaDB, OceanBase, SingleStore, StarRocks, Doris, TiDB",
    kind="table",
    schemes={
        "mysql": 3306,
        "mariadb": 3306,
        "oceanbase": 2881,
        "singlestore": 3306,
        "starrocks": 9030,
        "doris": 9030,
        "tidb": 4000,
    },
    aliases={"memsql": "singlestore"},
    namespaces="`mysql://host:port`, also with a database as path",
    names="`database.table`, `catalog.database.table`",
    read=within(2),
)
