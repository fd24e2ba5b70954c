"""Edges that forgotten runs, or runs in other lanes, may show are not taken back for certain."""

from __future__ import annotations

import datetime as dt

import pytest

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage import other_runs
from openmetadata_ol_provider.lineage.plan import Retraction
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_assembler import DEFAULT_LIMITS, Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.eviction import evict_to_size, size_of
from openmetadata_ol_provider.openlineage.times import microseconds, parse_microseconds
from tests.support import BASE, Json, columns, dataset, decode, parent, run_event, stored, translated

#: A run whose column lineage comes later, and shows that a -> y and b -> x are false.
FIRST = run_event(run_id="late", seconds=90, inputs=["a", "b"], outputs=["x", "y"])
LATER = [
    run_event("RUNNING", run_id="late", seconds=81, outputs=[dataset("x", columnLineage=columns(id=[("a", "id")]))]),
    run_event("RUNNING", run_id="late", seconds=82, outputs=[dataset("y", columnLineage=columns(id=[("b", "id")]))]),
]


def true_run(number: int) -> Json:
    """Return the event of a run of the same job for which a -> y is true."""
    return run_event(run_id=f"run-{number}", seconds=number, inputs=["a"], outputs=["y"])


def retracted(state: RunState, limits: Limits = DEFAULT_LIMITS, now: dt.datetime = BASE) -> list[Retraction]:
    return list(translate(decode(*LATER), load_config(None), stored(state), now=now, limits=limits).plan.retracted)


def since(limits: Limits, *, runs: int = 1) -> float:
    """Return the seconds after :data:`BASE` from which on an edge must have been published to be taken back."""
    state = translated(*(true_run(number) for number in range(runs)), limits=limits).state
    state = translated(FIRST, state=stored(state), limits=limits).state
    (one, *_) = retracted(state, limits)
    assert one.began_at is not None
    return (parse_microseconds(one.began_at) - microseconds(BASE)) / 1_000_000


def test_while_no_run_was_forgotten_the_first_event_of_the_run_counts() -> None:
    assert since(DEFAULT_LIMITS) == 81


@pytest.mark.parametrize("limits", [Limits(max_ended=2), Limits(max_runs=2)], ids=str)
def test_where_runs_are_too_many_to_be_remembered_those_of_the_last_minutes_may_be_forgotten(limits: Limits) -> None:
    assert since(limits, runs=5) == 600


def test_an_edge_that_a_run_may_have_shown_which_was_evicted_because_of_the_state_s_size_is_not_taken_back() -> None:
    others = (run_event(run_id=f"other-{n}", seconds=10 + n, inputs=["c"], outputs=["z"]) for n in range(50))
    before = translated(true_run(0), *others).state
    state = evict_to_size(before, size_of(before).stored // 2).state
    assert state.evicted_at == microseconds(BASE)
    state = stored(translated(FIRST, state=stored(state)).state)
    assert not any("run-0" in key for key in state.runs)
    times = {parse_microseconds(one.began_at or "") for one in retracted(state) if one.target.name == "y"}
    assert times == {microseconds(BASE) + 600 * 1_000_000}


def test_runs_that_ended_an_hour_ago_may_be_forgotten() -> None:
    state = translated(FIRST).state
    now = BASE + dt.timedelta(minutes=59)
    assert {parse_microseconds(one.began_at or "") for one in retracted(state, now=now)} == {
        microseconds(BASE) + 9 * 60 * 1_000_000
    }


@pytest.mark.parametrize("older", [4, 5, 40])
def test_an_edge_that_an_older_run_shows_stays_as_long_as_the_run_is_remembered(older: int) -> None:
    others = [run_event(run_id=f"other-{n}", seconds=10 + n, inputs=["c"], outputs=["z"]) for n in range(older)]
    state = translated(true_run(0), *others, FIRST).state
    assert [(one.source.name, one.target.name) for one in retracted(state)] == [("b", "x")]


def test_more_runs_than_are_compared_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_runs, "MOST_RUNS", 3)
    others = [run_event(run_id=f"other-{n}", seconds=10 + n, inputs=["c"], outputs=["z"]) for n in range(2)]
    state = translated(*others, FIRST).state
    assert [one.undecided for one in retracted(state)] == [False, False]
    state = translated(true_run(0), *others, FIRST).state
    assert [one.undecided for one in retracted(state)] == [True, True]


@pytest.mark.parametrize(
    ("level", "lanes", "undecided"),
    [("root", 4, False), ("parent", 4, True), ("job", 4, True), ("job", 1, False)],
)
def test_a_job_whose_runs_may_be_in_other_lanes_decides_nothing(level: str, lanes: int, undecided: bool) -> None:
    """Messages of one root job are in one partition; a pipeline below it may be run by others, too."""
    above = {"parent": parent("dag.task", "r-task", root=("dag", "r-dag"))}
    events = [{**event, "run": {**event["run"], "facets": above}} for event in (FIRST, *LATER)]
    rules, state = load_config({"pipelines": {"level": level}}), None
    for event in events:
        translation = translate(decode(event), rules, state, now=BASE, lanes=lanes)
        state = stored(translation.state)
    assert [one.undecided for one in translation.plan.retracted] == [undecided]
