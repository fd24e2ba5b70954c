"""Inputs of which nobody knows to which of several outputs they belong have no edges, and are reported."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, arrows, columns, dataset, parent, plan_of, run_event

COSMOS = {"airflow": {"task": {"operator_class": "DbtRunLocalOperator"}}, "parent": parent("dag", "r-dag")}


def test_an_input_that_no_column_lineage_names_is_reported() -> None:
    outputs: list[Json | str] = [
        dataset("x", columnLineage=columns(n=[("a", "n")])),
        dataset("y", columnLineage=columns(n=[("b", "n")])),
    ]
    plan = plan_of(run_event(inputs=["a", "b", "joined"], outputs=outputs))
    assert arrows(plan) == ["a -> x", "b -> y"]
    (problem,) = plan.problems
    assert problem.kind is ProblemKind.UNASSIGNED_INPUT
    assert "joined" in problem.detail


@pytest.mark.parametrize(
    "options",
    [
        {"run_facets": COSMOS, "job_facets": {"jobType": {"processingType": "BATCH", "integration": "AIRFLOW"}}},
        {"job_facets": {"jobType": {"processingType": "BATCH", "integration": "DBT", "jobType": "MODEL"}}},
    ],
    ids=["Cosmos", "dbt"],
)
def test_the_models_of_a_task_are_not_multiplied(options: Json) -> None:
    """Cosmos lists the inputs and outputs of all models that a task runs; ``SELECT *`` has no column lineage."""
    inputs = ["raw.orders", "raw.users", "stg.orders", "stg.users"]
    outputs: list[Json | str] = [
        *("stg.orders", "stg.users"),
        dataset("mart.facts", columnLineage=columns(id=[("stg.orders", "id"), ("stg.users", "id")])),
    ]
    plan = plan_of(run_event(inputs=inputs, outputs=outputs, **options))
    assert arrows(plan) == ["stg.orders -> mart.facts", "stg.users -> mart.facts"]
    assert [(problem.kind, "2 inputs" in problem.detail) for problem in plan.problems] == [
        (ProblemKind.UNASSIGNED_INPUT, True)
    ]


@pytest.mark.parametrize(
    ("inputs", "outputs", "edges"),
    [
        (["raw.orders", "raw.users"], ["mart.facts"], ["raw.orders -> mart.facts", "raw.users -> mart.facts"]),
        (["raw.orders"], ["stg.a", "stg.b"], ["raw.orders -> stg.a", "raw.orders -> stg.b"]),
    ],
    ids=["one output", "one input"],
)
def test_one_model_or_one_source_is_certain(inputs: list[str], outputs: list[str], edges: list[str]) -> None:
    plan = plan_of(run_event(inputs=inputs, outputs=outputs, run_facets=COSMOS))
    assert (arrows(plan), plan.problems) == (edges, ())


def test_other_tasks_are_multiplied_as_before() -> None:
    assert len(arrows(plan_of(run_event(inputs=["a", "b"], outputs=["x", "y"])))) == 4
