"""What the incumbent gets wrong about runs and pipelines, seen in the plan."""

from __future__ import annotations

import pytest

from tests.lineage.promises.spelling import job_named, named, pipelines
from tests.support import PG, Json, arrows, column_arrows, columns, dataset, parent, plan_of, run_event


@pytest.mark.promise("C17")
def test_inputs_first_and_outputs_later_are_an_edge_between_tables() -> None:
    assert arrows(plan_of(run_event("START", inputs=["a"]), run_event(seconds=1, outputs=["x"]))) == ["a -> x"]


@pytest.mark.promise("C18")
@pytest.mark.parametrize("end", ["FAIL", "ABORT", None])
def test_nothing_is_drawn_before_a_run_has_succeeded(end: str | None) -> None:
    events = [run_event("START", inputs=["a"], outputs=["x"])]
    assert arrows(plan_of(*events, *([run_event(end, seconds=1)] if end else []))) == []


@pytest.mark.promise("C20")
def test_two_inputs_and_two_outputs_are_the_two_edges_that_columns_state() -> None:
    x = dataset("x", columnLineage=columns(t=[("a", "id")]))
    y = dataset("y", columnLineage=columns(t=[("b", "id")]))
    plan = plan_of(run_event(inputs=["a", "b", "a"], outputs=[x, y]))
    assert [(edge.source.name, edge.target.name) for edge in plan.edges] == [("a", "x"), ("b", "y")]


@pytest.mark.promise("C20")
def test_a_merge_into_its_own_source_is_no_loop() -> None:
    assert arrows(plan_of(run_event(inputs=["a"], outputs=["a"]))) == []


@pytest.mark.promise("C24")
def test_a_job_is_never_taken_for_the_one_before_it() -> None:
    bad = 'bad "quoted" job'
    plan = plan_of(
        run_event(run_id="1", job="good", inputs=["a"], outputs=["x"]),
        run_event(run_id="2", job=bad, inputs=["b"], outputs=["y"]),
    )
    assert {edge.target.name: edge.job.name for edge in plan.edges if edge.job} == {"x": "good", "y": bad}


@pytest.mark.promise("C29")
def test_the_root_of_the_chain_is_the_pipeline_from_the_first_event_on() -> None:
    chain = {"parent": parent("dag.task", "t", root=("dag", "d"))}
    plan = plan_of(
        run_event("START", job="spark", inputs=["a"], run_facets=chain),
        run_event("COMPLETE", job="spark", seconds=1, outputs=["x"]),
    )
    assert pipelines(plan) == {"dag"}
    assert arrows(plan) == ["a -> x"]


@pytest.mark.promise("C28")
def test_a_parent_of_empty_texts_is_none() -> None:
    plan = plan_of(run_event(run_facets={"parent": {"run": {"runId": ""}, "job": {"namespace": "", "name": ""}}}))
    assert pipelines(plan) == {"job"}


@pytest.mark.promise("C30")
def test_names_that_differ_from_run_to_run_are_one_pipeline() -> None:
    plan = plan_of(*(run_event(run_id=f"{hour}", job=f"load_2026112{hour}") for hour in range(1, 4)))
    assert pipelines(plan) == {"load"}


@pytest.mark.promise("C30")
def test_jobs_can_be_left_out_by_namespace_and_name() -> None:
    events = [run_event(run_id=name, job=name, namespace="dev", inputs=["a"], outputs=["x"]) for name in ("one", "two")]
    assert pipelines(plan_of(*events, config={"pipelines": {"exclude": ["dev one"]}})) == {"two"}


@pytest.mark.promise("C31")
def test_run_facets_never_become_a_description() -> None:
    facets = {
        "spark.logicalPlan": {"plan": [{"class": "secretPlan"}]},
        "environment-properties": {"environment-properties": {"PASSWORD": "hunter2"}},
        "debezium_config": {"password": "hunter2"},
    }
    job = {"documentation": {"description": "what it does"}}
    text = str(plan_of(run_event(run_facets=facets, job_facets=job)).to_dict())
    assert "hunter2" not in text
    assert "secretPlan" not in text
    assert "'description': 'what it does'" in text


@pytest.mark.promise("C32")
@pytest.mark.parametrize("integration", ["SPARK", "FLINK", "AIRFLOW", "DBT", "DAGSTER", "TRINO", "HIVE", "MY_TOOL"])
def test_every_integration_is_reported(integration: str) -> None:
    facets = {"jobType": {"processingType": "BATCH", "integration": integration}}
    assert job_named(plan_of(run_event(job_facets=facets)), "job").integration == integration


@pytest.mark.promise("C36")
@pytest.mark.parametrize("path", ["path/to/file.parquet", "path/to/dir", "a.b.c/d"])
def test_a_path_with_dots_is_no_table(path: str) -> None:
    assert named("s3://lake", path) == [f"container s3://lake {path}"]


@pytest.mark.promise("C39")
@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("hive://m:9083", "`my-db`.`tbl`", "my-db.tbl"),
        ("sqlserver://h:1433", "[db].[dbo].[T]", "db.dbo.T"),
        ("trino://h:8080", '"my.cat".sch.tbl', '"my.cat".sch.tbl'),
        ("bigquery", "p.d.t$20260101", "p.d.t"),
        ("trino://h:8080", "a.b.c.d", "a.b.c.d"),
    ],
)
def test_quotes_partitions_and_every_part_are_understood(namespace: str, name: str, expected: str) -> None:
    assert [identity.rpartition(" ")[2] for identity in named(namespace, name)] == [expected]


@pytest.mark.promise("C40")
def test_nothing_is_put_into_small_letters() -> None:
    lineage: Json = columns(TOTAL=[("DB.S.ORDERS", "AMOUNT")])
    plan = plan_of(run_event(inputs=["DB.S.ORDERS"], outputs=[dataset("DB.S.X", columnLineage=lineage)]))
    assert column_arrows(plan.edges) == ["DB.S.ORDERS.AMOUNT -> DB.S.X.TOTAL"]
    assert plan.datasets[0].identities[0].name == "DB.S.ORDERS"
    assert plan.datasets[0].namespace == PG
