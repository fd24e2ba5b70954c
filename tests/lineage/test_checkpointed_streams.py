"""A stream of Flink is known by its checkpoints where its events do not say that it is one."""

from __future__ import annotations

import itertools

import pytest

from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import Json, arrows, plan_of, run_event, stored, translated

CHECKPOINTS: Json = {"checkpoints": {"completed": 3, "failed": 0, "in_progress": 0, "restored": 0, "total": 3}}


def kind(processing: str) -> Json:
    return {"jobType": {"processingType": processing, "integration": "FLINK", "jobType": "JOB"}}


def running(seconds: float = 60, **facets: Json) -> Json:
    return run_event(
        "RUNNING", seconds=seconds, inputs=["a"], outputs=["x"], run_facets={**CHECKPOINTS, **facets}, job_facets={}
    )


def test_a_stream_whose_start_was_not_read_gives_edges() -> None:
    plan = plan_of(running())
    assert arrows(plan) == ["a -> x"]
    assert [(job.integration, job.processing_type) for job in plan.jobs] == [("FLINK", "STREAMING")]


def test_the_numbers_of_checkpoints_are_not_remembered() -> None:
    first = translated(running())
    second = translated(running(seconds=120), state=stored(first.state))
    assert arrows(second.plan) == ["a -> x"]
    assert b"completed" not in repr(second.state).encode()


def test_flink_says_its_own_name_as_the_type_of_processing() -> None:  # openlineage-flink 1.6
    start = run_event("START", inputs=["a"], outputs=["x"], job_facets={"jobType": {"processingType": "FLINK"}})
    assert arrows(plan_of(start, running())) == ["a -> x"]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_batch_that_takes_checkpoints_stays_a_batch(order: tuple[int, ...]) -> None:
    start = run_event("START", inputs=["a"], outputs=["x"], job_facets=kind("BATCH"))
    events = [start, running(), running(seconds=120)]
    state = RunState()
    for number in order:
        state = translated(events[number], state=state).state
    assert next(iter(state.runs.values())).job_facets == translated(start).state.runs.popitem()[1].job_facets
    assert arrows(translated(run_event("FAIL", seconds=180), state=state).plan) == []


def test_without_checkpoints_a_run_that_goes_on_is_a_batch() -> None:
    assert arrows(plan_of(run_event("RUNNING", inputs=["a"], outputs=["x"]))) == []
