"""PostgreSQL, and what speaks its protocol and names tables alike.

Source: the specification's `postgres` and `crate` rows, ``postgres://host:port`` + ``database.schema.table``; the Java
JDBC extractor leaves the schema out if the code did, Debezium leaves the database out.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="PostgreSQL, Greenplum, CockroachDB, TimescaleDB, YugabyteDB, AlloyDB, CrateDB",
    kind="table",
    schemes={"postgres": 5432, "greenplum": 5432, "cockroach": 26257, "crate": 5432, "yugabyte": 5433},
    aliases={
        "postgresql": "postgres",
        "timescale": "postgres",
        "timescaledb": "postgres",
        "alloydb": "postgres",
        "cockroachdb": "cockroach",
        "crdb": "cockroach",
        "cratedb": "crate",
        "yugabytedb": "yugabyte",
    },
    namespaces="`postgres://host:port`, also with a database as path",
    names="`database.schema.table`, `database.table`, `schema.table`",
    read=within(3),
)
