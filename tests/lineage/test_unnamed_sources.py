"""Sources that lineage facets list without a name are left out, and reported."""

from __future__ import annotations

import pytest

from tests.support import PG, Json, arrows, column_arrows, dataset, dataset_event, plan_of, run_event

GOOD: Json = {"namespace": PG, "name": "a", "field": "id"}


def written(*sources: Json, wide: Json | None = None) -> Json:
    lineage: Json = {"fields": {"id": {"inputFields": list(sources)}}, **({"dataset": [wide]} if wide else {})}
    return run_event(inputs=["a", "c"], outputs=[dataset("x", columnLineage=lineage)])


@pytest.mark.parametrize(
    "bad",
    [
        {"namespace": PG, "name": None, "field": "id"},
        {"namespace": PG, "field": "id"},
        {"namespace": PG, "name": "a", "field": None},
        {"namespace": PG, "name": "", "field": "id"},
    ],
    ids=["null name", "no name", "null field", "empty name"],
)
def test_a_column_s_source_without_name_or_field_costs_itself_and_leaves_a_line(bad: Json) -> None:
    plan = plan_of(written(GOOD, bad))
    assert column_arrows(plan.edges) == ["a.id -> x.id"]
    (problem,) = plan.problems
    assert (problem.kind, problem.where) == ("bad_item", "job ns job")
    assert f"1 source without name or field in the columnLineage of {PG} x" in problem.detail


def test_a_source_of_the_whole_dataset_needs_no_field_but_a_name() -> None:
    assert plan_of(written(GOOD, wide={"namespace": PG, "name": "c"})).problems == ()
    (problem,) = plan_of(written(GOOD, wide={"namespace": PG, "field": "id"})).problems
    assert problem.kind == "bad_item"


@pytest.mark.parametrize("name", ["shop.public.a", "public.a", "a"])
@pytest.mark.parametrize("namespace", [{}, {"namespace": None}, {"namespace": ""}], ids=str)
def test_a_source_without_a_namespace_is_the_only_input_of_that_name(namespace: Json, name: str) -> None:
    lineage: Json = {"fields": {"id": {"inputFields": [{**namespace, "name": name, "field": "n"}]}}}
    plan = plan_of(
        run_event(inputs=["shop.public.a"], outputs=[dataset("w.s.x", "snowflake://acc", columnLineage=lineage)])
    )
    assert [(edge.source.namespace, edge.basis) for edge in plan.edges] == [(PG, "columns")]
    assert column_arrows(plan.edges) == ["shop.public.a.n -> w.s.x.id"]


def test_a_source_without_a_namespace_is_none_of_two_inputs_of_that_name() -> None:
    lineage: Json = {"fields": {"id": {"inputFields": [{"name": "public.a", "field": "n"}]}}}
    inputs = ["one.public.a", "two.public.a"]
    plan = plan_of(run_event(inputs=inputs, outputs=[dataset("w.s.x", columnLineage=lineage)]))
    assert [pair for edge in plan.edges if edge.source.namespace == PG for pair in edge.columns] == []


@pytest.mark.parametrize("where", ["entry", "input", "field"])
def test_a_lineage_facet_with_unnamed_parts_leaves_a_line(where: str) -> None:
    source: Json = {"namespace": PG, "name": "a", "type": "DATASET"}
    unnamed: Json = {"namespace": PG, "name": None, "type": "DATASET"}
    entry: Json = {"namespace": PG, "name": "x", "type": "DATASET", "inputs": [source]}
    entries = [entry]
    if where == "entry":
        entries.append({**unnamed, "inputs": [source]})
    elif where == "input":
        entry["inputs"].append(unnamed)
    else:
        entry["fields"] = {"id": {"inputs": [unnamed]}}
    plan = plan_of(run_event(inputs=["a", "c"], outputs=["x"], job_facets={"lineage": {"entries": entries}}))
    assert arrows(plan) == ["a -> x"]
    (problem,) = plan.problems
    assert (problem.kind, problem.detail[:39]) == ("bad_item", "1 entry or input of the lineage facet w")


def test_a_dataset_s_own_derivation_is_looked_at_too() -> None:
    lineage = {"inputs": [{"namespace": PG, "name": "a", "type": "DATASET"}, {"namespace": PG, "type": "DATASET"}]}
    plan = plan_of(dataset_event(dataset("x", lineage=lineage)))
    assert arrows(plan) == ["a -> x"]
    assert [(problem.kind, problem.where) for problem in plan.problems] == [("bad_item", f"dataset {PG} x")]
