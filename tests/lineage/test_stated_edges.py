"""The ``lineage`` facet: where a producer states its lineage, nothing is inferred beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import (
    PG,
    Json,
    arrows,
    column_arrows,
    columns,
    dataset,
    dataset_event,
    job_event,
    plan_of,
    run_event,
)


def source(name: str, field: str | None = None, **more: Any) -> Json:
    found = {"namespace": PG, "name": name, "type": "DATASET", **more}
    return found if field is None else found | {"field": field}


def entry(name: str, *inputs: Json, **fields: list[Json]) -> Json:
    return source(name, inputs=list(inputs), fields={field: {"inputs": found} for field, found in fields.items()})


def stated(*entries: Json, **more: Any) -> Json:
    return {"lineage": {"entries": list(entries), **more}}


def test_the_facet_is_the_full_picture() -> None:
    output = dataset("x", columnLineage=columns(p=[("b", "c")]))
    plan = plan_of(run_event(inputs=["a", "b"], outputs=[output, "y"], job_facets=stated(entry("x", source("a")))))
    assert [(edge.source.name, edge.target.name, edge.basis, edge.columns) for edge in plan.edges] == [
        ("a", "x", "explicit", ())
    ]


def test_fields_are_column_pairs_and_dataset_wide_fields_are_not() -> None:
    entries = entry(
        "x", source("b", "key"), p=[source("a", "c", transformations=[{"type": "DIRECT", "subtype": "SUM"}])]
    )
    plan = plan_of(run_event(job_facets=stated(entries)))
    assert arrows(plan) == ["a -> x", "b -> x"]
    assert column_arrows(plan.edges) == ["a.c -> x.p"]
    [pair] = [pair for edge in plan.edges for pair in edge.columns]
    assert [item.subtype for item in pair.transformations] == ["SUM"]


def test_a_field_whose_source_field_is_unknown_is_a_table_edge() -> None:
    plan = plan_of(run_event(job_facets=stated(entry("x", p=[source("a")]))))
    assert (arrows(plan), column_arrows(plan.edges)) == (["a -> x"], [])


def test_jobs_as_sources_or_targets_make_no_edge_between_datasets() -> None:
    to_job = {"type": "JOB", "namespace": "ns", "name": "next", "inputs": [source("a")]}
    entries = [to_job, {"type": "JOB", "inputs": [source("a")]}, entry("x", {"type": "JOB"}), entry("y")]
    assert plan_of(run_event(inputs=["a"], outputs=["x"], job_facets=stated(*entries))).edges == ()


def test_entries_add_up_over_the_events_of_a_run() -> None:
    plan = plan_of(
        run_event("START", job_facets=stated(entry("x", source("a")))),
        run_event("COMPLETE", seconds=1, job_facets=stated(entry("x", source("b")))),
        run_event("COMPLETE", seconds=1, job_facets=stated(entry("x", source("b")))),
    )
    assert arrows(plan) == ["a -> x", "b -> x"]


def test_an_empty_statement_says_that_there_is_no_lineage() -> None:
    assert plan_of(run_event(inputs=["a"], outputs=["x"], job_facets=stated())).edges == ()


def test_what_is_withdrawn_is_not_stated_and_lineage_is_inferred_again() -> None:
    events = [
        run_event("START", job_facets=stated(entry("x", source("wrong")))),
        run_event("COMPLETE", seconds=1, inputs=["a"], outputs=["x"], job_facets={"lineage": {"_deleted": True}}),
    ]
    assert arrows(plan_of(*events)) == arrows(plan_of(*reversed(events))) == ["a -> x"]


def test_what_is_stated_again_after_a_withdrawal_is_stated() -> None:
    events = [
        run_event("START", job_facets=stated(entry("x", source("a")), entry("x", source("wrong")))),
        run_event("RUNNING", seconds=1, job_facets={"lineage": {"_deleted": True}}),
        run_event("COMPLETE", seconds=2, job_facets=stated(entry("x", source("a")))),
    ]
    assert arrows(plan_of(*events)) == arrows(plan_of(*reversed(events))) == ["a -> x"]


def test_a_dataset_is_not_its_own_source() -> None:
    assert plan_of(run_event(job_facets=stated(entry("x", source("X"), source("a"))))).edges[0].source.name == "a"


def test_a_failed_run_states_nothing() -> None:
    assert plan_of(run_event("FAIL", job_facets=stated(entry("x", source("a"))))).edges == ()


def test_a_job_event_declares_and_the_latest_replaces() -> None:
    plan = plan_of(
        job_event(seconds=1, job_facets=stated(entry("x", source("b")))),
        job_event(seconds=0, job_facets=stated(entry("x", source("a")))),
    )
    assert arrows(plan) == ["b -> x"]


def test_a_dataset_event_states_what_a_view_is_made_of() -> None:
    view = dataset("view", lineage={"inputs": [source("a")], "fields": {"p": {"inputs": [source("b", "c")]}}})
    plan = plan_of(dataset_event(view))
    assert arrows(plan) == ["a -> view", "b -> view"]
    assert column_arrows(plan.edges) == ["b.c -> view.p"]
    assert {edge.job for edge in plan.edges} == {None}
    assert plan.runs == ()


def test_a_dataset_event_states_the_sources_of_columns() -> None:
    view = dataset("v", columnLineage=columns(("b", "id"), total=[("a", "amount"), ("v", "total")], bad=[("", "x")]))
    plan = plan_of(dataset_event(view))
    assert arrows(plan) == ["a -> v", "b -> v"]
    assert column_arrows(plan.edges) == ["a.amount -> v.total"]
    assert {(edge.basis, edge.job) for edge in plan.edges} == {("columns", None)}
    assert [(problem.kind.value, problem.where) for problem in plan.problems] == [("bad_item", f"dataset {PG} v")]


def test_what_a_dataset_event_states_as_lineage_wins_over_its_column_lineage() -> None:
    stated = {"inputs": [{"namespace": PG, "name": "a", "type": "DATASET"}]}
    view = dataset("v", lineage=stated, columnLineage=columns(total=[("b", "amount")]))
    assert arrows(plan_of(dataset_event(view))) == ["a -> v"]


def test_column_lineage_of_a_later_dataset_event_withdraws_no_lineage_facet() -> None:
    stated = dataset_event(dataset("v", lineage={"inputs": [source("a")]}))
    columns_only = dataset_event(dataset("v", columnLineage=columns(total=[("b", "amount")])), seconds=1)
    assert arrows(plan_of(stated, columns_only)) == arrows(plan_of(columns_only, stated)) == ["a -> v", "b -> v"]


def test_the_statement_of_a_dataset_has_no_place_on_a_runs_output() -> None:
    output = dataset("x", lineage={"inputs": [source("elsewhere")]})
    assert arrows(plan_of(run_event(inputs=["a"], outputs=[output]))) == ["a -> x"]


@pytest.mark.parametrize("key", ["entries", "lineage"])
@pytest.mark.parametrize("of", ["job_facets", "run_facets"])
@pytest.mark.parametrize("name", ["x", None], ids=["in order", "read leniently"])
def test_the_drafts_of_the_facet_are_read_too(of: str, key: str, name: str | None) -> None:
    entries = [entry("x", source("a")), entry("y", source("b")), {**entry("x"), "name": name}]
    event = run_event(inputs=["a", "b"], outputs=["x", "y"], **{of: {"lineage": {key: entries}}})
    assert arrows(plan_of(event)) == ["a -> x", "b -> y"]


def test_the_facet_of_the_job_counts_more_than_that_of_the_run() -> None:
    facets = stated(entry("x", source("a")))
    event = run_event(inputs=["a", "b"], outputs=["x"], job_facets=facets, run_facets=stated(entry("x", source("b"))))
    assert arrows(plan_of(event)) == ["a -> x"]


def test_what_a_dataset_states_replaces_what_it_stated_before_and_other_facts_do_not() -> None:
    first, second = ({"inputs": [source(name)], "fields": {}} for name in ("old", "new"))
    events = [
        dataset_event(dataset("view", lineage=first)),
        dataset_event(dataset("view", lineage=second), seconds=1),
        dataset_event(dataset("view", documentation={"description": "d"}), seconds=2),
    ]
    assert arrows(plan_of(*events)) == arrows(plan_of(*reversed(events))) == ["new -> view"]
    gone = dataset_event(dataset("view", lineage={"_deleted": True}), seconds=3)
    assert arrows(plan_of(gone, *events)) == []


def test_what_a_job_declared_holds_until_it_says_otherwise() -> None:
    declared = job_event(inputs=["a", "b"], outputs=["x"], job_facets=stated(entry("x", source("a"))))
    described = job_event(seconds=1, job_facets={"documentation": {"description": "d"}})
    assert arrows(plan_of(described, declared)) == ["a -> x"]
    gone = job_event(seconds=2, job_facets={"lineage": {"_deleted": True, "entries": []}})
    assert arrows(plan_of(gone, described, declared)) == ["a -> x", "b -> x"]
