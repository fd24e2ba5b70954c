"""Topics of an outbox router beside tables that are named as the aggregates are."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, dataset, run_event, translated

KAFKA = "kafka://broker:9092"
KIND: Json = {"jobType": {"processingType": "STREAMING", "integration": "DEBEZIUM", "jobType": "TASK"}}


def debezium(tables: list[str], topics: list[str], job: str = "shop.0", size: int | None = None) -> list[LineagePlan]:
    """Return the plans of a run whose events name one dataset each, in batches of some size, and of its end."""
    events = [
        *(run_event("RUNNING", job=job, seconds=n, job_facets=KIND, inputs=[name]) for n, name in enumerate(tables)),
        *(
            run_event("RUNNING", job=job, seconds=20 + n, job_facets=KIND, outputs=[dataset(name, KAFKA)])
            for n, name in enumerate(topics)
        ),
        run_event(job=job, seconds=90, job_facets=KIND),
    ]
    plans, state = [], None
    for start in range(0, len(events), size or len(events)):
        plan, state = translated(*events[start : start + (size or len(events))], state=state)
        plans.append(plan)
    return plans


def edges(plans: list[LineagePlan]) -> list[str]:
    return sorted({arrow for plan in plans for arrow in arrows(plan)})


def kinds(plans: list[LineagePlan]) -> set[str]:
    return {str(problem.kind) for problem in plans[-1].problems}


TABLES = ["shop.public.outbox", "shop.public.orders", "shop.public.users"]


@pytest.mark.promise("A192")
@pytest.mark.parametrize("size", [None, 1, 3])
@pytest.mark.parametrize("outbox", ["outbox", "outbox_events", "OutboxEvent", "outboxevents", "order_outbox"])
def test_a_router_s_topics_come_from_the_outbox_table(outbox: str, size: int | None) -> None:
    tables = [f"shop.public.{outbox}", *TABLES[1:]]
    plans = debezium(tables, ["outbox.event.orders", "outbox.event.users", "shop.public.orders"], size=size)
    assert set(edges(plans)) == {
        f"shop.public.{outbox} -> outbox.event.orders",
        f"shop.public.{outbox} -> outbox.event.users",
        "shop.public.orders -> shop.public.orders",
    }


@pytest.mark.promise("A192")
def test_a_router_s_topics_are_no_tables_topics_although_no_table_is_an_outbox() -> None:
    plans = debezium(["shop.public.domain_events", "shop.public.orders"], ["outbox.event.orders", "shop.public.orders"])
    assert edges(plans) == ["shop.public.orders -> shop.public.orders"]
    assert kinds(plans) == {"unpaired"}
    assert "outputs outbox.event.orders" in plans[-1].problems[0].detail


@pytest.mark.promise("A192")
@pytest.mark.parametrize("topics", [["orders", "users"], ["events.orders"], ["orders.events", "users.events"]])
def test_topics_that_may_be_a_router_s_or_a_table_s_are_held_back_with_a_line(topics: list[str]) -> None:
    plans = debezium(TABLES, topics)
    assert edges(plans) == []
    assert kinds(plans) == {"unpaired"}


def test_the_connector_s_name_tells_that_it_is_a_router_s() -> None:
    assert edges(debezium(TABLES, ["orders", "events.users"], job="shop-outbox.0")) == [
        "shop.public.outbox -> events.users",
        "shop.public.outbox -> orders",
    ]


def test_topics_of_several_outbox_tables_are_held_back() -> None:
    tables = ["shop.public.order_outbox", "shop.public.user_outbox", "shop.public.orders"]
    plans = debezium(tables, ["outbox.event.orders"])
    assert (edges(plans), kinds(plans)) == ([], {"unpaired"})


def test_the_outbox_table_s_own_topic_and_a_schema_of_that_name_are_no_router_s() -> None:
    plans = debezium(TABLES, ["shop.public.outbox", "shop.public.orders", "shop.public.users"])
    assert edges(plans) == [f"{name} -> {name}" for name in sorted(TABLES)]
    plans = debezium(["shop.outbox.orders", "shop.outbox.users"], ["erp.outbox.orders", "erp.outbox.users"])
    assert edges(plans) == ["shop.outbox.orders -> erp.outbox.orders", "shop.outbox.users -> erp.outbox.users"]


def test_renamed_topics_of_tables_beside_a_router_s_are_paired_by_name() -> None:
    plans = debezium(TABLES, ["orders", "outbox.event.payment"])
    assert edges(plans) == ["shop.public.orders -> orders", "shop.public.outbox -> outbox.event.payment"]
