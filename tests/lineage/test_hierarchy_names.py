"""A hierarchy facet says which database and schema a table is in, whatever its name says."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Dataset
from tests.support import PG, Json, column_arrows, columns, dataset, plan_of, run_event, symlinks


def levels(*pairs: tuple[Any, Any]) -> Json:
    return {"hierarchy": [{"type": kind, "name": name} for kind, name in pairs]}


def read(name: str, facet: Json, namespace: str = PG, **facets: Json) -> list[str]:
    source = dataset(name, namespace, hierarchy=facet, **facets)
    plan = plan_of(run_event(inputs=[source], outputs=["shop.public.x"]))
    found: Dataset = next(one for one in plan.datasets if one.name == name)
    return [identity.name for identity in found.identities]


FULL = levels(("DATABASE", "shop"), ("SCHEMA", "public"), ("TABLE", "orders"))


@pytest.mark.parametrize(
    ("name", "facet", "names"),
    [
        ("orders", FULL, ["shop.public.orders", "orders"]),
        ("shop.public.orders", FULL, ["shop.public.orders"]),
        ("shop.v1.5.orders", levels(("Database", "shop"), ("schema", "v1.5"), ("view", "orders")),
         ['shop."v1.5".orders', "shop.v1.5.orders"]),
        ("orders", levels(("SERVER", "db1"), *[(one["type"], one["name"]) for one in FULL["hierarchy"]]),
         ["shop.public.orders", "orders"]),
    ],
    ids=["short name", "full name", "schema with a dot", "server above"],
)  # fmt: skip
def test_the_levels_are_tried_before_the_name(name: str, facet: Json, names: list[str]) -> None:
    assert read(name, facet) == names


@pytest.mark.parametrize(
    "facet",
    [
        levels(("TABLE", "orders")),
        levels(("DATABASE", "shop"), ("FOLDER", "f"), ("TABLE", "orders")),
        levels(("DATABASE", "shop"), ("SCHEMA", None), ("TABLE", "orders")),
        levels((None, "shop"), (None, "orders")),
        {"hierarchy": None},
        {"hierarchy": []},
        {**FULL, "_deleted": True},
        {"levels": [{"name": "database", "value": "shop"}]},
    ],
    ids=[
        "one level",
        "a folder between",
        "without a name",
        "without types",
        "null",
        "empty",
        "withdrawn",
        "other shape",
    ],
)
def test_what_does_not_name_a_table_says_nothing(facet: Json) -> None:
    assert read("orders", facet) == ["orders"]


def test_levels_without_the_database_say_less_than_the_name() -> None:
    facet = levels(("SCHEMA", "PUBLIC"), ("TABLE", "ORDERS"))
    assert read("shop.public.orders", facet) == ["shop.public.orders"]
    assert read("orders", facet) == ["PUBLIC.ORDERS", "orders"]


def test_levels_without_the_schema_say_less_than_the_name() -> None:
    """The database would be taken for a schema."""
    assert read("shop.public.orders", levels(("DATABASE", "shop"), ("TABLE", "orders"))) == ["shop.public.orders"]


def test_paths_have_no_levels_of_tables() -> None:
    assert read("raw/orders", FULL, "s3://lake") == ["raw/orders"]


def test_symlinks_and_levels_come_before_the_name() -> None:
    *first, last = read("orders", FULL, symlinks=symlinks(("hive://m:9083", "dwh.orders", "TABLE")))
    assert ({*first}, last) == ({"shop.public.orders", "dwh.orders"}, "orders")


def test_column_lineage_may_use_the_name_with_all_levels() -> None:
    source, target = (
        dataset("orders", hierarchy=FULL),
        dataset("w.s.x", columnLineage=columns(n=[("shop.public.orders", "id")])),
    )
    plan = plan_of(run_event(inputs=[source], outputs=[target]))
    assert column_arrows(plan.edges) == ["orders.id -> w.s.x.n"]


def test_a_later_run_of_the_batch_may_have_the_levels() -> None:
    target = dataset("w.s.x", columnLineage=columns(n=[("shop.public.orders", "id")]))
    without, with_levels = (
        run_event(inputs=[source], outputs=[target], run_id=f"r-{number}", seconds=number)
        for number, source in enumerate(("orders", dataset("orders", hierarchy=FULL)))
    )
    assert "orders.id -> w.s.x.n" in column_arrows(plan_of(without, with_levels).edges)
