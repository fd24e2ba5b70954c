"""What a dataset's namespace says: scheme, hosts, and which OpenMetadata service types may hold such datasets. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_TABLE, _TOPIC, _CONTAINER = "databaseService", "messagingService", "storageService"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared, never bound


class Scheme(NamedTuple):
    """A family of namespaces.

    :param name: canonical scheme
    :param service_types: OpenMetadata ``serviceType`` of services that may hold such datasets; empty: any
    :param port: port when none is given
    :param any_port: a service on the same host is the one, whatever its port
    """

    name: str
    service_types: frozenset[str] = frozenset()
    port: int | None = None
    any_port: bool = False


def _scheme(name: str, types: str, port: int | None = None, *, any_port: bool = False) -> Scheme:
    return Scheme(name, frozenset(types.split()), port, any_port)


_SCHEMES = {
    scheme.name: scheme
    for scheme in (
        _scheme("postgres", "Postgres Greenplum Cockroach Timescale Redshift", 5432),
        _scheme("mysql", "Mysql MariaDB SingleStore Doris StarRocks", 3306),
        _scheme("mariadb", "MariaDB Mysql", 3306),
        _scheme("singlestore", "SingleStore", 3306),
        _scheme("oceanbase", "Mysql CustomDatabase", 2881),
        _scheme("mssql", "Mssql AzureSQL Synapse MicrosoftFabric", 1433),
        _scheme("fabric-warehouse", "MicrosoftFabric Mssql AzureSQL", 1433),
        _scheme("redshift", "Redshift", 5439),
        _scheme("oracle", "Oracle", 1521),
        _scheme("db2", "Db2", 50000),
        _scheme("teradata", "Teradata", 1025),
        _scheme("vertica", "Vertica", 5433),
        _scheme("saphana", "SapHana", 30015),
        _scheme("greenplum", "Greenplum", 5432),
        _scheme("cockroach", "Cockroach", 26257),
        _scheme("crate", "CustomDatabase", 5432),
        # Metastore and HiveServer2 are two ports of one Hive.
        _scheme("hive", "Hive Impala", 9083, any_port=True),
        _scheme("impala", "Impala Hive", 21050, any_port=True),
        _scheme("spark", "Hive Databricks UnityCatalog DeltaLake", 10000, any_port=True),
        _scheme("trino", "Trino", 8080),
        _scheme("presto", "Presto", 8080),
        _scheme("clickhouse", "Clickhouse", 8123, any_port=True),
        _scheme("starrocks", "StarRocks", 9030),
        _scheme("doris", "Doris", 9030),
        _scheme("druid", "Druid", 8082),
        _scheme("pinot", "PinotDB", 8099),
        _scheme("cassandra", "Cassandra", 9042),
        _scheme("mongodb", "MongoDB", 27017),
        _scheme("couchbase", "Couchbase"),
        _scheme("dremio", "Dremio CustomDatabase", 31010),
        _scheme("exasol", "Exasol", 8563),
        _scheme("sqlite", "SQLite"),
        _scheme("duckdb", "CustomDatabase"),
        _scheme("snowflake", "Snowflake"),
        _scheme("bigquery", "BigQuery"),
        _scheme("bigtable", "BigTable"),
        _scheme("spanner", "CustomDatabase"),
        _scheme("athena", "Athena Glue"),
        _scheme("glue", "Glue Athena"),
        _scheme("s3tables", "Glue Athena Iceberg Datalake"),
        _scheme("dynamodb", "DynamoDB"),
        _scheme("databricks", "Databricks UnityCatalog", 443),
        _scheme("unitycatalog", "UnityCatalog Databricks", 443),
        _scheme("azurecosmos", "CustomDatabase"),
        _scheme("azurekusto", "CustomDatabase"),
        _scheme("kafka", "Kafka Redpanda CustomMessaging", 9092),
        _scheme("pulsar", "Pulsar CustomMessaging", 6650),
        _scheme("kinesis", "Kinesis CustomMessaging"),
        _scheme("pubsub", "PubSub CustomMessaging"),
        _scheme("s3", "S3 CustomStorage"),
        _scheme("gs", "GCS Gcs CustomStorage"),
        _scheme("abfs", "ADLS CustomStorage"),
        _scheme("hdfs", "CustomStorage", 8020),
        _scheme("dbfs", "CustomStorage"),
        _scheme("file", "CustomStorage"),
    )
}
_ALIASES = {
    "postgresql": "postgres", "timescale": "postgres", "sqlserver": "mssql", "azuresql": "mssql", "synapse": "mssql",
    "s3a": "s3", "s3n": "s3", "gcs": "gs", "abfss": "abfs", "wasb": "abfs", "wasbs": "abfs", "adl": "abfs",
    "awsathena": "athena", "unity-catalog": "unitycatalog", "hive2": "hive", "hana": "saphana", "sap": "saphana",
    "redpanda": "kafka", "mongodb+srv": "mongodb", "memsql": "singlestore", "trinodb": "trino",
    "cockroachdb": "cockroach", "databricks+thrift": "databricks", "scylla": "cassandra", "oracle+thin": "oracle",
}  # fmt: skip
#: Service types whose tables all live in one database (``default`` unless the connection names another).
SINGLE_DATABASE = frozenset({
    "Mysql", "MariaDB", "Clickhouse", "SingleStore", "Doris", "StarRocks", "Hive", "Impala", "Oracle", "SapHana",
    "Teradata", "Glue", "Athena", "Druid", "PinotDB", "SQLite", "Cassandra", "Couchbase", "MongoDB", "DynamoDB",
    "DeltaLake", "Datalake", "Salesforce", "Cockroach", "Exasol", "Iceberg", "CustomDatabase",
})  # fmt: skip
#: Schema that an unqualified table is in.
DEFAULT_SCHEMA = {
    "Postgres": "public", "Greenplum": "public", "Timescale": "public", "Cockroach": "public", "Redshift": "public",
    "Mssql": "dbo", "AzureSQL": "dbo", "Synapse": "dbo", "MicrosoftFabric": "dbo", "Snowflake": "PUBLIC",
}  # fmt: skip


class Namespace(NamedTuple):
    """A namespace taken apart.

    :param raw: as it was given
    :param scheme: what family it is of; ``None`` for paths and what nobody knows
    :param hosts: (host, port) pairs, lower-case; several for a list of brokers
    :param path: what follows the authority
    """

    raw: str
    scheme: Scheme | None
    hosts: tuple[tuple[str, int | None], ...] = ()
    path: str = ""


def scheme_named(name: str) -> Scheme | None:
    """Return the scheme of that name or alias, ``None`` if it is unknown."""
    name = name.lower()
    return _SCHEMES.get(_ALIASES.get(name, name))


def parse_namespace(namespace: str) -> Namespace:
    """Take a namespace apart: URL, ARN, bare word (``bigquery``), bare ``host:port`` list, or path."""
    text = namespace.strip().removeprefix("jdbc:")
    arn = re.match(r"arn:[\w-]+:(\w+):", text)
    if arn:
        return Namespace(namespace, scheme_named(arn.group(1)))
    head, separator, rest = text.partition("://")
    if separator:
        authority, _, path = rest.partition("/")
        return Namespace(namespace, scheme_named(head), parse_hosts(authority), path)
    if text.startswith("/") or re.match(r"file:", text, re.IGNORECASE):
        return Namespace(namespace, scheme_named("file"), (), text)
    known = scheme_named(text)
    if known is not None:
        return Namespace(namespace, known)
    return Namespace(namespace, None, parse_hosts(text) if re.search(r":\d+(,|$)", text) else ())


def parse_hosts(authority: str) -> tuple[tuple[str, int | None], ...]:
    """Return the (host, port) pairs of an authority: user dropped, hosts lower-case, all loopback names one."""
    pairs = []
    for item in re.split(r"[,;\s]+", authority.strip()):
        # Broker lists may repeat the scheme, and services' hostPort may be a URL.
        address = item.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        match = re.fullmatch(r"(\[[^\]]+\]|[^:]*)(?::(\d*))?", address)
        host, port = (match.group(1), match.group(2)) if match else (address, None)
        host = host.strip("[]").lower().rstrip(".")
        if host:
            pairs.append(("localhost" if host in _LOOPBACK else host, int(port) if port else None))
    return tuple(pairs)


def is_path(namespace: Namespace) -> bool:
    """Return whether the namespace is a place in a file system, which says nothing of any database service."""
    return namespace.scheme is not None and namespace.scheme.name in {"file", "s3", "gs", "abfs", "hdfs", "dbfs"}
