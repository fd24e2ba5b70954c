"""Several databases of one server, of which names in the catalogue do not say which: another one is another system."""

from __future__ import annotations

import re
from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, service

VERSION = "1.13.0"


def tns(**word: str) -> dict[str, Any]:
    ((key, value),) = word.items()
    address = f"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora)(PORT=1521))(CONNECT_DATA=({key}={value})))"
    return {"oracleConnectionType": {"oracleTNSConnection": address}}


def oracle(name: str, pluggable: str | None, host: str = "ora:1521") -> dict[str, Any]:
    connection = {"oracleConnectionType": {"oracleServiceName": pluggable}} if pluggable else {}
    return service(name, "Oracle", hostPort=host, **connection)


def hana(name: str, tenant: str | None) -> dict[str, Any]:
    inner = {"hostPort": "hana:30015", **({"database": tenant} if tenant else {})}
    return service(name, "SapHana", connection=inner)


def dataset(namespace: str, name: str, options: DatasetOptions) -> Dataset:
    return Dataset(namespace, name, Naming(options).identities(namespace, name))


def resolve(namespace: str, name: str, table: str, *services: dict[str, Any], **sections: Any) -> Resolution:
    """Resolve a name in a catalogue where each service has one table of the same name."""
    options = config(**sections)
    tables = [{"fqn": f"{item['name']}.default.{table}", "columns": columns("id")} for item in services]
    seed = {"databaseServices": list(services), "tables": tables}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        return Resolver(client, options).resolve(dataset(namespace, name, options.datasets))


def proposed(detail: str) -> dict[str, Any]:
    """Return the first rule that a line proposes, as a configuration."""
    import yaml

    match = re.search(r"add to `([a-z.]+)`: (\{.*?\})(?:$| or )", detail)
    assert match, detail
    rule = [yaml.safe_load(match[2])]
    return {"datasets": {"rename": rule}} if match[1] == "datasets.rename" else {match[1]: rule}


ONE, TWO, HIDDEN = oracle("one", "ORCLPDB1"), oracle("two", "ORCLPDB2"), oracle("hidden", None)
SHOP, CRM = hana("shop", "SHOP"), hana("crm", "CRM")
COCKROACH = service("cockroach", "Cockroach", hostPort="c1:26257", database="shop")


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("namespace", "name", "table", "services", "addresses"),
    [
        ("oracle://ora:1521", "ORCLPDB2.SALES.ORDERS", "SALES.ORDERS", [ONE], ("service orclpdb1", "service ORCLPDB2")),
        ("oracle://ora:1521/ORCLPDB2", "SALES.ORDERS", "SALES.ORDERS", [ONE], ("service orclpdb1", "service ORCLPDB2")),
        ("jdbc:oracle:thin:@ora:1521/ORCLPDB3", "SALES.ORDERS", "SALES.ORDERS", [ONE, TWO], ("service orclpdb1", "")),
        (
            "oracle://ora:1521", "CRM.SALES.ORDERS", "SALES.ORDERS",
            [service("tns", "Oracle", **tns(SID="ORCL"))], ("service orcl", "service CRM"),
        ),
        # Nobody can tell whether a tunnel leads to the server, but the name of the database differs.
        ("oracle://localhost:1521", "ORCLPDB2.SALES.ORDERS", "SALES.ORDERS", [ONE], ("service orclpdb1", "")),
        ("hana://hana:30015/CRM", "SALES.ORDERS", "SALES.ORDERS", [SHOP], ("tenant shop", "tenant CRM")),
        ("jdbc:sap://hana:30015/?databaseName=CRM", "SALES.ORDERS", "SALES.ORDERS", [SHOP], ("tenant shop", "")),
        ("cockroachdb://c1:26257", "crm.public.orders", "public.orders", [COCKROACH], ("database shop", "")),
        (
            "awsathena://athena.eu-west-1.amazonaws.com", "orders_db.sales.orders", "sales.orders",
            [service("athena", "Athena", awsConfig={"awsRegion": "eu-west-1"})], ("catalog awsdatacatalog", ""),
        ),
        (
            "arn:aws:s3tables:eu-west-1:123456789012:bucket/b1", "sales.orders", "sales.orders",
            [service("glue", "Glue", awsConfig={"awsRegion": "eu-west-1"})],
            ("catalog awsdatacatalog", "catalog s3tablescatalog/b1"),
        ),
        (
            "starrocks://sr:9030", "ice.sales.orders", "sales.orders",
            [service("sr", "StarRocks", hostPort="sr:9030")], ("catalog default_catalog", "catalog ice"),
        ),
        (
            "doris://fe:9030", "hive_prod.sales.orders", "sales.orders",
            [service("doris", "Doris", hostPort="fe:9030")], ("catalog internal", "catalog hive_prod"),
        ),
        (
            "sqlite:///data/crm.db", "main.orders", "main.orders",
            [service("lite", "SQLite", databaseMode="/mnt/shop.db")], ("file /mnt/shop.db", "file crm.db"),
        ),
    ],
)  # fmt: skip
def test_another_database_of_the_server_waits_for_a_rule(
    namespace: str, name: str, table: str, services: list[dict[str, Any]], addresses: tuple[str, str]
) -> None:
    resolution = resolve(namespace, name, table, *services)
    assert (resolution.outcome, resolution.reason) == ("unresolved", "other_address")
    first = services[0]["name"]
    assert f"as {first}.default.{table}, but the connection of service {first} says {addresses[0]}" in resolution.detail
    assert f"the event says {addresses[1]}" in resolution.detail
    ruled = resolve(namespace, name, table, *services, **proposed(resolution.detail))
    assert ruled.entity is not None
    assert ruled.entity.fqn == f"{first}.default.{table}"


@pytest.mark.promise("C56")
@pytest.mark.parametrize(
    ("namespace", "name", "table", "services", "fqn"),
    [
        ("oracle://ora:1521", "ORCLPDB2.SALES.ORDERS", "SALES.ORDERS", [ONE, TWO], "two.default.SALES.ORDERS"),
        ("oracle://ora:1521/orclpdb1", "SALES.ORDERS", "SALES.ORDERS", [ONE, TWO], "one.default.SALES.ORDERS"),
        # A service that does not say which database it is for may be the one.
        ("oracle://ora:1521", "ORCLPDB2.SALES.ORDERS", "SALES.ORDERS", [ONE, HIDDEN], "hidden.default.SALES.ORDERS"),
        ("oracle://ora:1521", "SALES.ORDERS", "SALES.ORDERS", [ONE], "one.default.SALES.ORDERS"),
        ("oracle://ora:1521", "ORCLPDB1.acme.com.SALES.ORDERS", "SALES.ORDERS", [ONE], "one.default.SALES.ORDERS"),
        ("oracle://ora:1521", '"orclpdb1.acme.com".SALES.ORDERS', "SALES.ORDERS", [ONE], "one.default.SALES.ORDERS"),
        ("hana://hana:30015/CRM", "SALES.ORDERS", "SALES.ORDERS", [SHOP, CRM], "crm.default.SALES.ORDERS"),
        ("hana://hana:30015/CRM", "SALES.ORDERS", "SALES.ORDERS", [hana("any", None)], "any.default.SALES.ORDERS"),
        ("hana://hana:30015", "SALES.ORDERS", "SALES.ORDERS", [SHOP], "shop.default.SALES.ORDERS"),
        ("cockroachdb://c1:26257", "shop.public.orders", "public.orders", [COCKROACH],
         "cockroach.default.public.orders"),
        (
            "starrocks://sr:9030", "default_catalog.sales.orders", "sales.orders",
            [service("sr", "StarRocks", hostPort="sr:9030")], "sr.default.sales.orders",
        ),
        (
            "arn:aws:s3tables:eu-west-1:123456789012:bucket/b1", "lake.sales.orders", "sales.orders",
            [service("glue", "Glue", catalogId="123456789012:s3tablescatalog/b1")], "glue.default.sales.orders",
        ),
        (
            "awsathena://athena.eu-west-1.amazonaws.com", "AwsDataCatalog.sales.orders", "sales.orders",
            [service("athena", "Athena", awsConfig={"awsRegion": "eu-west-1"})], "athena.default.sales.orders",
        ),
        (
            "sqlite:///data/shop.db", "main.orders", "main.orders",
            [service("lite", "SQLite", databaseMode="/mnt/shop.db")], "lite.default.main.orders",
        ),
    ],
)  # fmt: skip
def test_the_database_that_is_named_is_found(
    namespace: str, name: str, table: str, services: list[dict[str, Any]], fqn: str
) -> None:
    resolution = resolve(namespace, name, table, *services)
    assert resolution.entity is not None, resolution.detail
    assert resolution.entity.fqn == fqn


@pytest.mark.promise("C56")
@pytest.mark.parametrize("type_", ["Glue", "Athena"])
def test_a_table_of_another_account_is_another_table(type_: str) -> None:
    """A service of one region may have the catalogs of several accounts, each as a database with its number."""
    glue = service("lake", type_, awsConfig={"awsRegion": "eu-west-1"})
    ours, theirs = "lake.123456789012.sales.orders", "lake.210987654321.sales.orders"
    namespace, name = "arn:aws:glue:eu-west-1:123456789012", "table/sales/orders"
    for tables, expected in (([theirs], None), ([ours, theirs], ours)):
        seed = {"databaseServices": [glue], "tables": [{"fqn": fqn, "columns": columns("id")} for fqn in tables]}
        for rule in ({}, {"namespaces": [{"namespace": namespace, "service": "lake"}]}):
            options = config(**rule)
            server = CatalogueServer(seed, VERSION, TOKEN)
            with server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
                result = Resolver(client, options).resolve(dataset(namespace, name, options.datasets))
            if rule and expected is None:
                assert result.entity is not None
                assert result.entity.fqn == theirs
            elif expected is None:
                assert result.reason == "other_address"
                assert "AWS account 210987654321" in result.detail
                assert "AWS account 123456789012" in result.detail
                assert proposed(result.detail) == {"namespaces": [{"namespace": namespace, "service": "lake"}]}
            elif not rule:
                assert result.entity is not None
                assert result.entity.fqn == expected


@pytest.mark.parametrize("name", ["public.orders", "orders"])
@pytest.mark.parametrize("databases", [("shop",), ("shop", "shop_test"), ("shop_test",)])
def test_of_a_service_with_all_databases_of_its_server_none_is_preferred(name: str, databases: tuple[str, ...]) -> None:
    everything = service("pg", "Postgres", hostPort="db:5432", database="shop", ingestAllDatabases=True)
    tables = [{"fqn": f"pg.{database}.public.orders", "columns": columns("id")} for database in databases]
    options = config()
    seed = {"databaseServices": [everything], "tables": tables}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        found = Resolver(client, options).resolve(dataset("postgres://db:5432", name, options.datasets))
    expected = ("resolved", f"pg.{databases[0]}.public.orders") if len(databases) == 1 else ("ambiguous", None)
    assert (found.outcome, found.entity.fqn if found.entity else None) == expected
