"""What pipelines, tasks and edges say."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import job_named
from tests.support import arrows, parent, plan_of, run_event


@pytest.mark.promise("A130")
def test_the_integration_of_a_job_is_reported() -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": "AIRFLOW", "jobType": "DAG"}}
    job = job_named(plan_of(run_event(job_facets=facets)), "job")
    assert (job.integration, job.type, job.processing_type) == ("AIRFLOW", "DAG", "BATCH")


@pytest.mark.promise("A131")
def test_child_jobs_are_tasks_with_their_times() -> None:
    below = {"parent": parent("dag", "d")}
    plan = plan_of(
        run_event("START", run_id="t", job="dag.load", run_facets=below),
        run_event("COMPLETE", run_id="t", job="dag.load", seconds=60, run_facets=below),
    )
    (run,) = plan.runs
    assert (run.task, run.pipeline.name, run.pipeline_run_id) == ("load", "dag", "d")
    assert (run.started_at, run.ended_at) == ("2026-11-23T08:00:00Z", "2026-11-23T08:01:00Z")


@pytest.mark.promise("A132")
def test_an_edge_names_the_job_that_made_it() -> None:
    event = run_event(job="dag.load", inputs=["a"], outputs=["x"], run_facets={"parent": parent("dag", "d")})
    (edge,) = plan_of(event).edges
    assert edge.job is not None
    assert edge.job.name == "dag.load"


@pytest.mark.promise("A133", "A141")
def test_two_tasks_of_one_pipeline_are_never_multiplied() -> None:
    below = {"parent": parent("dag", "d")}
    plan = plan_of(
        run_event(run_id="1", job="dag.one", inputs=["a"], outputs=["b"], run_facets=below),
        run_event(run_id="2", job="dag.two", inputs=["x"], outputs=["y"], run_facets=below),
    )
    assert arrows(plan) == ["a -> b", "x -> y"]


@pytest.mark.promise("A138")
def test_what_ran_last_comes_last() -> None:
    plan = plan_of(
        run_event(run_id="2", job="late", seconds=60, inputs=["a"], outputs=["x"]),
        run_event(run_id="1", job="early", inputs=["a"], outputs=["x"]),
    )
    assert [job.name for job in plan.jobs] == ["early", "late"]


@pytest.mark.promise("A147", "A148")
def test_a_job_has_its_description_its_source_and_its_sql() -> None:
    facets = {
        "documentation": {"description": "nightly"},
        "sourceCodeLocation": {"url": "https://git/etl.sql", "type": "git"},
        "sql": {"query": "SELECT 1"},
        "ownership": {"owners": [{"name": "team:data", "type": "MAINTAINER"}]},
        "tags": {"tags": [{"key": "tier", "value": "gold"}]},
    }
    job = job_named(plan_of(run_event(job_facets=facets)), "job")
    assert (job.description, job.source_url, job.sql) == ("nightly", "https://git/etl.sql", "SELECT 1")
    assert [owner.name for owner in job.owners] == ["team:data"]
    assert [(tag.key, tag.value) for tag in job.tags] == [("tier", "gold")]


@pytest.mark.promise("A142", "A148")
def test_a_run_has_its_schedule_and_its_error() -> None:
    facets = {
        "nominalTime": {"nominalStartTime": "2026-11-23T00:00:00Z", "nominalEndTime": "2026-11-24T00:00:00Z"},
        "errorMessage": {"message": "no space"},
    }
    (run,) = plan_of(run_event("FAIL", run_facets=facets)).runs
    assert (run.nominal_start, run.nominal_end) == ("2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z")
    assert run.error == "no space"


@pytest.mark.promise("A148")
def test_what_was_read_and_written_is_counted() -> None:
    written = {"namespace": "n", "name": "x", "outputFacets": {"outputStatistics": {"rowCount": 7, "size": 99}}}
    (run,) = plan_of(run_event(outputs=[written])).runs
    assert [(item.direction, item.rows, item.size) for item in run.statistics] == [("written", 7, 99)]
