"""Which service a namespace speaks of: the matching table."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.rules import first_rule
from openmetadata_ol_provider.openmetadata.schemes import parse_hosts, parse_namespace
from openmetadata_ol_provider.openmetadata.services import SERVICE_KIND, ServiceIndex, read_service


def index(kind: str, type_: str, **config: Any) -> ServiceIndex:
    entity = {"name": "svc", "serviceType": type_, "connection": {"config": config} if config else None}
    return ServiceIndex([read_service(entity, SERVICE_KIND[kind])])


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
        ("abfss://lake@acc.dfs.core.windows.net", "container", "ADLS", {"accountName": "acc"}),
        ("wasbs://lake@acc.blob.core.windows.net", "container", "ADLS", {"accountName": "acc"}),
        ("pubsub://proj", "topic", "PubSub", {"credentials": {"gcpConfig": {"projectId": "proj"}}}),
        ("postgres://h:5432", "table", "Postgres", {"connection": {"hostPort": "h:5432"}}),
    ],
)
def test_a_namespace_belongs_to_the_service_at_its_address(
    namespace: str, kind: str, type_: str, config: dict[str, Any]
) -> None:
    found = index(kind, type_, **config).at(parse_namespace(namespace), kind)
    assert [service.name for service in found] == ["svc"]


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
        ("abfss://lake@other.dfs.core.windows.net", "container", "ADLS", {"accountName": "acc"}),
        ("pubsub://other", "topic", "PubSub", {"credentials": {"gcpConfig": {"projectId": "proj"}}}),
        ("s3://bucket", "container", "GCS", {"bucketNames": ["bucket"]}),
        ("file", "table", "Postgres", {"hostPort": "file"}),
        ("", "table", "Postgres", {"hostPort": "h"}),
    ],
)
def test_another_host_port_or_type_is_another_service(
    namespace: str, kind: str, type_: str, config: dict[str, Any]
) -> None:
    assert index(kind, type_, **config).at(parse_namespace(namespace), kind) == ()


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


def test_every_service_of_the_catalogue_is_read(client: OpenMetadataClient) -> None:
    services = ServiceIndex.read(client)
    assert services.names() == ["events", "hive", "lake", "pg", "pg2", "s3", "snow", "spare"]
    postgres = services.named("PG")
    assert postgres is not None
    assert postgres.databases == ("shop",)
    assert client.calls == {"GET": 3}


def test_a_broker_list_is_taken_apart() -> None:
    assert parse_hosts("PLAINTEXT://B1:9092,b2, [2001:db8::1]:9094;user@b3:1") == (
        ("b1", 9092),
        ("b2", None),
        ("2001:db8::1", 9094),
        ("b3", 1),
    )


@pytest.mark.parametrize(
    ("pattern", "namespace", "matches"),
    [
        ("mysql://host-1", "mysql://host-1", True),
        ("mysql://host-1", "mysql://host-10", False),
        ("mysql://host-1", "MYSQL://host-1", False),
        ("s3://*", "s3://any", True),
        ("s3://*", "s3a://any", False),
        ("db?", "db1", True),
        ("postgres://[::1]:5432", "postgres://[::1]:5432", True),
        ("/postgres://(a|b)(:5432)?/", "postgres://b", True),
        ("/postgres://(a|b)(:5432)?/", "postgres://b:54321", False),
        ("unity-catalog", "unity-catalog", True),
        ("s3a://*", "s3://any", True),
        ("mssql://h*", "sqlserver://h1", True),
        ("mssql://h", "sqlserver://h1", False),
        ("/s3a:.*/", "s3://any", False),
    ],
)
def test_a_rule_matches_the_whole_namespace(pattern: str, namespace: str, matches: bool) -> None:
    assert (first_rule([NamespaceRule(namespace=pattern)], namespace) is not None) is matches


def test_the_first_rule_wins() -> None:
    rules = [NamespaceRule(namespace="pg*", service="a"), NamespaceRule(namespace="pg1", service="b")]
    found = first_rule(rules, "pg1")
    assert found is not None
    assert found.service == "a"
