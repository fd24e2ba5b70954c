"""What a dataset's namespace says: scheme, hosts, and which OpenMetadata service types may hold such datasets. Pure."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from openmetadata_ol_provider.lineage.names.namespaces import short_host
from openmetadata_ol_provider.lineage.systems import SYSTEMS, address_of, canonical_scheme, system_of

#: What may follow the account in a Snowflake host name.
CLOUD_SUFFIX = re.compile(r"(?:\.(?:aws|azure|gcp))?(?:\.privatelink)?(?:\.snowflakecomputing\.(?:com|cn))?$")
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


#: Types of services by canonical scheme; a scheme that is not here fits any service that holds its kind of datasets.
_SERVICE_TYPES = {
    "postgres": "Postgres Greenplum Cockroach Timescale Redshift",
    "greenplum": "Greenplum Postgres",
    "cockroach": "Cockroach Postgres",
    "crate": "CustomDatabase Postgres",
    "yugabyte": "Postgres CustomDatabase",
    "redshift": "Redshift",
    "mysql": "Mysql MariaDB SingleStore Doris StarRocks",
    "mariadb": "MariaDB Mysql",
    "oceanbase": "Mysql CustomDatabase",
    "singlestore": "SingleStore Mysql",
    "starrocks": "StarRocks Mysql",
    "doris": "Doris Mysql",
    "tidb": "Mysql CustomDatabase",
    "sqlserver": "Mssql AzureSQL Synapse MicrosoftFabric",
    "fabric-warehouse": "MicrosoftFabric Mssql AzureSQL Synapse",
    "oracle": "Oracle",
    "db2": "Db2",
    "teradata": "Teradata",
    "vertica": "Vertica",
    "saphana": "SapHana SapErp",
    "clickhouse": "Clickhouse",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "bigtable": "BigTable",
    "spanner": "CustomDatabase",
    "awsathena": "Athena Glue",
    "glue": "Glue Athena",
    "s3tables": "Glue Athena Iceberg Datalake CustomDatabase",
    "dynamodb": "DynamoDB",
    "hive": "Hive Impala",
    "impala": "Impala Hive",
    "spark": "Hive Databricks UnityCatalog DeltaLake Iomete",
    "databricks": "Databricks UnityCatalog",
    "unitycatalog": "UnityCatalog Databricks",
    "unity-catalog": "UnityCatalog Databricks",
    "gcp_lakehouse": "BigQuery Iceberg CustomDatabase",
    "trino": "Trino Presto",
    "presto": "Presto Trino",
    "dremio": "Dremio CustomDatabase",
    "druid": "Druid",
    "pinot": "PinotDB",
    "duckdb": "CustomDatabase",
    "sqlite": "SQLite CustomDatabase",
    "cassandra": "Cassandra",
    "mongodb": "MongoDB",
    "azurecosmos": "MongoDB Cassandra CustomDatabase",
    "azurekusto": "CustomDatabase",
    "milvus": "CustomDatabase",
    "exasol": "Exasol",
    "questdb": "QuestDB",
    "couchbase": "Couchbase",
    "informix": "Informix CustomDatabase",
    "kafka": "Kafka Redpanda CustomMessaging",
    "eventhubs": "Kafka CustomMessaging",
    "kinesis": "Kinesis CustomMessaging",
    "pubsub": "PubSub CustomMessaging",
    "s3": "S3 CustomStorage",
    "gs": "GCS CustomStorage",
    "abfss": "ADLS CustomStorage",
    "adl": "ADLS CustomStorage",
    "elasticsearch": "ElasticSearch OpenSearch CustomSearch",
    "opensearch": "OpenSearch ElasticSearch CustomSearch",
    "solr": "CustomSearch",
    "mlflow": "Mlflow CustomMlModel",
    "sagemaker": "SageMaker CustomMlModel",
    "vertexai": "VertexAI CustomMlModel",
    "looker": "Looker CustomDashboard",
    "tableau": "Tableau CustomDashboard",
    "powerbi": "PowerBI PowerBIReportServer CustomDashboard",
    "superset": "Superset CustomDashboard",
    "metabase": "Metabase CustomDashboard",
    "redash": "Redash CustomDashboard",
    "quicksight": "QuickSight CustomDashboard",
    "qlik": "QlikSense QlikCloud CustomDashboard",
    "grafana": "Grafana CustomDashboard",
    "lightdash": "Lightdash CustomDashboard",
    "thoughtspot": "ThoughtSpot CustomDashboard",
    "microstrategy": "MicroStrategy CustomDashboard",
}
# Other databases and other storage have no type of their own.
_OF_KIND = {"topic": "CustomMessaging", "container": "CustomStorage"}
#: What somebody has entered by hand is of these types.
CUSTOM_TYPES = frozenset({
    "CustomDatabase", "CustomMessaging", "CustomStorage", "CustomSearch", "CustomMlModel", "CustomDashboard",
})  # fmt: skip
#: Metastore and HiveServer2 are two ports of one Hive; HTTP and native are two of one ClickHouse, REST and JDBC of one
#: Dremio.
_ANY_PORT = frozenset({"hive", "impala", "spark", "clickhouse", "dremio", "druid", "pinot"})
#: Kinds whose services are web servers: one side has the port that the other's URL leaves out, or that of the API.
WEB_KINDS = ("apiEndpoint", "dashboard", "searchIndex", "mlmodel")
#: Schemes whose namespace is an AWS region: ``dynamodb://eu-west-1``.
_REGIONAL = frozenset({"dynamodb", "kinesis", "sagemaker", "quicksight"})
_AWS_ENDPOINT = re.compile(r"[\w-]+\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?")
_ARN = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[^:]*)(?::(?P<account>[^:]*))?")
#: Two protocols of one storage.
_FAMILY = {"wasbs": "abfss"}


def _scheme(name: str) -> Scheme | None:
    system = system_of(name)
    if system is None:
        return None
    family = _FAMILY.get(name, name)
    types = _SERVICE_TYPES.get(family, _OF_KIND.get(system.kind, ""))
    any_port = name in _ANY_PORT or system.kind in WEB_KINDS
    return Scheme(family, frozenset(types.split()), system.schemes[name], any_port)


#: Schemes that say how to talk to a service, and not what it is.
_HTTP = frozenset({"http", "https"})
_SCHEMES = {scheme: _scheme(scheme) for system in SYSTEMS for scheme in system.schemes}
#: Service types whose tables all live in one database (``default`` unless the connection names another).
SINGLE_DATABASE = frozenset({
    "Mysql", "MariaDB", "Clickhouse", "SingleStore", "Doris", "StarRocks", "Hive", "Impala", "Oracle", "SapHana",
    "Teradata", "Glue", "Athena", "Druid", "PinotDB", "SQLite", "Cassandra", "Couchbase", "MongoDB", "DynamoDB",
    "DeltaLake", "Datalake", "Salesforce", "Cockroach", "Exasol", "Iceberg", "QuestDB", "Iomete", "CustomDatabase",
})  # fmt: skip
#: Schema that an unqualified table is in.
DEFAULT_SCHEMA = {
    "Postgres": "public", "Greenplum": "public", "Timescale": "public", "Cockroach": "public", "Redshift": "public",
    "Mssql": "dbo", "AzureSQL": "dbo", "Synapse": "dbo", "MicrosoftFabric": "dbo", "Snowflake": "PUBLIC",
    "DynamoDB": "default",
}  # fmt: skip


class Namespace(NamedTuple):
    """A namespace taken apart.

    :param raw: as it was given
    :param scheme: what family it is of; ``None`` for paths and what nobody knows
    :param hosts: (host, port) pairs, lower-case; several for a list of brokers
    :param path: what follows the authority
    :param region: AWS region, of an ARN or an endpoint
    :param account: AWS account, of an ARN
    """

    raw: str
    scheme: Scheme | None
    hosts: tuple[tuple[str, int | None], ...] = ()
    path: str = ""
    region: str | None = None
    account: str | None = None

    @property
    def is_web(self) -> bool:
        """Whether it is the address of a web server, which does not say what kind of service it is."""
        return self.scheme is not None and self.scheme.name in _HTTP


def scheme_named(name: str) -> Scheme | None:
    """Return the scheme of that name or alias, ``None`` if it is unknown."""
    return _SCHEMES.get(canonical_scheme(name))


@lru_cache(maxsize=4096)
def parse_namespace(namespace: str) -> Namespace:
    """Take a namespace apart: URL, ARN, bare word (``bigquery``), bare ``host:port`` list, or path."""
    address = address_of(namespace)
    scheme = _SCHEMES.get(address.scheme) if namespace.strip() else None
    arn = _ARN.fullmatch(address.authority)
    if arn:
        return Namespace(namespace, scheme, region=arn["region"] or None, account=arn["account"] or None)
    if scheme is not None and scheme.name == "file":
        return Namespace(namespace, scheme, (), namespace)
    hosts = parse_hosts(address.authority or (namespace if re.search(r":\d+(,|$)", namespace) else ""))
    return Namespace(namespace, scheme, hosts, address.path.removeprefix("/"), _region(scheme, hosts))


def _region(scheme: Scheme | None, hosts: tuple[tuple[str, int | None], ...]) -> str | None:
    for host, _ in hosts:
        endpoint = _AWS_ENDPOINT.fullmatch(host)
        if endpoint:
            return endpoint["region"]
        if scheme is not None and scheme.name in _REGIONAL:
            return host
    return None


def parse_hosts(authority: str) -> tuple[tuple[str, int | None], ...]:
    """Return the (host, port) pairs of an authority: user dropped, hosts lower-case, all loopback names one."""
    pairs = []
    for item in re.split(r"[,;\s]+", authority.strip()):
        # Broker lists may repeat the scheme, and services' hostPort may be a URL.
        address = item.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        match = re.fullmatch(r"(\[[^\]]+\]|[^:]*)(?::(\d*))?", address)
        host, port = (match.group(1), match.group(2)) if match else (address, None)
        host = short_host(_one_spelling(host.strip("[]").lower().rstrip(".")))
        if host:
            pairs.append(("localhost" if host in _LOOPBACK else host, int(port) if port else None))
    return tuple(pairs)


def _one_spelling(host: str) -> str:
    """Return an IPv6 address as short as it can be written; any other host as it is."""
    if ":" not in host:
        return host
    try:
        return ipaddress.ip_address(host.partition("%")[0]).compressed
    except ValueError:
        return host


def is_path(namespace: Namespace) -> bool:
    """Return whether the namespace is a place in a file system, which says nothing of any database service."""
    system = system_of(namespace.scheme.name) if namespace.scheme is not None else None
    return system is not None and system.kind == "container"
