"""The statuses of one pipeline, read and written together; and runs that start in the same millisecond."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport, Written
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.publishing.runs.status_writer import FEW
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, plan, run

ETL = "openlineage.prod:etl"
START_MS = 1767225600000
JOBS = (job(), job("etl.a", task="a", pipeline="etl"))
ONE, TWO, THREE = (f"0000000{n}-0000-7000-8000-000000000000" for n in (1, 2, 3))


def publish(client: OpenMetadataClient, *runs: RunRecord) -> PublishReport:
    return publish_plan(plan(jobs=JOBS, runs=runs), client, config()).report


def of(day: int, state: Any = "COMPLETE", **facts: Any) -> RunRecord:
    """Return the run of one day of January."""
    return run(state, pipeline_run_id=f"r{day}", pipeline_started_at=f"2026-01-{day:02}T00:00:00Z", **facts)


def paths(server: CatalogueServer, method: str) -> list[str]:
    return [
        path.partition("/pipelines/")[2] for verb, path, _ in server.requests if verb == method and "/status" in path
    ]


@pytest.fixture(params=["1.8.0", "1.12.0", "2.0.2"])
def versioned(request: pytest.FixtureRequest) -> Iterator[tuple[CatalogueServer, OpenMetadataClient]]:
    with (
        CatalogueServer(SEED, version=request.param, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        yield server, client


def test_many_statuses_of_a_pipeline_are_one_call(client: OpenMetadataClient, server: CatalogueServer) -> None:
    assert publish(client, of(1), of(2, "FAIL"), of(3)).statuses == Written(published=3)
    assert [path.rpartition("/")[2] for path in paths(server, "PUT")] == ["bulk"]
    assert [item["executionStatus"] for item in server.statuses(ETL)] == ["Successful", "Failed", "Successful"]


def test_an_old_server_gets_them_one_by_one() -> None:
    with (
        CatalogueServer(SEED, version="1.11.0", token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        assert publish(client, of(1), of(2)).statuses == Written(published=2)
        assert not [path for path in paths(server, "PUT") if path.endswith("bulk")]


@pytest.mark.parametrize(
    ("version", "number", "routes"),
    [
        ("1.13.0", 2, ["bulk"]),
        ("2.0.2", 2, ["status"] * 2),
        ("2.0.2", FEW, ["status"] * FEW),
        ("2.0.2", FEW + 1, ["bulk", "status"]),
    ],
)
def test_few_statuses_are_sent_singly_where_a_bulk_damages_the_search_index(
    version: str, number: int, routes: list[str]
) -> None:
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        runs = [of(day) for day in range(1, number + 1)]
        assert publish(client, *runs).statuses == Written(published=number)
        assert [path.rpartition("/")[2] for path in paths(server, "PUT")] == routes
        assert len(server.statuses(ETL)) == number
        server.reset_requests()
        assert publish(client, *runs).statuses == Written(unchanged=number)
        assert server.writes() == []


def test_one_status_alone_is_not_sent_as_many(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, of(1), of(2))
    server.reset_requests()
    assert publish(client, of(1), of(2), of(3)).statuses == Written(published=1, unchanged=2)
    assert [path.rpartition("/")[2] for path in paths(server, "PUT")] == ["status"]


def test_not_more_are_sent_in_one_call_than_the_server_takes(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    runs = [
        run("COMPLETE", pipeline_run_id=f"r{n}", pipeline_started_at=f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z")
        for n in range(1001)
    ]
    assert publish(client, *runs).statuses == Written(published=1001)
    assert len(paths(server, "PUT")) == 2
    assert len(server.statuses(ETL)) == 1001
    server.reset_requests()
    assert publish(client, *runs).statuses == Written(unchanged=1001)
    assert (server.writes(), len(paths(server, "GET"))) == ([], 1)


@pytest.mark.parametrize("status", [400, 404, 405, 500])
def test_where_many_are_refused_each_is_tried_alone(
    client: OpenMetadataClient, server: CatalogueServer, status: int
) -> None:
    server.fail("PUT", "status/bulk", status, times=9)
    server.fail("PUT", "status$", 400, message="no good")
    report = publish(client, of(1), of(2), of(3))
    assert report.statuses == Written(published=2, failed=1)
    assert [problem.kind for problem in report.problems if problem.kind != "endpoint_failing"] == ["failed"]


def test_what_the_server_does_not_have_is_not_asked_for_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("PUT", "status/bulk", 405, times=9)
    other_job = JobId("prod", "other")
    other = [RunRecord("x", other_job, "COMPLETE", other_job, f"x{n}", f"2026-02-0{n}T00:00:00Z") for n in (1, 2)]
    made = plan(jobs=(*JOBS, job("other")), runs=(of(1), of(2), *other))
    assert publish_plan(made, client, config()).report.statuses == Written(published=4)
    assert 1 <= len([path for path in paths(server, "PUT") if path.endswith("bulk")]) <= 2


def test_tasks_that_another_writer_has_removed_meanwhile_are_put_back_for_all(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("PUT", "status/bulk", 400, message="Invalid task name a")
    report = publish(client, of(1), of(2), of(2, task="a"))
    assert report.statuses == Written(published=2)
    assert len([path for path in paths(server, "PUT") if path.endswith("bulk")]) == 2


def test_stored_statuses_are_read_in_one_call_unless_they_lie_far_apart(
    versioned: tuple[CatalogueServer, OpenMetadataClient],
) -> None:
    server, client = versioned
    runs = (of(1), of(2), of(3), of(20), of(21))
    assert publish(client, *runs).statuses == Written(published=5)
    server.reset_requests()
    assert publish(client, *runs).statuses == Written(unchanged=5)
    assert server.writes() == []
    assert len(paths(server, "GET")) == 2


@pytest.mark.parametrize("order", list(itertools.permutations((ONE, TWO, THREE))), ids=str)
def test_runs_of_one_millisecond_in_any_batches_keep_each_its_own_status(
    client: OpenMetadataClient, server: CatalogueServer, order: tuple[str, ...]
) -> None:
    started = [run("START", pipeline_run_id=run_id) for run_id in order]
    for record in started:
        publish(client, record)
    ended = [run("FAIL" if run_id == TWO else "COMPLETE", pipeline_run_id=run_id) for run_id in (ONE, TWO, THREE)]
    assert publish(client, *ended).problems == ()
    found = {item["executionId"]: item["executionStatus"] for item in server.statuses(ETL)}
    assert found == {ONE: "Successful", TWO: "Failed", THREE: "Successful"}
    assert [item["timestamp"] - START_MS for item in server.statuses(ETL)] == [0, 1, 2]
    server.reset_requests()
    for records in ([ended[1]], ended, started):
        publish(client, *records)
    assert server.writes() == []


def test_runs_of_one_millisecond_in_one_batch_keep_each_its_own_status(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    runs = [run("COMPLETE", pipeline_run_id=run_id) for run_id in (TWO, ONE)]
    assert publish(client, *runs).statuses == Written(published=2)
    assert [item["executionId"] for item in server.statuses(ETL)] == [ONE, TWO]


def test_a_status_that_the_orchestrator_s_own_ingestion_wrote_is_the_run_s(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client)
    theirs = {"timestamp": START_MS, "executionStatus": "Pending", "executionId": "manual__1", "taskStatus": []}
    client.put(f"v1/pipelines/{ETL}/status", theirs)
    publish(client, run("COMPLETE", pipeline_run_id=ONE))
    (found,) = server.statuses(ETL)
    assert (found["executionId"], found["executionStatus"]) == ("manual__1", "Successful")


def test_more_runs_of_one_millisecond_than_there_are_keys_are_reported(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    report = publish(client, *(run("COMPLETE", pipeline_run_id=f"r{n:02}") for n in range(12)))
    assert report.statuses == Written(published=10)
    assert [problem.kind for problem in report.problems] == ["same_timestamp"] * 2


def test_a_task_links_to_its_log(versioned: tuple[CatalogueServer, OpenMetadataClient]) -> None:
    server, client = versioned
    first = run("FAIL", task="a", ended_at="2026-01-01T00:01:00Z", log_url="https://airflow/log?try=1")
    publish(client, first)
    assert server.statuses(ETL)[0]["taskStatus"][0]["logLink"] == "https://airflow/log?try=1"
    again = run("COMPLETE", task="a", started="2026-01-01T00:05:00Z", log_url="https://airflow/log?try=2")
    publish(client, again)
    assert server.statuses(ETL)[0]["taskStatus"][0]["logLink"] == "https://airflow/log?try=2"
    server.reset_requests()
    publish(client, first, again)
    assert server.writes() == []


def test_of_parallel_runs_of_a_task_the_one_that_failed_is_linked(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    end = {"ended_at": "2026-01-01T00:09:00Z"}
    mapped = [
        run(
            "COMPLETE" if n != 1 else "FAIL",
            task="a",
            started=f"2026-01-01T00:0{n}:00Z",
            log_url=f"https://log/{n}",
            **end,
        )
        for n in range(3)
    ]
    for records in (mapped[:1], mapped[1:], mapped):
        publish(client, *records)
        link = server.statuses(ETL)[0]["taskStatus"][0]["logLink"]
        assert link == ("https://log/0" if records == mapped[:1] else "https://log/1")
