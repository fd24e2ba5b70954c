"""A topic that names another schema's table is not the topic of a table of that name."""

from __future__ import annotations

import pytest

from tests.lineage.test_connectors import in_one_event, tables, topics
from tests.support import arrows


@pytest.mark.parametrize(
    ("reads", "own", "other"),
    [
        (["shop.sales.orders"], ["erp.sales.orders"], "erp.archive.orders"),
        (["shop.sales.orders"], ["pg-sales-orders"], "pg-archive-orders"),
        (["inventory.orders"], ["mysql.inventory.orders"], "mysql.orders"),
        (["shop.sales.orders", "shop.sales.users"], ["erp.sales.orders", "erp.sales.users"], "erp.archive.orders"),
    ],
    ids=["dots", "dashes", "without a schema", "several tables"],
)
def test_a_source_writes_no_topic_of_another_schema(reads: list[str], own: list[str], other: str) -> None:
    plan = in_one_event(tables(*reads), topics(*own, other))
    assert arrows(plan) == [f"{table} -> {topic}" for table, topic in zip(reads, own, strict=True)]
    (problem,) = plan.problems
    assert (problem.kind, other in problem.detail) == ("unpaired", True)


def test_a_sink_s_table_holds_no_topic_of_another_schema() -> None:
    plan = in_one_event(topics("erp.sales.orders", "eu.sales.orders", "erp.archive.orders"), tables("dwh.sales.orders"))
    assert arrows(plan) == ["erp.sales.orders -> dwh.sales.orders", "eu.sales.orders -> dwh.sales.orders"]
    (problem,) = plan.problems
    assert (problem.kind, "inputs erp.archive.orders" in problem.detail) == ("unpaired", True)


def test_where_no_topic_names_the_schema_the_table_s_name_is_enough() -> None:
    assert arrows(in_one_event(topics("eu.orders", "us.orders"), tables("dwh.sales.orders"))) == [
        "eu.orders -> dwh.sales.orders",
        "us.orders -> dwh.sales.orders",
    ]


def test_what_is_added_to_the_own_topic_s_name_does_not_matter() -> None:
    plan = in_one_event(tables("shop.sales.orders"), topics("erp.sales.orders", "erp.sales.orders.retry"))
    assert arrows(plan) == [
        "shop.sales.orders -> erp.sales.orders",
        "shop.sales.orders -> erp.sales.orders.retry",
    ]
