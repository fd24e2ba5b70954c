"""From the names of an event to the entity, system by system: what is found without any rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config, DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, service

Names = tuple[str, str]

#: The first version with all services of the seed: PubSub came with it.
VERSION = "1.13.0"


SEED: dict[str, Any] = {
    "databaseServices": [
        service("mysql", "Mysql", hostPort="db:3306"),
        service("redshift", "Redshift", hostPort="wh.abc123.eu-west-1.redshift.amazonaws.com:5439", database="dev"),
        service("redshift_test", "Redshift", hostPort="test.abc123.eu-west-1.redshift.amazonaws.com:5439"),
        service("mssql", "Mssql", hostPort="sql:1433", database="shop"),
        service("snow_eu", "Snowflake", account="xy12345.eu-central-1"),
        service("snow_us", "Snowflake", account="ab67890"),
        service("bq", "BigQuery"),
        service("bt", "BigTable"),
        service("athena", "Athena"),
        service("glue", "Glue"),
        service("hana", "SapHana", connection={"hostPort": "h:30015"}),
        service("mongo", "MongoDB", hostPort="m1:27017"),
        service("cosmos", "CustomDatabase"),
        service("kusto", "CustomDatabase"),
        service("spanner", "CustomDatabase"),
        service("trino", "Trino", hostPort="coordinator:8080"),
        service("unity", "UnityCatalog"),
        service("starrocks", "StarRocks", hostPort="sr:9030"),
        service("cassandra", "Cassandra", hostPort="c:9042"),
        service("dynamo", "DynamoDB"),
    ],
    "messagingServices": [
        service("kafka", "Kafka", bootstrapServers="b1:9092,b2:9092"),
        service("pubsub_a", "PubSub", credentials={"gcpConfig": {"projectId": "proj-a"}}),
        service("pubsub_b", "PubSub", credentials={"gcpConfig": {"projectId": "proj-b"}}),
        service("kinesis", "Kinesis"),
        service("pulsar", "CustomMessaging"),
    ],
    "storageServices": [service("s3", "S3"), service("adls", "ADLS"), service("hdfs", "CustomStorage")],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in (
            "mysql.default.shop.orders",
            "redshift.dev.public.sales",
            "redshift_test.dev.public.sales",
            "mssql.shop.dbo.orders",
            'mssql.shop.dbo."v1.orders"',
            "snow_eu.DB.PUBLIC.ORDERS",
            "snow_us.DB.PUBLIC.ORDERS",
            "bq.proj-1.sales.orders",
            'bq."acme.com:proj".sales.orders',
            "bt.proj.inst.events",
            "athena.AwsDataCatalog.web.clicks",
            "glue.default.sales.orders",
            "glue.default.sales-eu.orders",
            "hana.default.SAPSR3./BIC/AZSALES00",
            'mongo.default.shop."fs.files"',
            "cosmos.default.shop.baskets",
            "kusto.default.telemetry.events",
            "spanner.default.bank.accounts",
            "trino.lake.gold.kpi",
            "unity.main.sales.orders",
            "starrocks.default.mart.totals",
            "cassandra.default.ks.readings",
            'dynamo.default.default."Orders.v2"',
        )
    ],
    "topics": [
        {"name": name, "service": holder, "partitions": 1}
        for holder, name in (
            ("kafka", "shop.orders"),
            ("pubsub_a", "orders"),
            ("pubsub_b", "orders"),
            ("kinesis", "clicks"),
            ("pulsar", "persistent://acme/shop/orders"),
            ("pulsar", "payments"),
        )
    ],
    "containers": [
        {"name": "lake", "service": "s3", "fullPath": "s3://lake"},
        {"name": "orders", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/raw/orders"},
        {"name": "az", "service": "adls", "fullPath": "abfss://lake@acc.dfs.core.windows.net"},
        {
            "name": "orders",
            "service": "adls",
            "parent": "adls.az",
            "fullPath": "abfss://lake@acc.dfs.core.windows.net/raw/orders",
        },
        {"name": "orders", "service": "hdfs", "fullPath": "hdfs://nn:8020/data/orders"},
        {"name": "volume", "service": "hdfs", "fullPath": "dbfs:/Volumes/main/sales/raw"},
        {"name": "inbox", "service": "hdfs", "fullPath": "sftp://files:22/in"},
        {"name": "outbox", "service": "hdfs", "fullPath": "sftp://files/out"},
    ],
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[Resolver]:
    with CatalogueServer(SEED, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        yield Resolver(client, Config())


def dataset(names: Names, *links: tuple[str, str, str]) -> Dataset:
    symlinks = [Identifier(namespace=namespace, name=name, type=type_) for namespace, name, type_ in links]
    return Dataset(*names, Naming(DatasetOptions()).identities(*names, symlinks))


def outcome(resolution: Resolution) -> tuple[str, str | None]:
    return resolution.outcome, resolution.entity.fqn if resolution.entity else resolution.detail


@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("mysql://db:3306", "shop.orders", "mysql.default.shop.orders"),
        ("jdbc:mysql://db/shop", "orders", "mysql.default.shop.orders"),
        ("redshift://wh.eu-west-1:5439", "dev.public.sales", "redshift.dev.public.sales"),
        ("redshift://wh.abc123.eu-west-1.redshift.amazonaws.com", "dev.public.sales", "redshift.dev.public.sales"),
        ("mssql://sql:1433", "[Shop].[dbo].[Orders]", "mssql.shop.dbo.orders"),
        ("sqlserver://sql:1433", "shop..orders", "mssql.shop.dbo.orders"),
        ("sqlserver://sql:1433;databaseName=shop", "dbo.[v1.orders]", 'mssql.shop.dbo."v1.orders"'),
        ("snowflake://xy12345.eu-central-1.aws", "DB.public.orders", "snow_eu.DB.PUBLIC.ORDERS"),
        ("snowflake://ab67890.us-east-1.aws.snowflakecomputing.com", "DB.PUBLIC.ORDERS", "snow_us.DB.PUBLIC.ORDERS"),
        ("bigquery", "`proj-1.sales.orders$20261123`", "bq.proj-1.sales.orders"),
        ("bigquery", "acme.com:proj.sales.orders", 'bq."acme.com:proj".sales.orders'),
        ("bigtable://proj/inst", "events", "bt.proj.inst.events"),
        ("awsathena://athena.eu-west-1.amazonaws.com", "awsdatacatalog.web.clicks", "athena.AwsDataCatalog.web.clicks"),
        ("arn:aws:glue:eu-west-1:123456789012", "table/sales/orders", "glue.default.sales.orders"),
        ("arn:aws:glue:eu-west-1", "`sales-eu`.`orders`", "glue.default.sales-eu.orders"),
        ("jdbc:sap://h:30015", 'SAPSR3."/BIC/AZSALES00"', "hana.default.SAPSR3./BIC/AZSALES00"),
        ("mongodb://m1:27017,m2:27017", "shop.fs.files", 'mongo.default.shop."fs.files"'),
        ("azurecosmos://acc.documents.azure.com/dbs/shop", "colls/baskets", "cosmos.default.shop.baskets"),
        ("azurekusto://c1.kusto.windows.net", "telemetry/events", "kusto.default.telemetry.events"),
        ("spanner://proj/inst", "bank/accounts", "spanner.default.bank.accounts"),
        ("coordinator:8080", "lake.gold.kpi", "trino.lake.gold.kpi"),
        ("trino://coordinator:8080", "LAKE.gold.kpi", "trino.lake.gold.kpi"),
        ("unity-catalog", "main.sales.orders", "unity.main.sales.orders"),
        ("mysql://sr:9030", "mart.totals", "starrocks.default.mart.totals"),
        ("starrocks://sr", "default_catalog.mart.totals", "starrocks.default.mart.totals"),
        ("cassandra://c:9042", "ks.readings", "cassandra.default.ks.readings"),
        ("kafka://B2", "shop.orders", 'kafka."shop.orders"'),
        ("b1:9092,b3:9092", "shop.orders", 'kafka."shop.orders"'),
        ("pubsub", "topic:proj-b:orders", "pubsub_b.orders"),
        ("arn:aws:kinesis:eu-west-1:123456789012", "stream/clicks", "kinesis.clicks"),
        ("pulsar://p:6650", "acme/shop/orders-partition-3", "pulsar.persistent://acme/shop/orders"),
        ("pulsar://p:6650", "persistent://public/default/payments", "pulsar.payments"),
        ("s3://aws_default@lake", "raw/orders/2026/11/23/x.csv", "s3.lake.orders"),
        ("file", "s3a://lake/raw/orders", "s3.lake.orders"),
        ("wasbs://lake@acc.blob.core.windows.net", "/raw/orders/dt=1", "adls.az.orders"),
        ("abfss://lake@acc.dfs.core.windows.net", "raw/orders", "adls.az.orders"),
        ("hdfs://nn", "/data/orders/dt=1", "hdfs.orders"),
        ("dbfs", "/Volumes/main/sales/raw/2026/11/20/x.json", "hdfs.volume"),
        ("dbfs:/", "Volumes/main/sales/raw", "hdfs.volume"),
        ("sftp://files", "/in/x.csv", "hdfs.inbox"),
        ("sftp://files:22", "/out/x.csv", "hdfs.outbox"),
        ("https://lake.s3.eu-west-1.amazonaws.com", "raw/orders/x.csv", "s3.lake.orders"),
        ("https://acc.blob.core.windows.net/lake", "raw/orders/x.csv", "adls.az.orders"),
        ("jdbc:sqlserver://sql:1433;databaseName=shop", "`dbo.orders`", "mssql.shop.dbo.orders"),
        ("spark://thrift:10000", "delta.`s3://lake/raw/orders`", "s3.lake.orders"),
    ],
)
def test_the_names_of_an_event_lead_to_the_entity(resolver: Resolver, namespace: str, name: str, fqn: str) -> None:
    assert outcome(resolver.resolve(dataset((namespace, name)))) == ("resolved", fqn)


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("redshift://other.eu-west-1:5439", "dev.public.sales"),
        ("snowflake://zz00000.eu-central-1.aws", "DB.PUBLIC.ORDERS"),
        ("pubsub", "topic:proj-c:orders"),
    ],
)
def test_another_account_or_project_is_no_guess(resolver: Resolver, namespace: str, name: str) -> None:
    resolution = resolver.resolve(dataset((namespace, name)))
    assert (resolution.outcome, resolution.reason) == ("unresolved", "other_address")


def test_a_subscription_and_a_queue_are_nothing_the_catalogue_has(resolver: Resolver) -> None:
    assert resolver.resolve(dataset(("pubsub", "subscription:proj-a:orders"))).outcome == "unresolved"
    assert resolver.resolve(dataset(("rabbitmq://mq", "shop.orders"))).outcome == "unresolved"


def test_a_table_symlink_that_is_a_path_comes_after_the_table(resolver: Resolver) -> None:
    found = resolver.resolve(dataset(("snowflake://ab67890", "DB.PUBLIC.ORDERS"), ("s3://lake", "raw/orders", "TABLE")))
    assert outcome(found) == ("resolved", "snow_us.DB.PUBLIC.ORDERS")


@pytest.mark.parametrize(
    ("rule", "names", "links", "fqn"),
    [
        (
            {"namespace": "dynamodb://*", "service": "dynamo"},
            ("dynamodb://eu-west-1", "Orders.v2"), (), 'dynamo.default.default."Orders.v2"',
        ),
        (
            {"namespace": "rabbitmq://mq", "service": "kafka"},
            ("rabbitmq://mq", "shop.orders"), (), 'kafka."shop.orders"',
        ),
        # The rule is written as the event has the namespace, which the identity has in one spelling.
        ({"namespace": "pubsub", "service": "pubsub_a"}, ("pubsub", "topic:proj-c:orders"), (), "pubsub_a.orders"),
        (
            {"namespace": "jdbc:mysql://elsewhere/*", "service": "mysql"},
            ("jdbc:mysql://elsewhere/shop", "orders"), (), "mysql.default.shop.orders",
        ),
        # As a symlink, too.
        (
            {"namespace": "mssql://alias", "service": "mssql"},
            ("s3://lake", "nowhere"), (("mssql://alias", "shop.dbo.orders", "TABLE"),), "mssql.shop.dbo.orders",
        ),
    ],
    ids=["without a schema", "a queue", "its own spelling", "with a path", "another spelling of the scheme"],
)  # fmt: skip
def test_a_rule_is_written_as_the_events_have_it(
    rule: dict[str, str], names: Names, links: tuple[tuple[str, str, str], ...], fqn: str
) -> None:
    with CatalogueServer(SEED, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        resolver = Resolver(client, config(namespaces=[rule]))
        assert outcome(resolver.resolve(dataset(names, *links))) == ("resolved", fqn)
