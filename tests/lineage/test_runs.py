"""Runs that seem to be split between lanes are reported, one line for each job, and only if there are lanes."""

from __future__ import annotations

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import BASE, Json, decode, run_event


def told(*events: Json, lanes: int = 4, state: RunState | None = None) -> list[Problem]:
    problems = translate(decode(*events), Config(), state, now=BASE, lanes=lanes).plan.problems
    return [problem for problem in problems if problem.kind == "run_without_start"]


def test_runs_that_end_without_a_start_are_reported_by_job() -> None:
    events = [run_event("COMPLETE", run_id=f"r{number}", job=f"job_{number % 2}") for number in range(5)]
    found = told(*events)
    assert [problem.where for problem in found] == ["job ns job_0", "job ns job_1"]
    assert found[0].detail.startswith("3 runs ended")
    assert "r0" in found[0].detail


def test_a_start_in_any_batch_is_enough() -> None:
    state = translate(decode(run_event("START")), Config(), now=BASE, lanes=4).state
    assert told(run_event("FAIL", seconds=9), state=state) == []
    assert told(run_event("COMPLETE", seconds=9), run_event("START")) == []


def test_without_lanes_a_run_without_start_is_nothing_to_speak_of() -> None:
    assert told(run_event("COMPLETE"), lanes=1) == []


def test_a_run_that_goes_on_is_not_told() -> None:
    assert told(run_event("RUNNING")) == []
