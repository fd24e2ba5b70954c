"""Names that slip past a system's convention: unknown schemes, parameters, warehouses by path, encoding, part files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config, DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import columns, config, resolve_with_hints, service

SEED: dict[str, Any] = {
    "databaseServices": [
        service("pg", "Postgres", hostPort="pg:5432", database="one"),
        service("ms", "Mssql", hostPort="ms:1433", database="stage"),
        service("my", "Mysql", hostPort="my:3306"),
        service("ora", "Oracle", hostPort="ora:1521"),
        service("db2", "Db2", hostPort="db2:50000", database="OTHER"),
        service("td", "Teradata", hostPort="td:1025"),
        service("snow", "Snowflake", account="acme-prod", database="ONE"),
        service("dbx", "Databricks", hostPort="h.cloud.databricks.com:443"),
        service("hive", "Hive", hostPort="hs2:10000"),
    ],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in (
            "pg.one.sales.orders", "pg.one.public.t", "pg.two.public.t", "pg.two.crm.people", "pg.one.public.alone",
            "ms.stage.dbo.t", "ms.mart.dbo.t", "ms.stage.dbo.alone", "my.default.erp.users", "my.default.crm.users",
            "ora.default.SALES.ORDERS", "db2.SAMPLE.SALES.T", "db2.OTHER.SALES.T", "td.default.hr.t",
            "td.default.sales.t", "snow.ONE.PUBLIC.T", "snow.TWO.PUBLIC.T", "dbx.main.s.t", "dbx.dev.s.t",
            "hive.default.sales.orders", "hive.default.sales.payments", "hive.default.web.clicks",
        )
    ],
    "storageServices": [service("s3", "S3"), service("adls", "ADLS"), service("st", "CustomStorage")],
    "containers": [
        {"name": "lake", "service": "s3", "fullPath": "s3://lake"},
        {"name": "raw", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/raw data/orders"},
        {"name": "odd", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/odd%20name"},
        {"name": "uml", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/übersicht"},
        {"name": "wh", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/wh"},
        {"name": "payments", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/wh/sales.db/payments"},
        {"name": "delta", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/delta/crm/people"},
        {"name": "landing", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/landing"},
        {"name": "ex", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/exports"},
        {"name": "ex0", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/exports/part-0.csv"},
        {"name": "ev", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/events"},
        {"name": "ev1", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/events/dt=2026-01-01"},
        {"name": "lone", "service": "s3", "parent": "s3.lake", "fullPath": "s3://lake/lone/dt=2026-01-01"},
        {"name": "raw", "service": "adls", "fullPath": "abfss://raw@one.dfs.core.windows.net"},
        {"name": "o", "service": "adls", "parent": "adls.raw", "fullPath": "abfss://raw@one.dfs.core.windows.net/s/o"},
        {"name": "b1", "service": "adls", "fullPath": "abfss://both@one.dfs.core.windows.net/s/o"},
        {"name": "b2", "service": "adls", "fullPath": "abfss://both@two.dfs.core.windows.net"},
        {"name": "jfs", "service": "st", "fullPath": "juicefs://vol/sales/orders"},
        {"name": "new", "service": "st", "fullPath": "brandnew://vol/sales/orders"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED) as catalogue:
        yield catalogue


def dataset(namespace: str, name: str, type_: str | None = None) -> Dataset:
    return Dataset(namespace, name, Naming(DatasetOptions()).identities(namespace, name), type=type_)


def outcome(resolution: Resolution) -> str | None:
    return resolution.entity.fqn if resolution.entity else None


def resolve(client: OpenMetadataClient, namespace: str, name: str, **sections: Any) -> str | None:
    return outcome(Resolver(client, config(**sections)).resolve(dataset(namespace, name)))


# -- unknown schemes ----------------------------------------------------------------------------------------------


@pytest.mark.promise("A220")
@pytest.mark.parametrize(
    "scheme", ["az", "abfs", "r2", "swift", "juicefs", "onelake", "b2", "ks3", "hf", "gdrive", "brandnew", "x+y"]
)
@pytest.mark.parametrize("type_", [None, "TABLE", "VIEW", "FILE"])
def test_a_path_below_any_scheme_is_no_table(client: OpenMetadataClient, scheme: str, type_: str | None) -> None:
    elsewhere = dataset(f"{scheme}://elsewhere", "sales/orders", type_)
    (resolution,) = resolve_with_hints(Resolver(client, Config()), elsewhere).values()
    assert (resolution.outcome, outcome(resolution)) == ("unresolved", None)
    assert scheme in resolution.detail


@pytest.mark.promise("A220")
@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("juicefs://vol", "sales/orders", "st.jfs"),
        ("jfs://vol", "/sales/orders/", "st.jfs"),
        ("brandnew://vol", "sales/orders", "st.new"),
        ("brandnew://vol", "sales/orders/2026/x.csv", "st.new"),
        ("az://raw", "s/o", "adls.raw.o"),
        ("abfs://raw", "/s/o/part-0.parquet", "adls.raw.o"),
        ("azure://raw", "/", "adls.raw"),
        ("prod", "az://raw/s/o", "adls.raw.o"),
        ("prod", "s3://lake/raw data/orders", "s3.lake.raw"),
        ("bigquery", "s3a://lake/raw data/orders", "s3.lake.raw"),
        ("file", "brandnew://vol/sales/orders", "st.new"),
        ("", "s3://lake", "s3.lake"),
        # Nothing tells which of two accounts is meant, even if one of them has no such path.
        ("az://both", "s/o", None),
        ("kudu://m:7051", "impala::web.clicks", None),
    ],
)
def test_paths_find_their_container(client: OpenMetadataClient, namespace: str, name: str, fqn: str | None) -> None:
    assert resolve(client, namespace, name) == fqn


def test_a_container_in_two_accounts_is_ambiguous(client: OpenMetadataClient) -> None:
    resolution = Resolver(client, Config()).resolve(dataset("az://both", "s/o"))
    assert resolution.outcome == "ambiguous"
    assert "adls.b1, adls.b2" in resolution.detail


# -- parameters ----------------------------------------------------------------------------------------------------


@pytest.mark.promise("A221")
@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("sqlserver://ms:1433;database=mart;encrypt=true;", "dbo.t", "ms.mart.dbo.t"),
        ("jdbc:sqlserver://ms:1433;databaseName=mart", "t", "ms.mart.dbo.t"),
        ("sqlserver://ms:1433;database=mart", "stage.dbo.t", "ms.stage.dbo.t"),
        ("sqlserver://ms:1433;database=mart", "dbo.alone", None),
        ("sqlserver://ms:1433;database=mart", "alone", None),
        ("postgres://pg:5432?db=two", "public.t", "pg.two.public.t"),
        ("postgres://pg:5432/two?sslmode=require", "t", "pg.two.public.t"),
        ("postgres://pg:5432/two?currentSchema=crm", "people", "pg.two.crm.people"),
        ("postgres://pg:5432/two", "people", "pg.two.crm.people"),
        ("postgres://pg:5432/two?sslmode=require", "alone", None),
        ("postgres://pg:5432?dbname=two", "public.alone", None),
        ("postgres://pg", "5432/two.public.t", "pg.two.public.t"),
        ("mysql://my:3306/crm?useSSL=false", "users", "my.default.crm.users"),
        ("mysql://my:3306?database=erp", "users", "my.default.erp.users"),
        ("mysql://my", "3306/erp.users", "my.default.erp.users"),
        ("oracle://ora:1521", "1521/ORCL.SALES.ORDERS", "ora.default.SALES.ORDERS"),
        ("oracle://ora", "1521:ORCL.SALES.ORDERS", "ora.default.SALES.ORDERS"),
        ("jdbc:db2://db2:50000/SAMPLE:currentSchema=SALES;", "T", "db2.SAMPLE.SALES.T"),
        ("db2://db2", "50000/SAMPLE.SALES.T", "db2.SAMPLE.SALES.T"),
        ("teradata://td/DBS_PORT=1025,DATABASE=hr", "t", "td.default.hr.t"),
        ("teradata://td/DATABASE=nothing", "t", None),
        ("snowflake://acme-prod.snowflakecomputing.com/?db=TWO&schema=PUBLIC&warehouse=W", "T", "snow.TWO.PUBLIC.T"),
        ("snowflake://acme-prod?db=TWO", "PUBLIC.T", "snow.TWO.PUBLIC.T"),
        ("snowflake://acme-prod?db=THREE", "PUBLIC.T", None),
        ("jdbc:databricks://h.cloud.databricks.com:443/default;ConnCatalog=main;ConnSchema=s", "t", "dbx.main.s.t"),
        ("jdbc:databricks://h.cloud.databricks.com:443;ConnCatalog=dev", "s.t", "dbx.dev.s.t"),
        ("jdbc:hive2://hs2:10000/web;principal=hive/_HOST@REALM", "clicks", "hive.default.web.clicks"),
    ],
)
def test_parameters_name_the_database_and_never_another(
    client: OpenMetadataClient, namespace: str, name: str, fqn: str | None
) -> None:
    assert resolve(client, namespace, name) == fqn


def test_a_rule_is_written_with_the_parameters_of_the_event(client: OpenMetadataClient) -> None:
    namespace = "sqlserver://elsewhere:1433;database=mart"
    rules = [{"namespace": namespace, "service": "ms"}]
    assert resolve(client, namespace, "dbo.t", namespaces=rules) == "ms.mart.dbo.t"


# -- warehouses by path --------------------------------------------------------------------------------------------


@pytest.mark.promise("A222")
@pytest.mark.parametrize(
    ("namespace", "name", "fqn"),
    [
        ("s3://elsewhere/warehouse", "sales.payments", "hive.default.sales.payments"),
        # A database of its own files (Postgres) has such a table, too, but not at a path.
        ("s3://elsewhere/warehouse", "sales.orders", "hive.default.sales.orders"),
        ("s3://elsewhere", "wh/crm.db/people", None),
        ("s3://elsewhere/warehouse", "crm.people", None),
        ("hdfs://nn:8020/warehouse", "ice.web.clicks", "hive.default.web.clicks"),
        ("file:/data/iceberg", "web.clicks", "hive.default.web.clicks"),
        ("gs://lake/warehouse/web.db", "web.clicks", "hive.default.web.clicks"),
        ("s3://elsewhere", "/wh/web.db/web.clicks", "hive.default.web.clicks"),
        ("s3://elsewhere/warehouse", "web.clicks/dt=2026-01-01", "hive.default.web.clicks"),
        # The files, where the catalogue has them; never only a directory above them.
        ("s3://lake/wh", "sales.payments", "s3.lake.payments"),
        ("s3://lake/delta", "crm.people", "s3.lake.delta"),
        ("s3://lake/wh", "web.clicks", "hive.default.web.clicks"),
        ("s3://lake/wh", "web.nothing", None),
        ("s3://lake/landing", "orders.csv", "s3.lake.landing"),
        ("s3://elsewhere/landing", "sales.orders.parquet", None),
        ("s3://elsewhere", "sales.orders", None),
    ],
)
def test_a_table_named_by_its_warehouse(client: OpenMetadataClient, namespace: str, name: str, fqn: str | None) -> None:
    assert resolve(client, namespace, name) == fqn


def test_a_rule_for_a_warehouse_applies_to_its_tables(client: OpenMetadataClient) -> None:
    rules = [{"namespace": "s3://lake/wh", "service": "hive"}]
    assert resolve(client, "s3://lake/wh", "sales.payments", namespaces=rules) == "hive.default.sales.payments"


@pytest.mark.promise("A222")
@pytest.mark.parametrize(
    "path",
    [
        ("s3://lake", "warehouse/sales.db/orders"),
        ("s3a://lake", "/warehouse/sales.db/orders/dt=1"),
        ("s3://lake", "warehouse/sales.db/sales.orders"),
        ("s3://lake/warehouse", "ice.sales.orders"),
    ],
)
def test_a_table_meets_itself_whoever_names_it(path: tuple[str, str]) -> None:
    naming = Naming(DatasetOptions())
    assert naming.same(naming.identities("s3://lake/warehouse", "sales.orders"), naming.identities(*path))


def test_two_tables_of_one_warehouse_are_two() -> None:
    naming = Naming(DatasetOptions())
    one = naming.identities("s3://lake/warehouse", "sales.orders")
    for name in ("sales.payments", "web.orders"):
        assert not naming.same(one, naming.identities("s3://lake/warehouse", name))
    assert not naming.same(one, naming.identities("s3://other/warehouse", "sales.orders"))


# -- encoding, partitions, part files ------------------------------------------------------------------------------


@pytest.mark.promise("A223")
@pytest.mark.parametrize(
    ("name", "fqn"),
    [
        ("raw data/orders", "s3.lake.raw"),
        ("raw%20data/orders", "s3.lake.raw"),
        ("raw%20data/orders/2026/x.csv", "s3.lake.raw"),
        ("odd%20name", "s3.lake.odd"),
        ("%C3%BCbersicht", "s3.lake.uml"),
        ("%FF", None),
        ("exports/part-0.csv", "s3.lake.ex0"),
        ("exports/part-1.csv", "s3.lake.ex"),
        ("events/dt=2026-01-01", "s3.lake.ev1"),
        ("events/dt=2026-01-01/part-00000.parquet", "s3.lake.ev1"),
        ("events/dt=2026-01-02", "s3.lake.ev"),
        ("events", "s3.lake.ev"),
        ("lone/dt=2026-01-01", "s3.lake.lone"),
        ("lone/dt=2026-01-02", None),
    ],
)
def test_an_exact_container_comes_before_the_stripped_one(
    client: OpenMetadataClient, name: str, fqn: str | None
) -> None:
    assert resolve(client, "s3://lake", name) == fqn


def test_two_encodings_of_a_path_are_one_dataset() -> None:
    naming = Naming(DatasetOptions())
    assert naming.same(naming.identities("s3://lake", "a b/c"), naming.identities("s3://lake", "a%20b/c/dt=1"))
    assert not naming.same(naming.identities("s3://lake", "a%20b"), naming.identities("s3://lake", "a%25b"))


def test_the_partitions_of_a_table_cost_one_request_together(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    resolver = Resolver(client, Config())
    resolver.resolve(dataset("s3://lake", "events/dt=2026-02-01"))
    before = len(server.requests)
    for day in range(2, 30):
        assert outcome(resolver.resolve(dataset("s3://lake", f"events/dt=2026-02-{day:02d}"))) == "s3.lake.ev"
    assert len(server.requests) == before
