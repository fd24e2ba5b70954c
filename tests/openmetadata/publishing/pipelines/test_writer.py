"""Pipelines: created, completed, and otherwise left as others have made them."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Job
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines, PublishReport
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN, config, edge, job, orders, orders_plan, plan, totals

ETL = "openlineage.prod:etl"
LOAD = job("etl.load", task="load", pipeline="etl", type="TASK", sql="SELECT 1", description="loads")
FETCH = job("etl.fetch", task="fetch", pipeline="etl")


def publish(client: OpenMetadataClient, *jobs: Job, **sections: Any) -> PublishReport:
    return publish_plan(plan(jobs=jobs), client, config(**sections)).report


def stored(client: OpenMetadataClient, fqn: str = ETL) -> dict[str, Any]:
    found = client.get(f"v1/pipelines/name/{fqn}", {"fields": "tasks,tags,owners"})
    assert found is not None
    return found


def tasks(client: OpenMetadataClient) -> dict[str, dict[str, Any]]:
    return {task["name"]: task for task in stored(client)["tasks"]}


def test_service_pipeline_and_tasks_are_created(client: OpenMetadataClient, server: CatalogueServer) -> None:
    etl = job(description="nightly", source_url="https://git/etl.py")
    report = publish(client, etl, LOAD, FETCH)
    assert report.pipelines == Pipelines(created=1)
    found = stored(client)
    assert (found["displayName"], found["description"], found["sourceUrl"]) == ("etl", "nightly", "https://git/etl.py")
    assert [task["name"] for task in found["tasks"]] == ["load", "fetch"]
    load = found["tasks"][0]
    assert (load["taskType"], load["taskSQL"], load["description"]) == ("TASK", "SELECT 1", "loads")
    assert server.entities("pipelineService")[0]["serviceType"] == "OpenLineage"


def test_publishing_twice_writes_nothing_the_second_time(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, job(description="x"), LOAD, FETCH)
    server.reset_requests()
    assert publish(client, job(description="x"), LOAD, FETCH).pipelines == Pipelines(unchanged=1)
    assert server.writes() == []


def test_a_later_batch_adds_its_tasks(client: OpenMetadataClient) -> None:
    publish(client, job(), LOAD)
    assert publish(client, job(), FETCH).pipelines == Pipelines(updated=1)
    assert list(tasks(client)) == ["load", "fetch"]


def test_tasks_and_fields_of_others_are_kept(client: OpenMetadataClient) -> None:
    client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    theirs = {
        "name": "prod:etl",
        "service": "openlineage",
        "displayName": "The ETL",
        "description": "a steward's",
        "sourceUrl": "https://airflow/etl",
        "concurrency": 4,
        "pipelineLocation": "/dags/etl.py",
        "scheduleInterval": "@daily",
        "tasks": [
            {"name": "old", "downstreamTasks": ["load"], "taskType": "Bash"},
            {"name": "load", "description": "by hand", "sourceUrl": "https://airflow/load"},
        ],
    }
    client.put("v1/pipelines", theirs)
    publish(client, job(description="ours", source_url="https://git"), LOAD, FETCH)
    found = stored(client)
    for key in ("displayName", "description", "sourceUrl", "concurrency", "pipelineLocation", "scheduleInterval"):
        assert found[key] == theirs[key], key
    assert [task["name"] for task in found["tasks"]] == ["old", "load", "fetch"]
    assert found["tasks"][0]["downstreamTasks"] == ["load"]
    assert (found["tasks"][1]["description"], found["tasks"][1]["sourceUrl"]) == ("by hand", "https://airflow/load")
    assert found["tasks"][1]["taskSQL"] == "SELECT 1"


@pytest.mark.parametrize("version", ["1.8.0", "1.9.0", "2.0.7"])
def test_owners_and_tags_of_a_pipeline_and_its_tasks_survive_an_update(version: str) -> None:
    seed = {**SEED, "users": [{"name": "jane", "email": "jane@example.com"}]}
    with CatalogueServer(seed, version=version, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        publish(client, job(), LOAD)
        client.put("v1/classifications", {"name": "C", "description": "c"})
        client.put("v1/tags", {"name": "T", "classification": "C", "description": "t"})
        tag = {"tagFQN": "C.T", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
        owner = {"id": server.entities("user")[0]["id"], "type": "user"}
        client.patch(
            f"v1/pipelines/{stored(client)['id']}",
            [
                {"op": "add", "path": "/owners", "value": [owner]},
                {"op": "add", "path": "/tags", "value": [tag]},
                {"op": "add", "path": "/tasks/0/tags", "value": [tag]},
            ],
        )
        assert publish(client, job(), LOAD, FETCH).pipelines == Pipelines(updated=1)
        found = stored(client)
        assert [item["id"] for item in found["owners"]] == [owner["id"]]
        assert [item["tagFQN"] for item in (*found["tags"], *found["tasks"][0]["tags"])] == ["C.T", "C.T"]
        assert publish(client, job(), LOAD, FETCH).pipelines == Pipelines(unchanged=1)


@pytest.mark.parametrize(
    ("policy", "before", "expected"),
    [
        ("never", None, None),
        ("if_empty", None, "ours"),
        ("if_empty", "theirs", "theirs"),
        ("if_ours", "theirs", "theirs"),
        ("always", None, "ours"),
        ("always", "theirs", "ours"),
    ],
)
def test_descriptions_follow_their_policy(
    client: OpenMetadataClient, policy: str, before: str | None, expected: str | None
) -> None:
    load = job("etl.load", task="load", pipeline="etl", description="ours")
    publish(client, job(description=before), job("etl.load", task="load", pipeline="etl", description=before))
    write = {"descriptions": policy}
    publish(client, job(description="ours"), load, write=write)
    assert stored(client).get("description") == expected
    assert tasks(client)["load"].get("description") == expected
    assert publish(client, job(description="ours"), load, write=write).pipelines == Pipelines(unchanged=1)


def test_the_sql_of_a_task_follows_the_job_unless_it_is_not_wanted(client: OpenMetadataClient) -> None:
    publish(client, job(), LOAD)
    changed = job("etl.load", task="load", pipeline="etl", sql="SELECT 2")
    publish(client, job(), changed, write={"sql": "never"})
    assert tasks(client)["load"]["taskSQL"] == "SELECT 1"
    publish(client, job(), changed)
    assert tasks(client)["load"]["taskSQL"] == "SELECT 2"


@pytest.mark.parametrize(
    ("service", "integration", "fqn", "type_"),
    [
        ("mine", "AIRFLOW", "mine.prod:etl", "OpenLineage"),
        ({"AIRFLOW": "airflow.prod"}, "AIRFLOW", '"airflow.prod".prod:etl', "Airflow"),
        ({"spark": "sp"}, "SPARK", "sp.prod:etl", "Spark"),
        ({"DBT": "d"}, "DBT", "d.prod:etl", "DBTCloud"),
        ({"FLINK": "f"}, "TRINO", "openlineage.prod:etl", "OpenLineage"),
        ({"DEFAULT": "rest"}, None, "rest.prod:etl", "OpenLineage"),
    ],
)
def test_the_service_is_chosen_by_integration(
    server: CatalogueServer, service: Any, integration: str | None, fqn: str, type_: str
) -> None:
    client = OpenMetadataClient(server.url, TOKEN)
    publish(client, job(integration=integration), pipelines={"service": service})
    assert [item["fullyQualifiedName"] for item in server.entities("pipeline")] == [fqn]
    assert [item["serviceType"] for item in server.entities("pipelineService")] == [type_]
    client.close()


def test_an_existing_service_is_never_written(client: OpenMetadataClient, server: CatalogueServer) -> None:
    client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "Airflow"})
    server.reset_requests()
    publish(client, job())
    assert not [path for _, path, _ in server.writes() if "pipelineServices" in path]


def test_the_integration_of_a_pipeline_without_events_is_that_of_its_tasks(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(
        client, job("etl.t", task="t", pipeline="etl", integration="AIRFLOW"), pipelines={"service": {"AIRFLOW": "a"}}
    )
    assert server.entities("pipeline")[0]["fullyQualifiedName"] == "a.prod:etl"
    assert server.entities("pipeline")[0]["displayName"] == "etl"


def test_names_that_the_server_would_refuse_are_escaped() -> None:
    odd = 'say "x" > y::z.' + "long" * 80
    with CatalogueServer(SEED, version="2.0.7", token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        report = publish(client, job(odd), job(f"{odd}.t", task='t "1" > 2', pipeline=odd))
        assert report.problems == ()
        found = server.entities("pipeline")[0]
        assert found["displayName"] == odd
        assert len(found["name"]) <= 256
        assert found["tasks"][0]["displayName"] == 't "1" > 2'


def test_pipelines_that_may_not_be_created_are_missing_from_edges_and_reported(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    report = publish_plan(orders_plan(), client, config(write={"create_pipelines": False})).report
    assert report.edges.published == 1
    assert [problem.kind for problem in report.problems] == ["no_pipeline"]
    assert server.entities("pipeline") == []
    assert "pipeline" not in next(iter(server.edges().values()))


def test_services_that_may_not_be_created_are_reported(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish_plan(orders_plan(), client, config(write={"create_services": False})).report
    assert report.edges.published == 1
    assert [problem.kind for problem in report.problems] == ["no_service"]
    assert server.entities("pipelineService") == []


@pytest.mark.parametrize(
    ("pipelines", "published"),
    [
        ({}, True),
        ({"exclude": ["et*"]}, False),
        ({"exclude": ["prod etl"]}, False),
        ({"include": ["other"]}, False),
        ({"include": ["prod *"]}, True),
        ({"include": ["etl"], "exclude": ["etl"]}, False),
    ],
)
def test_an_excluded_pipeline_leaves_nothing_behind(
    client: OpenMetadataClient, server: CatalogueServer, pipelines: dict[str, Any], published: bool
) -> None:
    publish_plan(orders_plan(), client, config(pipelines=pipelines))
    assert bool(server.edges()) is bool(server.entities("pipeline")) is published


def test_the_edge_of_a_task_names_the_pipeline(client: OpenMetadataClient, server: CatalogueServer) -> None:
    made = plan(edge(orders(), totals(), job="etl.load"), datasets=(orders(), totals()), jobs=[job(), LOAD])
    publish_plan(made, client, config())
    assert next(iter(server.edges().values()))["pipeline"]["fullyQualifiedName"] == ETL
