"""Ends where run ids or times are shared: each DAG tells of its own tasks, and no instance takes another's lineage."""

from __future__ import annotations

import itertools

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.framing import unframe
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.lineage.test_missing_ends import GRACE, below, kind, later, record, task, translated
from tests.support import BASE, Json, arrows, decode, run_event


def of_instance(namespace: str, said: str) -> list[Json]:
    """Return the events of a DAG in one of two Airflows whose run ids are equal."""
    events = [
        run_event("START", run_id="task-run", job="dag.load", run_facets=below("dag", "dag-run")),
        run_event(
            "COMPLETE",
            run_id="dag-run",
            job="dag",
            seconds=9,
            run_facets={"airflowState": {"dagRunState": "success", "tasksState": {"load": said}}},
            job_facets=kind("AIRFLOW", "DAG"),
        ),
    ]
    for event in events:
        event["job"]["namespace"] = namespace
    return events


def test_dags_with_one_run_id_tell_each_of_its_own_tasks() -> None:
    events = [*of_instance("prod", "failed"), *of_instance("staging", "success")]
    for order in itertools.permutations(events):
        plan = translated(*order).plan
        states = {run.job.namespace: run.state for run in plan.runs if run.run_id == "task-run"}
        assert states == {"prod": "FAIL", "staging": "COMPLETE"}


def test_steps_with_the_run_id_of_their_flow_are_closed_with_what_started_the_flow() -> None:
    events = [
        run_event("START", run_id="flow", job="flow", run_facets=below("top", "top")),
        run_event(
            "START", run_id="flow", job="flow.one", run_facets=below("flow", "flow"), inputs=["a"], outputs=["b"]
        ),
        run_event(
            "START", run_id="flow", job="flow.two", run_facets=below("flow", "flow"), inputs=["c"], outputs=["d"]
        ),
        run_event("COMPLETE", run_id="top", job="top", seconds=60),
    ]
    for order in itertools.permutations(events):
        assert arrows(translated(*order, later()).plan) == ["a -> b", "c -> d"]


def test_what_still_sends_events_is_not_taken_to_have_ended() -> None:
    child = {"run_id": "child", "job": "child", "run_facets": below("top", "top"), "inputs": ["a"], "outputs": ["b"]}
    events = [
        run_event("START", **child),
        run_event("COMPLETE", run_id="top", job="top", seconds=60),
        run_event("RUNNING", **child, seconds=60 + GRACE),
    ]
    plan = translated(*events).plan
    assert not arrows(plan)
    assert record(plan, "child").state == "RUNNING"
    assert record(translated(*events, later(60 + 2 * GRACE)).plan, "child").state == "COMPLETE"


def test_instances_that_end_at_the_same_time_give_no_product() -> None:
    ends = [
        task("COMPLETE", seconds=9, inputs=["a"], outputs=["b"]),
        task("COMPLETE", seconds=9, inputs=["c"], outputs=["d"]),
    ]
    for order in itertools.permutations(ends):
        assert arrows(translated(*order).plan) == ["a -> b", "c -> d"]


@pytest.mark.parametrize("first", [0, 1])
def test_unknown_that_starts_and_ends_beside_another_job_is_a_run_of_its_own(first: int) -> None:
    unknown = [run_event("START", job="unknown"), run_event("FAIL", job="unknown", seconds=5)]
    named = [run_event("START", job="orders"), run_event("COMPLETE", job="orders", seconds=9)]
    events = [*unknown, *named] if first else [*named, *unknown]
    runs = assemble(decode(*events), RunState(), BASE).changed.values()
    assert {run.name: run.state for run in runs} == {"unknown": "FAIL", "orders": "COMPLETE"}


def test_a_blank_type_is_a_missing_one() -> None:
    event = run_event("", inputs=["a"], outputs=["b"])
    plan = translate(decode(event), Config(), now=BASE).plan
    assert arrows(plan) == ["a -> b"]
    assert [problem.kind for problem in plan.problems] == ["no_event_type"]


def test_a_byte_order_mark_within_a_frame_is_left_out() -> None:
    assert unframe(b"\x00\x00\x00\x00\x07\xef\xbb\xbf{}").value == b"{}"
