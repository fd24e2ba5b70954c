"""Ten publications on pipelines that a steward and Airflow's ingestion have edited: all of theirs is there after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import Job, JobId, LineagePlan, RunRecord, TaskOutline
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.fqn import join
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.history import History, UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines, Written
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.edges.queries import QueryWriter, query_uses
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import group_jobs
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.publishing.runs.run_counts import count_runs
from openmetadata_ol_provider.openmetadata.publishing.runs.usage import UsagePublisher
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN, config, edge, orders, totals

TAG = {"tagFQN": "C.T", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
NAMES = ["etl", "my.dag", 'say "x"', "a/b", "a::b", "größe 表", "x" * 300, "1 > 0", "tab\tin"]


@pytest.fixture(params=["1.8.0", "1.12.0", "2.0.2"])
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    seed = {
        **SEED,
        "users": [{"name": "jane", "email": "jane@example.com"}],
        "classifications": [{"name": "C", "description": "c"}],
        "tags": [{"name": "T", "classification": "C", "description": "t"}],
    }
    with CatalogueServer(seed, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


def plan_of(name: str, namespace: str = "prod") -> LineagePlan:
    """Return the plan of two runs of a DAG: its tasks, their edge, SQL and times."""
    own = JobId(namespace, name)
    load = JobId(namespace, f"{name}.load")
    tasks = (TaskOutline("load", "SQLExecuteQueryOperator", ("check",)), TaskOutline("check", "Bash"))
    facts: dict[str, Any] = {"pipeline": own, "integration": "AIRFLOW"}
    jobs = (
        Job(namespace, name, tasks=tasks, schedule="@hourly", description="ours", source_url="https://git", **facts),
        Job(namespace, load.name, task="load", type="TASK", sql="INSERT INTO totals SELECT 1", **facts),
        Job(namespace, f"{name}.check", task="check", type="TASK", description="checks", **facts),
    )
    runs = []
    for hour in ("01", "02"):
        start, end = f"2026-01-01T{hour}:00:00Z", f"2026-01-01T{hour}:10:00Z"
        of: dict[str, Any] = {"pipeline": own, "pipeline_run_id": f"r{hour}", "pipeline_started_at": start}
        times: dict[str, Any] = {"started_at": start, "ended_at": end}
        runs += [
            RunRecord(f"r{hour}", own, "COMPLETE", **of, **times),
            RunRecord(f"t{hour}", load, "COMPLETE", task="load", log_url="https://airflow/log", **of, **times),
        ]
    between = msgspec.structs.replace(edge(orders(), totals()), job=load)
    return LineagePlan(events=1, edges=(between,), jobs=jobs, runs=tuple(runs), datasets=(orders(), totals()))


def edited(client: OpenMetadataClient, server: CatalogueServer, fqn: str) -> dict[str, Any]:
    """Edit a pipeline as people and others' programs do, and return all that has to stay."""
    place = (
        f"v1/pipelines/{next(item['id'] for item in server.entities('pipeline') if item['fullyQualifiedName'] == fqn)}"
    )
    owner = {"id": server.entities("user")[0]["id"], "type": "user"}
    foreign = {"name": "foreign", "description": "theirs", "downstreamTasks": ["load"], "tags": [TAG]}
    client.patch(
        place,
        [
            {"op": "add", "path": "/description", "value": "a steward's"},
            {"op": "add", "path": "/displayName", "value": "The ETL"},
            {"op": "add", "path": "/owners", "value": [owner]},
            {"op": "add", "path": "/tags", "value": [TAG]},
            {"op": "add", "path": "/extension", "value": {"tier": 1}},
            {"op": "add", "path": "/tasks/-", "value": foreign},
        ],
    )
    return whole(client, fqn)


def whole(client: OpenMetadataClient, fqn: str) -> dict[str, Any]:
    fields = "tasks,tags,owners,extension"
    found = client.get(f"v1/pipelines/name/{fqn.replace('%', '%25').replace('/', '%2F')}", {"fields": fields})
    assert found is not None
    kept = ("id", "displayName", "description", "sourceUrl", "scheduleInterval", "owners", "tags", "extension", "tasks")
    return {key: found.get(key) for key in kept}


def publish(
    client: OpenMetadataClient, plan: LineagePlan, known: UsageCounts
) -> tuple[Pipelines, Written, UsageCounts]:
    """Publish everything of a plan, as far as these modules do."""
    report = publish_plan(plan, client, config()).report
    assert report.problems == ()
    writer = PipelineWriter(client, config(), dry_run=False)
    refs = {group.id: writer.publish(group) for group in group_jobs(plan.jobs)}
    now = dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc).timestamp()
    history = History(usage=known)
    context = PublishContext(client, config(), history, select(LineagePlan(), history, config(), now), now)
    usage = UsagePublisher(context).publish(count_runs(plan.runs, refs))
    resolutions = Resolver(client, config()).resolve_all(plan.datasets)
    for use in query_uses(plan.edges, {JobId(job.namespace, job.name): job for job in plan.jobs}, resolutions):
        QueryWriter(client, dry_run=False).publish(use)
    return report.pipelines, report.statuses, usage.counts


@pytest.mark.parametrize("name", NAMES)
def test_what_people_and_others_made_of_our_pipeline_survives_ten_publications(
    client: OpenMetadataClient, server: CatalogueServer, name: str
) -> None:
    plan = plan_of(name)
    _, _, known = publish(client, plan, {})
    (fqn,) = (item["fullyQualifiedName"] for item in server.entities("pipeline"))
    before = edited(client, server, fqn)
    for _ in range(10):
        server.reset_requests()
        pipelines, statuses, known = publish(client, plan, known)
        assert server.writes() == []
        assert (pipelines, statuses) == (Pipelines(unchanged=1), Written(unchanged=2))
    assert whole(client, fqn) == before
    # The runs were counted by earlier batches; the catalogue's count is that of its statuses.
    assert known == {(fqn, "2026-01-01"): 0}
    assert list(server.store.usage.values()) == [{"2026-01-01": 2}]
    assert [item["name"] for item in before["tasks"]] == ["load", "check", "foreign"]


@pytest.mark.parametrize("name", NAMES[:2])
def test_what_people_and_airflow_s_ingestion_made_survives_ten_publications(
    client: OpenMetadataClient, server: CatalogueServer, name: str
) -> None:
    client.put("v1/services/pipelineServices", {"name": "airflow_prod", "serviceType": "Airflow"})
    theirs: dict[str, Any] = {
        "name": name,
        "service": "airflow_prod",
        "sourceUrl": "https://airflow/dags",
        "scheduleInterval": "@daily",
        "sourceHash": "0123456789abcdef0123456789abcdef",
        "tasks": [{"name": "load", "displayName": "load", "taskType": "Bash", "downstreamTasks": ["foreign"]}],
    }
    client.put("v1/pipelines", theirs)
    fqn = join("airflow_prod", name)
    before = edited(client, server, fqn)
    plan, known = plan_of(name), {}
    for publication in range(10):
        server.reset_requests()
        pipelines, _, known = publish(client, plan, known)
        assert pipelines == (Pipelines(unchanged=1) if publication else Pipelines(updated=1))
        assert bool(server.writes()) is not bool(publication)
    after = whole(client, fqn)
    assert [item["name"] for item in after["tasks"]] == ["load", "foreign", "check"]
    after["tasks"] = after["tasks"][:2]
    assert after["tasks"][0].pop("taskSQL") == "INSERT INTO totals SELECT 1"
    assert after == before
    assert [item["fullyQualifiedName"] for item in server.entities("pipeline")] == [fqn]
    assert len(server.statuses(fqn)) == 2


def test_two_pipelines_that_follow_one_another_leave_each_its_own(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    plans = [plan_of("etl"), plan_of("etl", "test")]
    for plan in plans:
        publish(client, plan, {})
    server.reset_requests()
    for plan in plans * 2:
        pipelines = publish_plan(plan, client, config()).report.pipelines
        assert pipelines == Pipelines(unchanged=1)
    assert [item["name"] for item in server.entities("pipeline")] == ["prod:etl", "test:etl"]
