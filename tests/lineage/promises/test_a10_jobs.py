"""Which job is which pipeline, and under what name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lineage.promises.spelling import job_named, pipelines
from tests.support import Json, arrows, dataset, parent, plan_of, run_event


@pytest.mark.promise("A112", "A113")
def test_a_thousand_runs_are_one_pipeline() -> None:
    events = [
        run_event(run_id=f"{kind}-{number}", job=f"load_{suffix}")
        for number in range(10)
        for kind, suffix in (
            ("time", f"2026-11-23T08:00:0{number}"),
            ("uuid", f"1c2d3e4f-0000-4000-8000-00000000000{number}"),
            ("glue", f"jr_{number}" + "0123456789abcdef" * 4),
            ("yarn", f"application_170000000000{number}_0001"),
        )
    ]
    assert pipelines(plan_of(*events)) == {"load"}


@pytest.mark.promise("A112")
def test_a_name_with_a_number_or_year_is_a_name() -> None:
    names = {"report_v2", "orders_2024", "step10"}
    assert pipelines(plan_of(*(run_event(run_id=name, job=name) for name in names))) == names


@pytest.mark.promise("A114", "A115")
def test_the_actions_of_a_spark_application_are_its_tasks() -> None:
    top: Json = {"parent": parent("app", "app-run", root=("app", "app-run"))}
    actions = [run_event(run_id=f"{n}", job=f"app.action_{n}", outputs=[f"x{n}"], run_facets=top) for n in range(15)]
    plan = plan_of(*actions)
    assert pipelines(plan) == {"app"}
    assert {job.task for job in plan.jobs} == {None, *(f"action_{n}" for n in range(15))}


@pytest.mark.promise("A116", "A118")
@pytest.mark.parametrize(("level", "pipeline"), [("root", "dag"), ("parent", "dag.task"), ("job", "spark")])
def test_the_level_says_whether_root_parent_or_job_is_the_pipeline(level: str, pipeline: str) -> None:
    event = run_event(job="spark", run_facets={"parent": parent("dag.task", "t", root=("dag", "d"))})
    plan = plan_of(event, config={"pipelines": {"level": level}})
    assert job_named(plan, "spark").pipeline.name == pipeline


@pytest.mark.promise("A117")
@pytest.mark.parametrize("backwards", [False, True])
def test_a_name_that_is_not_known_at_first_is_that_of_the_later_events(backwards: bool) -> None:
    spark = {"jobType": {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"}}
    events = [run_event("START", job="unknown", job_facets=spark), run_event(seconds=9, job="nightly_load")]
    assert pipelines(plan_of(*(events[::-1] if backwards else events))) == {"nightly_load"}


@pytest.mark.promise("A119")
@pytest.mark.parametrize("state", ["START", "COMPLETE"])
def test_the_parent_may_be_named_by_any_event_of_the_run(state: str) -> None:
    facet = {"parent": parent("dag", "d")}
    events = [
        run_event(name, job="dag.task", seconds=second, run_facets=facet if name == state else None)
        for second, name in enumerate(("START", "COMPLETE"))
    ]
    assert pipelines(plan_of(*events)) == {"dag"}


@pytest.mark.promise("A120")
@pytest.mark.parametrize("dag", ["dag", "team.dag", "team.sub.dag"])
def test_the_dag_is_recognised_by_the_parents_name_not_by_the_first_dot(dag: str) -> None:
    event = run_event(job=f"{dag}.group.task", run_facets={"parent": parent(dag, "d")})
    job = job_named(plan_of(event), f"{dag}.group.task")
    assert (job.pipeline.name, job.task) == (dag, "group.task")


@pytest.mark.promise("A121")
def test_datasets_of_one_namespace_can_be_given_to_systems_by_their_names() -> None:
    rules = {"datasets": {"rename": [{"match": r"/^duckdb (erp)\./", "to": r"sqlserver://erp:1433 \1."}]}}
    event = run_event(inputs=[dataset("erp.dbo.orders", "duckdb"), dataset("main.t", "duckdb")])
    found = {item.name: item.identities[0].namespace for item in plan_of(event, config=rules).datasets}
    assert found == {"erp.dbo.orders": "sqlserver://erp:1433", "main.t": "duckdb"}


@pytest.mark.promise("A122")
def test_a_dbt_node_is_a_task_of_its_project_whatever_its_namespace() -> None:
    node = run_event(job="d.s.model", namespace="dbt", run_facets={"parent": parent("dbt-run-shop", "p", "other")})
    job = job_named(plan_of(node), "d.s.model")
    assert (job.pipeline.namespace, job.pipeline.name, job.task) == ("other", "dbt-run-shop", "d.s.model")


@pytest.mark.promise("A122", "A127")
def test_jobs_of_one_name_in_two_namespaces_are_two_pipelines() -> None:
    plan = plan_of(*(run_event(run_id=ns, job="run", namespace=ns) for ns in ("profile_a", "profile_b")))
    assert {(job.pipeline.namespace, job.pipeline.name) for job in plan.jobs} == {
        ("profile_a", "run"),
        ("profile_b", "run"),
    }


@pytest.mark.promise("A123")
def test_a_read_without_output_makes_no_edge() -> None:
    assert arrows(plan_of(run_event(job="adaptive_spark_plan", inputs=["a", "b"]))) == []


@pytest.mark.promise("A124")
def test_queries_that_have_only_an_id_are_one_pipeline() -> None:
    events = [run_event(run_id=f"{n}", job=f"20261123_08000{n}_00001_abcd{n}") for n in range(5)]
    assert pipelines(plan_of(*events)) == {"queries"}


@pytest.mark.promise("A127")
def test_the_namespace_of_a_job_says_nothing_of_its_datasets() -> None:
    rules: dict[str, Any] = {"namespaces": [{"namespace": "prod", "ignore": True}]}
    plan = plan_of(run_event(namespace="prod", inputs=["a"], outputs=["x"]), config=rules)
    assert arrows(plan) == ["a -> x"]


@pytest.mark.promise("A129")
@pytest.mark.parametrize("integration", ["DEBEZIUM", "DEBEZIUM:3.5", "Debezium 3.5.0.Final"])
def test_the_tasks_of_a_debezium_connector_are_one_pipeline(integration: str) -> None:
    kind = {"jobType": {"processingType": "STREAMING", "integration": integration, "jobType": "TASK"}}
    events = [run_event("START", job=f"shopdb.{task}", run_id=f"r{task}", job_facets=kind) for task in range(2)]
    assert pipelines(plan_of(*events)) == {"shopdb"}
