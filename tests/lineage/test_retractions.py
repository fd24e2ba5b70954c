"""Edges that a plan has because not all events of their run were read yet are taken back by the plan of the others."""

from __future__ import annotations

from itertools import permutations

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan import Edge, Retraction
from tests.support import (
    Json,
    arrows,
    at,
    columns,
    dataset,
    job_event,
    parent,
    query_event,
    run_event,
    stored,
    translated,
)


def task(operator: str = "SQLExecuteQueryOperator", **sides: list[str]) -> Json:
    facets = {"airflow": {"task": {"operator_class": operator}}, "parent": parent("dag", "r-dag")}
    options: Json = {"run_facets": facets, **sides}
    return run_event(job="dag.task", run_id="r-task", seconds=60, **options)


def columns_of(output: str, source: str, seconds: float) -> Json:
    outputs = [dataset(output, columnLineage=columns(id=[(source, "id")]))]
    return run_event("RUNNING", seconds=seconds, outputs=outputs)


SUM = [task(inputs=["a", "b"], outputs=["x", "y"]), query_event(1, ["a"], ["x"]), query_event(2, ["b"], ["y"])]
TRANSFER = [
    task("GenericTransfer"),
    query_event(1, inputs=["crm.users"]),
    query_event(2, outputs=["dwh.users"]),
    query_event(3, inputs=["crm.orders"]),
    query_event(4, outputs=["dwh.orders"]),
]
LATE_COLUMNS = [
    run_event("COMPLETE", seconds=9, inputs=["a", "b"], outputs=["x", "y"]),
    columns_of("x", "a", 4),
    columns_of("y", "b", 5),
]
STATED: Json = {"entries": [{"type": "DATASET", **dataset("x"), "inputs": [{"type": "DATASET", **dataset("a")}]}]}
LATE_STATEMENT = [LATE_COLUMNS[0], run_event("RUNNING", seconds=4, job_facets={"lineage": STATED})]

LATE_SQL = [
    LATE_COLUMNS[0],
    run_event("START", job_facets={"sql": {"query": "insert into x select * from a; insert into y select * from b"}}),
]
MODEL: Json = {"jobType": {"processingType": "BATCH", "integration": "DBT", "jobType": "MODEL"}}
LATE_MODEL = [
    run_event(seconds=9, inputs=["s.a", "s.b"], outputs=["s.x"], job_facets=MODEL),
    run_event("START", job_facets={**MODEL, "sql": {"query": "select * from s.a"}}),
]
FILES: Json = {
    side: [dataset(f"/{name}/{file}", "file") for file in "ab"] for side, name in (("inputs", "in"), ("outputs", "out"))
}
LATE_OPERATOR = [
    run_event(job="dag.task", seconds=9, **FILES),
    run_event("START", job="dag.task", run_facets={"airflow": {"task": {"operator_class": "SFTPOperator"}}}),
]


def left_of(*events: Json) -> list[str]:
    """Return the edges that are left after one batch an event."""
    edges: dict[Retraction, Edge] = {}
    state = None
    for event in events:
        plan, after = translated(event, state=state)
        state = stored(after)
        edges.update({Retraction(edge.source, edge.target, edge.job): edge for edge in plan.edges if edge.job})
        for retraction in plan.retracted:
            del edges[replace(retraction, began_at=None)]
    return sorted({f"{edge.source.name} -> {edge.target.name}" for edge in edges})


@pytest.mark.parametrize(
    ("events", "true"),
    [
        (SUM, ["a -> x", "b -> y"]),
        (TRANSFER, ["crm.orders -> dwh.orders", "crm.users -> dwh.users"]),
        (LATE_COLUMNS, ["a -> x", "b -> y"]),
        (LATE_STATEMENT, ["a -> x"]),
        (LATE_SQL, ["a -> x", "b -> y"]),
        (LATE_MODEL, ["s.a -> s.x"]),
        (LATE_OPERATOR, ["/in/a -> /out/a", "/in/b -> /out/b"]),
    ],
    ids=["a task that sums up", "a transfer", "column lineage", "stated lineage", "SQL", "SQL of dbt", "an operator"],
)
def test_any_batches_leave_the_edges_of_one_batch(events: list[Json], true: list[str]) -> None:
    assert sorted(set(arrows(translated(*events).plan))) == true
    for order in permutations(events):
        assert left_of(*order) == true, [event["job"]["name"] for event in order]


@pytest.mark.parametrize(
    "later",
    [
        run_event("RUNNING", seconds=4, inputs=["c"]),
        run_event("RUNNING", seconds=4, run_facets={"processing_engine": {"version": "1"}}),
        run_event("FAIL", seconds=9),
        run_event(run_id="run-2", seconds=99, inputs=["a"], outputs=["x"]),
    ],
    ids=["one more input", "nothing new", "it has failed", "another run"],
)
def test_what_does_not_show_an_edge_to_be_false_takes_none_back(later: Json) -> None:
    first = translated(LATE_COLUMNS[0])
    assert len(first.plan.edges) == 4
    assert translated(later, state=stored(first.state)).plan.retracted == ()


def test_an_edge_that_another_run_of_the_batch_shows_stays() -> None:
    first = translated(LATE_COLUMNS[0])
    other = run_event(run_id="run-2", seconds=99, inputs=["b"], outputs=["x"])
    plan = translated(*LATE_COLUMNS[1:], other, state=stored(first.state)).plan
    assert [(one.source.name, one.target.name) for one in plan.retracted] == [("a", "y")]


def test_what_a_stream_has_stated_before_stays() -> None:
    streaming = {"jobType": {"processingType": "STREAMING", "integration": "SPARK", "jobType": "JOB"}}
    outputs = [dataset(output, columnLineage=columns(id=[("a", "id")])) for output in ("x", "y")]
    state = translated(run_event("RUNNING", job_facets=streaming, inputs=["a"], outputs=outputs)).state
    outputs = [dataset("x", columnLineage=columns(id=[("b", "id")]))]
    later = run_event("RUNNING", seconds=600, job_facets=streaming, inputs=["b"], outputs=outputs)
    plan = translated(later, state=stored(state)).plan
    assert arrows(plan) == ["a -> y", "b -> x"]
    assert plan.retracted == ()


def test_what_a_transfer_states_itself_stays() -> None:
    first = translated(task("GenericTransfer", inputs=["a"], outputs=["x"]), query_event(1, ["a", "c"], ["z"]))
    assert "a -> x" in arrows(first.plan)
    assert translated(query_event(2, ["c", "b"], ["z"]), state=stored(first.state)).plan.retracted == ()


LATEST = run_event(run_id="run-9", seconds=99, inputs=["a"], outputs=["x"])


@pytest.mark.parametrize(
    "other",
    [
        run_event(run_id="run-0", seconds=1, inputs=["a"], outputs=["y"]),
        run_event(run_id="run-2", seconds=20, inputs=["a"], outputs=["y"]),
        job_event(inputs=["a"], outputs=["y"]),
    ],
    ids=["the run before", "a run between", "the job declares it"],
)
def test_an_edge_that_earlier_batches_show_otherwise_stays(other: Json) -> None:
    """Neither a run of the batch nor the latest run of the job shows it."""
    first = translated(LATE_COLUMNS[0], other, LATEST)
    plan = translated(*LATE_COLUMNS[1:], state=stored(first.state)).plan
    assert [(one.source.name, one.target.name) for one in plan.retracted] == [("b", "x")]


def test_edges_of_another_run_below_the_task_stay() -> None:
    """Two runs of one query are below it, of which the lineage of one has changed."""
    again: Json = {"job": "dag.task.query.1", "run_id": "r-again"}
    again["run_facets"] = {"parent": parent("dag.task", "r-task", root=("dag", "r-dag"))}
    whole = run_event(seconds=4, inputs=["a", "b"], outputs=["x", "y"], **again)
    first = translated(SUM[0], query_event(1, ["m"], ["n"]), whole)
    of_columns = [dataset(name, columnLineage=columns(id=[(source, "id")])) for name, source in ("xa", "yb")]
    plan = translated(run_event("RUNNING", seconds=3, outputs=of_columns, **again), state=stored(first.state)).plan
    retracted = [(one.source.name, one.target.name) for one in plan.retracted if one.job.name == "dag.task.query.1"]
    assert retracted == [("a", "y"), ("b", "x")]


def test_a_retraction_says_when_its_run_began() -> None:
    first = translated(LATE_COLUMNS[0])
    plan = translated(*LATE_COLUMNS[1:], state=stored(first.state)).plan
    assert {one.began_at for one in plan.retracted} == {at(4)}
