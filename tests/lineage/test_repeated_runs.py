"""A job that runs several times under one run id: the edges of its instances do not cross."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from tests.openlineage.test_run_assembler_properties import LAWS
from tests.support import Json, arrows, columns, dataset, plan_of, run_event, stored, translated

DAGSTER = {"jobType": {"integration": "DAGSTER", "jobType": "ASSET", "processingType": "BATCH"}}


def event(state: str, seconds: float, inputs: str = "", outputs: str = "", **options: Any) -> Json:
    """Return an event of a partition; one letter for each dataset."""
    return run_event(state, job="orders", seconds=seconds, inputs=inputs, outputs=outputs, **options)


def run(state: str, start: float, end: float, inputs: str, outputs: str, **options: Any) -> list[Json]:
    """Return a start without datasets, and an end with all."""
    return [event("START", start, **options), event(state, end, inputs, outputs, **options)]


ONE_AFTER_THE_OTHER = [*run("COMPLETE", 0, 10, "a", "x"), *run("COMPLETE", 20, 30, "b", "y")]
AT_ONE_TIME = [*run("COMPLETE", 0, 10, "a", "x"), *run("COMPLETE", 1, 11, "b", "y")]
SIDES_APART = [
    event("START", 0, "a"),
    event("COMPLETE", 10, "", "x"),
    event("START", 20, "b"),
    event("FAIL", 30, "", "y"),
]
IN_BETWEEN = [
    event("START", 0), event("RUNNING", 5, "a", "x"), event("COMPLETE", 10),
    event("START", 20), event("RUNNING", 25, "b", "y"), event("COMPLETE", 30),
]  # fmt: skip
SAME_TIMES = [event("COMPLETE", 10, "a", "x"), event("COMPLETE", 10, "b", "y")]
RETRIED = [*run("FAIL", 0, 10, "a", "x"), *run("COMPLETE", 20, 30, "a", "x")]
UNCLEAR = [
    event("START", 0, "a"),
    event("START", 1, "b"),
    event("COMPLETE", 10, "", "x"),
    event("COMPLETE", 11, "", "y"),
]

ONE_END = [event("START", 0, "a", "x"), event("START", 1, "b", "y"), event("COMPLETE", 9)]


@pytest.mark.promise("C51")
@pytest.mark.parametrize(
    ("events", "expected", "state", "kinds"),
    [
        (ONE_AFTER_THE_OTHER, ["a -> x", "b -> y"], "COMPLETE", set()),
        (AT_ONE_TIME, ["a -> x", "b -> y"], "COMPLETE", set()),
        (SIDES_APART, ["a -> x"], "FAIL", {"repeated_run"}),
        (IN_BETWEEN, ["a -> x", "b -> y"], "COMPLETE", set()),
        (SAME_TIMES, ["a -> x", "b -> y"], "COMPLETE", set()),
        (RETRIED, ["a -> x"], "COMPLETE", set()),
        (UNCLEAR, [], "COMPLETE", {"repeated_run"}),
        (ONE_END, [], "COMPLETE", {"repeated_run"}),
    ],
    ids=["in turn", "at once", "sides apart", "in between", "same time", "retried", "unclear", "one end"],
)
def test_edges_of_instances_do_not_cross(events: list[Json], expected: list[str], state: str, kinds: set[str]) -> None:
    whole = plan_of(*events)
    assert arrows(whole) == expected
    assert [record.state for record in whole.runs] == [state]
    assert {str(problem.kind) for problem in whole.problems} == kinds
    for order in itertools.islice(itertools.permutations(events), 0, None, 7 if len(events) > 4 else 1):
        assert arrows(plan_of(*order, *order)) == expected
        remembered, plan = None, whole
        for one in order:
            plan, remembered = translated(one, state=remembered)
            remembered = stored(remembered)
        assert arrows(plan) == expected
        assert [record.state for record in plan.runs] == [state]


def test_a_line_names_what_belongs_to_no_instance() -> None:
    (problem,) = plan_of(*UNCLEAR).problems
    assert (problem.kind, problem.where) == ("repeated_run", "job ns orders")
    assert "which of them have read or written a, b, x, y" in problem.detail
    assert "run id for each" in problem.detail


def test_an_instance_that_has_not_ended_is_no_line() -> None:
    plan = plan_of(*run("COMPLETE", 0, 10, "a", "x"), event("START", 20, "b"))
    assert (arrows(plan), plan.problems) == (["a -> x"], ())
    assert [record.state for record in plan.runs] == ["COMPLETE"]


def test_a_line_says_that_instances_have_one_status() -> None:
    plan = plan_of(*run("COMPLETE", 0, 10, "a", "x"), *run("FAIL", 20, 30, "b", "y"))
    assert arrows(plan) == ["a -> x"]
    assert [record.state for record in plan.runs] == ["FAIL"]
    assert "one status, that of the worst end" in plan.problems[0].detail


def test_column_lineage_stays_with_its_instance() -> None:
    events = [
        run_event("START"),
        run_event(seconds=10, inputs=["a"], outputs=[dataset("x", columnLineage=columns(c=[("a", "i")]))]),
        run_event("START", seconds=20),
        run_event(seconds=30, inputs=["b"], outputs=[dataset("y", columnLineage=columns(c=[("b", "i")]))]),
    ]
    assert [(edge.source.name, edge.target.name, edge.basis) for edge in plan_of(*events).edges] == [
        ("a", "x", "columns"),
        ("b", "y", "columns"),
    ]


def test_column_lineage_needs_no_inputs() -> None:
    outputs = [dataset(name, columnLineage=columns(c=[(source, "i")])) for name, source in (("x", "a"), ("y", "b"))]
    plan = plan_of(*(run_event(seconds=number, outputs=[output]) for number, output in enumerate(outputs)))
    assert (arrows(plan), plan.problems) == (["a -> x", "b -> y"], ())


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([event("START", 0, "a"), event("COMPLETE", 10, "", "x")], ["a -> x"]),
        ([event("COMPLETE", 10, "a"), event("COMPLETE", 11, "", "x")], ["a -> x"]),
        ([event("START", 0), event("START", 5), event("COMPLETE", 10, "ab", "xy")],
         ["a -> x", "a -> y", "b -> x", "b -> y"]),
        ([event("COMPLETE", 9), event("START", 10, "a", "x")], ["a -> x"]),
        ([event("START", 0, "a"), event("COMPLETE", 9, "a", "x"), event("COMPLETE", 10, "ab", "xy")],
         ["a -> x", "a -> y", "b -> x", "b -> y"]),
    ],
    ids=["sides in turn", "end in halves", "started twice", "clocks disagree", "end completed"],
)  # fmt: skip
def test_one_run_stays_one(events: list[Json], expected: list[str]) -> None:
    for order in itertools.permutations(events):
        plan = plan_of(*order)
        assert (arrows(plan), plan.problems) == (expected, ())


def test_spark_s_second_start_and_end_are_those_of_one_run() -> None:
    spark = {"jobType": {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}}
    events = [
        event("START", 0, job_facets=spark), event("COMPLETE", 1, "a", "", job_facets=spark),
        event("START", 2, job_facets=spark), event("COMPLETE", 3, "", "x", job_facets=spark),
    ]  # fmt: skip
    assert arrows(plan_of(*events)) == ["a -> x"]


def test_ordinary_runs_remember_no_instances() -> None:
    for events in (
        run("COMPLETE", 0, 10, "ab", "x"),
        [event("START", 0, "a", "x"), event("RUNNING", 5), event("FAIL", 10, "a", "x")],
        [event("COMPLETE", 10, "a", "x")],
        [event("START", 0, "a", "x")],
    ):
        state = translated(*events).state
        assert [list(one.instances) for one in state.runs.values()] == [[]]


MIXED = st.lists(
    st.builds(
        event,
        st.sampled_from(["START", "RUNNING", "COMPLETE", "FAIL", "SKIPPED"]),
        st.integers(0, 6),
        st.sampled_from(["", "a", "b", "ab"]),
        st.sampled_from(["", "x", "y", "xy"]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.promise("C51")
@LAWS
@given(MIXED, st.integers(0, 6), st.randoms(use_true_random=False))
def test_neither_order_nor_batches_nor_lanes_change_the_instances(events: list[Json], cut: int, random: Any) -> None:
    whole = translated(*events).state.runs
    crooked = [*events, random.choice(events)]
    random.shuffle(crooked)
    batches = translated(*crooked[cut:], state=translated(*crooked[:cut]).state).state.runs
    assert [one.instances for one in batches.values()] == [one.instances for one in whole.values()]
    lanes = merge_run_states([translated(*crooked[:cut]).state, translated(*crooked[cut:]).state]).runs
    assert [one.instances for one in lanes.values()] == [one.instances for one in whole.values()]
