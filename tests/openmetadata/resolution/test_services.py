"""Which service a namespace belongs to: the matching table."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.systems import parse_namespace
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.services import SERVICE_KIND, Service, ServiceIndex, read_service
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer


def service(name: str, kind: str, type_: str, **config: Any) -> Service:
    entity = {"name": name, "serviceType": type_, "connection": {"config": config} if config else None}
    return read_service(entity, SERVICE_KIND[kind])


def index(kind: str, type_: str, **config: Any) -> ServiceIndex:
    return ServiceIndex.from_services([service("svc", kind, type_, **config)])


def at(services: ServiceIndex, namespace: str, kind: str) -> list[str]:
    return [one.name for one in services.at(parse_namespace(namespace), kind)]


@pytest.mark.parametrize(
    ("namespace", "kind", "type_", "config"),
    [
        ("postgres://h:5432", "table", "Postgres", {"hostPort": "h:5432"}),
        ("postgres://H.example.com:5432", "table", "Postgres", {"hostPort": "h.EXAMPLE.com:5432"}),
        ("postgres://h", "table", "Postgres", {"hostPort": "h:5432"}),
        ("postgres://h:5432", "table", "Postgres", {"hostPort": "h"}),
        ("postgresql://h:5432", "table", "Postgres", {"hostPort": "h:5432"}),
        ("postgres://user@h:5432", "table", "Postgres", {"hostPort": "h:5432"}),
        ("postgres://127.0.0.1:5432", "table", "Postgres", {"hostPort": "localhost:5432"}),
        ("postgres://[::1]:5432", "table", "Postgres", {"hostPort": "localhost"}),
        ("jdbc:postgresql://h:5432", "table", "Postgres", {"hostPort": "h:5432"}),
        ("mysql://h", "table", "MariaDB", {"hostPort": "h:3306"}),
        ("sqlserver://h:1433", "table", "Mssql", {"hostPort": "h:1433"}),
        ("mssql://h", "table", "AzureSQL", {"hostPort": "h:1433"}),
        ("hive://h:9083", "table", "Hive", {"hostPort": "h:10000"}),
        ("trino://h:8080", "table", "Trino", {"hostPort": "http://h:8080"}),
        ("snowflake://org-acct", "table", "Snowflake", {"account": "ORG-ACCT"}),
        ("snowflake://org-acct.snowflakecomputing.com", "table", "Snowflake", {"account": "org-acct"}),
        ("snowflake://org-my_acct", "table", "Snowflake", {"account": "org-my-acct"}),
        ("kafka://b2:9092", "topic", "Kafka", {"bootstrapServers": "b1:9092,b2:9092"}),
        ("kafka://b9:9092,b2:9092", "topic", "Kafka", {"bootstrapServers": "b1:9092, b2:9092"}),
        ("kafka://B1", "topic", "Redpanda", {"bootstrapServers": "b1:9092"}),
        ("b1:9092", "topic", "Kafka", {"bootstrapServers": "b1:9092"}),
        ("s3a://bucket", "container", "S3", {"bucketNames": ["other", "bucket"]}),
        ("oracle://h:1521", "table", "Oracle", {"hostPort": "h:1521"}),
        ("clickhouse://h:9000", "table", "Clickhouse", {"hostPort": "h:8123"}),
        ("databricks://adb.net", "table", "UnityCatalog", {"hostPort": "adb.net:443"}),
        ("snowflake://xy12345.eu-central-1.aws", "table", "Snowflake", {"account": "xy12345.eu-central-1"}),
        ("snowflake://xy12345.us-west-1.aws", "table", "Snowflake", {"account": "XY12345"}),
        ("snowflake://xy12345", "table", "Snowflake", {"account": "xy12345.eu-central-1.privatelink"}),
        ("redshift://c.eu-1:5439", "table", "Redshift", {"hostPort": "c.x1.eu-1.redshift.amazonaws.com:5439"}),
        ("redshift://c.x1.eu-1.redshift.amazonaws.com", "table", "Redshift", {"hostPort": "c.eu-1"}),
        ("redshift://wh.eu-1:5439", "table", "Redshift", {"hostPort": "vpce-1.local:5439", "clusterIdentifier": "wh"}),
        ("redshift://wg.eu-1:5439", "table", "Redshift", {"hostPort": "vpce-1.local:5439", "workgroupName": "WG"}),
        ("abfss://lake@acc.dfs.core.windows.net", "container", "ADLS", {"credentials": {"accountName": "acc"}}),
        ("wasbs://lake@acc.blob.core.windows.net", "container", "ADLS", {"credentials": {"accountName": "acc"}}),
        ("pubsub://proj", "topic", "PubSub", {"gcpConfig": {"gcpConfig": {"projectId": "proj"}}}),
        ("pubsub://proj", "topic", "PubSub", {"projectId": "Proj"}),
        ("bigtable://proj/inst", "table", "BigTable", {"credentials": {"gcpConfig": {"projectId": ["a", "proj"]}}}),
        ("saphana://h:30015", "table", "SapHana", {"connection": {"hostPort": "h:30015"}}),
        ("dremio://h:31010", "table", "Dremio", {"authType": {"hostPort": "http://h:31010"}}),
        ("couchbase://h", "table", "Couchbase", {"hostport": "h"}),
        ("mongodb://m1:27017,m2:27017", "table", "MongoDB", {"hostPort": "m2:27017"}),
        ("singlestore://h:3306", "table", "SingleStore", {"hostPort": "H:3306"}),
        ("mysql://h:3306", "table", "SingleStore", {"hostPort": "h:3306"}),
        ("sqlserver://ws.sql.azuresynapse.net", "table", "Synapse", {"hostPort": "ws.sql.azuresynapse.net:1433"}),
        (
            "oracle://db1:1521", "table", "Oracle",
            {"oracleConnectionType": {"oracleTNSConnection": "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=db1)"
             "(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=ORCL)))"}},
        ),
        ("postgres://[2001:DB8:0::1]:5432", "table", "Postgres", {"hostPort": "[2001:db8::1]:5432"}),
        ("arn:aws:glue:eu-west-1:123456789012", "table", "Glue", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        ("awsathena://athena.eu-west-1.amazonaws.com", "table", "Athena", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        ("dynamodb://eu-west-1", "table", "DynamoDB", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        ("arn:aws:kinesis:eu-west-1:123456789012", "topic", "Kinesis", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        ("arn:aws:sagemaker:eu-west-1:123456789012", "mlmodel", "SageMaker", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        ("hdfs://nn:8020", "container", "CustomStorage", {"connectionOptions": {"hostPort": "nn:8020"}}),
        ("mysql://h:3306", "table", "CustomDatabase", {"connectionOptions": {"hostPort": "h:3306"}}),
        ("elasticsearch://es", "searchIndex", "ElasticSearch", {"hostPort": "https://es:9200"}),
        ("elasticsearch://es:9200", "searchIndex", "OpenSearch", {"hostPort": "https://es"}),
        ("mlflow://ml:5000", "mlmodel", "Mlflow", {"trackingUri": "http://ml:5000", "registryUri": "sqlite:///x"}),
        ("looker://bi.acme.com", "dashboard", "Looker", {"hostPort": "https://bi.acme.com:19999"}),
        ("https://bi.acme.com", "dashboard", "Looker", {"hostPort": "https://bi.acme.com:19999"}),
        ("https://api.acme.com/v1", "apiEndpoint", "Rest", {"docURL": "https://api.acme.com/docs#/"}),
        (
            "https://api.acme.com", "apiEndpoint", "Rest",
            {"openAPISchemaConnection": {"openAPISchemaURL": "https://api.acme.com/openapi.json"}},
        ),
    ],
)  # fmt: skip
def test_a_namespace_belongs_to_the_service_at_its_address(
    namespace: str, kind: str, type_: str, config: dict[str, Any]
) -> None:
    assert at(index(kind, type_, **config), namespace, kind) == ["svc"]


@pytest.mark.parametrize(
    ("namespace", "kind", "type_", "config"),
    [
        ("postgres://h:5433", "table", "Postgres", {"hostPort": "h:5432"}),
        ("postgres://h10:5432", "table", "Postgres", {"hostPort": "h1:5432"}),
        ("postgres://h:5432", "table", "Mysql", {"hostPort": "h:5432"}),
        ("postgres://h:5432", "table", "Postgres", {}),
        ("postgres://h:5432", "table", "Postgres", {"hostPort": "***"}),
        ("kafka://b1:9092", "topic", "Kafka", {"bootstrapServers": "b1:9093"}),
        ("snowflake://other", "table", "Snowflake", {"account": "org-acct"}),
        ("snowflake://xy12345.eu-central-1.aws", "table", "Snowflake", {"account": "xy12345.us-east-1.aws"}),
        ("redshift://c.eu-2:5439", "table", "Redshift", {"hostPort": "c.x1.eu-1.redshift.amazonaws.com:5439"}),
        ("abfss://lake@other.dfs.core.windows.net", "container", "ADLS", {"credentials": {"accountName": "acc"}}),
        ("pubsub://other", "topic", "PubSub", {"projectId": "proj"}),
        (
            "redshift://other.eu-1:5439",
            "table",
            "Redshift",
            {"hostPort": "vpce-1.local:5439", "clusterIdentifier": "wh"},
        ),
        ("postgres://[2001:db8::2]:5432", "table", "Postgres", {"hostPort": "[2001:db8::1]:5432"}),
        ("arn:aws:glue:eu-west-2:123456789012", "table", "Glue", {"awsConfig": {"awsRegion": "eu-west-1"}}),
        (
            "superset://bi:8088",
            "dashboard",
            "Superset",
            {"hostPort": "http://a:1", "connection": {"hostPort": "bi:8088"}},
        ),
        ("http://h:8181", "table", "Postgres", {"hostPort": "h:5432"}),
        ("https://other.acme.com", "apiEndpoint", "Rest", {"docURL": "https://api.acme.com"}),
        ("s3://bucket", "container", "GCS", {"bucketNames": ["bucket"]}),
        ("file", "table", "Postgres", {"hostPort": "file"}),
        ("", "table", "Postgres", {"hostPort": "h"}),
    ],
)
def test_another_host_port_or_type_is_another_service(
    namespace: str, kind: str, type_: str, config: dict[str, Any]
) -> None:
    assert at(index(kind, type_, **config), namespace, kind) == []


@pytest.mark.parametrize(
    ("namespace", "kind", "type_", "fits"),
    [
        ("postgres://nowhere", "table", "Postgres", True),
        ("postgres://nowhere", "table", "Mysql", False),
        ("bigquery", "table", "BigQuery", True),
        ("arn:aws:glue:eu-west-1:123", "table", "Glue", True),
        ("awsathena://athena.eu-west-1.amazonaws.com", "table", "Athena", True),
        ("unity-catalog", "table", "UnityCatalog", True),
        ("file:/data/warehouse", "table", "Hive", True),
        ("/data/iceberg", "table", "CustomDatabase", True),
        ("s3://warehouse", "table", "Glue", True),
        ("https://rest.catalog:8181", "table", "Iceberg", True),
        ("wasbs://c@account.blob.core.windows.net", "container", "ADLS", True),
        ("gcs://bucket", "container", "GCS", True),
        ("gcs://bucket", "container", "S3", False),
        ("kafka://x:1", "table", "Postgres", False),
    ],
)
def test_a_service_fits_by_its_type(namespace: str, kind: str, type_: str, fits: bool) -> None:
    assert bool(index(kind, type_).of_kind(parse_namespace(namespace), kind)) is fits


def test_the_very_port_is_preferred_to_the_same_host() -> None:
    services = ServiceIndex.from_services(
        service(f"hive{port}", "table", "Hive", hostPort=f"h:{port}") for port in (10000, 10001, 9083)
    )
    assert at(services, "hive://h:10001", "table") == ["hive10001"]
    assert at(services, "hive://h:1", "table") == ["hive10000", "hive10001", "hive9083"]


def test_a_service_that_does_not_say_its_region_may_be_meant_as_well() -> None:
    services = ServiceIndex.from_services(
        [
            service("here", "table", "Glue", awsConfig={"awsRegion": "eu-west-1"}),
            service("there", "table", "Glue", awsConfig={"awsRegion": "us-east-1"}),
            service("somewhere", "table", "Glue"),
            service("else", "table", "Postgres"),
        ]
    )
    assert at(services, "arn:aws:glue:eu-west-1:1", "table") == ["here", "somewhere"]
    assert at(services, "arn:aws:glue:ap-south-1:1", "table") == []


@pytest.mark.parametrize(
    ("type_", "config", "holds"),
    [
        ("Trino", {"catalog": "Lake"}, {"lake"}),
        ("UnityCatalog", {"catalog": "main", "databaseSchema": "sales"}, {"main"}),
        ("Postgres", {"database": "shop"}, {"shop"}),
        ("Mysql", {"databaseSchema": "shop", "databaseName": "shown"}, {"shop"}),
        ("Oracle", {"oracleConnectionType": {"oracleServiceName": "ORCL"}}, {"orcl"}),
        ("Oracle", {"oracleConnectionType": {"databaseSchema": "HR"}}, {"hr"}),
        ("Oracle", {"oracleConnectionType": {"oracleTNSConnection": "(CONNECT_DATA=(SID = ORCL))"}}, {"orcl"}),
        ("BigQuery", {"credentials": {"gcpConfig": {"projectId": ["a", "B"]}}}, {"a", "b"}),
        ("BigQuery", {"credentials": {"gcpConfig": {"projectId": "p"}}}, {"p"}),
        ("Athena", {"catalogId": "AwsDataCatalog"}, {"awsdatacatalog"}),
        ("Postgres", {"database": "*****"}, set()),
        ("Postgres", {"credentials": "***", "database": 3}, set()),
    ],
)
def test_what_a_connection_is_restricted_to_is_known(type_: str, config: dict[str, Any], holds: set[str]) -> None:
    assert service("svc", "table", type_, **config).holds == holds


def test_services_are_read_when_they_are_asked_for_and_once(client: OpenMetadataClient) -> None:
    services = ServiceIndex.from_client(client)
    assert client.calls == {}
    postgres = services.named("PG", "table")
    assert postgres is not None
    assert postgres.databases == ("shop",)
    assert at(services, "postgres://warehouse:5432", "storedProcedure") == ["pg"]
    assert client.calls == {"GET": 1}
    assert services.named("events", "table") is not None
    assert client.calls == {"GET": 2}
    assert services.names() == ["events", "hive", "lake", "pg", "pg2", "s3", "snow", "spare"]
    assert client.calls == {"GET": 7}


def test_a_name_is_that_of_the_service_which_holds_such_datasets() -> None:
    seed = {"databaseServices": [{"name": "lake", "serviceType": "Hive"}]}
    seed |= {"storageServices": [{"name": "lake", "serviceType": "S3"}]}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        services = ServiceIndex.from_client(client)
        for kind, type_ in (("table", "Hive"), ("container", "S3"), ("topic", "Hive")):
            found = services.named("Lake", kind)
            assert found is not None
            assert found.service_type == type_
