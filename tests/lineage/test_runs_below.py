"""A run that sums up the inputs and outputs of the runs below it gives no pairs that these contradict."""

from __future__ import annotations

from itertools import permutations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, arrows, columns, dataset, parent, plan_of, query_event, run_event, stored, translated


def task(inputs: list[str], outputs: list[str], **options: Json) -> Json:
    """Return the event of a task, which ends after its queries."""
    facets = {"parent": parent("dag", "r-dag")}
    return run_event(
        job="dag.task", run_id="r-task", seconds=60, run_facets=facets, inputs=inputs, outputs=outputs, **options
    )


SUM = task(["a", "b"], ["x", "y"])
QUERIES = [query_event(1, ["a"], ["x"]), query_event(2, ["b"], ["y"])]
TRUE = ["a -> x", "b -> y"]


def pairs(*events: Json) -> list[str]:
    """Return the edges of all jobs, each pair once."""
    return sorted(set(arrows(plan_of(*events))))


def test_a_task_does_not_multiply_what_its_queries_keep_apart() -> None:
    for order in permutations([SUM, *QUERIES]):
        plan = plan_of(*order)
        assert sorted(set(arrows(plan))) == TRUE
        (problem,) = plan.problems
        assert problem.kind is ProblemKind.SUMMED_UP
        assert problem.where == "job ns dag.task"
        assert "no edge for 2 pairs" in problem.detail


def test_queries_of_an_earlier_batch_count() -> None:
    state = stored(translated(*QUERIES).state)
    assert sorted(set(arrows(translated(SUM, state=state).plan))) == TRUE


def test_queries_of_a_later_batch_correct_the_edges_of_the_task() -> None:
    first = translated(SUM)
    assert len(first.plan.edges) == 4
    second = translated(*QUERIES, state=stored(first.state))
    assert sorted(set(arrows(second.plan))) == TRUE


def test_what_leads_from_one_query_to_the_next_is_followed() -> None:
    queries = [query_event(1, ["a"], ["staging"]), query_event(2, ["staging"], ["x"])]
    assert "a -> x" in pairs(task(["a", "staging"], ["staging", "x"]), *queries)


def test_what_no_query_reads_or_writes_is_still_multiplied() -> None:
    assert pairs(task(["a", "b", "c"], ["x", "y", "z"]), *QUERIES) == [
        *("a -> x", "a -> z", "b -> y", "b -> z", "c -> x", "c -> y", "c -> z"),
    ]


@pytest.mark.parametrize(
    "queries",
    [
        [query_event(1, ["a", "b"], []), query_event(2, [], ["x", "y"])],
        [query_event(1, ["a"], ["x"], "FAIL"), query_event(2, ["b"], ["y"])],
        [],
    ],
    ids=["reads and writes apart", "one failed", "none"],
)
def test_queries_that_tell_nothing_leave_the_product(queries: list[Json]) -> None:
    assert pairs(SUM, *queries) == ["a -> x", "a -> y", "b -> x", "b -> y"]


def test_columns_of_a_query_tell_what_belongs_together() -> None:
    outputs: list[Json | str] = [
        dataset("x", columnLineage=columns(total=[("a", "amount")])),
        dataset("y", columnLineage=columns(name=[("b", "name")])),
    ]
    assert pairs(SUM, query_event(1, ["a", "b"], outputs)) == TRUE


def test_runs_further_below_count() -> None:
    flow = run_event(job="flow", run_id="r-flow", seconds=90, inputs=["a", "b"], outputs=["x", "y"])
    empty = run_event(job="dag.task", run_id="r-task", seconds=60, run_facets={"parent": parent("flow", "r-flow")})
    assert pairs(flow, empty, *QUERIES) == TRUE


def test_queries_of_another_run_do_not_count() -> None:
    other = run_event(job="dag.task", run_id="r-other", seconds=60, inputs=["a", "b"], outputs=["x", "y"])
    assert pairs(other, *QUERIES) == ["a -> x", "a -> y", "b -> x", "b -> y"]
