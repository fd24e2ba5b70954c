"""Symlinks of one dataset that are different tables of the catalogue are ambiguous, and no guess."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset
from openmetadata_ol_provider.openlineage.facets import Identifier
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, columns, config, service

SEED: dict[str, Any] = {
    "databaseServices": [
        service("hive", "Hive", hostPort="metastore:10000"),
        service("trino", "Trino", hostPort="coordinator:8080"),
        service("pg", "Postgres", hostPort="pg:5432", database="shop"),
    ],
    "tables": [
        {"fqn": fqn, "columns": columns("id")}
        for fqn in (
            "hive.default.sales.orders",
            "hive.default.sales.orders_v2",
            "trino.lake.sales.orders",
            "pg.shop.public.orders",
        )
    ],
}
HIVE, TRINO = ("hive://metastore:9083", "sales.orders"), ("trino://coordinator:8080", "lake.sales.orders")
SECOND = ("hive://metastore:9083", "sales.orders_v2")


@pytest.fixture(scope="module")
def client() -> Iterator[OpenMetadataClient]:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        yield client


def linked(*links: tuple[str, str], own: tuple[str, str] = ("s3://lake", "raw/t"), kind: str = "TABLE") -> Dataset:
    symlinks = [Identifier(namespace=namespace, name=name, type=kind) for namespace, name in links]
    return Dataset(*own, Naming(DatasetOptions()).identities(*own, symlinks))


def resolve(client: OpenMetadataClient, dataset: Dataset, **sections: Any) -> tuple[str, str | None]:
    resolution = Resolver(client, config(**sections)).resolve(dataset)
    return resolution.outcome, resolution.entity.fqn if resolution.entity else resolution.detail


def test_symlinks_in_two_services_are_settled_by_the_rule_that_the_line_names(client: OpenMetadataClient) -> None:
    dataset = linked(HIVE, TRINO)
    detail = (
        "the symlinks of s3://lake raw/t are different tables: hive.default.sales.orders, trino.lake.sales.orders; "
        'settle it in `namespaces`, e.g. {namespace: "trino://coordinator:8080", service: hive}'
    )
    assert resolve(client, dataset) == ("ambiguous", detail)
    for rule in ({"service": "hive"}, {"ignore": True}):
        rules = [{"namespace": "trino://coordinator:8080", **rule}]
        assert resolve(client, dataset, namespaces=rules) == ("resolved", "hive.default.sales.orders")


def test_symlinks_in_one_service_are_reported_with_what_to_do(client: OpenMetadataClient) -> None:
    outcome, detail = resolve(client, linked(HIVE, SECOND))
    assert outcome == "ambiguous"
    assert "hive.default.sales.orders, hive.default.sales.orders_v2; rename one to the other" in (detail or "")


@pytest.mark.parametrize(
    "dataset",
    [
        pytest.param(linked(HIVE, ("hive://metastore", "SALES.orders")), id="two spellings"),
        pytest.param(linked(HIVE, ("hive://metastore:9083", "sales.gone")), id="the other is missing"),
        pytest.param(linked(HIVE, ("postgres://unknown:5432", "shop.public.orders")), id="the other is guessed"),
        pytest.param(linked(HIVE, own=TRINO), id="its own name"),
        pytest.param(linked(HIVE, SECOND, own=("file", "/data/warehouse/sales.db/orders")), id="confirmed by its path"),
    ],
)
def test_symlinks_that_are_no_other_table_do_not_matter(client: OpenMetadataClient, dataset: Dataset) -> None:
    assert resolve(client, dataset) == ("resolved", "hive.default.sales.orders")
