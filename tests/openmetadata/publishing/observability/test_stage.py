"""A table shows the newest run of each pipeline that wrote it, and costs nothing where nothing has changed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import MAX_ROWS, SessionCache
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, PG, SEED, TOKEN, config, edge, job, orders, orders_plan, plan, run, totals
from tests.openmetadata.histories import KeptHistory

TOTALS = "pg.shop.public.totals"
FQN = "openlineage.prod:etl"
WROTE = (DatasetId(PG, "shop.public.totals"),)
DAY = 86_400_000
#: 2026-01-01, the start of the runs of these tests.
FIRST = 1_767_225_600_000


def etl(state: str = "COMPLETE", day: int = 1, seconds: int = 60, **facts: Any) -> RunRecord:
    """Return a run of the pipeline that took some seconds on a day of January."""
    start = f"2026-01-{day:02}T00:00:00Z"
    return run(
        state,
        started=start,
        pipeline_started_at=start,
        pipeline_run_id=f"r{day}",
        ended_at=f"2026-01-{day:02}T00:{seconds // 60:02}:{seconds % 60:02}Z",
        **{"writes": WROTE, **facts},
    )


def made(*runs: RunRecord, **facts: Any) -> LineagePlan:
    return orders_plan(jobs=[job(**facts)], runs=runs)


def reads_and_writes(server: CatalogueServer) -> list[str]:
    return [one.method for one in server.requests if "pipelineObservability" in one.path]


def row(server: CatalogueServer, table: str = TOTALS) -> dict[str, Any]:
    (found,) = server.observability(table)
    return found


def test_a_table_shows_the_newest_run_that_wrote_it(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(made(etl(day=2, seconds=90), etl(day=1), schedule="@daily"), client, config()).report
    assert report.observability == Written(published=1)
    assert report.problems == ()
    (pipeline,) = server.entities("pipeline")
    assert row(server) == {
        "pipeline": {"id": pipeline["id"], "type": "pipeline", "name": "prod:etl", "fullyQualifiedName": FQN},
        "serviceType": pipeline["serviceType"],
        "scheduleInterval": "@daily",
        "lastRunTime": FIRST + DAY,
        "startTime": FIRST + DAY,
        "endTime": FIRST + DAY + 90_000,
        "lastRunStatus": "Successful",
        "averageRunTime": 75_000.0,
    }
    assert server.observability("pg.shop.public.orders") == []


def test_a_failed_run_shows_as_failed(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(made(etl("FAIL")), client, config())
    assert row(server)["lastRunStatus"] == "Failed"
    assert "averageRunTime" not in row(server)


def test_it_lands_after_the_edges(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(made(etl()), client, config())
    paths = [one.path for one in server.writes()]
    edges = [number for number, path in enumerate(paths) if path.endswith("/lineage")]
    rows = [number for number, path in enumerate(paths) if path.endswith("/pipelineObservability")]
    assert (len(edges), len(rows)) == (1, 1)
    assert edges < rows


@pytest.mark.parametrize("keeps_ledger", [True, False], ids=["ledger", "no ledger"])
def test_the_second_publication_writes_nothing(
    server: CatalogueServer, client: OpenMetadataClient, keeps_ledger: bool
) -> None:
    kept = KeptHistory()
    kept.publish(made(etl()), client, config())
    server.reset_requests()
    again = (kept if keeps_ledger else KeptHistory()).publish(made(etl()), client, config())
    assert again.observability == Written(unchanged=0 if keeps_ledger else 1)
    assert reads_and_writes(server) == ([] if keeps_ledger else ["GET"])
    assert server.writes() == []


def test_one_read_and_one_write_serve_all_pipelines_of_a_table(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    other = msgspec.structs.replace(etl(day=2), job=job("other").id, pipeline=job("other").id)
    both = plan(
        edge(orders(), totals()), datasets=(orders(), totals()), jobs=[job(), job("other")], runs=[etl(), other]
    )
    publish_plan(plan(jobs=[job(), job("other")]), client, config())
    assert publish_plan(both, client, config()).report.observability == Written(published=2)
    assert reads_and_writes(server) == ["GET", "PUT"]
    assert [one["pipeline"]["name"] for one in server.observability(TOTALS)] == ["prod:etl", "prod:other"]
    server.reset_requests()
    publish_plan(made(etl(day=3)), client, config())
    (body,) = [sent for sent in server.bodies if sent.path.endswith("pipelineObservability")]
    assert body.content.count(b"lastRunTime") == 1
    assert len(server.observability(TOTALS)) == 2


# runs that end later than what they wrote


def tasks(*names: str, **facts: Any) -> list[Any]:
    return [job(f"etl.{name}", task=name, pipeline="etl") for name in names] + [job(**facts)]


def test_a_pipeline_that_ends_in_a_later_batch_shows_on_the_tables_of_its_tasks(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    start = run("START", started="2026-01-01T00:00:00Z")
    load = run("COMPLETE", task="load", ended_at="2026-01-01T00:01:00Z", writes=WROTE)
    kept.publish(orders_plan(jobs=tasks("load"), runs=[start]), client, config())
    first = kept.publish(orders_plan(jobs=tasks("load"), runs=[load]), client, config())
    assert (first.observability, reads_and_writes(server)) == (Written(), [])
    server.reset_requests()
    end = run("COMPLETE", started="2026-01-01T00:00:00Z", ended_at="2026-01-01T03:00:00Z")
    last = kept.publish(plan(jobs=[job()], runs=[end]), client, config())
    assert last.observability == Written(published=1)
    assert [one.method for one in server.requests if "/tables" in one.path] == ["GET", "PUT"]
    assert (row(server)["startTime"], row(server)["endTime"]) == (FIRST, FIRST + 3 * 3_600_000)


def test_what_is_current_need_not_be_resolved_again(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    kept.publish(made(etl(day=1)), client, config())
    server.reset_requests()
    assert kept.publish(made(etl(day=2)), client, config()).observability == Written(published=1)
    assert [one.method for one in server.requests if "/tables" in one.path] == ["GET", "PUT"]


def test_a_table_that_only_an_older_version_has_resolved_is_looked_up(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(made(etl("START", day=1, writes=())), client, config())
    assert kept.publish(made(etl(day=1)), client, config()).observability == Written(published=1)


def test_tasks_of_a_pipeline_that_reports_no_run_of_its_own_give_the_status(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    first = run("COMPLETE", task="a", ended_at="2026-01-01T00:01:00Z", writes=WROTE)
    second = run("FAIL", task="b", started="2026-01-01T00:02:00Z", ended_at="2026-01-01T00:03:00Z")
    kept.publish(orders_plan(jobs=tasks("a", "b"), runs=[first]), client, config())
    assert row(server)["lastRunStatus"] == "Successful"
    kept.publish(orders_plan(jobs=tasks("a", "b"), runs=[second]), client, config())
    assert (row(server)["lastRunStatus"], row(server)["endTime"]) == ("Failed", FIRST + 180_000)


def test_without_statuses_the_run_of_the_pipeline_itself_counts(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    off = config(write={"status": "never", "usage": "never"})
    load = run("COMPLETE", task="load", ended_at="2026-01-01T00:01:00Z", writes=WROTE)
    kept = KeptHistory()
    kept.publish(orders_plan(jobs=tasks("load"), runs=[load]), client, off)
    assert server.observability(TOTALS) == []
    kept.publish(plan(jobs=[job()], runs=[run("COMPLETE", ended_at="2026-01-01T00:02:00Z")]), client, off)
    assert row(server)["lastRunStatus"] == "Successful"


def test_the_average_is_of_the_last_ten_successful_runs(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    for day in range(1, 13):
        kept.publish(made(etl(day=day, seconds=day)), client, config())
    kept.publish(made(etl("FAIL", day=13, seconds=600)), client, config())
    assert row(server)["lastRunStatus"] == "Failed"
    assert row(server)["averageRunTime"] == pytest.approx(1000 * sum(range(3, 13)) / 10)


# switched off, not possible, refused


def test_it_can_be_switched_off(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(made(etl()), client, config(write={"observability": False})).report
    assert (report.observability, reads_and_writes(server)) == (Written(), [])


def test_a_server_without_the_route_is_sent_nothing() -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, version="1.10.0") as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        report = publish_plan(made(etl()), client, config()).report
        assert (report.observability, report.problems, reads_and_writes(server)) == (Written(), (), [])


def test_the_first_server_with_the_route_takes_no_average() -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, version="1.11.0") as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        assert publish_plan(made(etl()), client, config()).report.problems == ()
        assert "averageRunTime" not in row(server)


def test_a_dry_run_counts_and_writes_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    assert publish_plan(made(etl()), client, config(), dry_run=True).report.observability == Written(published=1)
    assert server.writes() == []


def test_what_is_refused_for_a_while_is_tried_again(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    server.fail("PUT", "pipelineObservability", 500, times=10)
    first = kept.publish(made(etl()), client, config())
    assert (first.observability, first.edges.published, first.parked) == (Written(failed=1), 1, 0)
    server.clear_faults()
    assert kept.publish(LineagePlan(), client, config()).observability == Written(published=1)
    assert (kept.value.held.rows, row(server)["endTime"]) == ({}, FIRST + 60_000)


def test_a_missing_permission_is_reported_once_and_parks_nothing() -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditAll:table"]) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        kept = KeptHistory()
        first = kept.publish(made(etl()), client, config())
        assert (first.observability, first.edges.published, first.parked) == (Written(failed=1), 1, 0)
        (problem,) = first.problems
        assert problem.where == f"observability of {TOTALS}"
        assert "EditAll" in problem.detail
        assert kept.publish(made(etl(day=2)), client, config()).problems == ()


@pytest.mark.parametrize("cache", [None, SessionCache()], ids=["another task", "the same task"])
def test_a_table_that_was_deleted_meanwhile_is_looked_up_again(
    server: CatalogueServer, client: OpenMetadataClient, cache: SessionCache | None
) -> None:
    kept = KeptHistory(cache)
    kept.publish(made(etl(day=1)), client, config())
    (table,) = [one for one in server.entities("table") if one["fullyQualifiedName"] == TOTALS]
    server.store.collection("table").remove(table)
    report = kept.publish(made(etl(day=2)), client, config())
    assert (report.observability, report.problems, report.parked) == (Written(unchanged=1), (), 0)
    server.store.collection("table").put({**table, "id": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c11"})
    kept.publish(made(etl(day=3)), client, config())
    assert row(server)["lastRunTime"] == FIRST + 2 * DAY


def test_a_task_reads_the_rows_of_a_table_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(plan(jobs=[job()]), client, config())
    kept = KeptHistory(SessionCache())
    for day in (1, 3, 2, 4):
        kept.publish(made(etl(day=day, seconds=30 * day)), client, config())
    assert reads_and_writes(server) == ["GET", "PUT", "PUT", "PUT"]
    alone = row(server)
    with CatalogueServer(SEED) as other, OpenMetadataClient(other.url, TOKEN, retries=FAST) as again:
        kept = KeptHistory()
        for day in (1, 3, 2, 4):
            kept.publish(made(etl(day=day, seconds=30 * day)), again, config())
        expected = row(other)
    assert {**alone, "pipeline": expected["pipeline"]} == expected


def test_rows_are_read_again_after_a_write_that_failed(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory(SessionCache())
    kept.publish(made(etl(day=1)), client, config())
    server.fail("PUT", "/pipelineObservability", 400)
    assert kept.publish(made(etl(day=2)), client, config()).observability == Written(failed=1)
    kept.publish(made(etl(day=3)), client, config())
    assert reads_and_writes(server) == ["PUT", "PUT", "GET", "PUT"]
    assert row(server)["lastRunTime"] == FIRST + 2 * DAY


def test_rows_that_another_ingestion_writes_too_are_read_each_time(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    client.put("v1/services/pipelineServices", {"name": "airflow", "serviceType": "Airflow"})
    client.put("v1/pipelines", {"name": "etl", "service": "airflow", "displayName": "etl"})
    kept = KeptHistory(SessionCache())
    for day in (1, 2):
        kept.publish(made(etl(day=day), integration="AIRFLOW"), client, config())
    assert row(server)["pipeline"]["fullyQualifiedName"] == "airflow.etl"
    assert reads_and_writes(server) == ["GET", "PUT"] * 2


def test_the_rows_that_a_task_keeps_are_bounded() -> None:
    cache = SessionCache()
    for number in range(MAX_ROWS + 1):
        cache.store_rows(str(number), {"p": {"lastRunTime": number}}, whole=True)
    assert [cache.rows(str(number), "p") for number in (0, MAX_ROWS)] == [None, {"p": {"lastRunTime": MAX_ROWS}}]
    cache.forget_rows(str(MAX_ROWS), "p")
    assert cache.rows(str(MAX_ROWS), "p") is None
