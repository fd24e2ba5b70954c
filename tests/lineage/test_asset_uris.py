"""URIs of assets: those of Airflow's providers are candidates, and every candidate is the dataset, read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.config import DatasetOptions, RenameRule
from openmetadata_ol_provider.lineage.asset_uris import MAX_CANDIDATES, candidate_uris, dataset_of_uri
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openlineage.facets import Identifier

FIXTURES = Path(__file__).parent / "systems" / "fixtures"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['why']}")
    for file in sorted(FIXTURES.glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
NAMING, WHOLE = Naming(DatasetOptions()), Naming(DatasetOptions(strip_partitions=False))


def uris(namespace: str, name: str) -> tuple[str, ...]:
    return candidate_uris(DatasetId(namespace, name), NAMING.identities(namespace, name))


@pytest.mark.parametrize(
    ("namespace", "name", "provided"),
    [
        ("postgres://db:5432", "shop.public.orders", "postgres://db:5432/shop/public/orders"),
        ("postgres://db", "shop.public.orders", "postgres://db:5432/shop/public/orders"),
        ("postgresql://db:5433", "shop.public.orders", "postgres://db:5433/shop/public/orders"),
        ("mysql://db:3306", "shop.orders", "mysql://db:3306/shop/orders"),
        ("mariadb://db:3306", "shop.orders", "mysql://db:3306/shop/orders"),
        ("mssql://db:1433", "shop.dbo.orders", "mssql://db:1433/shop/dbo/orders"),
        ("redshift://c.eu-west-1:5439", "shop.public.orders", "redshift://c.eu-west-1:5439/shop/public/orders"),
        ("trino://trino:8080", "lake.gold.orders", "trino://trino:8080/lake/gold/orders"),
        ("teradata://db:1025", "shop.orders", "teradata://db:1025/shop/orders"),
        ("snowflake://org-account", "SHOP.PUBLIC.ORDERS", "snowflake://org-account/SHOP/PUBLIC/ORDERS"),
        ("snowflake://org-account", "shop.public.orders", "snowflake://org-account/SHOP/PUBLIC/ORDERS"),
        ("bigquery", "project.dataset.orders", "bigquery://project/dataset/orders"),
        ("s3a://lake", "/gold/orders/", "s3://lake/gold/orders"),
        ("s3://lake", "gold/orders", "s3a://lake/gold/orders"),
        ("s3://lake", "gold/orders/day=2026-11-29/part-0.parquet", "s3://lake/gold/orders"),
        ("s3://lake", "gold/orders/day=2026-11-29", "s3://lake/gold/orders/day=2026-11-29"),
        ("s3://lake", "/", "s3://lake/"),
        ("gs://lake", "gold/orders", "gs://lake/gold/orders"),
        ("file", "/data/orders", "file:///data/orders"),
        ("kafka://b1:9092,b2:9092", "orders", "kafka://b2:9092/orders"),
        ("kafka://b1:9092,b2:9092", "orders", "kafka://b1/orders"),
        ("kafka://b1:9092,b2:9092", "orders", "kafka://b1:9092,b2:9092/orders"),
        ("hdfs://nn:8020", "/data/orders", "hdfs://nn/data/orders"),
        (
            "abfss://lake@acme.dfs.core.windows.net",
            "gold/orders",
            "wasbs://lake@acme.blob.core.windows.net/gold/orders",
        ),
        (
            "arn:aws:glue:eu-west-1:123456789012",
            "table/shop/orders",
            "arn:aws:glue:eu-west-1:123456789012:table/shop/orders",
        ),
        ("mongodb://db:27017", "shop.orders", "mongodb://db:27017/shop/orders"),
    ],
)
def test_what_airflows_providers_and_people_write_is_a_candidate(namespace: str, name: str, provided: str) -> None:
    assert provided in uris(namespace, name)


@pytest.mark.parametrize("case", CASES)
def test_every_candidate_is_the_dataset_when_it_is_read_back(case: dict[str, str]) -> None:
    namespace, name = case["namespace"], case["name"]
    links = [Identifier(**link) for link in case.get("symlinks", ())]  # type: ignore[arg-type]
    identities = NAMING.identities(namespace, name, links)
    named = {*identities, *WHOLE.identities(namespace, name)}
    # Airflow's provider reads MariaDB's scheme as MySQL's.
    named |= {replace(one, namespace=one.namespace.replace("mariadb://", "mysql://")) for one in named}
    candidates = candidate_uris(DatasetId(namespace, name), identities)
    assert len(candidates) <= MAX_CANDIDATES * len(named)
    for uri in candidates:
        read = dataset_of_uri(uri)
        assert read is not None
        assert NAMING.same(WHOLE.identities(read.namespace, read.name), named), uri


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("postgres://db:5432", "shop.public.orders"), ("postgres://db:5433", "shop.public.orders")),
        (("postgres://db:5432", "shop.public.orders"), ("postgres://other:5432", "shop.public.orders")),
        (("postgres://db:5432", "shop.public.orders"), ("greenplum://db:5432", "shop.public.orders")),
        (("s3://lake", "gold/orders"), ("gs://lake", "gold/orders")),
        (("s3://lake", "gold/orders"), ("s3://lake", "gold/Orders")),
        (("kafka://b1:9092", "orders"), ("kafka://b1:9092", "Orders")),
        (("bigquery", "p.d.t"), ("bigquery", "p.t.d")),
    ],
)
def test_other_datasets_have_other_candidates(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not {*uris(*one)} & {*uris(*other)}


def test_a_renamed_dataset_is_the_asset_of_both_names() -> None:
    naming = Naming(DatasetOptions(rename=(RenameRule(match="s3://raw orders_.*", to="s3://lake gold/orders"),)))
    found = candidate_uris(DatasetId("s3://raw", "orders_7"), naming.identities("s3://raw", "orders_7"))
    assert {"s3://lake/gold/orders", "s3://raw/orders_7"} <= {*found}


@pytest.mark.parametrize("uri", ["orders", "", "arn:aws:s3", "http://[bad"])
def test_what_is_no_uri_is_no_dataset(uri: str) -> None:
    assert dataset_of_uri(uri) is None
