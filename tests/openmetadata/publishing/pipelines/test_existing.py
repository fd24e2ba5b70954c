"""Pipelines that an integration's own ingestion has made are used; a twin is never made, and never guessed away."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Job, JobId, TaskOutline
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines, PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, edge, job, orders, plan, run, totals

DAG = job(integration="AIRFLOW", description="ours", source_url="https://git/etl.py", schedule="@hourly")
LOAD = job("etl.load", task="load", pipeline="etl", integration="AIRFLOW", sql="SELECT 1", type="TASK")
CHECK = job("etl.check", task="check", pipeline="etl", integration="AIRFLOW", sql="SELECT 2")
THEIRS: dict[str, Any] = {
    "name": "etl",
    "displayName": "Etl",
    "description": "a steward's",
    "sourceUrl": "https://airflow/dags/etl",
    "scheduleInterval": "@daily",
    "sourceHash": "0123456789abcdef0123456789abcdef",
    "tasks": [
        {"name": "load", "taskType": "SQLExecuteQueryOperator", "downstreamTasks": ["extra"], "taskSQL": "SELECT 0"},
        {"name": "extra", "description": "by hand"},
    ],
}


def airflow(client: OpenMetadataClient, *services: str, **fields: Any) -> None:
    """Make what Airflow's ingestion makes: services, and the DAG in each."""
    for name in services:
        client.put("v1/services/pipelineServices", {"name": name, "serviceType": "Airflow"})
        client.put("v1/pipelines", {**THEIRS, "service": f'"{name}"' if "." in name else name, **fields})


def publish(client: OpenMetadataClient, *jobs: Job, runs: tuple[Any, ...] = (), **sections: Any) -> PublishReport:
    return publish_plan(plan(jobs=jobs or (DAG, LOAD), runs=runs), client, config(**sections)).report


def fqns(server: CatalogueServer) -> list[str]:
    return [item["fullyQualifiedName"] for item in server.entities("pipeline")]


def kinds(report: PublishReport) -> list[str]:
    return [problem.kind for problem in report.problems]


@pytest.mark.promise("C26")
def test_the_pipeline_of_airflow_s_own_ingestion_is_used(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_prod")
    report = publish(client, DAG, LOAD, CHECK)
    assert (report.pipelines, report.problems) == (Pipelines(updated=1), ())
    assert fqns(server) == ["airflow_prod.etl"]
    assert [item["name"] for item in server.entities("pipelineService")] == ["airflow_prod"]


@pytest.mark.promise("C26")
def test_its_tasks_are_completed_and_nothing_in_it_is_overwritten(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_prod")
    publish(client, DAG, LOAD, CHECK)
    (found,) = server.entities("pipeline")
    for key in ("displayName", "description", "sourceUrl", "scheduleInterval", "sourceHash"):
        assert found[key] == THEIRS[key], key
    tasks = {task["name"]: task for task in found["tasks"]}
    assert list(tasks) == ["load", "extra", "check"]
    assert THEIRS["tasks"][0].items() <= tasks["load"].items()
    assert tasks["extra"]["description"] == "by hand"
    assert tasks["check"]["taskSQL"] == "SELECT 2"


def test_runs_and_edges_are_reported_for_it(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_prod")
    made = plan(
        edge(orders(), totals(), job="etl.load"),
        datasets=(orders(), totals()),
        jobs=(DAG, LOAD),
        runs=(run("COMPLETE"), run("COMPLETE", task="load")),
    )
    publish_plan(made, client, config())
    assert server.edges()["pg.shop.public.orders", "pg.shop.public.totals"]["pipeline"]["name"] == "etl"
    (status,) = server.statuses("airflow_prod.etl")
    assert [task["name"] for task in status["taskStatus"]] == ["load"]


def test_a_run_has_one_status_whoever_tells_of_it(client: OpenMetadataClient, server: CatalogueServer) -> None:
    """Airflow's ingestion keys its statuses by the logical date, and so are ours in its pipelines."""
    airflow(client, "airflow_prod")
    at = 1767139200000
    theirs = {
        "timestamp": at,
        "executionStatus": "Pending",
        "executionId": "scheduled__1",
        "taskStatus": [{"name": "load", "executionStatus": "Pending", "startTime": 1767225600100}],
    }
    client.put("v1/pipelines/airflow_prod.etl/status", theirs)
    times = {"logical_at": "2025-12-31T00:00:00Z", "ended_at": "2026-01-01T00:05:00Z"}
    runs = (run("COMPLETE", **times), run("COMPLETE", task="load", **times))
    publish(client, runs=runs)
    (status,) = server.statuses("airflow_prod.etl")
    assert (status["timestamp"], status["executionId"], status["executionStatus"]) == (at, "scheduled__1", "Successful")
    assert [task["executionStatus"] for task in status["taskStatus"]] == ["Successful"]
    server.reset_requests()
    publish(client, runs=runs)
    assert server.writes() == []


def test_a_pipeline_of_ours_has_its_own_keys_of_statuses(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, runs=(run("COMPLETE", logical_at="2025-12-31T00:00:00Z"),))
    assert [status["timestamp"] for status in server.statuses("openlineage.prod:etl")] == [1767225600000]


def test_a_change_that_the_server_would_not_store_is_not_sent(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    """Their ingestion compares its own digest, which is therefore left alone."""
    airflow(client, "airflow_prod", tasks=[{"name": "load"}])
    server.reset_requests()
    assert publish(client).pipelines == Pipelines(unchanged=1)
    assert server.writes() == []


def test_where_their_ingestion_has_no_digest_every_change_is_stored(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_prod", tasks=[{"name": "load"}, {"name": "check"}], sourceHash=None, scheduleInterval=None)
    outlined = job(integration="AIRFLOW", schedule="@hourly", tasks=(TaskOutline("load", "Bash", ("check",)),))
    assert publish(client, outlined, LOAD).pipelines == Pipelines(updated=1)
    (found,) = server.entities("pipeline")
    assert (found["tasks"][0]["downstreamTasks"], found["scheduleInterval"]) == (["check"], "@hourly")
    later = job(integration="AIRFLOW", schedule="@weekly", tasks=(TaskOutline("load", "Other", ()),))
    assert publish(client, later, LOAD).pipelines == Pipelines(unchanged=1)


def test_reuse_can_be_turned_off(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_prod")
    publish(client, pipelines={"reuse": False})
    assert fqns(server) == ["airflow_prod.etl", "openlineage.prod:etl"]


@pytest.mark.parametrize("integration", [None, "DBT", "TRINO", "SPARK"])
def test_a_pipeline_of_another_integration_is_not_taken(
    client: OpenMetadataClient, server: CatalogueServer, integration: str | None
) -> None:
    airflow(client, "airflow_prod")
    server.reset_requests()
    publish(client, job(integration=integration))
    assert fqns(server) == ["airflow_prod.etl", "openlineage.prod:etl"]
    assert not [path for _, path, _ in server.requests if "airflow_prod" in path]


@pytest.mark.parametrize(
    ("integration", "type_"),
    [
        ("SPARK", "Spark"),
        ("FLINK", "Flink"),
        ("DBT", "DBTCloud"),
        ("DEBEZIUM", "KafkaConnect"),
        ("glue", "GluePipeline"),
    ],
)
def test_every_integration_has_its_type_of_service(
    client: OpenMetadataClient, server: CatalogueServer, integration: str, type_: str
) -> None:
    client.put("v1/services/pipelineServices", {"name": "theirs", "serviceType": type_})
    client.put("v1/pipelines", {"name": "etl", "service": "theirs"})
    publish(client, job(integration=integration))
    assert fqns(server) == ["theirs.etl"]


def test_two_that_may_be_it_are_reported_and_neither_is_taken(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_a", "airflow_b")
    report = publish(client)
    assert fqns(server) == ["airflow_a.etl", "airflow_b.etl", "openlineage.prod:etl"]
    (problem,) = report.problems
    assert (problem.kind, problem.where) == ("ambiguous_pipeline", "prod etl")
    assert "airflow_a.etl, airflow_b.etl" in problem.detail
    assert "pipelines: {service: {AIRFLOW: airflow_a, default: openlineage}}" in problem.detail


def test_the_line_that_the_problem_names_settles_it(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_a", "airflow_b")
    report = publish(client, pipelines={"service": {"AIRFLOW": "airflow_b", "default": "openlineage"}})
    assert (fqns(server), report.problems) == (["airflow_a.etl", "airflow_b.etl"], ())
    assert [task["name"] for task in server.entities("pipeline")[1]["tasks"]] == ["load", "extra"]


def test_a_service_that_is_called_like_the_namespace_wins(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "another", "prod", "third")
    report = publish(client, DAG, LOAD, CHECK)
    assert (fqns(server), report.problems) == (["another.etl", "prod.etl", "third.etl"], ())
    assert len(server.entities("pipeline")[1]["tasks"]) == 3


def test_a_service_that_is_configured_for_the_integration_wins_before_all(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "prod")
    client.put("v1/services/pipelineServices", {"name": "chosen", "serviceType": "Airflow"})
    publish(client, pipelines={"service": {"airflow": "chosen"}})
    assert fqns(server) == ["chosen.prod:etl", "prod.etl"]


def test_one_service_for_all_wins_where_it_has_the_pipeline(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_a", "airflow_b")
    assert publish(client, pipelines={"service": "airflow_b"}).problems == ()
    assert fqns(server) == ["airflow_a.etl", "airflow_b.etl"]


def test_a_twin_from_before_is_reported_and_left_alone(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client)
    airflow(client, "airflow_prod")
    server.reset_requests()
    report = publish(client, DAG, LOAD, CHECK)
    assert kinds(report) == ["twin_pipeline"]
    assert "airflow_prod.etl is used; openlineage.prod:etl was created earlier" in report.problems[0].detail
    assert fqns(server) == ["airflow_prod.etl", "openlineage.prod:etl"]
    assert [method for method, path, _ in server.writes() if "/pipelines" in path] == ["PATCH"]


def test_the_cost_is_one_listing_and_a_look_into_each_service(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_a", "airflow_b")
    client.put("v1/services/pipelineServices", {"name": "spark", "serviceType": "Spark"})
    server.reset_requests()
    names = ("x", "y", "z")
    publish(client, *(job(name, integration="AIRFLOW") for name in names))
    asked = [path.partition("?")[0].rpartition("/v1/")[2] for method, path, _ in server.requests if method == "GET"]
    assert asked.count("services/pipelineServices") == 1
    for name in names:
        assert asked.count(f"pipelines/name/airflow_a.{name}") == asked.count(f"pipelines/name/airflow_b.{name}") == 1
    assert not [path for path in asked if "spark" in path]


def test_services_are_listed_page_by_page(client: OpenMetadataClient, server: CatalogueServer) -> None:
    for number in range(1005):
        client.put("v1/services/pipelineServices", {"name": f"s{number:04}", "serviceType": "Spark"})
    airflow(client, "zz")
    publish(client)
    assert fqns(server) == ["zz.etl"]


def test_jobs_of_one_name_in_two_namespaces_add_their_tasks_to_one_pipeline_and_that_is_reported(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    airflow(client, "airflow_prod")
    jobs = [
        Job(space, f"etl.{space}{n}", pipeline=JobId(space, "etl"), task=f"{space}{n}", integration="AIRFLOW")
        for n in range(5)
        for space in ("test", "prod")
    ]
    report = publish(client, *jobs)
    assert kinds(report) == ["shared_pipeline"]
    (found,) = server.entities("pipeline")
    assert len(found["tasks"]) == 12


def test_a_pipeline_that_may_not_be_created_can_be_used(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_prod")
    report = publish(client, DAG, LOAD, CHECK, write={"create_pipelines": False, "create_services": False})
    assert (report.problems, report.pipelines) == ((), Pipelines(updated=1))


def test_a_dry_run_says_what_would_be_and_writes_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    airflow(client, "airflow_prod")
    server.reset_requests()
    report = publish_plan(plan(jobs=(DAG, LOAD, CHECK)), client, config(), dry_run=True).report
    assert (report.pipelines, server.writes()) == (Pipelines(updated=1), [])


@pytest.mark.parametrize("version", ["1.8.0", "2.0.2"])
@pytest.mark.parametrize("name", ["my.dag", "a/b", "größe", "x" * 256, 'say "x"', "a::b", "x" * 300])
def test_names_are_looked_for_as_connectors_store_them(version: str, name: str) -> None:
    stored = name.replace('"', "__reserved__quote__").replace("::", "__reserved__colon__")
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        airflow(client, "air.flow", **({"name": stored} if len(stored) <= 256 else {}))
        report = publish(client, job(name, integration="AIRFLOW", tasks=(TaskOutline("new"),)))
        assert report.problems == ()
        assert report.pipelines == (Pipelines(updated=1) if len(stored) <= 256 else Pipelines(created=1))
