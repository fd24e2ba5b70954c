"""Which job is the pipeline, which its task, and which run belongs to which run of the pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import PipelineOptions
from openmetadata_ol_provider.lineage.job_hierarchy import task_name
from openmetadata_ol_provider.lineage.plan import Job, JobId, LineagePlan, RunRecord
from tests.support import Json, job_event, parent, plan_of, run_event, translated


def job_named(plan: LineagePlan, name: str) -> Job:
    [job] = [job for job in plan.jobs if job.name == name]
    return job


def run_named(plan: LineagePlan, run_id: str) -> RunRecord:
    [run] = [run for run in plan.runs if run.run_id == run_id]
    return run


def child(job: str, run_id: str, facet: Json | None, **options: Any) -> Json:
    return run_event(job=job, run_id=run_id, run_facets={"parent": facet} if facet else None, **options)


#: A DAG run, a task of it, a Spark application that the task started, and a job of that application.
CHAIN = [
    child("dag", "r-dag", None),
    child("dag.task", "r-task", parent("dag", "r-dag", root=("dag", "r-dag")), seconds=1),
    child("app", "r-app", parent("dag.task", "r-task", root=("dag", "r-dag")), seconds=2),
    child("app.save", "r-save", parent("app", "r-app", root=("dag", "r-dag")), seconds=3),
]


#: level -> for each job of the chain its pipeline and its task
PLACES: dict[str, list[tuple[str, str | None]]] = {
    "root": [("dag", None), ("dag", "task"), ("dag", "app"), ("dag", "app.save")],
    "parent": [("dag", None), ("dag", "task"), ("dag.task", "app"), ("app", "save")],
    "job": [("dag", None), ("dag.task", None), ("app", None), ("app.save", None)],
}


@pytest.mark.parametrize("level", PLACES)
def test_the_level_decides_which_job_is_the_pipeline(level: str) -> None:
    plan = plan_of(*CHAIN, config={"pipelines": {"level": level}})
    expected = dict(zip(("dag", "dag.task", "app", "app.save"), PLACES[level], strict=True))
    assert {job.name: (job.pipeline.name, job.task) for job in plan.jobs} == expected
    assert {run.job.name: (run.pipeline.name, run.task) for run in plan.runs} == expected


def test_all_runs_of_a_chain_are_one_run_of_the_pipeline_and_start_when_it_starts() -> None:
    plan = plan_of(*reversed(CHAIN))
    assert {(run.pipeline_run_id, run.pipeline_started_at) for run in plan.runs} == {("r-dag", "2026-11-23T08:00:00Z")}
    assert run_named(plan, "r-save").started_at == "2026-11-23T08:00:03Z"


def test_a_producer_without_root_is_walked_up_through_the_runs_that_are_known() -> None:
    events = [
        child("dag", "r-dag", None),
        child("dag.task", "r-task", parent("dag", "r-dag")),
        child("app", "r-app", parent("dag.task", "r-task")),
        child("app.save", "r-save", parent("app", "r-app")),
    ]
    for order in (events, events[::-1]):
        assert {job.pipeline.name for job in plan_of(*order).jobs} == {"dag"}


def test_the_walk_up_uses_runs_of_earlier_batches_and_roots_that_a_parent_names() -> None:
    first = translated(child("app", "r-app", parent("dag.task", "r-task", root=("dag", "r-dag"))))
    plan = translated(child("app.save", "r-save", parent("app", "r-app")), state=first.state).plan
    assert job_named(plan, "app.save").pipeline == JobId("ns", "dag")
    assert run_named(plan, "r-save").pipeline_run_id == "r-dag"


def test_runs_that_name_each_other_as_parents_end_the_walk() -> None:
    plan = plan_of(child("a", "r-a", parent("b", "r-b")), child("b", "r-b", parent("a", "r-a")))
    assert len(plan.runs) == 2


def test_a_run_that_names_itself_as_parent_is_its_own_pipeline() -> None:
    plan = plan_of(child("a", "r-a", parent("a", "r-a")))
    assert (job_named(plan, "a").pipeline.name, job_named(plan, "a").task) == ("a", None)


def test_the_old_key_of_the_parent_facet_is_read() -> None:
    plan = plan_of(run_event(job="dag.task", run_facets={"parentRun": parent("dag", "r-dag")}))
    assert (job_named(plan, "dag.task").pipeline.name, job_named(plan, "dag.task").task) == ("dag", "task")


@pytest.mark.parametrize(
    "facet",
    [
        {},
        {"run": {"runId": "r"}},
        {"job": {"namespace": "ns", "name": "dag"}},
        {"run": {"runId": ""}, "job": {"namespace": "ns", "name": ""}},
        {"run": None, "job": None, "root": {"run": None, "job": None}},
    ],
)
def test_a_parent_that_names_nobody_is_none(facet: Json) -> None:
    [job] = plan_of(child("job", "r", facet)).jobs
    assert (job.pipeline.name, job.parent, job.root) == ("job", None, None)


def test_the_parent_of_any_event_of_a_run_counts() -> None:
    plan = plan_of(
        child("dag.task", "r", parent("dag", "r-dag"), state="START"),
        child("dag.task", "r", None, state="COMPLETE", seconds=1),
    )
    assert job_named(plan, "dag.task").pipeline.name == "dag"
    assert len(plan.runs) == 1


def test_a_pipeline_whose_own_events_did_not_come_is_named_all_the_same() -> None:
    plan = plan_of(child("dag.task", "r", parent("dag", "r-dag")))
    assert [(job.name, job.pipeline.name) for job in plan.jobs] == [("dag.task", "dag"), ("dag", "dag")]


@pytest.mark.parametrize(
    ("job", "pipeline", "task"),
    [
        (("ns", "dag.task"), ("ns", "dag"), "task"),
        (("ns", "dag.group.inner.task"), ("ns", "dag"), "group.inner.task"),
        (("ns", "my.dag.v2.task"), ("ns", "my.dag.v2"), "task"),
        (("ns", "dag"), ("ns", "dag"), None),
        (("ns", "dagger.task"), ("ns", "dag"), "dagger.task"),
        (("ns", "app.save"), ("ns", "dag"), "app.save"),
        (("other", "dag.task"), ("ns", "dag"), "dag.task"),
        (("other", "dag"), ("ns", "dag"), "dag"),
        (("ns", "dag."), ("ns", "dag"), "dag."),
    ],
)
def test_the_pipelines_name_is_cut_off_a_tasks_name(
    job: tuple[str, str], pipeline: tuple[str, str], task: str | None
) -> None:
    assert task_name(JobId(*job), JobId(*pipeline)) == task


def test_a_query_that_a_task_runs_is_a_part_of_the_task() -> None:
    query = child("dag.task.query.1", "r-q", parent("dag.task", "r-task", root=("dag", "r-dag")))
    query["job"]["facets"] = {"jobType": {"jobType": "QUERY", "integration": "AIRFLOW", "processingType": "BATCH"}}
    plan = plan_of(*CHAIN[:2], query)
    found = job_named(plan, "dag.task.query.1")
    assert (found.pipeline.name, found.task, found.part) == ("dag", "task", True)
    assert (run_named(plan, "r-q").task, run_named(plan, "r-q").part) == ("task", True)
    assert job_named(plan, "dag.task").part is False


FACETS = {
    "jobType": {"jobType": "DAG", "integration": "AIRFLOW", "processingType": "BATCH"},
    "documentation": {"description": "loads it"},
    "ownership": {"owners": [{"name": "user:ada", "type": "OWNER"}, {"name": None}, {"name": "team:data"}]},
    "tags": {"tags": [{"key": "gold", "value": "gold", "source": "AIRFLOW"}, {"value": "no key"}]},
    "sql": {"query": "select 1"},
    "sourceCodeLocation": {"type": "git", "url": "https://example.com/dag.py"},
}


@pytest.mark.parametrize("event", [run_event(job_facets=FACETS), job_event(job_facets=FACETS)], ids=["run", "declared"])
def test_a_job_has_the_facts_that_its_facets_tell(event: Json) -> None:
    [job] = plan_of(event).jobs
    assert (job.type, job.integration, job.processing_type) == ("DAG", "AIRFLOW", "BATCH")
    assert (job.description, job.sql, job.source_url) == ("loads it", "select 1", "https://example.com/dag.py")
    assert [(owner.name, owner.type) for owner in job.owners] == [("user:ada", "OWNER"), ("team:data", None)]
    assert [(tag.key, tag.value, tag.source) for tag in job.tags] == [("gold", "gold", "AIRFLOW")]


def test_facets_that_are_withdrawn_are_not_told() -> None:
    gone = {name: facet | {"_deleted": True} for name, facet in FACETS.items() if name != "jobType"}
    [job] = plan_of(job_event(job_facets=gone)).jobs
    assert (job.description, job.owners, job.tags, job.sql, job.source_url) == (None, (), (), None, None)


def test_the_facts_of_several_runs_of_one_job_add_up() -> None:
    plan = plan_of(
        run_event(run_id="r1", job_facets={"sql": {"query": "select 1"}}),
        run_event(run_id="r2", seconds=1, job_facets={"documentation": {"description": "d"}}),
    )
    [job] = plan.jobs
    assert (job.sql, job.description) == ("select 1", "d")


def test_a_run_has_its_times_its_error_and_its_schedule() -> None:
    facets = {
        "nominalTime": {"nominalStartTime": "2026-11-23T00:00:00Z"},
        "errorMessage": {"message": "x" * 5000, "stackTrace": "secret"},
    }
    [run] = plan_of(run_event("START"), run_event("FAIL", seconds=1.5, run_facets=facets)).runs
    assert (run.state, run.started_at, run.ended_at) == ("FAIL", "2026-11-23T08:00:00Z", "2026-11-23T08:00:01.5Z")
    assert run.nominal_start == "2026-11-23T00:00:00Z"
    assert run.error == "x" * 2000


def test_a_run_without_start_starts_with_its_first_event() -> None:
    [run] = plan_of(run_event("COMPLETE", seconds=5)).runs
    assert (run.started_at, run.ended_at) == ("2026-11-23T08:00:05Z", "2026-11-23T08:00:05Z")


def test_the_start_of_a_pipelines_run_once_published_stays() -> None:
    first = translated(child("dag.task", "r-task", parent("dag", "r-dag"), seconds=10))
    second = translated(child("dag", "r-dag", None, seconds=0), state=first.state)
    assert [run.pipeline_started_at for run in (*first.plan.runs, *second.plan.runs)] == ["2026-11-23T08:00:10Z"] * 2


def test_the_service_of_a_pipeline_may_depend_on_the_integration() -> None:
    by_integration = PipelineOptions(service={"airflow": "airflow_prod", "default": "rest"})
    assert [by_integration.service_for(name) for name in ("AIRFLOW", "Airflow", "SPARK", None)] == [
        "airflow_prod",
        "airflow_prod",
        "rest",
        "rest",
    ]
    assert PipelineOptions(service={"SPARK": "spark"}).service_for("DBT") == "openlineage"
    versions = PipelineOptions(service={"KAFKA-CONNECT": "connect", "FLINK:2": "flink"})
    assert [versions.service_for(name) for name in ("kafka-connect:3.7", "flink:2", "flink:1")] == [
        *("connect", "flink", "openlineage"),
    ]
    teams = PipelineOptions(service={"TEAM": "team", "DBT": "dbt"})
    assert [teams.service_for(name) for name in ("team-7", "Team v2", "dbt 1.8")] == ["openlineage", "team", "dbt"]
    assert PipelineOptions(service="one").service_for("DBT") == "one"


def test_a_number_at_the_end_of_another_producers_job_is_its_name() -> None:
    assert {job.pipeline.name for job in plan_of(run_event("START", job="report.2")).jobs} == {"report.2"}
