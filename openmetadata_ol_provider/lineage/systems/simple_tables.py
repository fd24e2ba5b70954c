"""Databases that need no code of their own: one row each, with one of the shared readers.

To add one, write its row and a file of examples, ``<name>.json`` in ``tests/lineage/systems/fixtures``. The comment
above a row says where its names come from: a row of OpenLineage's naming specification, or the producers that send
them.
"""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.lineage.systems.system import Scheme, System, dotted, within

SYSTEMS: Final = (
    # The specification's `postgres` and `crate` rows. The Java JDBC extractor leaves the schema out if the code did,
    # Debezium leaves the database out.
    System(
        name="postgres",
        title="PostgreSQL, Greenplum, CockroachDB, TimescaleDB, YugabyteDB, AlloyDB, CrateDB",
        kind="table",
        schemes={
            "postgres": Scheme(5432, "Postgres Greenplum Cockroach Timescale Redshift"),
            "greenplum": Scheme(5432, "Greenplum Postgres"),
            "cockroach": Scheme(26257, "Cockroach Postgres", addresses="cluster"),
            "crate": Scheme(5432, "CustomDatabase Postgres", addresses="cluster"),
            "yugabyte": Scheme(5433, "Postgres CustomDatabase", addresses="cluster"),
        },
        aliases={
            "postgresql": "postgres", "timescale": "postgres", "timescaledb": "postgres", "alloydb": "postgres",
            "cockroachdb": "cockroach", "crdb": "cockroach", "cratedb": "crate", "yugabytedb": "yugabyte",
        },
        namespaces="`postgres://host:port`, also with a database as path",
        names="`database.schema.table`, `database.table`, `schema.table`",
        read=within(3),
        default_schema=dict.fromkeys(("Postgres", "Greenplum", "Timescale", "Cockroach"), "public"),
        single_database="Cockroach",
    ),
    # The specification's `mysql` and `oceanbase` rows. StarRocks and Doris may put a catalog before the database.
    System(
        name="mysql",
        title="MySQL, MariaDB, OceanBase, SingleStore, StarRocks, Doris, TiDB",
        kind="table",
        schemes={
            "mysql": Scheme(3306, "Mysql MariaDB SingleStore Doris StarRocks"),
            "mariadb": Scheme(3306, "MariaDB Mysql"),
            "oceanbase": Scheme(2881, "Mysql CustomDatabase"),
            "singlestore": Scheme(3306, "SingleStore Mysql", addresses="cluster"),
            "starrocks": Scheme(9030, "StarRocks Mysql", addresses="cluster"),
            "doris": Scheme(9030, "Doris Mysql", addresses="cluster"),
            "tidb": Scheme(4000, "Mysql CustomDatabase", addresses="cluster"),
        },
        aliases={"memsql": "singlestore"},
        namespaces="`mysql://host:port`, also with a database as path",
        names="`database.table`, `catalog.database.table`",
        read=within(2),
        single_database="Mysql MariaDB SingleStore Doris StarRocks",
    ),
    # The specification's row.
    System(
        name="db2",
        title="IBM Db2",
        kind="table",
        schemes={"db2": Scheme(50000, "Db2")},
        aliases={"ibm_db_sa": "db2", "as400": "db2"},
        namespaces="`db2://host:port`",
        names="`database.schema.table`, `schema.table`",
        read=within(3),
    ),
    # The specification's row. Databases hold tables, there are no schemas.
    System(
        name="teradata",
        title="Teradata",
        kind="table",
        schemes={"teradata": Scheme(1025, "Teradata")},
        aliases={"teradatasql": "teradata"},
        namespaces="`teradata://host:port`",
        names="`database.table`",
        read=within(2),
        single_database="Teradata",
    ),
    # The JDBC extractor and SQLAlchemy.
    System(
        name="vertica",
        title="Vertica",
        kind="table",
        schemes={"vertica": Scheme(5433, "Vertica")},
        aliases={"verticadb": "vertica"},
        addresses="cluster",
        namespaces="`vertica://host:port`",
        names="`database.schema.table`, `schema.table`",
        read=within(3),
    ),
    # openlineage-dbt and the JDBC extractor. HTTP and the native protocol are two ports of one server.
    System(
        name="clickhouse",
        title="ClickHouse",
        kind="table",
        schemes={"clickhouse": Scheme(8123, "Clickhouse")},
        aliases={"clickhousedb": "clickhouse"},
        namespaces="`clickhouse://host:port`",
        names="`database.table`",
        read=within(2),
        any_port=True,
        single_database="Clickhouse",
    ),
    # The specification's row.
    System(
        name="athena",
        title="Amazon Athena",
        kind="table",
        schemes={"awsathena": Scheme(None, "Athena Glue")},
        aliases={"athena": "awsathena"},
        namespaces="`awsathena://athena.region.amazonaws.com`",
        names="`catalog.database.table`",
        read=within(3),
        single_database="Athena",
    ),
    # The specification's row, and dbt's `presto://`. Some versions of the listener send no scheme (`trino:8080`).
    # Metadata tables such as `orders$snapshots` are datasets of their own.
    System(
        name="trino",
        title="Trino, Presto",
        kind="table",
        schemes={"trino": Scheme(8080, "Trino Presto"), "presto": Scheme(8080, "Presto Trino")},
        aliases={"trinodb": "trino", "starburst": "trino", "prestodb": "presto", "prestosql": "trino"},
        namespaces="`trino://host:port`, `trino:8080`",
        names="`catalog.schema.table`",
        read=within(3),
    ),
    # openlineage-dbt. Spaces and folders of any depth, which quotes keep together; REST and JDBC are two ports.
    System(
        name="dremio",
        title="Dremio",
        kind="table",
        schemes={"dremio": Scheme(31010, "Dremio CustomDatabase")},
        namespaces="`dremio://host:port`",
        names='`space.folder.table`, `"source"."folder"."file.csv"`',
        read=within(1),
        any_port=True,
    ),
    # The Druid emitter (contrib) and the URLs of SQLAlchemy. One level of tables below the schema.
    System(
        name="druid",
        title="Druid, Pinot",
        kind="table",
        schemes={"druid": Scheme(8082, "Druid"), "pinot": Scheme(8099, "PinotDB")},
        namespaces="`druid://host:port`, `pinot://host:port`",
        names="`datasource`, `druid.datasource`",
        read=within(1),
        any_port=True,
        single_database="Druid PinotDB",
    ),
    # openlineage-dbt, `duckdb:///path/to/file`, and the hook lineage of Airflow, `sqlite:`. The file is the namespace.
    System(
        name="duckdb",
        title="DuckDB, MotherDuck, SQLite",
        kind="table",
        schemes={"duckdb": Scheme(None, "CustomDatabase"), "sqlite": Scheme(None, "SQLite CustomDatabase")},
        aliases={"motherduck": "duckdb", "sqlite3": "sqlite"},
        namespaces="`duckdb:///path`, `duckdb:/path`, `sqlite:///path`",
        names="`database.schema.table`, `table`",
        read=dotted,
        single_database="SQLite",
    ),
    # The specification's row.
    System(
        name="cassandra",
        title="Cassandra, ScyllaDB",
        kind="table",
        schemes={"cassandra": Scheme(9042, "Cassandra")},
        aliases={"scylla": "cassandra", "scylladb": "cassandra"},
        namespaces="`cassandra://host:port`",
        names="`keyspace.table`",
        read=within(2),
        addresses="cluster",
        single_database="Cassandra",
    ),
    # The specification's row. Collections of vectors.
    System(
        name="milvus",
        title="Milvus",
        kind="table",
        schemes={"milvus": Scheme(19530, "CustomDatabase")},
        namespaces="`milvus://host:port`",
        names="`database.collection`",
        read=within(2),
    ),
    # The schemes of their JDBC drivers, whose URLs have the database as path and leave it out of names.
    System(
        name="sybase",
        title="Sybase, Netezza, Informix",
        kind="table",
        schemes={
            "sybase": Scheme(None, "CustomDatabase"), "netezza": Scheme(5480, "CustomDatabase"),
            "informix": Scheme(None, "Informix CustomDatabase"),
        },
        namespaces="`sybase://host:port` and the like, also with a database as path",
        names="`database.schema.table`, `schema.table`",
        read=within(3),
    ),
    # The schemes of their JDBC drivers and SQLAlchemy dialects.
    System(
        name="databases",
        title="Exasol, QuestDB, Couchbase, Firebird, Ignite, H2, HSQLDB, Derby",
        kind="table",
        schemes={
            "exasol": Scheme(8563, "Exasol", addresses="cluster"), "questdb": Scheme(8812, "QuestDB"),
            "couchbase": Scheme(None, "Couchbase", addresses="cluster"),
            "firebird": Scheme(3050, "CustomDatabase"), "ignite": Scheme(None, "CustomDatabase"),
            **dict.fromkeys(("h2", "hsqldb", "derby"), Scheme(None, "CustomDatabase")),
        },
        aliases={"exa": "exasol"},
        namespaces="`exasol://host:port` and the like",
        names="`schema.table`",
        read=within(2),
        single_database="Exasol QuestDB Couchbase",
    ),
)  # fmt: skip
