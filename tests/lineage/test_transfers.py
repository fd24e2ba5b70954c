"""Airflow's transfer tasks: reads and writes of different queries of one task make its lineage; of other tasks not."""

from __future__ import annotations

import pytest

from tests.support import Json, arrows, parent, plan_of, run_event, translated


def task(operator: str, state: str = "COMPLETE") -> Json:
    facets = {"airflow": {"task": {"operator_class": operator}}, "parent": parent("dag", "r-dag")}
    return run_event(state, job="dag.move", run_id="r-task", seconds=9, run_facets=facets)


def query(number: int, state: str = "COMPLETE", **sides: list[str]) -> Json:
    facets = {"parent": parent("dag.move", "r-task", root=("dag", "r-dag"))}
    return run_event(
        state,
        job=f"dag.move.query.{number}",
        run_id=f"r-q{number}",
        seconds=number,
        run_facets=facets,
        job_facets={"jobType": {"jobType": "QUERY", "integration": "AIRFLOW", "processingType": "BATCH"}},
        **sides,  # type: ignore[arg-type]
    )


READ, WRITE = query(1, inputs=["a"]), query(2, outputs=["x"])


@pytest.mark.parametrize(
    "operator",
    ["GenericTransfer", "airflow.operators.generic.GenericTransfer", "MySqlToHiveOperator", "S3ToSqlTransfer"],
)
def test_what_a_transfer_reads_goes_to_what_it_writes(operator: str) -> None:
    events = [READ, WRITE, task(operator)]
    for order in (events, events[::-1]):
        plan = plan_of(*order)
        assert [(edge.source.name, edge.target.name, edge.job.name) for edge in plan.edges if edge.job] == [
            ("a", "x", "dag.move")
        ]


@pytest.mark.parametrize("operator", ["SQLExecuteQueryOperator", "PythonOperator", "ToolOperator", "", "BashOperator"])
def test_of_any_other_task_reads_and_writes_prove_nothing(operator: str) -> None:
    assert plan_of(READ, WRITE, task(operator)).edges == ()


def test_the_parts_of_a_transfer_may_come_in_any_batches() -> None:
    state = translated(READ).state
    state = translated(WRITE, state=state).state
    assert arrows(translated(task("GenericTransfer"), state=state).plan) == ["a -> x"]


def test_a_transfer_that_failed_moved_nothing() -> None:
    assert plan_of(READ, WRITE, task("GenericTransfer", "FAIL")).edges == ()
    assert plan_of(READ, query(2, "FAIL", outputs=["x"]), task("GenericTransfer")).edges == ()
