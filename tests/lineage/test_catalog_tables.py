"""The table of a path in the warehouse of a catalog, which the ``catalog`` facet names."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from tests.support import BASE, decode, run_event

CATALOG = {"framework": "iceberg", "type": "rest", "name": "polaris", "warehouseUri": "s3a://lake/wh/"}
UUID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"


def tables(namespace: str, name: str, **facets: Any) -> list[tuple[str, str]]:
    """Return the identities of the only output that are tables."""
    output = {"namespace": namespace, "name": name, "facets": facets}
    events = decode(run_event("COMPLETE", outputs=[output]))
    (dataset,) = translate(events, Config(), now=BASE).plan.datasets
    return [(identity.namespace, identity.name) for identity in dataset.identities if identity.kind == "table"]


@pytest.mark.promise("C71")
@pytest.mark.parametrize(
    ("namespace", "name", "catalog", "table"),
    [
        ("s3://lake", "wh/sales/orders", {}, ("s3://lake/wh", "sales.orders")),
        ("s3a://lake", "/wh/sales/orders/", {}, ("s3://lake/wh", "sales.orders")),
        ("s3://lake", f"wh/sales/orders_{UUID}", {"type": "nessie"}, ("s3://lake/wh", "sales.orders")),
        ("s3://lake", "sales/orders", {"type": "glue", "warehouseUri": "s3://lake"}, ("s3://lake", "sales.orders")),
        (
            "gs://lake", "wh/sales/orders", {"type": "biglake", "warehouseUri": "gs://lake/wh"},
            ("gs://lake/wh", "sales.orders"),
        ),
        (
            "abfss://c@acc.dfs.core.windows.net", "/wh/sales/orders",
            {"warehouseUri": "abfss://c@acc.dfs.core.windows.net/wh"},
            ("abfss://c@acc.dfs.core.windows.net/wh", "sales.orders"),
        ),
        ("file", "/data/wh/sales/orders", {"warehouseUri": "file:/data/wh"}, ("file:/data/wh", "sales.orders")),
    ],
)  # fmt: skip
def test_a_path_in_the_warehouse_is_a_table_of_the_catalog(
    namespace: str, name: str, catalog: dict[str, str], table: tuple[str, str]
) -> None:
    assert tables(namespace, name, catalog={**CATALOG, **catalog}) == [table]


@pytest.mark.parametrize(
    ("namespace", "name", "catalog"),
    [
        # Nobody registers the tables of a catalog that is a directory.
        ("s3://lake", "wh/sales/orders", {"type": "hadoop"}),
        ("s3://lake", "wh/sales/orders", {"warehouseUri": "s3://other/wh"}),
        ("s3://lake", "raw/sales/orders", {}),
        ("s3://lake", "wh/sales", {}),
        ("s3://lake", "wh/sales/orders/data", {}),
        ("s3://lake", "wh2/sales/orders", {}),
        ("s3://lake", "wh/sales/orders", {"warehouseUri": ""}),
    ],
)
def test_other_paths_are_no_tables(namespace: str, name: str, catalog: dict[str, str]) -> None:
    assert tables(namespace, name, catalog={**CATALOG, **catalog}) == []


def test_a_table_that_is_named_needs_no_guess() -> None:
    link = {"namespace": "hive://hms:9083", "name": "sales.orders", "type": "TABLE"}
    named = tables("s3://lake", "wh/sales/orders", catalog=CATALOG, symlinks={"identifiers": [link]})
    assert named == [("hive://hms:9083", "sales.orders")]
