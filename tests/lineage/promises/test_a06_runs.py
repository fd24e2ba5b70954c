"""What the events of one run say together."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lineage.promises.spelling import job_named
from tests.support import (
    Json,
    arrows,
    column_arrows,
    columns,
    dataset,
    job_event,
    parent,
    plan_of,
    run_event,
    translated,
)

STREAM = {"jobType": {"processingType": "STREAMING", "integration": "FLINK"}}


@pytest.mark.promise("A67", "A70")
def test_inputs_of_the_start_and_outputs_of_the_end_make_one_edge() -> None:
    plan = plan_of(run_event("START", inputs=["a"]), run_event(seconds=9, outputs=["x"]))
    assert arrows(plan) == ["a -> x"]


@pytest.mark.promise("A68")
def test_events_add_up_over_batches() -> None:
    first = translated(run_event("START", inputs=["a"]))
    assert arrows(first.plan) == []
    assert arrows(translated(run_event(seconds=9, outputs=["x"]), state=first.state).plan) == ["a -> x"]


@pytest.mark.promise("A69")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 2, 1, 1, 0, 0)], ids=str)
def test_events_are_merged_in_any_order_and_number(order: tuple[int, ...]) -> None:
    events = [
        run_event("START", inputs=["a"]),
        run_event("RUNNING", seconds=5, inputs=["b"]),
        run_event(seconds=9, outputs=["x"]),
    ]
    plan = plan_of(*(events[number] for number in order))
    assert arrows(plan) == ["a -> x", "b -> x"]
    assert len(plan.runs) == 1


@pytest.mark.promise("A69")
def test_a_run_whose_start_was_never_seen_has_its_lineage() -> None:
    assert arrows(plan_of(run_event(inputs=["a"], outputs=["x"]))) == ["a -> x"]


@pytest.mark.promise("A71", "A72", "A80")
@pytest.mark.parametrize("state", ["START", "RUNNING", "COMPLETE"])
def test_a_facet_counts_whichever_event_of_the_run_has_it(state: str) -> None:
    facets = {"sql": {"query": "SELECT 1"}, "jobType": {"integration": "SPARK"}}
    events = [
        run_event(name, seconds=second, inputs=["a"], outputs=["x"], job_facets=facets if name == state else None)
        for second, name in enumerate(("START", "RUNNING", "COMPLETE"))
    ]
    job = job_named(plan_of(*events), "job")
    assert (job.sql, job.integration) == ("SELECT 1", "SPARK")


@pytest.mark.promise("A73")
def test_a_later_event_without_a_facet_does_not_erase_it() -> None:
    target = dataset("x", columnLineage=columns(t=[("a", "id")]))
    events = [run_event("RUNNING", inputs=["a"], outputs=[target]), run_event(seconds=1, inputs=["a"], outputs=["x"])]
    assert column_arrows(plan_of(*events).edges) == ["a.id -> x.t"]


@pytest.mark.promise("A74")
@pytest.mark.parametrize("nothing", [[], None])
def test_an_empty_list_is_no_information(nothing: list[Any] | None) -> None:
    events = [
        run_event("START", inputs=["a"], outputs=["x"]),
        run_event(seconds=1, inputs=nothing, outputs=nothing),
    ]
    assert arrows(plan_of(*events)) == ["a -> x"]
    assert arrows(plan_of(*events[::-1])) == ["a -> x"]


@pytest.mark.promise("A67", "A75", "A76", "A79")
def test_a_stream_is_published_while_it_runs_and_heartbeats_say_the_same() -> None:
    beat = run_event("RUNNING", inputs=["a"], outputs=["x"], job_facets=STREAM)
    first = translated(beat)
    again = translated({**beat, "eventTime": "2026-11-23T08:10:00Z"}, state=first.state)
    assert arrows(first.plan) == ["a -> x"]
    assert again.plan.edges == first.plan.edges


@pytest.mark.promise("A76")
def test_a_batch_job_is_not_published_before_it_ends() -> None:
    assert arrows(plan_of(run_event("RUNNING", inputs=["a"], outputs=["x"]))) == []


@pytest.mark.promise("A79")
def test_micro_batches_of_a_query_are_one_job_with_the_same_edges() -> None:
    events = [
        run_event(state, run_id=f"batch-{number}", seconds=number, inputs=["a"], outputs=["x"])
        for number in range(20)
        for state in ("START", "COMPLETE")
    ]
    plan = plan_of(*events)
    assert len(plan.edges) == 1
    assert len(plan.jobs) == 1


@pytest.mark.promise("A78")
def test_runs_that_each_have_one_side_are_not_joined_by_guess() -> None:
    def one(run_id: str, **sides: Any) -> Json:
        return run_event(run_id=run_id, job=f"app.{run_id}", run_facets={"parent": parent("app", "root")}, **sides)

    assert arrows(plan_of(one("1", inputs=["a"]), one("2", outputs=["x"]))) == []


@pytest.mark.promise("A106")
def test_what_a_job_declares_needs_no_run() -> None:
    assert arrows(plan_of(job_event(inputs=["a"], outputs=["x"]))) == ["a -> x"]
