"""The plan as a document: every documented key, plain JSON, there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import DatasetId, JobId, LineagePlan
from tests.support import (
    CAPTURES,
    Json,
    captured,
    columns,
    dataset,
    dataset_event,
    job_event,
    parent,
    plan_of,
    run_event,
    symlinks,
)

#: The documented keys of each part, without those that are there only when they say something.
EDGE = {"source", "target", "job", "basis", "columns"}
COLUMN = {"source", "target_field", "transformations"}
JOB = {"namespace", "name", "owners", "tags"}
RUN = {"run_id", "job", "state", "started_at", "ended_at"}
DATASET = {"namespace", "name", "identities", "fields", "owners", "tags"}


def rich() -> LineagePlan:
    output = dataset(
        "x",
        columnLineage={"fields": columns(p=[("a", "c")])["fields"]},
        schema={"fields": [{"name": "p", "type": "int", "fields": [{"name": "q"}]}]},
        documentation={"description": "d"},
        ownership={"owners": [{"name": "ada"}]},
        tags={"tags": [{"key": "k", "field": "p"}]},
        symlinks=symlinks(("hive://m:1", "d.x", "TABLE")),
    )
    facets = {
        "sql": {"query": "select 1"},
        "jobType": {"jobType": "TASK", "integration": "AIRFLOW", "processingType": "BATCH"},
        "documentation": {"description": "d"},
        "ownership": {"owners": [{"name": "ada"}]},
    }
    run_facets = {
        "parent": parent("dag", "r0", root=("dag", "r0")),
        "nominalTime": {"nominalStartTime": "2026-11-23T00:00:00Z"},
        "errorMessage": {"message": "no"},
    }
    refs = output["facets"]["columnLineage"]["fields"]["p"]["inputFields"]
    refs[0]["transformations"] = [{"type": "DIRECT", "subtype": "SUM", "description": "s", "masking": True}]
    return plan_of(
        run_event("START", seconds=-5, job="dag.load"),
        run_event(inputs=["a"], outputs=[output], job="dag.load", job_facets=facets, run_facets=run_facets),
        job_event("declared", inputs=["b"], outputs=["y"]),
        dataset_event(dataset("view", lineage={"inputs": [{"namespace": "n", "name": "t", "type": "DATASET"}]})),
    )


def test_a_plan_has_every_documented_key() -> None:
    document = rich().to_dict()
    keys = [
        "version",
        "events",
        "edges",
        "jobs",
        "runs",
        "datasets",
        "one_sided",
        "problems",
        "event_days",
        "retracted",
    ]
    assert list(document) == keys
    assert document["version"] == 1
    for kind, keys in (("edges", EDGE), ("jobs", JOB), ("runs", RUN), ("datasets", DATASET)):
        assert document[kind]
        assert [keys - item.keys() for item in document[kind]] == [set()] * len(document[kind])
    [edge] = [edge for edge in document["edges"] if edge["basis"] == "columns"]
    assert edge["columns"] == [
        {
            "source": {"namespace": "postgres://db:5432", "name": "a", "field": "c"},
            "target_field": "p",
            "transformations": [{"type": "DIRECT", "subtype": "SUM", "description": "s", "masking": True}],
        }
    ]
    [job] = [job for job in document["jobs"] if job["name"] == "dag.load"]
    assert job.keys() >= {"parent", "root", "type", "integration", "description", "sql"}
    [run] = document["runs"]
    assert run.keys() >= {"ended_at", "nominal_start", "error"}
    [target] = [item for item in document["datasets"] if item["name"] == "x"]
    assert target["identities"][0] == {"namespace": "hive://m:1", "name": "d.x", "kind": "table"}
    assert target["description"] == "d"


def test_what_is_not_known_is_null_or_empty_under_its_documented_key() -> None:
    document = plan_of(
        run_event("START", inputs=["a"]),
        run_event("COMPLETE", run_id="r2", inputs=["a"], outputs=[dataset("x", columnLineage=columns(p=[("a", "c")]))]),
        dataset_event(dataset("view", lineage={"inputs": [{"namespace": "n", "name": "t", "type": "DATASET"}]})),
    ).to_dict()
    assert [run["ended_at"] for run in document["runs"] if run["state"] == "START"] == [None]
    assert {edge["basis"]: edge["job"] for edge in document["edges"]}["explicit"] is None
    pairs = [pair for edge in document["edges"] for pair in edge["columns"]]
    assert [(pair.keys(), pair["transformations"]) for pair in pairs] == [(COLUMN, [])]


def test_problems_have_kind_where_and_detail() -> None:
    wide = run_event(inputs=[f"a{n}" for n in range(101)], outputs=[f"x{n}" for n in range(100)])
    [problem] = plan_of(wide).to_dict()["problems"]
    assert list(problem) == ["kind", "where", "detail"]


def test_an_empty_plan_has_every_key_too() -> None:
    assert plan_of().to_dict() == {
        "version": 1,
        "events": 0,
        "edges": [],
        "jobs": [],
        "runs": [],
        "datasets": [],
        "one_sided": [],
        "problems": [],
        "event_days": [],
        "retracted": [],
    }


def test_a_plan_comes_back_as_it_was_through_plain_json() -> None:
    plan = rich()
    assert LineagePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


@pytest.mark.parametrize("name", CAPTURES)
def test_the_plan_of_real_events_comes_back_as_it_was(name: str) -> None:
    plan = plan_of(*map(json.loads, captured(name)))
    assert LineagePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_keys_of_a_later_minor_version_are_ignored() -> None:
    plan = rich()
    assert LineagePlan.from_dict(plan.to_dict() | {"origin": {}, "something": 1}) == plan


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 2},
        {"version": None},
        {"edges": "none"},
        {"runs": [{}]},
        {"datasets": [{"name": 1}]},
        {"events": "x"},
    ],
)
def test_a_damaged_plan_is_refused(damage: Json) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        LineagePlan.from_dict(rich().to_dict() | damage)


@pytest.mark.parametrize("value", [None, [], "plan"])
def test_what_is_no_plan_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="version None is not supported"):
        LineagePlan.from_dict(value)


def test_jobs_datasets_and_identities_are_named_in_one_way() -> None:
    names = (JobId("prod", "etl.load"), DatasetId("s3://lake", "orders"), Identity("s3://lake", "orders", "container"))
    assert [str(name) for name in names] == ["prod etl.load", "s3://lake orders", "s3://lake orders"]
    assert names[0].label == "job prod etl.load"
