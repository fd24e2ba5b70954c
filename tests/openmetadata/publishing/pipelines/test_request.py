"""All tasks that a producer lists, what waits for what, schedule and type: completed everywhere, renewed in ours."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Job, JobId, TaskOutline
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines, PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import group_jobs
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.lineage.test_truth import plans_of
from tests.openmetadata.builders import config, job, plan
from tests.support import captured

ETL = "openlineage.prod:etl"


def outline(*tasks: TaskOutline, **facts: Any) -> Job:
    return job(tasks=tasks, **facts)


def task(name: str, **facts: Any) -> Job:
    return job(f"etl.{name}", task=name, pipeline="etl", **facts)


def publish(client: OpenMetadataClient, *jobs: Job, **sections: Any) -> PublishReport:
    return publish_plan(plan(jobs=jobs), client, config(**sections)).report


def stored(client: OpenMetadataClient) -> dict[str, Any]:
    found = client.get(f"v1/pipelines/name/{ETL}", {"fields": "tasks,sourceHash,tags,owners,extension"})
    assert found is not None
    return found


def followers(client: OpenMetadataClient) -> dict[str, list[str]]:
    return {item["name"]: item.get("downstreamTasks", []) for item in stored(client)["tasks"]}


AB = (TaskOutline("a", "BashOperator", ("b",)), TaskOutline("b", "PythonOperator"))


def test_all_tasks_of_a_dag_are_written_with_what_waits_for_them(client: OpenMetadataClient) -> None:
    publish(client, outline(*AB, schedule="0 5 * * *"), task("a", type="TASK", sql="SELECT 1"))
    found = stored(client)
    assert found["scheduleInterval"] == "0 5 * * *"
    assert [(item["name"], item["taskType"], item["displayName"]) for item in found["tasks"]] == [
        ("a", "BashOperator", "a"),
        ("b", "PythonOperator", "b"),
    ]
    assert followers(client) == {"a": ["b"], "b": []}


def test_the_tasks_of_a_real_dag_arrive(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish_plan(plans_of(captured("airflow-scheduler"))[0], client, config())
    found = {item["displayName"]: item for item in server.entities("pipeline")}["shop_dwh"]
    tasks = {item["name"]: item for item in found["tasks"]}
    assert len(tasks) == 14
    assert tasks["tier_revenue_ctas"]["downstreamTasks"] == ["self_insert"]
    assert set(tasks["order_facts"]["downstreamTasks"]) == {
        "check_amount", "create_view", "read_only", "tier_revenue_ctas", "union_ctas", "unqualified", "update_tier",
    }  # fmt: skip


def test_a_change_of_the_code_is_stored_although_the_server_does_not_look_for_it(client: OpenMetadataClient) -> None:
    publish(client, outline(*AB, schedule="@daily"), task("a", sql="SELECT 1"))
    turned = (TaskOutline("a", "DockerOperator"), TaskOutline("b", "PythonOperator", ("a",)))
    later = (outline(*turned, schedule="@hourly"), task("a", sql="SELECT 2"))
    assert publish(client, *later).pipelines == Pipelines(updated=1)
    found = stored(client)
    assert (found["scheduleInterval"], followers(client)) == ("@hourly", {"a": [], "b": ["a"]})
    assert (found["tasks"][0]["taskSQL"], found["tasks"][0]["taskType"]) == ("SELECT 2", "DockerOperator")
    assert publish(client, *later).pipelines == Pipelines(unchanged=1)
    assert publish(client, outline(*AB, schedule="@daily"), task("a", sql="SELECT 1")).pipelines == Pipelines(updated=1)
    assert followers(client) == {"a": ["b"], "b": []}


def test_the_digest_is_no_longer_than_the_server_takes_and_the_same_whatever_the_order(
    client: OpenMetadataClient,
) -> None:
    publish(client, outline(*AB), task("c"), task("d"))
    digest = stored(client)["sourceHash"]
    assert digest.startswith("openlineage-")
    assert len(digest) == 32
    client.delete(f"v1/pipelines/name/{ETL}", {"hardDelete": True})
    for jobs in ((task("d"),), (outline(), task("c")), (outline(AB[1]),), (outline(AB[0]),)):
        publish(client, job(), *jobs)
    assert stored(client)["sourceHash"] == digest


def test_tasks_of_others_stay_where_they_are_in_the_flow(client: OpenMetadataClient) -> None:
    publish(client, outline(*AB))
    found = stored(client)
    body = {"name": "prod:etl", "service": "openlineage", "tasks": [*found["tasks"], {"name": "theirs"}]}
    body["displayName"] = found["displayName"]
    body["tasks"][0]["downstreamTasks"] = ["theirs", "b"]
    client.put("v1/pipelines", body)
    assert publish(client, outline(*AB)).pipelines == Pipelines(unchanged=1)
    publish(client, outline(TaskOutline("a"), TaskOutline("b"), TaskOutline("c", None, ("a",))))
    assert followers(client) == {"a": ["theirs"], "b": [], "theirs": [], "c": ["a"]}


def test_a_task_tells_itself_what_waits_for_it(client: OpenMetadataClient) -> None:
    publish(client, job(), task("a", tasks=(TaskOutline("a", "Bash", ("b",)),)))
    assert followers(client) == {"a": ["b"], "b": []}
    publish(client, job(), task("b", tasks=(TaskOutline("b", "Python"),)))
    assert followers(client) == {"a": ["b"], "b": []}
    assert [item["taskType"] for item in stored(client)["tasks"]] == ["Bash", "Python"]


def test_a_run_that_names_its_upstream_waits_for_it(client: OpenMetadataClient) -> None:
    upstream = (JobId("prod", "etl.a"), JobId("prod", "etl.unknown"), JobId("other", "x"))
    jobs = (job(), task("a"), task("b", upstream=upstream))
    publish(client, *jobs)
    assert followers(client) == {"a": ["b"], "b": []}
    publish(client, job(), task("c", upstream=upstream))
    assert followers(client) == {"a": ["b", "c"], "b": [], "c": []}
    assert publish(client, *jobs).pipelines == Pipelines(unchanged=1)


def test_a_part_of_a_task_is_no_task_in_the_flow(client: OpenMetadataClient) -> None:
    query = job(
        "etl.a.query.1", task="a", pipeline="etl", part=True, sql="SELECT 1", upstream=(JobId("prod", "etl.b"),)
    )
    publish(client, job(), task("a"), task("b"), query)
    assert followers(client) == {"a": [], "b": []}


def test_what_a_batch_does_not_say_stays(client: OpenMetadataClient) -> None:
    publish(client, outline(*AB, schedule="@daily"), task("a", sql="SELECT 1"))
    assert publish(client, job(), task("a")).pipelines == Pipelines(unchanged=1)
    found = stored(client)
    assert (found["scheduleInterval"], followers(client)["a"]) == ("@daily", ["b"])


def test_task_names_that_have_to_be_escaped_are_so_in_the_flow_too(client: OpenMetadataClient) -> None:
    names = ('say "x"', "a::b", "x" * 300, "größe", "g.r/o.up")
    chain = [TaskOutline(name, None, names[index + 1 : index + 2]) for index, name in enumerate(names)]
    publish(client, outline(*chain), *(task(name) for name in names))
    found = stored(client)["tasks"]
    assert [item["displayName"] for item in found] == list(names)
    assert [item.get("downstreamTasks", []) for item in found[:-1]] == [[item["name"]] for item in found[1:]]
    assert all(len(item["name"]) <= 256 for item in found)


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_reference_holds_what_is_stored_after_publication(client: OpenMetadataClient, dry_run: bool) -> None:
    def refer(*jobs: Job, dry: bool = False) -> PipelineRef:
        return PipelineWriter(client, config(), dry_run=dry).publish(group_jobs(jobs)[0])

    assert (made := refer(outline(*AB, description="d"), dry=dry_run)).change == "created"
    assert [item["name"] for item in made.stored["tasks"]] == ["a", "b"]
    assert (made.stored["description"], made.stored.get("id", "")) == ("d", made.id)
    refer(outline(*AB, description="d"))
    found = refer(outline(*AB, schedule="@daily"), dry=dry_run)
    assert (found.change, found.id) == ("updated", found.stored["id"])
    assert (found.stored["description"], found.stored["scheduleInterval"]) == ("d", "@daily")
    assert refer(job()).stored["tasks"][1]["name"] == "b"
