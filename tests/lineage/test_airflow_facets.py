"""Airflow's own facets add tasks, their order, schedules and links to logs to the standard facets."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.airflow_facets import texts
from openmetadata_ol_provider.lineage.plan import Job, JobId, LineagePlan, Owner, RunRecord, TaskOutline
from openmetadata_ol_provider.openlineage.serialization import pack
from tests.lineage.test_truth import plans_of
from tests.support import Json, captured, job_event, parent, plan_of, run_event, translated

DAG_JOB: Json = {
    "jobType": {"integration": "AIRFLOW", "jobType": "DAG", "processingType": "BATCH"},
    "airflow": {
        "tasks": {
            "load": {"operator": "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator",
                     "downstream_task_ids": ["group.check", "drop"], "ui_color": "#cdaaed"},
            "group.check": {"operator": "BashOperator", "downstream_task_ids": []},
            "drop": {"downstream_task_ids": None},
        },
        "taskTree": {"load": {"drop": {}}},
        "taskGroups": {},
    },
}  # fmt: skip
DAG: Json = {
    "dag_id": "dag",
    "description": "nightly",
    "owner": "ann, team:data",
    "tags": "['gold', 'gold', 'eu']",
    "timetable_summary": "0 5 * * *",
    "schedule_interval": "@daily",
    "fileloc": "/dags/dag.py",
}


def dag_event(**options: Any) -> Json:
    options.setdefault("job_facets", DAG_JOB)
    options.setdefault("run_facets", {"airflowDagRun": {"dag": DAG, "dagRun": {"conf": {"password": "hunter2"}}}})
    return run_event("START", run_id="r-dag", job="dag", **options)


def task_event(**airflow: Any) -> Json:
    facets = {"parent": parent("dag", "r-dag"), "airflow": {"task": {"operator_class": "BashOperator"}, **airflow}}
    return run_event(run_id="r-load", job="dag.load", run_facets=facets, seconds=5)


def job_of(plan: LineagePlan, name: str) -> Job:
    (job,) = (job for job in plan.jobs if job.name == name)
    return job


def run_of(plan: LineagePlan, run_id: str) -> RunRecord:
    (run,) = (run for run in plan.runs if run.run_id == run_id)
    return run


def test_a_dag_lists_its_tasks_with_operators_and_what_waits_for_them() -> None:
    assert job_of(plan_of(dag_event()), "dag").tasks == (
        TaskOutline("drop"),
        TaskOutline("group.check", "BashOperator"),
        TaskOutline("load", "SQLExecuteQueryOperator", ("drop", "group.check")),
    )


def test_the_tasks_of_a_real_dag_are_those_of_its_code() -> None:
    (plan,) = plans_of(captured("airflow-scheduler"))
    tasks = {task.name: task for task in job_of(plan, "shop_dwh").tasks}
    assert tasks["tier_revenue_ctas"] == TaskOutline("tier_revenue_ctas", "SQLExecuteQueryOperator", ("self_insert",))
    assert len(tasks) == 14


def test_a_task_says_itself_what_waits_for_it() -> None:
    task = {"operator_class": "BashOperator", "downstream_task_ids": "['b', 'a']"}
    (found,) = job_of(plan_of(task_event(task=task)), "dag.load").tasks
    assert found == TaskOutline("load", "BashOperator", ("a", "b"))


def test_a_task_that_does_not_say_what_waits_for_it_says_nothing_of_it() -> None:
    assert job_of(plan_of(task_event()), "dag.load").tasks == ()
    (found,) = job_of(plan_of(task_event(task={"downstream_task_ids": "[]"})), "dag.load").tasks
    assert found == TaskOutline("load")


def test_a_dag_that_another_one_triggered_is_a_pipeline_with_tasks_of_its_own() -> None:
    facets = {"parent": parent("outer.trigger", "r-t", root=("outer", "r-outer"))}
    job = job_of(plan_of(dag_event(run_facets=facets)), "dag")
    assert (job.pipeline.name, job.task, job.triggered_by) == ("dag", None, JobId("ns", "outer"))
    assert [task.name for task in job.tasks] == ["drop", "group.check", "load"]
    assert job.tasks[2].downstream == ("drop", "group.check")


def test_where_every_job_is_a_pipeline_none_has_tasks() -> None:
    plan = plan_of(dag_event(), task_event(), config={"pipelines": {"level": "job"}})
    assert [job.tasks for job in plan.jobs] == [(), ()]


@pytest.mark.parametrize(
    ("dag", "schedule"),
    [
        ({"timetable_summary": "0 5 * * *", "schedule_interval": "@daily"}, "0 5 * * *"),
        ({"schedule_interval": '"@daily"'}, "@daily"),
        ({"timetable_summary": "None", "schedule_interval": None}, None),
        ({"timetable_summary": "Asset"}, "Asset"),
        ({"timetable_summary": {"delta": 1}}, None),
        ({}, None),
    ],
)
def test_the_schedule_is_the_timetable_s_words(dag: Json, schedule: str | None) -> None:
    facets = {"airflowDagRun": {"dag": {"dag_id": "dag", **dag}}}
    assert job_of(plan_of(dag_event(run_facets=facets)), "dag").schedule == schedule


def test_what_the_job_facets_lack_comes_from_the_dag() -> None:
    job = job_of(plan_of(dag_event()), "dag")
    assert (job.description, [tag.key for tag in job.tags]) == ("nightly", ["gold", "eu"])
    assert job.owners == (Owner("ann"), Owner("team:data"))


def test_what_the_job_facets_say_is_not_undone_by_the_dag() -> None:
    said = {
        "documentation": {"description": "by facet"},
        "ownership": {"owners": [{"name": "bob"}]},
        "tags": {"tags": [{"key": "tier", "value": "1"}]},
    }
    job = job_of(plan_of(dag_event(job_facets=said)), "dag")
    assert (job.description, job.owners, [tag.key for tag in job.tags]) == ("by facet", (Owner("bob"),), ["tier"])


def test_a_dag_without_events_of_its_own_is_described_by_its_tasks() -> None:
    job = job_of(plan_of(task_event(dag=DAG)), "dag")
    assert (job.schedule, job.description) == ("0 5 * * *", "nightly")


def test_a_task_of_a_triggered_dag_describes_its_own_dag_alone() -> None:
    event = task_event(dag=DAG)
    event["run"]["facets"]["parent"] = parent("dag", "r-dag", root=("outer", "r-outer"))
    assert [(job.name, job.schedule) for job in plan_of(event).jobs] == [("dag.load", None), ("dag", "0 5 * * *")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://airflow:8080/log?dag_id=d&try=1", "http://airflow:8080/log?dag_id=d&try=1"),
        ("https://a/dags/d/runs/manual__2026-11-22T23%3A46/tasks/t", "https://a/dags/d/runs/manual__2026-11-22T23%3A46/tasks/t"),
        ("https://ann:hunter2@airflow/log", "https://airflow/log"),
        ("https://airflow/a b", None),
        ("javascript:alert(1)", None),
        ("/log", None),
        (7, None),
        (None, None),
    ],
)  # fmt: skip
def test_a_run_links_to_its_log(url: object, expected: str | None) -> None:
    assert run_of(plan_of(task_event(taskInstance={"log_url": url})), "r-load").log_url == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"logical_date": "2026-11-01T00:00:00+00:00", "start_date": "2026-11-02T00:00:01Z"}, "2026-11-01T00:00:00Z"),
        ({"run_after": "2026-11-02T00:00:00Z", "start_date": "2026-11-02T00:00:01.5Z"}, "2026-11-02T00:00:01.5Z"),
        ({"start_date": "2026-11-02T00:00:01+00:00"}, None),
        ({"logical_date": "soon"}, None),
        ({"logical_date": 7}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_a_run_has_the_time_by_which_airflow_knows_its_dag_run(times: Json, expected: str | None) -> None:
    plan = plan_of(task_event(dag=DAG, dagRun={**times, "conf": {"password": "hunter2"}}))
    assert run_of(plan, "r-load").logical_at == expected


def test_runs_of_a_dag_run_know_its_time_in_every_batch() -> None:
    first = translated(task_event(dag=DAG, dagRun={"logical_date": "2026-11-01T00:00:00+00:00"}))
    below = run_event(
        run_id="spark", job="app", run_facets={"parent": parent("dag.load", "r-load", root=("dag", "r-dag"))}
    )
    assert run_of(translated(below, state=first.state).plan, "spark").logical_at == "2026-11-01T00:00:00Z"


def test_the_time_of_a_triggered_dag_is_its_own() -> None:
    event = task_event(dag=DAG, dagRun={"logical_date": "2026-11-01T00:00:00+00:00"})
    event["run"]["facets"]["parent"] = parent("dag", "r-dag", root=("outer", "r-outer"))
    run = run_of(plan_of(event), "r-load")
    assert (run.pipeline.name, run.pipeline_run_id, run.logical_at) == ("dag", "r-dag", "2026-11-01T00:00:00Z")


def test_a_run_is_new_in_the_batch_that_shows_it_first() -> None:
    first = translated(run_event("START", run_id="a"), run_event("RUNNING", run_id="a", seconds=1))
    assert run_of(first.plan, "a").new
    second = translated(run_event("COMPLETE", run_id="a", seconds=2), run_event(run_id="b"), state=first.state).plan
    assert (run_of(second, "a").new, run_of(second, "b").new) == (False, True)


def test_a_job_is_declared_in_the_batch_that_states_it() -> None:
    first = translated(job_event("etl", inputs=["a"], outputs=["x"]), run_event(job="other"))
    assert {job.name: job.declared for job in first.plan.jobs} == {"etl": True, "other": False}
    second = translated(run_event(job="etl", run_id="later"), state=first.state).plan
    assert not job_of(second, "etl").declared


def test_what_dags_say_is_not_kept_between_batches_but_the_operator_and_the_log_are() -> None:
    task = {"operator_class": "S3ToRedshiftOperator", "downstream_task_ids": "['z']"}
    event = task_event(task=task, taskInstance={"log_url": "https://airflow/log"})
    state = translated(dag_event(), event).state
    kept = repr(state)
    assert "S3ToRedshiftOperator" in kept
    assert "https://airflow/log" in kept
    for text in ("SQLExecuteQueryOperator", "group.check", "nightly", "0 5 * * *"):
        assert text not in kept


def test_nothing_else_of_these_facets_is_read() -> None:
    plan, state = translated(dag_event(), task_event())
    for text in (repr(plan), repr(state), pack(plan)):
        assert "hunter2" not in text
        assert "#cdaaed" not in text
        assert "/dags/dag.py" not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("['a', 'b', 'a']", ("a", "b")),
        (["a", 1, ""], ("a",)),
        ("('a',)", ("a",)),
        ("[]", ()),
        ("", ()),
        ("None", ()),
        ("a, b", ()),
        ("__import__('os').system('true')", ()),
        ("[" * 5000, ()),
        ({"a": 1}, ()),
        (None, ()),
    ],
)
def test_lists_are_read_from_their_text(value: object, expected: tuple[str, ...]) -> None:
    assert texts(value) == expected
