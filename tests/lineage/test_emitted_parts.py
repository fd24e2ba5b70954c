"""What a task of Airflow sends in several events, each with inputs and outputs of its own, is not multiplied."""

from __future__ import annotations

from itertools import permutations

import pytest

from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from tests.support import Json, arrows, parent, plan_of, run_event, stored, translated

FACETS = {"airflow": {"task": {"operator_class": "PythonOperator"}}, "parent": parent("dag", "r-dag")}
AIRFLOW = {"jobType": {"processingType": "BATCH", "integration": "AIRFLOW", "jobType": "TASK"}}


def task(state: str, seconds: int, job_facets: Json = AIRFLOW, **sides: list[str]) -> Json:
    run_facets = FACETS if job_facets is AIRFLOW else {}
    options: Json = {"seconds": seconds, "run_facets": run_facets, "job_facets": job_facets, **sides}
    return run_event(state, job="dag.load", run_id="r-task", **options)


START, END = task("START", 0), task("COMPLETE", 9)
ORDERS = task("RUNNING", 1, inputs=["raw.orders", "raw.rates"], outputs=["stg.orders"])
USERS = task("RUNNING", 2, inputs=["raw.users"], outputs=["stg.users"])
RATED = task("RUNNING", 2, inputs=["raw.users", "raw.rates"], outputs=["stg.users"])
OWN = ["raw.orders -> stg.orders", "raw.rates -> stg.orders", "raw.users -> stg.users"]


def sides_of(event: Json) -> dict[str, list[str]]:
    """Return the names of the inputs and outputs of an event."""
    return {side: [one["name"] for one in event[side]] for side in ("inputs", "outputs")}


def remembered(*events: Json) -> RunState:
    """Return the state after some events, as it is stored."""
    return stored(translated(*events).state)


@pytest.mark.parametrize(
    "events",
    [
        [START, ORDERS, USERS, END],
        [END, USERS, START, ORDERS],
        [START, ORDERS, task("COMPLETE", 9, inputs=["raw.users"], outputs=["stg.users"])],
    ],
    ids=["in order", "in another order", "the end has the last of them"],
)
def test_what_came_with_one_event_belongs_together(events: list[Json]) -> None:
    plan = plan_of(*events)
    assert arrows(plan) == OWN
    assert [problem.kind for problem in plan.problems] == ["assumed_pair"]


def test_it_does_so_in_several_batches() -> None:
    first = translated(START, ORDERS)
    assert arrows(translated(USERS, END, state=stored(first.state)).plan) == OWN


@pytest.mark.parametrize("second", [USERS, RATED], ids=["apart", "with a shared input"])
def test_neither_order_nor_batches_matter(second: Json) -> None:
    expected = arrows(plan_of(START, ORDERS, second, ORDERS, END))
    for events in permutations([START, ORDERS, second, task("RUNNING", 3, **sides_of(ORDERS))]):
        for cut in range(5):
            first = translated(*events[:cut])
            assert arrows(translated(*events[cut:], END, state=stored(first.state)).plan) == expected
            halves = [remembered(*events[:cut]), remembered(*events[cut:])]
            for one, other in (halves, halves[::-1]):
                assert arrows(translated(END, state=merge_run_states([one, other])).plan) == expected


def test_runs_of_one_job_that_divide_the_same_datasets_in_other_ways_count_each() -> None:
    whole = task("COMPLETE", 9, inputs=["raw.orders", "raw.rates", "raw.users"], outputs=["stg.orders", "stg.users"])
    whole["run"]["runId"] = "r-other"
    for events in ([START, ORDERS, USERS, END, whole], [whole, START, ORDERS, USERS, END]):
        assert len(arrows(plan_of(*events))) == 6


@pytest.mark.parametrize(
    "events",
    [
        [ORDERS, USERS, task("COMPLETE", 9, inputs=["raw.orders", "raw.users"], outputs=["stg.orders", "stg.users"])],
        [ORDERS, task("RUNNING", 2, outputs=["stg.users"]), END],
    ],
    ids=["the end names all", "an event has outputs only"],
)
def test_what_is_named_together_is_multiplied(events: list[Json]) -> None:
    plan = plan_of(*events)
    assert len(plan.edges) == len({edge.source for edge in plan.edges}) * len({edge.target for edge in plan.edges}) > 3


def test_of_other_producers_it_is_assumed() -> None:
    tool = {"jobType": {"processingType": "BATCH", "integration": "MATILLION", "jobType": "ORCHESTRATION"}}
    steps = [
        task("RUNNING", 1, tool, inputs=["src.orders"], outputs=["lnd.orders"]),
        task("RUNNING", 2, tool, inputs=["src.users"], outputs=["lnd.users"]),
    ]
    plan = plan_of(*steps, task("COMPLETE", 9, tool))
    assert arrows(plan) == ["src.orders -> lnd.orders", "src.users -> lnd.users"]
    (problem,) = plan.problems
    assert (problem.kind, problem.where) == ("assumed_pair", "job ns dag.load")
    assert problem.detail.startswith("2 events of a run")


@pytest.mark.parametrize(
    ("integration", "processing"), [("FLINK", "STREAMING"), ("SPARK", "BATCH")], ids=["a stream", "Spark"]
)
def test_streams_and_spark_sum_up(integration: str, processing: str) -> None:
    facet = {"jobType": {"processingType": processing, "integration": integration, "jobType": "JOB"}}
    events = [
        task("RUNNING", 1, facet, inputs=["a"], outputs=["x"]),
        task("RUNNING", 2, facet, inputs=["b"], outputs=["y"]),
        task("COMPLETE", 9, facet),
    ]
    for event in events:
        event["producer"] = f"https://github.com/OpenLineage/OpenLineage/tree/1.53.0/integration/{integration.lower()}"
    assert len(arrows(plan_of(*events))) == 4
