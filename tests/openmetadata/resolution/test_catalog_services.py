"""Tables of which events have the path: what says which database service holds them, and what does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan_datasets import CatalogHint, Dataset
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, service

VERSION = "1.12.0"
LAKE = ("s3://lake", "warehouse/sales.db/orders")
WAREHOUSE = "s3://lake/warehouse"

#: Each service has the table sales.orders, and some have one more of a name of its own.
SERVICES = {
    "snow": (service("snow", "Snowflake", account="org-acct"), "PROD"),
    "redshift": (service("redshift", "Redshift", hostPort="wh.abc.eu-west-1.redshift.amazonaws.com:5439"), "dev"),
    "bq": (service("bq", "BigQuery"), "proj"),
    "trino": (service("trino", "Trino", hostPort="trino:8080"), "hive"),
    "dremio": (service("dremio", "Dremio"), "space"),
    "click": (service("click", "Clickhouse", hostPort="ch:8123"), "default"),
    "hive": (service("hive", "Hive", hostPort="metastore:9083"), "default"),
    "hive2": (service("hive2", "Hive", hostPort="staging:9083"), "default"),
    "glue": (service("glue", "Glue", awsConfig={"awsRegion": "eu-west-1"}), "default"),
    "unity": (service("unity", "UnityCatalog"), "main"),
    "unity_dev": (service("unity_dev", "UnityCatalog"), "dev"),
    "ice": (service("ice", "Iceberg"), "default"),
    "lakehouse": (service("lakehouse", "CustomDatabase"), "default"),
}


@pytest.fixture
def resolve() -> Iterator[Any]:
    opened: list[Any] = []

    def run(names: list[str], dataset: Dataset, **sections: Any) -> Resolution:
        seed = {
            "databaseServices": [SERVICES[name][0] for name in names],
            "tables": [{"fqn": f"{name}.{SERVICES[name][1]}.sales.orders", "columns": columns("id")} for name in names],
        }
        server = CatalogueServer(seed, VERSION, TOKEN)
        opened.append(server)
        url = server.__enter__().url
        with OpenMetadataClient(url, TOKEN, retries=FAST) as client:
            return Resolver(client, config(**sections)).resolve(dataset)

    yield run
    for server in opened:
        server.__exit__(None, None, None)


def dataset(
    names: tuple[str, str] = LAKE, *links: tuple[str, str], catalog: CatalogHint | None = None, type_: str = "TABLE"
) -> Dataset:
    symlinks = [Identifier(namespace=namespace, name=name, type=type_) for namespace, name in links]
    return Dataset(*names, Naming(DatasetOptions()).identities(*names, symlinks), catalog=catalog)


def fqn(name: str) -> str:
    return f"{name}.{SERVICES[name][1]}.sales.orders"


@pytest.mark.promise("C71")
@pytest.mark.parametrize("name", ["snow", "redshift", "bq", "trino", "dremio", "click"])
@pytest.mark.parametrize(
    "names", [LAKE, ("gs://lake", "warehouse/sales.db/orders"), ("hdfs://nn:8020", "/warehouse/sales.db/orders")],
    ids=["s3", "gs", "hdfs"],
)  # fmt: skip
def test_a_path_is_no_table_of_a_warehouse_by_its_name(resolve: Any, name: str, names: tuple[str, str]) -> None:
    resolution = resolve([name], dataset(names))
    assert (resolution.outcome, resolution.reason) == ("unresolved", "unresolved")
    assert f"as {fqn(name)}, but nothing says that service {name} has tables of that path" in resolution.detail
    rule = re.search(r"add to `namespaces`: (\{[^}]*\})", resolution.detail)
    assert rule is not None
    import yaml

    ruled = resolve([name], dataset(names), namespaces=[yaml.safe_load(rule[1])])
    assert ruled.entity is not None
    assert ruled.entity.fqn == fqn(name)
    # What a user says knowingly.
    always = resolve([name], dataset(names), resolution={"by_name": "always"})
    assert always.entity is not None
    assert [item.at for item in always.mismatches] == [""]


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("hint", "services", "found"),
    [
        # The kind of the catalog
        (CatalogHint("iceberg", "snowflake", "horizon"), ["snow", "trino"], "snow"),
        (CatalogHint("iceberg", "bigquerymetastore", "bqms"), ["snow", "bq"], "bq"),
        (CatalogHint("iceberg", "trino", "hive"), ["snow", "trino"], "trino"),
        (CatalogHint(None, None, "redshift"), ["redshift", "snow"], "redshift"),
        (CatalogHint("iceberg", "glue", "lake"), ["glue", "hive"], "glue"),
        (CatalogHint("iceberg", "hive", "lake"), ["glue", "hive"], "hive"),
        (CatalogHint("iceberg", "rest", "polaris"), ["ice", "hive"], "ice"),
        (CatalogHint("delta", "unity", "main"), ["unity", "hive"], "unity"),
        # Its address
        (CatalogHint("hive", "hive", "spark_catalog", "thrift://metastore:9083"), ["hive", "hive2"], "hive"),
        (CatalogHint("hive", "hive", "spark_catalog", "thrift://staging:9083"), ["hive", "hive2", "glue"], "hive2"),
        (
            CatalogHint("iceberg", "rest", "x", "https://org-acct.snowflakecomputing.com/polaris"),
            ["snow", "hive"],
            "snow",
        ),
        (CatalogHint("iceberg", "rest", "x", "https://glue.eu-west-1.amazonaws.com/iceberg"), ["glue", "hive"], "glue"),
        # Its name
        (CatalogHint("delta", "unity", "dev"), ["unity", "unity_dev"], "unity_dev"),
        # What is not known changes nothing.
        (CatalogHint("paimon", "filesystem", "p"), ["lakehouse", "snow"], "lakehouse"),
        (None, ["hive", "snow", "trino"], "hive"),
    ],
)
def test_the_catalog_of_an_event_settles_the_service(
    resolve: Any, hint: CatalogHint | None, services: list[str], found: str
) -> None:
    resolution = resolve(services, dataset(catalog=hint))
    assert resolution.entity is not None, resolution.detail
    assert resolution.entity.fqn == fqn(found)


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("links", "hint", "services", "addresses"),
    [
        ((), CatalogHint("hive", "hive", None, "thrift://metastore:9083"), ["hive2"], ("staging:9083", "metastore")),
        (
            (), CatalogHint("iceberg", "rest", "x", "https://org-other.snowflakecomputing.com/polaris"), ["snow"],
            ("account org-acct", "account org-other"),
        ),
        (
            (), CatalogHint("iceberg", "rest", "x", "https://glue.us-east-1.amazonaws.com/iceberg"), ["glue"],
            ("AWS region eu-west-1", "AWS region us-east-1"),
        ),
        # The name in the metastore is another system's, so the path does not lead there either.
        ((("hive://metastore:9083", "sales.orders"),), None, ["hive2"], ("staging:9083", "metastore:9083")),
        ((("arn:aws:glue:us-east-1:1", "table/sales/orders"),), None, ["glue"], ("AWS region eu-west-1", "AWS region")),
    ],
)  # fmt: skip
def test_another_catalog_is_another_system(
    resolve: Any, links: tuple[tuple[str, str], ...], hint: CatalogHint | None, services: list[str],
    addresses: tuple[str, str],
) -> None:  # fmt: skip
    resolution = resolve(services, dataset(LAKE, *links, catalog=hint))
    assert (resolution.outcome, resolution.reason) == ("unresolved", "other_address")
    assert f"says {addresses[0]} and the event says {addresses[1]}" in resolution.detail


@pytest.mark.promise("C71")
def test_a_catalog_of_another_name_is_another_catalog(resolve: Any) -> None:
    resolution = resolve(["unity"], dataset(catalog=CatalogHint("delta", "unity", "dev")))
    assert resolution.outcome == "unresolved"


def test_two_metastores_stay_ambiguous(resolve: Any) -> None:
    assert resolve(["hive", "glue"], dataset()).outcome == "ambiguous"
    # A catalog at an unknown address may be either of them.
    hint = CatalogHint("iceberg", "hive", "lake", "thrift://hms.internal:9083")
    assert resolve(["hive", "hive2"], dataset(catalog=hint)).reason == "other_address"


def test_a_logical_namespace_is_settled_by_the_catalog(resolve: Any) -> None:
    names = ("prod", "sales.orders")
    assert resolve(["hive", "glue"], dataset(names)).outcome == "ambiguous"
    resolution = resolve(["hive", "glue"], dataset(names, catalog=CatalogHint("iceberg", "glue", "lake")))
    assert resolution.entity is not None
    assert resolution.entity.fqn == fqn("glue")


REGION = {"awsConfig": {"awsRegion": "eu-west-1"}}
REST = {"catalog": {"name": "prod", "connection": {"uri": "http://rest:8181"}}}


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("services", "tables", "catalog", "expected"),
    [
        # A crawler names the database by an account: that is as good a match as Hive's one database.
        (
            [service("hive", "Hive", hostPort="hs2:10000"), service("glue", "Glue", **REGION)],
            ["hive.default.sales.orders", "glue.123456789012.sales.orders"], None, "ambiguous",
        ),
        # The catalog of another address has tables of its own.
        (
            [service("ice", "Iceberg", **REST)], ["ice.prod.sales.orders"],
            CatalogHint("iceberg", "rest", "dev", "http://rest-dev:8181"), "other_address",
        ),
        (
            [service("ice", "Iceberg", **REST)], ["ice.prod.sales.orders"],
            CatalogHint("iceberg", "rest", "prod", "http://rest:8181"), "ice.prod.sales.orders",
        ),
    ],
)  # fmt: skip
def test_tables_of_several_catalogs(
    services: list[dict[str, Any]], tables: list[str], catalog: CatalogHint | None, expected: str
) -> None:
    seed = {"databaseServices": services, "tables": [{"fqn": fqn, "columns": columns("id")} for fqn in tables]}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        resolution = Resolver(client, config()).resolve(dataset((WAREHOUSE, "sales.orders"), catalog=catalog))
    assert (resolution.entity.fqn if resolution.entity else resolution.reason) == expected


IN_REST = ("http://rest:8181", "sales.orders")


@pytest.mark.promise("C71")
@pytest.mark.parametrize("name", ["snow", "redshift", "bq", "trino", "click"])
@pytest.mark.parametrize("hint", [None, CatalogHint("iceberg", "rest", "lake", "http://rest:8181")])
def test_a_table_of_a_rest_catalog_is_no_table_of_a_warehouse_by_its_name(
    resolve: Any, name: str, hint: CatalogHint | None
) -> None:
    path = ("s3://lake", "warehouse/sales/orders")
    resolution = resolve([name], dataset(path, IN_REST, catalog=hint))
    assert resolution.outcome == "unresolved"
    assert f'{{namespace: "http://rest:8181", service: {name}}}' in resolution.detail
    rule = {"namespace": "http://rest:8181", "service": name}
    assert resolve([name], dataset(path, IN_REST, catalog=hint), namespaces=[rule]).entity.fqn == fqn(name)
    # A service for Iceberg is likelier than any other.
    assert resolve([name, "ice"], dataset(path, IN_REST, catalog=hint)).entity.fqn == fqn("ice")


@pytest.mark.promise("C71")
def test_a_table_at_its_address_comes_before_one_of_another_name_that_is_only_alike(resolve: Any) -> None:
    names, link = ("hive://staging:9083", "sales.orders"), ("prod", "sales.orders")
    assert resolve(["glue", "hive2"], dataset(names, link)).entity.fqn == fqn("hive2")
    # Without it, the other name counts as before.
    assert resolve(["glue"], dataset(names, link)).entity.fqn == fqn("glue")
