"""Facets that a plan carries: results of tests, exposures, catalogs, storage, query ids, versions of source code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Assertion, Job, JobId, LineagePlan, Metric
from openmetadata_ol_provider.lineage.plan_datasets import CatalogHint, Dataset, Exposure, StorageHint
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import Run
from tests.support import Json, dataset, parent, plan_of, run_event, translated

#: A part that has the wrong type, so that the event is read by the lenient decoder.
WAYS = pytest.mark.parametrize("spoilt", [{}, {"documentation": 5}], ids=["strict", "lenient"])
SECRET = "hunter2hunter2"


def only_dataset(plan: LineagePlan) -> Dataset:
    [found] = plan.datasets
    return found


def read(spoilt: Json, **facets: Any) -> DatasetFacets:
    [output] = decode_event(json.dumps(run_event(outputs=[dataset("t", **spoilt, **facets)]))).event.outputs or ()
    assert output.facets is not None
    return output.facets


def read_run(spoilt: Json, **facets: Any) -> RunFacets:
    event = run_event(run_facets=facets, outputs=[dataset("t", **spoilt)])
    run = decode_event(json.dumps(event)).event.run
    assert run is not None
    assert run.facets is not None
    return run.facets


def job_of(plan: LineagePlan, name: str) -> Job:
    [job] = [job for job in plan.jobs if job.name == name]
    return job


# -- datasets ----------------------------------------------------------------------------------------------------------

ICEBERG = {
    "framework": "iceberg",
    "type": "hive",
    "name": "lake",
    "metadataUri": "hive://m:9083",
    "warehouseUri": "s3://w",
}
GLUE = {"framework": "iceberg", "type": "glue", "name": "glue", "warehouseUri": "s3://w/iceberg"}
DELTA = {"framework": "delta", "type": "unity", "name": "main"}


@pytest.mark.promise("A205")
@WAYS
@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        (ICEBERG, CatalogHint("iceberg", "hive", "lake", "hive://m:9083", "s3://w")),
        (GLUE, CatalogHint("iceberg", "glue", "glue", None, "s3://w/iceberg")),
        (DELTA, CatalogHint("delta", "unity", "main")),
        ({"source": "spark"}, None),
        (DELTA | {"_deleted": True}, None),
    ],
)
def test_the_catalog_of_a_table(facet: Json, expected: CatalogHint | None, spoilt: Json) -> None:
    facet = facet | {"catalogProperties": {"password": SECRET}}
    plan = plan_of(run_event(outputs=[dataset("t", catalog=facet, **spoilt)]))
    assert only_dataset(plan).catalog == expected
    assert SECRET not in json.dumps(plan.to_dict())


@WAYS
def test_the_storage_of_a_table(spoilt: Json) -> None:
    for layer, file_format in (("delta", "parquet"), ("iceberg", "orc"), ("hudi", None)):
        facet = {"storageLayer": layer, "fileFormat": file_format}
        plan = plan_of(run_event(outputs=[dataset("t", storage=facet, **spoilt)]))
        assert only_dataset(plan).storage == StorageHint(layer, file_format)


BOARD = {"unique_id": "exposure.shop.board", "name": "board", "type": "dashboard", "url": "https://bi.acme.example/1"}


@pytest.mark.promise("A205")
@WAYS
@pytest.mark.parametrize("facet", [[BOARD, {"type": "no name"}], {"exposures": [BOARD]}], ids=["list", "object"])
def test_the_exposures_of_a_dbt_model(facet: Any, spoilt: Json) -> None:
    plan = plan_of(run_event(outputs=[dataset("t", dbt_exposures=facet, **spoilt)]))
    assert only_dataset(plan).exposures == (
        Exposure("board", "dashboard", "https://bi.acme.example/1", "exposure.shop.board"),
    )
    assert read({}, dbt_exposures=[BOARD, None]).dbt_exposures == read({}, dbt_exposures=[BOARD]).dbt_exposures


def test_an_exposure_whose_address_is_not_of_the_web_has_none() -> None:
    plan = plan_of(run_event(outputs=[dataset("t", dbt_exposures=[BOARD | {"url": "javascript:alert(1)"}])]))
    assert [item.url for item in only_dataset(plan).exposures] == [None]


@pytest.mark.promise("A205")
@WAYS
def test_assertions_with_all_that_their_tool_tells(spoilt: Json) -> None:
    items = [
        {
            "assertion": "not_null",
            "success": False,
            "column": "id",
            "severity": "error",
            "name": "id.nulls",
            "description": "ids are needed",
            "expected": "0",
            "actual": 3,
            "params": {"max": 0, "columns": ["id"], "none": None, "strict": True},
        },
        {"assertion": "row_count", "success": True, "expected": "", "actual": None, "params": {}},
    ]
    facets = {"dataQualityAssertions": {"assertions": items[:1]}, "greatExpectations_assertions": {"assertions": items}}
    plan = plan_of(run_event(inputs=[dataset("t", **facets, **spoilt)]))
    params = (("columns", '["id"]'), ("max", "0"), ("none", ""), ("strict", "true"))
    assert only_dataset(plan).assertions == (
        Assertion("not_null", False, "id", "error", "id.nulls", "ids are needed", "0", "3", params),
        Assertion("row_count", True),
    )
    assert LineagePlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


def test_long_values_of_tests_are_cut_and_credentials_are_masked() -> None:
    items = [
        {"assertion": "a", "success": True, "expected": "x" * 5_000},
        {"assertion": "b", "success": True, "params": {str(number): number for number in range(500)}},
        {"assertion": "c", "success": True, "params": {"connection": f"postgres://u:{SECRET}@h/d"}},
    ]
    long, many, secret = only_dataset(
        plan_of(run_event(inputs=[dataset("t", dataQualityAssertions={"assertions": items})]))
    ).assertions
    assert (len(long.expected or ""), len(many.params)) == (2_000, 100)
    assert SECRET not in str(secret.params)


@pytest.mark.promise("A205")
@WAYS
def test_quantiles_are_metrics_of_their_column(spoilt: Json) -> None:
    metrics = {"columnMetrics": {"amount": {"min": 1, "quantiles": {"0.5": 2.5, "0.9": 9, "0.99": None}}}}
    plan = plan_of(run_event(inputs=[dataset("t", dataQualityMetrics=metrics, **spoilt)]))
    assert only_dataset(plan).metrics == (
        Metric("min", 1.0, "amount"),
        Metric("quantile:0.5", 2.5, "amount"),
        Metric("quantile:0.9", 9.0, "amount"),
    )


# -- runs --------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("A205")
@WAYS
@pytest.mark.parametrize("name", ["test", "testRun"])
def test_tests_that_a_run_reports_itself(name: str, spoilt: Json) -> None:
    tests = [
        {"name": "ids_unique", "status": "pass", "type": "unique", "severity": "error"},
        {"name": "rows", "status": "FAIL", "expected": "1000", "actual": "999", "params": {"limit": 1}},
        {"name": "skipped", "status": "skip"},
        {"status": "pass"},
    ]
    plan = plan_of(run_event(run_facets={name: {"tests": tests}}, outputs=[dataset("t", **spoilt)]))
    assert plan.runs[0].tests == (
        Assertion("unique", True, severity="error", name="ids_unique"),
        Assertion("rows", False, name="rows", expected="1000", actual="999", params=(("limit", "1"),)),
    )


@pytest.mark.promise("A205")
@WAYS
@pytest.mark.parametrize(
    ("query_id", "source"),
    [
        ("01b8ea94-0412-5972", "snowflake://org-account"),
        ("bquxjob_7b", "bigquery"),
        ("20261123_080000_00001_abcde", "trino://trino:8080"),
    ],
)
def test_the_id_of_the_query_in_its_own_system(query_id: str, source: str, spoilt: Json) -> None:
    facet = {"externalQueryId": query_id, "source": source}
    plan = plan_of(run_event(run_facets={"externalQuery": facet}, outputs=[dataset("t", **spoilt)]))
    assert plan.runs[0].external_query == query_id


@WAYS
def test_states_of_tasks_mounts_and_map_indexes_are_read(spoilt: Json) -> None:
    mounts = [{"mountPoint": "/mnt/lake", "source": "s3://lake/x"}]
    found = read_run(
        spoilt,
        airflowState={"dagRunState": "success", "tasksState": {"a": "success", "b": None}, "tasksDuration": {"a": 1}},
        airflow_mappedTask={"mapIndex": 3},
        airflow={"taskInstance": {"map_index": 3, "try_number": 2, "duration": 1}},
        **{"environment-properties": {"environment-properties": {"mountPoints": mounts, "token": SECRET}}},
    )
    assert found.airflowState is not None
    assert found.airflowState.tasksState == {"a": "success", "b": None}
    assert found.airflow_mappedTask is not None
    assert found.airflow_mappedTask.mapIndex == 3
    assert found.airflow is not None
    assert found.airflow.taskInstance is not None
    assert (found.airflow.taskInstance.map_index, found.airflow.taskInstance.try_number) == (3, 2)
    properties = found.environment_properties
    assert properties is not None
    assert properties.inner is not None
    assert [(item.mountPoint, item.source) for item in properties.inner.mountPoints or ()] == [
        ("/mnt/lake", "s3://lake/x")
    ]
    assert SECRET not in repr(found)


def test_mounts_are_not_remembered_with_the_run() -> None:
    facet = {"mountPoints": [{"mountPoint": "/mnt/lake", "source": "s3://lake/x"}]}
    state = translated(run_event("START", run_facets={"environment-properties": facet})).state
    [run] = state.runs.values()
    assert isinstance(run, Run)
    assert run.run_facets is not None
    assert run.run_facets.environment_properties is None


# -- jobs --------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("A205")
@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        ({"branch": "main", "version": "3f2a", "path": "dags/a.py"}, ("main", "3f2a", "dags/a.py")),
        ({"tag": "v1.2", "branch": ""}, (None, "v1.2", None)),
        ({"version": "3f2a", "tag": "v1.2"}, (None, "3f2a", None)),
        ({"version": "3f2a", "_deleted": True}, (None, None, None)),
    ],
)
def test_the_version_of_the_source_code(facet: Json, expected: tuple[str | None, ...]) -> None:
    facet = {"type": "git", "url": "https://git.acme.example/repo"} | facet
    [job] = plan_of(run_event(job_facets={"sourceCodeLocation": facet})).jobs
    assert (job.branch, job.code_version, job.code_path) == expected


def asset_events(*names: str, job: Json | None = None) -> Json:
    extras = [
        {"openlineage": {"parentJobNamespace": "other", "parentJobName": name, "parentRunId": "r"}} for name in names
    ]
    events: list[Json] = [{"asset_uri": "s3://b/k", "asset_event_extra": extra} for extra in (*extras, None, {"a": 1})]
    return {"job": job, "airflow": {"asset_events": events}, "dependency_type": "IMPLICIT_ASSET_DEPENDENCY"}


@pytest.mark.promise("A205")
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (asset_events("dag.write", "dag.copy"), ["other dag.copy", "other dag.write"]),
        (asset_events("dag.write", job={"namespace": "ns", "name": "named"}), ["ns named"]),
        (asset_events("dag.write", job={"namespace": "ns"}), ["other dag.write"]),
        (asset_events(), []),
        ({"airflow": {"asset_events": [{"asset_event_extra": "text"}]}}, []),
    ],
)
def test_the_jobs_behind_the_asset_events_that_triggered_a_dag(entry: Json, expected: list[str]) -> None:
    [job] = plan_of(run_event(run_facets={"jobDependencies": {"upstream": [entry]}})).jobs
    assert [f"{item.namespace} {item.name}" for item in job.upstream] == expected


TOLD = {
    "jobType": {"jobType": "DAG", "integration": "AIRFLOW", "processingType": "BATCH"},
    "documentation": {"description": "nightly load"},
    "ownership": {"owners": [{"name": "team:data"}]},
    "tags": {"tags": [{"key": "gold"}]},
    "sourceCode": {"sourceCode": SECRET},
}


def with_facets(where: str, **facets: Any) -> Json:
    facet = parent("dag", "r-dag", root=("dag", "r-dag"))
    (facet if where == "parent" else facet["root"])["job"]["facets"] = facets
    return facet


@pytest.mark.promise("A205")
@pytest.mark.parametrize("where", ["parent", "root"])
@pytest.mark.parametrize("key", ["parent", "parentRun"])
def test_a_pipeline_without_events_is_described_by_its_childs_facets(key: str, where: str) -> None:
    plan = plan_of(run_event(job="dag.task", run_facets={key: with_facets(where, **TOLD)}))
    dag = job_of(plan, "dag")
    assert (dag.type, dag.integration, dag.processing_type) == ("DAG", "AIRFLOW", "BATCH")
    assert (dag.description, [owner.name for owner in dag.owners]) == ("nightly load", ["team:data"])
    assert [tag.key for tag in dag.tags] == ["gold"]
    assert SECRET not in json.dumps(plan.to_dict())


def test_the_facets_of_its_own_events_win_over_those_that_children_repeat() -> None:
    child = run_event(job="dag.task", run_id="r-t", run_facets={"parent": with_facets("parent", **TOLD)}, seconds=1)
    own = run_event(job="dag", run_id="r-dag", job_facets={"documentation": {"description": "own"}})
    for events in ((own, child), (child, own)):
        assert job_of(plan_of(*events), "dag").description == "own"


def test_a_later_run_tells_new_facets_of_its_parent() -> None:
    first = run_event(job="dag.task", run_id="r1", run_facets={"parent": with_facets("parent")})
    told = with_facets("parent", documentation={"description": "new"})
    second = run_event(job="dag.task", run_id="r2", run_facets={"parent": told}, seconds=9)
    assert job_of(plan_of(first, second), "dag").description == "new"
    state = translated(first).state
    assert job_of(translated(second, state=state).plan, "dag").description == "new"


@pytest.mark.promise("A206")
@pytest.mark.parametrize("name", ["dag.task.hll_query.1", "dag.group.task.hll_query.12", "dag.task.query.3"])
def test_a_query_of_airflows_manual_lineage_is_a_part_of_its_task(name: str) -> None:
    task = name.rsplit(".", 2)[0]
    airflow = {"integration": "AIRFLOW", "processingType": "BATCH"}
    events = [
        run_event(job="dag", run_id="r-dag", job_facets={"jobType": airflow | {"jobType": "DAG"}}),
        run_event(
            job=task,
            run_id="r-task",
            run_facets={"parent": parent("dag", "r-dag", root=("dag", "r-dag"))},
            job_facets={"jobType": airflow | {"jobType": "TASK"}},
            seconds=1,
        ),
        run_event(
            job=name,
            run_id="r-query",
            run_facets={
                "parent": parent(task, "r-task", root=("dag", "r-dag")),
                "externalQuery": {"externalQueryId": "q-1", "source": "postgres://db:5432"},
            },
            job_facets={"jobType": airflow | {"jobType": "QUERY"}, "sql": {"query": "insert into b select * from a"}},
            inputs=["d.s.a"],
            outputs=["d.s.b"],
            seconds=2,
        ),
    ]
    for order in (events, events[::-1]):
        plan = plan_of(*order)
        query = job_of(plan, name)
        assert (query.pipeline, query.task, query.part) == (JobId("ns", "dag"), task.removeprefix("dag."), True)
        [record] = [run for run in plan.runs if run.run_id == "r-query"]
        assert (record.task, record.part, record.pipeline_run_id) == (task.removeprefix("dag."), True, "r-dag")
        assert record.external_query == "q-1"
        assert [(edge.source.name, edge.target.name) for edge in plan.edges] == [("d.s.a", "d.s.b")]


# -- the plan ----------------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_not_in_the_plan() -> None:
    plan = plan_of(run_event(inputs=["a"], outputs=["b"])).to_dict()
    assert not {"external_query", "tests"} & set(plan["runs"][0])
    assert not {"catalog", "storage", "exposures"} & set(plan["datasets"][0])
    assert not {"branch", "code_version", "code_path"} & set(plan["jobs"][0])
