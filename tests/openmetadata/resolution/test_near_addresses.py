"""Addresses that look like that of a service and are another system's: instances of a host, clusters of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import columns, config, service

PRODUCTION = "wh.cprod1.eu-west-1.redshift.amazonaws.com"
DEVELOPMENT = "wh.cdev2.eu-west-1.redshift.amazonaws.com"
SERVERLESS = "default.111111111111.eu-west-1.redshift-serverless.amazonaws.com"
SEED: dict[str, Any] = {
    "databaseServices": [
        service("one", "Mssql", hostPort="sql\\INST1", database="shop"),
        service("two", "Mssql", hostPort="sql\\INST2,50123", database="shop"),
        service("plain", "Mssql", hostPort="plain:1433", database="shop"),
        service("red", "Redshift", hostPort=f"{PRODUCTION}:5439", database="dev"),
        service("serverless", "Redshift", hostPort=f"{SERVERLESS}:5439", database="dev"),
        service("iam", "Redshift", hostPort="iam.cx.eu-west-1.redshift.amazonaws.com", clusterIdentifier="iam"),
        service("short", "Redshift", hostPort="lone.eu-west-1:5439", database="dev"),
        service("dbx", "Databricks", hostPort="adb-111.1.azuredatabricks.net:443"),
        service("unity", "UnityCatalog", hostPort="unity.acme.com", catalog="main"),
        service("pg", "Postgres", hostPort="pg:5432", database="crm"),
        service("bq", "BigQuery", credentials={"gcpConfig": {"projectId": "acme-dwh"}}),
        service("ora", "Oracle", hostPort="ora:1521", oracleConnectionType={"oracleServiceName": "ORCLPDB1"}),
    ],
    "messagingServices": [service("kafka", "Kafka", bootstrapServers="SASL_SSL://b1:9092,SASL_SSL://b2:9092")],
    "topics": [{"name": "orders", "service": "kafka", "partitions": 1}],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in (
            "one.shop.dbo.both", "two.shop.dbo.both", "two.shop.dbo.only", "plain.shop.dbo.t",
            "red.dev.public.sales", "serverless.dev.public.kpi", "short.dev.public.t", "iam.dev.public.t",
            "dbx.hive_metastore.s.h", "dbx.dev.s.t", "unity.main.s.u", "pg.crm.public.people", "bq.acme-dwh.web.clicks",
            "ora.default.SALES.ORDERS",
        )
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED) as catalogue:
        yield catalogue


def resolve(
    client: OpenMetadataClient, namespace: str, name: str, rules: Config | None = None, *links: Identifier
) -> Resolution:
    rules = rules or config()
    names = Dataset(namespace, name, Naming(rules.datasets).identities(namespace, name, links))
    return Resolver(client, rules).resolve(names)


def found(resolution: Resolution) -> tuple[str | None, str | None]:
    """Return the FQN of the entity and what chose its service, or the reason why there is none."""
    if resolution.entity is None:
        return None, resolution.reason
    return resolution.entity.fqn, "doubt" if resolution.mismatches else resolution.by


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("namespace", "name", "fqn", "by"),
    [
        # The specification has a named instance as path.
        ("sqlserver://sql/INST1", "shop.dbo.both", "one.shop.dbo.both", "address"),
        ("sqlserver://sql/inst2", "shop.dbo.both", "two.shop.dbo.both", "address"),
        ("sqlserver://sql\\INST2", "shop.dbo.both", "two.shop.dbo.both", "address"),
        ("jdbc:sqlserver://sql;instanceName=INST2;databaseName=shop", "dbo.both", "two.shop.dbo.both", "address"),
        ("Driver={SQL Server};Server=sql\\inst1;Database=shop", "dbo.both", "one.shop.dbo.both", "address"),
        ("mssql://sql\\INST1/shop", "dbo.both", "one.shop.dbo.both", "address"),
        ("sqlserver://sql/INST1", "shop.dbo.only", None, "unresolved"),
        ("sqlserver://sql\\INST1", "shop.dbo.only", None, "unresolved"),
        ("sqlserver://sql:1433/INST1", "shop.dbo.only", None, "other_address"),
        # A port says which instance is meant; without it, the instance may listen to that of the service.
        ("sqlserver://plain:1433/OTHER", "shop.dbo.t", "plain.shop.dbo.t", "address"),
        ("sqlserver://plain/OTHER", "shop.dbo.t", "plain.shop.dbo.t", "doubt"),
        ("synapse://plain/shop", "dbo.t", "plain.shop.dbo.t", "address"),
        # A cluster of the same name and region in another AWS account.
        (f"redshift://{PRODUCTION}:5439", "dev.public.sales", "red.dev.public.sales", "address"),
        ("redshift://wh.eu-west-1:5439", "dev.public.sales", "red.dev.public.sales", "address"),
        (f"jdbc:redshift:iam://{PRODUCTION.upper()}:5439/dev", "public.sales", "red.dev.public.sales", "address"),
        (f"redshift://{DEVELOPMENT}:5439", "dev.public.sales", None, "other_address"),
        (f"jdbc:redshift://{DEVELOPMENT}:5439/dev", "public.sales", None, "other_address"),
        (f"redshift://{SERVERLESS}:5439", "dev.public.kpi", "serverless.dev.public.kpi", "address"),
        (f"redshift://{SERVERLESS.replace('1' * 12, '2' * 12)}", "dev.public.kpi", None, "other_address"),
        # The connection has the short form only.
        ("redshift://lone.cx1.eu-west-1.redshift.amazonaws.com:5439", "dev.public.t", "short.dev.public.t", "address"),
        # One in another region, although the connection names the cluster.
        ("redshift://iam.eu-west-1:5439", "dev.public.t", "iam.dev.public.t", "address"),
        ("redshift://iam.us-east-1:5439", "dev.public.t", None, "other_address"),
        # Each workspace of Databricks has a metastore of its own; catalogs may be shared.
        ("databricks://adb-111.1.azuredatabricks.net", "hive_metastore.s.h", "dbx.hive_metastore.s.h", "address"),
        ("databricks://adb-222.2.azuredatabricks.net", "hive_metastore.s.h", None, "other_address"),
        ("databricks://adb-222.2.azuredatabricks.net", "s.h", None, "other_address"),
        ("databricks://adb-222.2.azuredatabricks.net", "dev.s.t", "dbx.dev.s.t", "doubt"),
        ("databricks://acme.cloud.databricks.com", "hive_metastore.s.h", "dbx.hive_metastore.s.h", "doubt"),
        # SQLAlchemy has the service of Oracle as a parameter.
        ("oracle://ora:1521/?service_name=ORCLPDB1", "SALES.ORDERS", "ora.default.SALES.ORDERS", "address"),
        ("oracle+oracledb://ora:1521?service_name=PDB2", "SALES.ORDERS", None, "other_address"),
        ("oracle://ora:1521/?sid=XE", "SALES.ORDERS", None, "other_address"),
        ("kafka://SASL_SSL://b1:9092", "orders", "kafka.orders", "address"),
        ("SASL_SSL://b2:9092,SASL_SSL://b1:9092", "orders", "kafka.orders", "address"),
        ("kafka://SASL_SSL://c1.corp.com:9092", "orders", None, "other_address"),
    ],
)
def test_a_near_address_is_told_apart(
    client: OpenMetadataClient, namespace: str, name: str, fqn: str | None, by: str
) -> None:
    assert found(resolve(client, namespace, name)) == (fqn, by)


@pytest.mark.parametrize(
    ("namespace", "name", "fqn", "by"),
    [
        ("postgres", "crm.public.people", "pg.crm.public.people", "name"),
        ("jdbc:postgresql:crm", "public.people", "pg.crm.public.people", "name"),
        ("unity-catalog", "main.s.u", "unity.main.s.u", "name"),
        # A project is one in the world.
        ("bigquery", "acme-dwh.web.clicks", "bq.acme-dwh.web.clicks", "address"),
    ],
)
def test_the_database_of_a_connection_is_no_address(
    client: OpenMetadataClient, namespace: str, name: str, fqn: str, by: str
) -> None:
    assert found(resolve(client, namespace, name)) == (fqn, by)
    never = resolve(client, namespace, name, config(resolution={"by_name": "never"}))
    assert found(never)[0] == (fqn if by == "address" else None)


def test_the_line_names_both_clusters_and_its_rule_settles_it(client: OpenMetadataClient) -> None:
    namespace = f"redshift://{DEVELOPMENT}:5439"
    resolution = resolve(client, namespace, "dev.public.sales")
    assert f"service red says endpoint {PRODUCTION} and the event says endpoint {DEVELOPMENT}" in resolution.detail
    assert f'{{namespace: "{namespace}", service: red}}' in resolution.detail
    rules = config(namespaces=[{"namespace": namespace, "service": "red"}])
    assert found(resolve(client, namespace, "dev.public.sales", rules)) == ("red.dev.public.sales", "rule")


@pytest.mark.parametrize("event", ["redshift://alias:5439", "postgres://alias:5439"])
def test_a_renamed_cluster_is_at_its_new_address(client: OpenMetadataClient, event: str) -> None:
    rename = {"match": f"/^{event}/", "to": f"redshift://{PRODUCTION}:5439"}
    rules = config(datasets={"rename": [rename]})
    assert found(resolve(client, event, "dev.public.sales", rules)) == ("red.dev.public.sales", "address")


@pytest.mark.parametrize(
    "namespace",
    [
        "sqlserver://proxy;instanceName=I;databaseName=shop",
        "jdbc:sqlserver://proxy\\I;databaseName=shop",
        "Driver={SQL Server};Server=proxy\\I;Database=shop",
        "mssql://proxy\\I/shop",
        "sqlserver:///?serverName=proxy&databaseName=shop",
    ],
)
def test_the_rule_for_an_address_applies_next_to_a_symlink(client: OpenMetadataClient, namespace: str) -> None:
    rules = config(namespaces=[{"namespace": namespace, "service": "plain"}])
    link = Identifier("hive://nowhere", "x.y", "TABLE")
    assert found(resolve(client, namespace, "dbo.t", rules, link)) == ("plain.shop.dbo.t", "rule")


def test_a_rule_for_the_instances_of_a_host_applies_in_any_spelling(client: OpenMetadataClient) -> None:
    rules = config(namespaces=[{"namespace": "sqlserver://proxy/*", "service": "plain"}])
    event = "sqlserver://proxy;instanceName=I;databaseName=shop"
    assert found(resolve(client, event, "dbo.t", rules)) == ("plain.shop.dbo.t", "rule")


@pytest.mark.parametrize("host", ["/var/run/postgresql", "@abstract"])
def test_the_directory_of_a_socket_is_no_host(host: str) -> None:
    (identity,) = Naming(config().datasets).identities(f"postgresql:///crm?host={host}&port=5433", "public.people")
    assert str(identity) == "postgres:// crm.public.people"
