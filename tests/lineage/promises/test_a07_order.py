"""Duplicates, order, failed runs."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.lineage.promises.spelling import pipelines
from tests.support import arrows, at, captured, decode, parent, plan_of, run_event, translated


@pytest.mark.promise("A81")
def test_order_is_that_of_event_times_not_of_arrival() -> None:
    events = [
        run_event("START", inputs=["a"]),
        run_event("RUNNING", seconds=1, job_facets={"sql": {"query": "old"}}),
        run_event(seconds=2, outputs=["x"], job_facets={"sql": {"query": "new"}}),
    ]
    plans = {str(plan_of(*order).to_dict()) for order in permutations(events)}
    assert len(plans) == 1
    assert "'sql': 'new'" in plans.pop()


@pytest.mark.promise("A82", "A83")
@pytest.mark.parametrize("late", ["START", "RUNNING"])
def test_what_has_ended_never_runs_again(late: str) -> None:
    ended = translated(run_event("COMPLETE", seconds=9))
    (again,) = translated(run_event(late, seconds=10), state=ended.state).plan.runs
    assert again.state == "COMPLETE"


@pytest.mark.promise("A83")
def test_the_start_is_the_earliest_that_was_reported() -> None:
    (run,) = plan_of(run_event("COMPLETE", seconds=9), run_event("START", seconds=3), run_event("START")).runs
    assert (run.started_at, run.ended_at) == (at(0), at(9))


@pytest.mark.promise("A84", "A85")
def test_events_sent_twice_are_those_sent_once() -> None:
    events = [run_event("START", inputs=["a"]), run_event(seconds=1, outputs=["x"])]
    once, twice = plan_of(*events), plan_of(*events, *events)
    assert (twice.edges, twice.jobs, twice.runs) == (once.edges, once.jobs, once.runs)


@pytest.mark.promise("A86")
def test_one_run_id_in_two_namespaces_is_two_runs() -> None:
    plan = plan_of(
        run_event("START", namespace="one", inputs=["a"]),
        run_event("COMPLETE", namespace="two", outputs=["x"]),
    )
    assert len(plan.runs) == 2
    assert arrows(plan) == []


@pytest.mark.promise("A87")
def test_a_task_and_the_spark_job_it_starts_are_one_pipeline() -> None:
    below = {"parent": parent("dag", "d1", root=("dag", "d1"))}
    plan = plan_of(
        run_event(run_id="t1", job="dag.load", inputs=["a"], outputs=["x"], run_facets=below),
        run_event(
            run_id="s1",
            job="spark_app",
            inputs=["a"],
            outputs=["x"],
            run_facets={"parent": parent("dag.load", "t1", root=("dag", "d1"))},
        ),
    )
    assert pipelines(plan) == {"dag"}
    assert arrows(plan) == ["a -> x"]


@pytest.mark.promise("A88")
@pytest.mark.parametrize("state", ["FAIL", "ABORT"])
def test_a_run_that_did_not_succeed_has_a_status_and_no_edges(state: str) -> None:
    plan = plan_of(run_event("START", inputs=["a"], outputs=["x"]), run_event(state, seconds=1))
    assert arrows(plan) == []
    assert [run.state for run in plan.runs] == [state]


@pytest.mark.promise("A88")
def test_a_failure_is_not_healed_by_a_completion_of_the_same_run() -> None:
    events = [run_event("FAIL", inputs=["a"], outputs=["x"]), run_event("COMPLETE", seconds=1)]
    plan = plan_of(*events)
    assert (arrows(plan), plan.runs[0].state) == ([], "FAIL")


@pytest.mark.promise("A89")
def test_an_error_message_is_reported_whatever_the_state() -> None:
    error = {"errorMessage": {"message": "model failed", "programmingLanguage": "SQL"}}
    (run,) = plan_of(run_event("COMPLETE", run_facets=error)).runs
    assert run.error == "model failed"
    partial = {"extractionError": {"totalTasks": 2, "failedTasks": 1, "errors": []}}
    (run,) = plan_of(run_event("COMPLETE", run_facets=partial)).runs
    assert run.partial


@pytest.mark.promise("A90")
def test_an_edge_of_many_runs_is_stated_once() -> None:
    plan = plan_of(*(run_event(run_id=f"{number}", inputs=["a", "a"], outputs=["x"]) for number in range(9)))
    assert len(plan.edges) == 1
    assert len(plan.datasets) == 2


@pytest.mark.promise("A84")
def test_real_events_may_come_twice_and_backwards() -> None:
    events = [event for line in captured("dbt-postgres") for event in decode_line(line)]
    assert events
    assert arrows(plan_of(*events)) == arrows(plan_of(*events[::-1], *events))


def decode_line(line: bytes) -> list[dict[str, object]]:
    import json

    decoded = json.loads(line)
    assert decode(decoded)
    return [decoded]
