"""What resolution costs: how many calls a dataset is, and that the size of the catalogue is no matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.names.identity import Kind
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, KAFKA, PG, SEED, TOKEN, columns, config, dataset, service


@pytest.fixture
def lookups(server: CatalogueServer) -> Iterator[Any]:
    """Resolve datasets with one resolver and give the lookups that each took."""
    with OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        resolver = Resolver(client, config())

        def count(*datasets: Dataset) -> list[tuple[str, int, int]]:
            counts = []
            for one in datasets:
                server.reset_requests()
                outcome = resolver.resolve(one).outcome
                paths = [path for _, path, _ in server.requests if "v1/services" not in path]
                searches = sum("v1/search" in path for path in paths)
                counts.append((outcome, len(paths) - searches, searches))
            return counts

        yield count


@pytest.mark.parametrize(
    ("namespace", "name", "kind", "cost"),
    [
        # outcome, GETs by name, searches
        (PG, "shop.public.orders", "table", ("resolved", 1, 0)),
        ("hive://metastore:9083", "sales.orders", "table", ("resolved", 1, 0)),
        (KAFKA, "shop.orders", "topic", ("resolved", 1, 0)),
        ("s3://raw", "orders", "container", ("resolved", 1, 0)),
        # both a schema of the connection's database and a database of its own
        (PG, "crm.accounts", "table", ("resolved", 2, 0)),
        (PG, "SHOP.Public.ORDERS", "table", ("resolved", 2, 1)),
        (PG, "accounts", "table", ("resolved", 2, 1)),
        (PG, "shop.public.nothing", "table", ("unresolved", 1, 1)),
        (PG, "crm.nothing", "table", ("unresolved", 2, 1)),
        (PG, "nothing", "table", ("unresolved", 1, 1)),
        ("hive://metastore:9083", "sales.nothing", "table", ("unresolved", 1, 1)),
        (KAFKA, "nothing", "topic", ("unresolved", 1, 1)),
        # two services of the type
        ("postgres://10.0.0.7", "shop.public.nothing", "table", ("unresolved", 2, 1)),
    ],
)
def test_a_dataset_is_few_calls(
    lookups: Any, namespace: str, name: str, kind: Kind, cost: tuple[str, int, int]
) -> None:
    assert lookups(dataset(namespace, name, kind=kind)) == [cost]


def test_what_was_found_or_not_found_is_not_asked_again(lookups: Any) -> None:
    again = [dataset(PG, name) for name in ("shop.public.orders", "shop.public.nothing")]
    assert [cost[1:] for cost in lookups(*again, *again)] == [(1, 0), (1, 1), (0, 0), (0, 0)]


def test_what_was_not_found_is_asked_again_in_the_next_publication(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    missing = dataset(PG, "shop.public.late")
    assert Resolver(client, config()).resolve(missing).outcome == "unresolved"
    client.put("v1/tables", {"name": "late", "databaseSchema": "pg.shop.public", "columns": columns("id")})
    assert Resolver(client, config()).resolve(missing).outcome == "resolved"


def test_a_question_in_flight_is_not_asked_again_whatever_the_kind(server: CatalogueServer) -> None:
    """Tables, topics and containers of one name, each many times, all at once against a slow server."""
    server.fail("GET", "name|search", None, times=1000, delay=0.02)
    datasets = [
        dataset(f"{namespace}{'/' * n}", name, (namespace, name, kind))
        for namespace, name, kind in (
            (PG, "shop.public.orders", "table"), (KAFKA, "shop.orders", "topic"), ("s3://raw", "orders", "container"),
            (PG, "shop.public.nothing", "table"),
        )
        for n in range(12)
    ]  # fmt: skip
    with OpenMetadataClient(server.url, TOKEN, retries=FAST, max_connections=16) as client:
        resolutions = Resolver(client, config()).resolve_all(datasets)
    assert len(resolutions) == 48
    paths = [path for _, path, _ in server.requests if "v1/services" not in path]
    assert len(paths) == len(set(paths)) == 5
    assert sum("v1/services" in path for _, path, _ in server.requests) == 3


def test_the_name_is_found_in_one_search_among_few_and_in_narrower_ones_among_many() -> None:
    for others, searches in ((3, 1), (30, 3)):
        tables = [{"fqn": f"pg.shop.s{n}.orders", "columns": columns("id")} for n in range(others)]
        seed = {"databaseServices": SEED["databaseServices"], "tables": [*tables, *SEED["tables"]]}
        with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
            assert Resolver(client, config()).resolve(dataset(PG, "nowhere.orders")).outcome == "unresolved"
            assert len([path for _, path, _ in server.requests if "v1/search" in path]) >= searches
            found = Resolver(client, config()).resolve(dataset(PG, "S7.orders" if others > 7 else "S2.orders"))
            assert found.outcome == "resolved"


SAME_PLACE: dict[str, Any] = {
    "databaseServices": [
        service("trino_lake", "Trino", hostPort="trino:8080", catalog="lake"),
        service("trino_pg", "Trino", hostPort="trino:8080", catalog="pg"),
        service("trino_all", "Trino", hostPort="trino:8080"),
        service("ora_a", "Oracle", hostPort="db:1521", oracleConnectionType={"oracleServiceName": "A"}),
        service("ora_b", "Oracle", hostPort="db:1521", oracleConnectionType={"oracleServiceName": "B"}),
        service("bq_a", "BigQuery", credentials={"gcpConfig": {"projectId": ["p1", "p2"]}}),
        service("bq_b", "BigQuery", credentials={"gcpConfig": {"projectId": "p3"}}),
        service("uc_main", "UnityCatalog", hostPort="adb.net:443", catalog="main"),
        service("uc_dev", "UnityCatalog", hostPort="adb.net:443", catalog="dev"),
        service("glue_a", "Glue", awsConfig={"awsRegion": "eu-west-1"}),
        service("glue_b", "Glue", awsConfig={"awsRegion": "us-east-1"}),
        service("dynamo", "DynamoDB", awsConfig={"awsRegion": "eu-west-1"}),
    ],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in (
            "trino_lake.lake.s.t", "trino_all.lake.s.t", "trino_all.other.s.t", "trino_all.pg.s.only",
            "ora_a.default.HR.EMP", "ora_b.default.HR.EMP", "bq_a.p1.d.t", "bq_b.p3.d.t", "bq_b.p1.d.t",
            "uc_main.main.s.t", "uc_dev.dev.s.t", "glue_a.123456789012.sales.t", "glue_b.123456789012.sales.t",
            "glue_a.default.sales.u", "dynamo.default.default.orders",
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("namespace", "name", "fqn", "calls"),
    [
        ("trino://trino:8080", "lake.s.t", "trino_lake.lake.s.t", 1),
        ("trino://trino:8080", "other.s.t", "trino_all.other.s.t", 3),
        ("trino://trino:8080", "pg.s.only", "trino_all.pg.s.only", 4),
        ("oracle://db:1521", "B.HR.EMP", "ora_b.default.HR.EMP", 2),
        ("bigquery", "p1.d.t", "bq_a.p1.d.t", 1),
        ("bigquery", "p3.d.t", "bq_b.p3.d.t", 1),
        ("unity-catalog", "dev.s.t", "uc_dev.dev.s.t", 1),
        ("arn:aws:glue:eu-west-1:123456789012", "table/sales/t", "glue_a.123456789012.sales.t", 1),
        ("arn:aws:glue:us-east-1:123456789012", "sales.t", "glue_b.123456789012.sales.t", 1),
        ("arn:aws:glue:eu-west-1:999999999999", "sales.u", "glue_a.default.sales.u", 2),
        ("dynamodb://eu-west-1", "orders", "dynamo.default.default.orders", 1),
    ],
)
def test_of_several_services_at_one_address_the_one_for_that_catalog_is_asked_first(
    namespace: str, name: str, fqn: str, calls: int
) -> None:
    with CatalogueServer(SAME_PLACE) as server, OpenMetadataClient(server.url) as client:
        resolution = Resolver(client, config()).resolve(dataset(namespace, name))
        assert (resolution.entity.fqn if resolution.entity else resolution.detail) == fqn
        assert len([path for _, path, _ in server.requests if "v1/services" not in path]) == calls


def by_fqn(resolution: Resolution) -> str | None:
    return resolution.entity.fqn if resolution.entity else None


def test_a_catalogue_of_any_size_costs_the_same() -> None:
    asked = [
        dataset(PG, "shop.public.orders"), dataset(PG, "SHOP.public.totals"), dataset(PG, "crm.accounts"),
        dataset(PG, "accounts"), dataset(PG, "shop.public.none"), dataset(PG, "none"),
        dataset("postgres://10.0.0.7", "shop.public.only_there"), dataset(KAFKA, "SHOP.orders", kind="topic"),
        dataset("s3://raw", "orders/x", kind="container"), dataset("s3://raw", "none/x", kind="container"),
    ]  # fmt: skip
    costs = []
    for others in (0, 1500):
        seed = {
            **SEED,
            "tables": [
                *SEED["tables"],
                *({"fqn": f"pg.shop.s{n % 7}.t{n}", "columns": columns("id")} for n in range(others)),
            ],
            "containers": [
                *SEED["containers"],
                *({"name": f"c{n}", "service": "s3", "fullPath": f"s3://raw/c{n}"} for n in range(others)),
            ],
        }
        with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
            found = Resolver(client, config()).resolve_all(asked)
            costs.append((len(server.requests), [by_fqn(resolution) for resolution in found.values()]))
    assert costs[0] == costs[1]
    assert costs[0][0] < 40
