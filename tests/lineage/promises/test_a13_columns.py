"""Column lineage."""

from __future__ import annotations

import pytest

from tests.support import PG, Json, arrows, column_arrows, columns, dataset, plan_of, run_event


def lineage(field: str = "id", **more: object) -> Json:
    """Return column lineage of one column, from ``a``."""
    return {"fields": {"t": {"inputFields": [{"namespace": PG, "name": "a", "field": field, **more}]}}}


@pytest.mark.promise("A152")
def test_columns_of_one_edge_never_show_on_another() -> None:
    x, y = (dataset(name, columnLineage=columns(**{f"{name}_id": [("a", name)]})) for name in "xy")
    plan = plan_of(run_event(inputs=["a"], outputs=[x, y]))
    assert column_arrows(plan.edges) == ["a.x -> x.x_id", "a.y -> y.y_id"]
    assert all(len(edge.columns) == 1 for edge in plan.edges)


@pytest.mark.promise("A154")
def test_an_indirect_source_is_reported_as_one() -> None:
    how = [{"type": "INDIRECT", "subtype": "FILTER"}]
    (edge,) = plan_of(run_event(inputs=["a"], outputs=[dataset("x", columnLineage=lineage(transformations=how))])).edges
    assert [item.type for pair in edge.columns for item in pair.transformations] == ["INDIRECT"]


@pytest.mark.promise("A154")
def test_a_dataset_wide_source_is_an_edge_and_no_column_pair() -> None:
    plan = plan_of(run_event(inputs=["a", "b"], outputs=[dataset("x", columnLineage=columns(("b", "key")))]))
    assert "b -> x" in arrows(plan)
    assert column_arrows(plan.edges) == []


@pytest.mark.promise("A155")
def test_a_pair_without_transformations_is_direct() -> None:
    (edge,) = plan_of(run_event(inputs=["a"], outputs=[dataset("x", columnLineage=lineage())])).edges
    assert [pair.transformations for pair in edge.columns] == [()]
    assert edge.basis == "columns"


@pytest.mark.promise("A156")
def test_columns_are_never_guessed_from_their_names() -> None:
    schema = {"fields": [{"name": "id"}, {"name": "amount"}]}
    plan = plan_of(run_event(inputs=[dataset("a", schema=schema)], outputs=[dataset("x", schema=schema)]))
    assert arrows(plan) == ["a -> x"]
    assert column_arrows(plan.edges) == []


@pytest.mark.promise("A158")
def test_an_event_without_column_lineage_says_nothing_against_that_of_another() -> None:
    events = [
        run_event("START", inputs=["a"], outputs=["x"]),
        run_event("RUNNING", seconds=1, inputs=["a"], outputs=[dataset("x", columnLineage=lineage())]),
        run_event("COMPLETE", seconds=2, inputs=["a"], outputs=["x"]),
    ]
    assert column_arrows(plan_of(*events).edges) == ["a.id -> x.t"]


@pytest.mark.promise("A159")
def test_a_column_needs_no_schema_facet() -> None:
    schema = {"fields": [{"name": "other"}]}
    target = dataset("x", schema=schema, columnLineage=lineage())
    assert column_arrows(plan_of(run_event(inputs=["a"], outputs=[target])).edges) == ["a.id -> x.t"]


@pytest.mark.promise("A160")
def test_a_temporary_view_is_no_source() -> None:
    target = dataset("d.s.x", columnLineage=columns(t=[("d.s.a", "id"), ("temp_view", "id")]))
    plan = plan_of(run_event(inputs=["d.s.a"], outputs=[target]))
    assert arrows(plan) == ["d.s.a -> d.s.x"]


@pytest.mark.promise("A160")
def test_a_query_for_a_name_harms_nothing() -> None:
    query = "SELECT a.b, 'it''s' FROM s.t WHERE x = \"y\" -- comment"
    plan = plan_of(run_event(inputs=[query, "COMPLEX", "a"], outputs=["x"]))
    assert "a -> x" in arrows(plan)


@pytest.mark.promise("A153", "A161")
def test_what_a_run_says_now_replaces_what_it_said_before() -> None:
    events = [
        run_event("RUNNING", inputs=["a"], outputs=[dataset("x", columnLineage=lineage("old"))]),
        run_event("COMPLETE", seconds=1, inputs=["a"], outputs=[dataset("x", columnLineage=lineage("new"))]),
    ]
    assert column_arrows(plan_of(*events).edges) == ["a.new -> x.t"]


@pytest.mark.promise("A163")
def test_a_merge_into_itself_is_no_edge() -> None:
    target = dataset("x", columnLineage=columns(t=[("x", "t"), ("a", "id")]))
    plan = plan_of(run_event(inputs=["x", "a"], outputs=[target]))
    assert arrows(plan) == ["a -> x"]
    assert column_arrows(plan.edges) == ["a.id -> x.t"]
