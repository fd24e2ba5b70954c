"""Runs that gave edges, and of which only a later batch says that they failed or were skipped."""

from __future__ import annotations

import pytest

from tests.lineage.test_missing_ends import dag, task, told
from tests.support import Json, arrows, run_event, translated

WROTE = task("COMPLETE", seconds=5, inputs=["a"], outputs=["x"])


@pytest.mark.promise("A240")
@pytest.mark.parametrize(
    ("wrote", "later", "became"),
    [
        (WROTE, dag("COMPLETE", tasks={"load": "skipped"}), "was skipped"),
        (WROTE, task("SKIPPED", seconds=4), "was skipped"),
        (run_event(seconds=5, inputs=["a"], outputs=["x"]), run_event("FAIL", seconds=4), "failed"),
    ],
    ids=["its DAG says so", "skipped before", "failed before"],
)
def test_an_end_that_takes_back_what_was_published_leaves_a_line(wrote: Json, later: Json, became: str) -> None:
    first = translated(wrote)
    assert arrows(first.plan) == ["a -> x"]
    second = translated(later, state=first.state)
    assert arrows(second.plan) == []
    (problem,) = (problem for problem in second.plan.problems if problem.kind == "late_end")
    assert f"it was taken to have ended well but {became}: its edges stay" in problem.detail
    third = translated(later, state=second.state)
    assert "late_end" not in {kind for kind, _ in told(third.plan)}


@pytest.mark.parametrize("wrote", [WROTE, task("COMPLETE", seconds=5)], ids=["in one batch", "without outputs"])
def test_what_was_never_published_leaves_no_line(wrote: Json) -> None:
    says = dag("COMPLETE", tasks={"load": "skipped"})
    batches = [[wrote, says]] if "outputs" in wrote else [[wrote], [says]]
    plan, state = None, None
    for batch in batches:
        plan, state = translated(*batch, state=state)
    assert plan is not None
    assert (arrows(plan), "late_end" in dict(told(plan))) == ([], False)


def test_an_end_after_the_first_one_changes_nothing_but_leaves_a_line() -> None:
    first = translated(run_event(seconds=5, inputs=["a"], outputs=["x"]))
    second = translated(run_event("FAIL", seconds=6), state=first.state)
    assert [run.state for run in second.plan.runs] == ["COMPLETE"]
    (problem,) = second.plan.problems
    assert (problem.kind, problem.where) == ("repeated_run", "job ns job")
    assert "one run sent the ends COMPLETE and FAIL: COMPLETE counts, the first of them" in problem.detail


@pytest.mark.parametrize("ends", [["COMPLETE", "COMPLETE"], ["FAIL", "ABORT"]])
def test_ends_that_say_the_same_leave_no_line(ends: list[str]) -> None:
    events = [run_event(state, seconds=at, inputs=["a"], outputs=["x"]) for at, state in enumerate(ends)]
    assert told(translated(*events).plan) == []


def test_the_failure_of_another_instance_takes_nothing_back() -> None:
    first = translated(run_event("START"), run_event(seconds=5, inputs=["a"], outputs=["x"]))
    again = [run_event("START", seconds=6), run_event("FAIL", seconds=9, inputs=["b"], outputs=["y"])]
    second = translated(*again, state=first.state)
    assert (arrows(second.plan), [run.state for run in second.plan.runs]) == (["a -> x"], ["FAIL"])
    assert [kind for kind, _ in told(second.plan)] == ["repeated_run"]


def test_a_further_event_without_a_type_takes_back_the_presumed_end_with_a_line() -> None:
    first = translated(run_event(None, inputs=["a"], outputs=["x"]))
    assert arrows(first.plan) == ["a -> x"]
    second = translated(run_event(None, seconds=5, inputs=["b"], outputs=["y"]), state=first.state)
    assert arrows(second.plan) == []
    (problem,) = (problem for problem in second.plan.problems if problem.kind == "late_end")
    assert "it was taken to have ended well but has not ended: its edges stay" in problem.detail
