"""Dataset identities: one spelling for the many that producers use, symlinks first, and which names are one dataset."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import DatasetOptions, RenameRule
from openmetadata_ol_provider.lineage.identities import Naming, scheme_of
from openmetadata_ol_provider.openlineage.facets import Identifier

Short = tuple[str, str, str]


def identities(namespace: str, name: str, *links: Short, options: DatasetOptions | None = None) -> list[Short]:
    """Return identities as (kind, namespace, name)."""
    symlinks = [Identifier(namespace=ns, name=linked, type=kind) for ns, linked, kind in links]
    found = Naming(options or DatasetOptions()).identities(namespace, name, symlinks)
    return [(identity.kind, identity.namespace, identity.name) for identity in found]


SYSTEMS = [
    ("postgres://db:5432", "shop.public.orders", ("table", "postgres://db:5432", "shop.public.orders")),
    ("postgresql://db:5432", "shop.public.orders", ("table", "postgres://db:5432", "shop.public.orders")),
    ("mysql://db:3306", "shop.orders", ("table", "mysql://db:3306", "shop.orders")),
    ("mssql://db:1433", "shop.dbo.orders", ("table", "sqlserver://db:1433", "shop.dbo.orders")),
    ("sqlserver://db:1433", "shop.dbo.orders", ("table", "sqlserver://db:1433", "shop.dbo.orders")),
    ("snowflake://org-acc", "DB.SALES.ORDERS", ("table", "snowflake://org-acc", "DB.SALES.ORDERS")),
    ("trino://t:8080", "hive.mart.orders__dbt_tmp", ("table", "trino://t:8080", "hive.mart.orders")),
    (
        "postgres://db:5432",
        "shop.mart.orders__dbt_tmp143015123456",
        ("table", "postgres://db:5432", "shop.mart.orders"),
    ),
    ("snowflake://org-acc", "DB.MART.ORDERS__DBT_TMP", ("table", "snowflake://org-acc", "DB.MART.ORDERS")),
    ("mysql://db:3306", "shop.__dbt_tmp", ("table", "mysql://db:3306", "shop.__dbt_tmp")),
    ("mysql://db:3306", "shop.orders__dbt_tmp_of_mine", ("table", "mysql://db:3306", "shop.orders__dbt_tmp_of_mine")),
    ("oracle://db:1521", "XE.SYS.V$SESSION", ("table", "oracle://db:1521", "XE.SYS.V$SESSION")),
    ("trino://t:8080", "lake.sales.orders", ("table", "trino://t:8080", "lake.sales.orders")),
    ("trino:8080", "lake.sales.orders", ("table", "trino://trino:8080", "lake.sales.orders")),
    ("hive://meta:9083", "sales.orders", ("table", "hive://meta:9083", "sales.orders")),
    ("bigquery", "proj.sales.orders", ("table", "bigquery", "proj.sales.orders")),
    ("bigquery", "proj.sales.orders$20261123", ("table", "bigquery", "proj.sales.orders")),
    ("bigquery", "proj.sales.orders$__UNPARTITIONED__", ("table", "bigquery", "proj.sales.orders")),
    ("arn:aws:glue:eu-west-1:1234", "table/sales/orders", ("table", "arn:aws:glue:eu-west-1:1234", "sales.orders")),
    ("arn:aws:glue:eu-west-1:1234", "sales/orders", ("table", "arn:aws:glue:eu-west-1:1234", "sales.orders")),
    ("arn:aws:glue:eu-west-1:1234", "sales.orders", ("table", "arn:aws:glue:eu-west-1:1234", "sales.orders")),
    ("kafka://b1:9092", "shop.orders", ("topic", "kafka://b1:9092", "shop.orders")),
    ("kafka://b1:9092,b2:9092", "shop.orders", ("topic", "kafka://b1:9092,b2:9092", "shop.orders")),
    ("pubsub", "topic:proj:orders", ("topic", "pubsub://proj", "orders")),
    ("s3://lake", "orders", ("container", "s3://lake", "orders")),
    ("s3://lake", "/orders/", ("container", "s3://lake", "orders")),
    ("s3a://lake", "/orders/dt=2026-11-23", ("container", "s3://lake", "orders")),
    ("s3n://lake/", "orders/2026/11/23", ("container", "s3://lake", "orders")),
    ("s3://aws_default@lake", "orders/part-0.csv", ("container", "s3://lake", "orders")),
    ("gcs://lake", "orders", ("container", "gs://lake", "orders")),
    ("abfs://c@acc.dfs.core.windows.net", "orders", ("container", "abfss://c@acc.dfs.core.windows.net", "orders")),
    ("wasb://c@acc.blob.core.windows.net", "orders", ("container", "wasbs://c@acc.blob.core.windows.net", "orders")),
    ("hdfs://nn:8020", "/data/orders", ("container", "hdfs://nn:8020", "/data/orders")),
    ("dbfs", "/mnt/orders", ("container", "dbfs", "/mnt/orders")),
    ("file", "/data/orders", ("container", "file", "/data/orders")),
    ("file", "data/orders", ("container", "file", "/data/orders")),
    ("file", "file:/data/orders", ("container", "file", "/data/orders")),
    ("", "/data/orders.csv", ("container", "file", "/data/orders.csv")),
    ("file://worker-7", "/data/orders", ("container", "file", "/data/orders")),
    ("file:/data/iceberg", "sales/orders", ("container", "file", "/data/iceberg/sales/orders")),
    ("/data/iceberg", "sales/orders", ("container", "file", "/data/iceberg/sales/orders")),
    ("inmemory://", "tmp-1", ("other", "inmemory://", "tmp-1")),
    ("", "default_catalog.default_database.gen", ("other", "", "default_catalog.default_database.gen")),
    ("unity-catalog", "main.sales.orders", ("table", "unity-catalog", "main.sales.orders")),
    ("my warehouse", "sales.orders", ("table", "my warehouse", "sales.orders")),
]


@pytest.mark.parametrize(("namespace", "name", "expected"), SYSTEMS, ids=lambda value: str(value).replace("/", "_"))
def test_every_system_has_one_spelling(namespace: str, name: str, expected: Short) -> None:
    assert identities(namespace, name) == [expected]


@pytest.mark.parametrize(("namespace", "name", "expected"), SYSTEMS, ids=lambda value: str(value).replace("/", "_"))
def test_the_one_spelling_is_its_own(namespace: str, name: str, expected: Short) -> None:
    kind, spelt_namespace, spelt_name = expected
    assert identities(spelt_namespace, spelt_name) == [(kind, spelt_namespace, spelt_name)]


def test_a_warehouse_path_may_also_be_the_table_it_says() -> None:
    assert identities("hdfs://nn:8020", "/warehouse/sales.db/orders/dt=2026-11-23") == [
        ("container", "hdfs://nn:8020", "/warehouse/sales.db/orders"),
        ("table", "hdfs://nn:8020/warehouse", "sales.orders"),
    ]


def test_table_symlinks_come_before_the_primary_name_and_others_after_it() -> None:
    links = (("s3://old", "orders", "LOCATION"), ("hive://meta:9083", "sales.orders", "TABLE"))
    assert identities("s3a://lake", "/wh/orders", *links) == [
        ("table", "hive://meta:9083", "sales.orders"),
        ("container", "s3://lake", "wh/orders"),
        ("container", "s3://old", "orders"),
    ]


def test_a_table_whose_location_is_a_symlink_comes_first() -> None:
    assert identities("hive://meta:9083", "sales.orders", ("file", "/wh/sales.db/orders", "LOCATION")) == [
        ("table", "hive://meta:9083", "sales.orders"),
        ("container", "file", "/wh/sales.db/orders"),
        ("table", "file:/wh", "sales.orders"),
    ]


def test_a_symlink_without_namespace_is_in_the_datasets_own() -> None:
    assert identities("hive://meta:9083", "s3/orders", ("", "sales.orders", "TABLE"))[0] == (
        "table",
        "hive://meta:9083",
        "sales.orders",
    )


@pytest.mark.parametrize("namespace", ["/data/warehouse", "file:/data/warehouse", "s3://lake/warehouse"])
def test_a_table_symlink_in_a_directory_is_a_table(namespace: str) -> None:
    found = identities("file", "/data/warehouse/sales/orders", (namespace, "sales.orders", "TABLE"))
    assert found[0] == ("table", namespace, "sales.orders")


def test_a_path_called_a_table_symlink_is_still_a_path() -> None:
    found = identities("snowflake://org-acc", "DB.S.T", ("s3://lake", "wh/db/t", "TABLE"))
    assert ("container", "s3://lake", "wh/db/t") in found


def test_a_producers_own_alias_in_a_brokers_namespace_is_no_identity() -> None:
    link = ("kafka://b1:9092", "default_catalog.default_database.orders", "TABLE")
    assert identities("kafka://b1:9092", "shop.orders", link) == [("topic", "kafka://b1:9092", "shop.orders")]


def test_symlinks_without_name_or_type_do_no_harm() -> None:
    links = [Identifier(), Identifier(namespace="hive://m:1"), Identifier(namespace="hive://m:1", name="d.t")]
    found = Naming(DatasetOptions()).identities("s3://lake", "t", links)
    assert [identity.name for identity in found] == ["d.t", "t"]


def test_an_identity_is_listed_once() -> None:
    links = (("s3a://lake", "/orders", "LOCATION"), ("s3n://lake", "orders/dt=1", "LOCATION"))
    assert identities("s3://lake", "orders", *links) == [("container", "s3://lake", "orders")]


def test_partitions_are_kept_when_the_config_says_so() -> None:
    options = DatasetOptions(strip_partitions=False)
    assert identities("s3://lake", "orders/dt=1", options=options) == [("container", "s3://lake", "orders/dt=1")]


def test_rename_rules_rewrite_namespace_and_name_in_turn() -> None:
    rules = (
        RenameRule(match=r"/^duckdb:\S+ (crm)\./", to=r"mssql://crm:1433 \1."),
        RenameRule(match=r"/\.dbo\./", to=".public."),
    )
    options = DatasetOptions(rename=rules)
    assert identities("duckdb:/data/x", "crm.dbo.t", options=options) == [
        ("table", "sqlserver://crm:1433", "crm.public.t")
    ]
    assert identities("duckdb:/data/x", "other.t", options=options) == [("table", "duckdb:/data/x", "other.t")]


def test_rename_rules_are_for_table_names_in_directories_too() -> None:
    options = DatasetOptions(rename=(RenameRule(match=r"/ raw_/", to=" "),))
    found = identities("s3://lake", "wh/t", ("file:/wh", "raw_sales.orders", "TABLE"), options=options)
    assert found[0] == ("table", "file:/wh", "sales.orders")


def test_a_rename_that_leaves_no_name_keeps_the_name() -> None:
    options = DatasetOptions(rename=(RenameRule(match="/^a .*/", to="b"),))
    assert identities("a", "t", options=options) == [("table", "b", "t")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s3a://lake", "/orders/dt=1"), ("s3://lake", "orders")),
        (("hive://m:1", "Sales.Orders"), ("hive://m:1", "sales.orders")),
        (("postgresql://db:5432", "a.b.c"), ("postgres://db:5432", "a.b.c")),
        (("file", "data/x.csv"), ("", "/data/x.csv")),
    ],
)
def test_two_spellings_of_one_dataset_are_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    naming = Naming(DatasetOptions())
    assert naming.same(naming.identities(*one), naming.identities(*other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("s3://lake", "orders"), ("s3://other", "orders")),
        (("mysql://host-1:3306", "a.b"), ("mysql://host-10:3306", "a.b")),
        (("trino://t:1", "lake.s.orders$snapshots"), ("trino://t:1", "lake.s.orders")),
        (("oracle://db:1521", "SYS.V$SESSION"), ("oracle://db:1521", "SYS.V$LOCK")),
        (("s3://lake", "orders"), ("s3://lake", "orders_new")),
    ],
)
def test_two_datasets_are_not_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    naming = Naming(DatasetOptions())
    assert not naming.same(naming.identities(*one), naming.identities(*other))


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    st.one_of(st.sampled_from([namespace for namespace, _, _ in SYSTEMS]), st.text(max_size=12)),
    st.text(min_size=1, max_size=20),
    st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8), st.sampled_from(["TABLE", "LOCATION", "", "x"]))),
)
def test_any_name_has_an_identity_and_none_twice(namespace: str, name: str, links: list[Short]) -> None:
    found = identities(namespace, name, *links)
    assert found
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("namespace", "scheme"),
    [
        ("postgresql://h:1", "postgres"),
        ("S3A://b", "s3"),
        ("bigquery", "bigquery"),
        ("arn:aws:glue:r:a", "glue"),
        ("arn", "arn"),
        ("", "file"),
        ("/data", "file"),
        ("unity-catalog", "unity-catalog"),
    ],
)
def test_a_scheme_has_one_spelling(namespace: str, scheme: str) -> None:
    assert scheme_of(namespace) == scheme
