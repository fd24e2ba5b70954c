"""Runs that send COMPLETE_SNAPSHOT events: each event holds the whole picture, so none are merged."""

from __future__ import annotations

import pytest

from tests.support import Json, arrows, plan_of, run_event, translated

SNAPSHOT = {
    "jobType": {
        "processingType": "STREAMING",
        "integration": "FLINK",
        "emissionPattern": {"eventTrigger": "PERIODIC", "eventContentMode": "COMPLETE_SNAPSHOT", "windowDuration": 60},
    }
}


def window(seconds: int, source: str, target: str, facets: Json = SNAPSHOT) -> Json:
    return run_event("RUNNING", seconds=seconds, inputs=[source], outputs=[target], job_facets=facets)


def test_each_event_stands_alone() -> None:
    events = [window(0, "a", "x"), window(60, "b", "y")]
    for order in (events, events[::-1], events * 2):
        plan = plan_of(*order)
        assert arrows(plan) == ["a -> x", "b -> y"]
        assert [(run.state, run.run_id) for run in plan.runs] == [("RUNNING", "run-1")]


def test_nothing_is_carried_into_the_next_batch() -> None:
    first = translated(window(0, "a", "x"))
    second = translated(window(60, "b", "y"), state=first.state)
    assert arrows(second.plan) == ["b -> y"]


def test_an_event_that_does_not_repeat_it_is_a_snapshot_too() -> None:
    assert arrows(plan_of(window(0, "a", "x"), window(60, "b", "y", facets={}))) == ["a -> x", "b -> y"]
    assert arrows(plan_of(window(60, "b", "y", facets={}), window(0, "a", "x"))) == ["a -> x", "b -> y"]


@pytest.mark.parametrize("mode", ["ACCUMULATIVE", None])
def test_any_other_mode_accumulates(mode: str | None) -> None:
    facets = {"jobType": {"processingType": "STREAMING", "emissionPattern": {"eventContentMode": mode}}}
    assert arrows(plan_of(window(0, "a", "x", facets), window(60, "b", "y", facets))) == [
        "a -> x",
        "a -> y",
        "b -> x",
        "b -> y",
    ]
