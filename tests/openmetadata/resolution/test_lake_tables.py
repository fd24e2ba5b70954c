"""Tables of lakes are never those of databases with files of their own, and those in DBFS are the metastore's."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan_datasets import Dataset
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, service

VERSION = "1.12.0"
POSTGRES = service("pg", "Postgres", hostPort="pg:5432")
WORKSPACE = service("dbx", "Databricks", hostPort="adb-1.azuredatabricks.net:443")
IN_DBFS = ("dbfs", "/user/hive/warehouse/sales.db/orders")


def dataset(names: tuple[str, str], *links: tuple[str, str]) -> Dataset:
    symlinks = [Identifier(namespace=namespace, name=name, type="TABLE") for namespace, name in links]
    return Dataset(*names, Naming(DatasetOptions()).identities(*names, symlinks))


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("names", "links"),
    [
        (("s3://lake", "warehouse/sales/orders"), (("http://rest:8181", "sales.orders"),)),
        (("s3://lake", "warehouse/sales/orders"), (("http://nessie:19120/iceberg", "sales.orders"),)),
        (("s3://lake", "warehouse/sales/orders"), (("lakehouse", "sales.orders"),)),
        (IN_DBFS, ()),
        (IN_DBFS, (("/user/hive/warehouse/sales.db", "spark_catalog.sales.orders"),)),
        (("gvfs://fileset", "/warehouse/sales.db/orders"), ()),
    ],
)
def test_a_table_of_a_lake_is_never_one_of_a_database_with_files_of_its_own(
    names: tuple[str, str], links: tuple[tuple[str, str], ...]
) -> None:
    tables = [{"fqn": "pg.shop.sales.orders", "columns": columns("id")}]
    seed = {"databaseServices": [POSTGRES], "tables": tables}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        resolution = Resolver(client, config()).resolve(dataset(names, *links))
        rule = [{"namespace": links[0][0] if links else f"{names[0]}*", "service": "pg"}]
        ruled = Resolver(client, config(namespaces=rule)).resolve(dataset(names, *links))
    assert (resolution.outcome, resolution.reason) == ("unresolved", "unresolved")
    # What a user says knowingly, where the name that the rule is for is a full one.
    assert (ruled.entity is not None) == (len(links) == 0 or links[0][1] == "sales.orders")


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("tables", "found"),
    [
        (["dbx.main.sales.orders", "dbx.hive_metastore.sales.orders"], "dbx.hive_metastore.sales.orders"),
        # A table of Unity Catalog is never in a workspace's DBFS.
        (["dbx.main.sales.orders"], None),
    ],
)
def test_a_table_in_dbfs_is_in_the_metastore_of_a_workspace(tables: list[str], found: str | None) -> None:
    seed = {"databaseServices": [WORKSPACE], "tables": [{"fqn": fqn, "columns": columns("id")} for fqn in tables]}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        rule = {"namespace": "dbfs:/user/hive/warehouse", "service": "dbx"}
        resolutions = [Resolver(client, config(namespaces=rules)).resolve(dataset(IN_DBFS)) for rules in ([], [rule])]
        named = Resolver(client, config(namespaces=[{**rule, "database": "main"}])).resolve(dataset(IN_DBFS))
    assert [one.entity.fqn if one.entity else None for one in resolutions] == [found, found]
    assert named.entity is not None
    assert named.entity.fqn == "dbx.main.sales.orders"


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("services", "tables", "found"),
    [
        ([WORKSPACE], ["dbx.main.sales.orders", "dbx.hive_metastore.sales.orders"], "dbx.hive_metastore.sales.orders"),
        ([WORKSPACE], ["dbx.main.sales.orders"], None),
        ([service("hive", "Hive", hostPort="m:9083")], ["hive.default.sales.orders"], "hive.default.sales.orders"),
    ],
)
def test_a_table_of_sparks_session_catalog_is_in_the_metastore(
    services: list[dict[str, Any]], tables: list[str], found: str | None
) -> None:
    table = dataset(
        ("abfss://lake@acc.dfs.core.windows.net", "/sales/orders"), ("/sales", "spark_catalog.sales.orders")
    )
    seed = {"databaseServices": services, "tables": [{"fqn": fqn, "columns": columns("id")} for fqn in tables]}
    with CatalogueServer(seed, VERSION, TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        resolution = Resolver(client, config()).resolve(table)
    assert (resolution.entity.fqn if resolution.entity else None) == found


@pytest.mark.parametrize(
    ("path", "link", "found"),
    [
        ("/1f0c/Tables/customers", "bronze.customers", "fabric.bronze.dbo.customers"),
        ("/2a9d/Tables/dbo/customers", "silver.dbo.customers", "fabric.silver.dbo.customers"),
        ("/2a9d/Tables/sales/customers", "silver.sales.customers", "fabric.silver.sales.customers"),
    ],
)
def test_one_rule_for_onelake_finds_the_tables_of_all_lakehouses(path: str, link: str, found: str) -> None:
    """Spark in Fabric names the path by ids, and the table by its lakehouse, without or with its schema."""
    lake = "abfss://0f1e@onelake.dfs.fabric.microsoft.com"
    schemas = ("bronze.dbo", "silver.dbo", "silver.sales")
    tables = [{"fqn": f"fabric.{schema}.customers", "columns": columns("id")} for schema in schemas]
    sql_endpoint = service("fabric", "MicrosoftFabric", hostPort="ep.datawarehouse.fabric.microsoft.com:1433")
    rule = [{"namespace": "abfss://*@onelake.dfs.fabric.microsoft.com*", "service": "fabric"}]
    names, links = (lake, path), ((f"{lake}{path.rpartition('/')[0]}", link),)
    with (
        CatalogueServer({"databaseServices": [sql_endpoint], "tables": tables}, VERSION, TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        assert Resolver(client, config()).resolve(dataset(names, *links)).outcome != "resolved"
        resolution = Resolver(client, config(namespaces=rule)).resolve(dataset(names, *links))
    assert resolution.entity is not None
    assert resolution.entity.fqn == found
