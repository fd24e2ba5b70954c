"""Which events are read: optional fields, nulls, versions of the specification, kinds of events."""

from __future__ import annotations

import json

import pytest

from openmetadata_ol_provider.openlineage.decode import decode_event
from tests.lineage.promises.spelling import job_named
from tests.support import (
    CAPTURES,
    PG,
    Json,
    arrows,
    captured,
    column_arrows,
    columns,
    dataset,
    dataset_event,
    job_event,
    plan_of,
    run_event,
)


@pytest.mark.promise("A103")
def test_a_run_without_parent_type_inputs_and_outputs_is_read() -> None:
    event = {"eventTime": "2026-11-23T08:00:00Z", "run": {"runId": "r"}, "job": {"namespace": "ns", "name": "j"}}
    plan = plan_of(event)
    assert [(run.run_id, run.state) for run in plan.runs] == [("r", "OTHER")]
    assert [problem.kind for problem in plan.problems] == ["no_event_type"]


@pytest.mark.promise("A104")
@pytest.mark.parametrize(
    "facets",
    [
        {"schema": {"fields": None}},
        {"schema": {"fields": [{"name": "a", "type": None}, {"name": None}, {}]}},
        {"columnLineage": {"fields": None}},
        {"columnLineage": {"fields": {"t": None}}},
        {"columnLineage": {"fields": {"t": {"inputFields": None}}}},
        {"symlinks": {"identifiers": None}},
        {"ownership": {"owners": None}, "documentation": {"description": None}, "dataSource": None},
        {"schema": None, "columnLineage": None, "symlinks": None, "lifecycleStateChange": None},
    ],
    ids=str,
)
def test_null_anywhere_in_a_facet_costs_no_lineage(facets: Json) -> None:
    assert arrows(plan_of(run_event(inputs=["a"], outputs=[dataset("x", **facets)]))) == ["a -> x"]


@pytest.mark.promise("A105")
@pytest.mark.parametrize(
    "time",
    [
        "2026-11-23T08:00:00Z",
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T10:00:00.000000+02:00",
        "2026-11-23T08:00:00.123456789Z",
        "2026-11-23T08:00:00",
        "2026-11-23 08:00:00",
        "2026-11-23T08:00:00Z[UTC]",
        "2026-11-23T09:00:00+01:00[Europe/Berlin]",
    ],
)
def test_an_event_time_is_read_in_every_spelling(time: str) -> None:
    decoded = decode_event(json.dumps({**run_event(), "eventTime": time}).encode()).event
    assert decoded.eventTime.isoformat().startswith("2026-11-23T08:00:00")


@pytest.mark.promise("A106")
def test_events_of_jobs_and_datasets_are_read() -> None:
    plan = plan_of(
        job_event("declared", inputs=["a"], outputs=["x"]),
        dataset_event(dataset("y", documentation={"description": "about y"})),
    )
    assert arrows(plan) == ["a -> x"]
    assert [item.description for item in plan.datasets if item.name == "y"] == ["about y"]


@pytest.mark.promise("A107")
def test_a_dropped_table_is_no_target_and_a_renamed_one_says_what_it_was() -> None:
    dropped = dataset("old", lifecycleStateChange={"lifecycleStateChange": "DROP"})
    renamed = {"lifecycleStateChange": "RENAME", "previousIdentifier": {"namespace": PG, "name": "before"}}
    plan = plan_of(run_event(inputs=["a"], outputs=[dropped, dataset("new", lifecycleStateChange=renamed)]))
    assert arrows(plan) == ["a -> new"]
    (found,) = [item for item in plan.datasets if item.name == "new"]
    assert found.lifecycle == "RENAME"
    assert found.previous is not None
    assert found.previous.name == "before"


@pytest.mark.promise("A108")
def test_explicit_lineage_replaces_all_inference() -> None:
    entry = {"namespace": PG, "name": "x", "type": "DATASET", "inputs": [{"namespace": PG, "name": "a"}]}
    event = run_event(inputs=["a", "b"], outputs=["x", "y"], job_facets={"lineage": {"entries": [entry]}})
    plan = plan_of(event)
    assert arrows(plan) == ["a -> x"]
    assert {edge.basis for edge in plan.edges} == {"explicit"}


@pytest.mark.promise("A109")
@pytest.mark.parametrize("name", CAPTURES)
def test_the_events_of_real_producers_are_read_without_loss(name: str) -> None:
    decoded = [decode_event(line) for line in captured(name)]
    assert decoded
    # A dataset without a name is nothing that could be lost.
    assert {problem.kind for one in decoded for problem in one.problems} <= {"bad_dataset"}


@pytest.mark.promise("A66", "A110")
@pytest.mark.parametrize("run_id", ["manual__2026-11-23", "42", "a b/c", "ü", "x" * 500])
def test_a_run_id_may_be_any_text(run_id: str) -> None:
    assert arrows(plan_of(run_event(run_id=run_id, inputs=["a"], outputs=["x"]))) == ["a -> x"]


@pytest.mark.promise("A111")
def test_an_event_of_megabytes_is_read() -> None:
    plan = {"spark.logicalPlan": {"plan": [{"class": "x" * 1000}] * 5000}}
    event = run_event(inputs=["a"], outputs=["x"], run_facets=plan)
    assert len(json.dumps(event)) > 5_000_000
    assert arrows(plan_of(event)) == ["a -> x"]


@pytest.mark.promise("C13")
@pytest.mark.parametrize("state", ["complete", "Complete", "COMPLETE"])
def test_a_type_in_small_letters_is_that_type(state: str) -> None:
    assert arrows(plan_of(run_event(state, inputs=["a"], outputs=["x"]))) == ["a -> x"]


@pytest.mark.promise("C13")
def test_failures_and_aborts_are_read_for_their_status() -> None:
    plan = plan_of(*(run_event(state, run_id=state) for state in ("FAIL", "ABORT", "OTHER")))
    assert {run.state for run in plan.runs} == {"FAIL", "ABORT", "OTHER"}


@pytest.mark.promise("C11")
def test_type_inputs_and_outputs_are_optional() -> None:
    for key in ("eventType", "inputs", "outputs"):
        event = run_event(inputs=["a"], outputs=["x"])
        del event[key]
        plan = plan_of(event)
        assert len(plan.runs) == 1
        assert [problem.kind for problem in plan.problems] == (["no_event_type"] if key == "eventType" else [])


@pytest.mark.promise("C12")
def test_static_lineage_is_read_with_and_without_a_type() -> None:
    assert arrows(plan_of({**job_event(inputs=["a"], outputs=["x"]), "eventType": "COMPLETE"})) == ["a -> x"]
    assert len(plan_of(dataset_event(dataset("y"))).datasets) == 1


@pytest.mark.promise("C14")
def test_the_later_of_two_events_has_the_last_word_in_any_order() -> None:
    events = [
        run_event("RUNNING", job_facets={"documentation": {"description": "old"}}),
        run_event("COMPLETE", seconds=1, job_facets={"documentation": {"description": "new"}}),
    ]
    for order in (events, events[::-1]):
        assert job_named(plan_of(*order), "job").description == "new"


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    "bad",
    [
        {"inputs": None},
        {"inputs": [None, {"namespace": PG, "name": "a"}]},
        {"inputs": [{"namespace": 7, "name": "b"}, {"namespace": PG, "name": "a"}]},
        {"inputs": [{"namespace": "kafka://:x:y", "name": "t"}, {"namespace": PG, "name": "a"}]},
    ],
    ids=str,
)
def test_one_bad_part_costs_that_part_alone(bad: Json) -> None:
    lineage = columns(t=[("a", "id")])
    lineage["fields"]["u"] = {"inputFields": [{"namespace": PG, "name": "a", "field": None}]}
    plan = plan_of({**run_event(outputs=[dataset("x", columnLineage=lineage)]), **bad})
    assert "a.id -> x.t" in column_arrows(plan.edges)


@pytest.mark.promise("C16")
def test_a_namespace_of_several_brokers_is_read() -> None:
    topic = dataset("t", "kafka://b1:9092,b2:9092")
    assert arrows(plan_of(run_event(inputs=[topic], outputs=["x"]))) == ["t -> x"]
