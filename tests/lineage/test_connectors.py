"""Connectors show one dataset an event: their pairs are told by the names and never multiplied."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, dataset, plan_of, run_event

KAFKA = "kafka://b1:9092"


def connector(
    inputs: list[str], outputs: list[str], integration: str = "DEBEZIUM", *, sink: bool = False, ended: bool = False
) -> LineagePlan:
    """Return the plan of a connector's RUNNING events, one dataset in each."""
    kind = {"jobType": {"processingType": "STREAMING", "integration": integration, "jobType": "TASK"}}
    tables, topics = "postgres://db:5432", KAFKA
    sides: list[Json] = [
        *({"inputs": [dataset(name, topics if sink else tables)]} for name in inputs),
        *({"outputs": [dataset(name, tables if sink else topics)]} for name in outputs),
    ]
    events = [run_event("RUNNING", seconds=number, job_facets=kind, **side) for number, side in enumerate(sides)]
    return plan_of(*events, *([run_event("COMPLETE", seconds=len(events))] if ended else []))


def test_each_table_goes_to_its_own_topic() -> None:
    plan = connector(["shop.products", "shop.sales"], ["shopdb.shop.sales", "shopdb.shop.products"])
    assert arrows(plan) == ["shop.products -> shopdb.shop.products", "shop.sales -> shopdb.shop.sales"]


def test_a_table_whose_topic_has_not_shown_yet_has_no_edge() -> None:
    assert arrows(connector(["shop.products", "shop.sales"], ["shopdb.shop.sales"])) == [
        "shop.sales -> shopdb.shop.sales"
    ]
    assert arrows(connector(["shop.products"], ["shopdb.shop.sales"])) == []


def test_a_topic_that_could_be_of_two_tables_has_no_edge() -> None:
    assert arrows(connector(["a.sales", "b.sales"], ["changes.sales"])) == []


def test_of_two_tables_of_one_name_the_one_in_the_same_schema_is_meant() -> None:
    assert arrows(connector(["a.sales", "b.sales"], ["p.b.sales"])) == ["b.sales -> p.b.sales"]


def test_a_sink_with_one_topic_and_one_table_needs_no_name_once_all_has_shown() -> None:
    assert arrows(connector(["flat"], ["dwh.cdc_products"], sink=True)) == []
    assert arrows(connector(["flat"], ["dwh.cdc_products"], sink=True, ended=True)) == ["flat -> dwh.cdc_products"]


def test_a_sink_may_put_something_before_its_tables_names() -> None:
    plan = connector(["shop.sales", "shop.products"], ["dwh.cdc_products", "dwh.cdc_sales"], sink=True)
    assert arrows(plan) == ["shop.products -> dwh.cdc_products", "shop.sales -> dwh.cdc_sales"]


@pytest.mark.parametrize("integration", ["DEBEZIUM", "KAFKA_CONNECT", "debezium"])
def test_connectors_are_known_by_their_integration(integration: str) -> None:
    assert len(connector(["s.a", "s.b"], ["p.s.a", "p.s.b"], integration).edges) == 2


def test_a_run_whose_events_show_both_sides_is_no_connector() -> None:
    kind = {"jobType": {"processingType": "STREAMING", "integration": "FLINK", "jobType": "TASK"}}
    plan = plan_of(run_event("RUNNING", inputs=["a", "b"], outputs=["x"], job_facets=kind))
    assert arrows(plan) == ["a -> x", "b -> x"]
