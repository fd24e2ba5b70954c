"""A task that works through a backlog reads nothing again that it has read and written itself a batch before."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from openmetadata_ol_provider.lineage.plan import Job, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core import session_cache
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport, Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache, Window
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, config, job, plan, run
from tests.openmetadata.histories import KeptHistory

ETL = "openlineage.prod:etl"
JOBS = (job(), job("etl.a", task="a", pipeline="etl"), job("etl.b", task="b", pipeline="etl"))


def task() -> KeptHistory:
    """Return the history of a task that begins."""
    return KeptHistory(SessionCache())


def of(day: int, state: Any = "COMPLETE", **facts: Any) -> RunRecord:
    """Return the run of one day of January."""
    return run(state, pipeline_run_id=f"r{day}", pipeline_started_at=f"2026-01-{day:02}T00:00:00Z", **facts)


def publish(
    client: OpenMetadataClient,
    history: KeptHistory,
    *runs: RunRecord,
    jobs: tuple[Job, ...] = JOBS,
    concurrent: bool = False,
) -> PublishReport:
    return history.publish(plan(jobs=jobs, runs=runs), client, config(), concurrent=concurrent)


def asked(server: CatalogueServer) -> Counter[str]:
    """Return how often which part of pipelines was asked for since the last time."""
    found = Counter(
        f"{method} {'status' if '/status' in path else 'pipeline'}"
        for method, path, _ in server.requests
        if path.startswith("/api/v1/pipelines")
    )
    server.reset_requests()
    return found


def test_new_runs_of_a_pipeline_that_was_just_created_are_written_without_reading(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = task()
    publish(client, history, of(1))
    # Not read: its service is missing, too.
    assert asked(server) == {"POST pipeline": 1, "PUT status": 1}
    report = publish(client, history, of(2), of(3))
    assert (report.statuses, report.pipelines.unchanged) == (Written(published=2), 1)
    assert asked(server) == {"PUT status": 1}
    assert len(server.statuses(ETL)) == 3


def test_what_tasks_did_in_several_batches_adds_up(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = task()
    publish(client, history, of(1, "START"), of(1, "COMPLETE", task="a"))
    publish(client, history, of(1, "FAIL", task="b"))
    publish(client, history, of(1, "FAIL"))
    [status] = server.statuses(ETL)
    assert status["executionStatus"] == "Failed"
    assert {item["name"]: item["executionStatus"] for item in status["taskStatus"]} == {
        "a": "Successful",
        "b": "Failed",
    }
    assert asked(server) == {"POST pipeline": 1, "PUT status": 2}


def test_of_a_cache_pipeline_the_latest_status_tells_that_there_are_none_of_newer_runs(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, task(), of(1), of(2))
    asked(server)
    history = task()
    publish(client, history, of(3))
    assert asked(server) == {"GET pipeline": 1, "PUT status": 1}
    publish(client, history, of(4))
    assert asked(server) == {"PUT status": 1}


def test_of_a_run_that_is_not_newer_it_is_looked_for_and_completed(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, task(), of(1, "START"), of(1, "COMPLETE", task="a"), of(2))
    asked(server)
    history = task()
    publish(client, history, of(1, "COMPLETE"))
    assert asked(server) == {"GET pipeline": 1, "GET status": 1, "PUT status": 1}
    first, second = server.statuses(ETL)
    assert (first["executionStatus"], second["executionStatus"]) == ("Successful", "Successful")
    assert [item["name"] for item in first["taskStatus"]] == ["a"]
    # What was read of that day is cache now.
    publish(client, history, of(1, "COMPLETE", task="b"))
    assert asked(server) == {"PUT status": 1}
    assert [item["name"] for item in server.statuses(ETL)[0]["taskStatus"]] == ["a", "b"]


def test_what_changes_a_pipeline_is_compared_with_the_catalogue(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = task()
    publish(client, history, of(1))
    asked(server)
    more = (*JOBS, job("etl.c", task="c", pipeline="etl"))
    assert publish(client, history, of(2, task="c"), jobs=more).pipelines.updated == 1
    assert asked(server) == {"GET pipeline": 1, "PATCH pipeline": 1, "PUT status": 1}
    assert server.statuses(ETL)[1]["taskStatus"][0]["name"] == "c"


def test_where_lanes_publish_side_by_side_everything_is_read(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    history = task()
    publish(client, history, of(1), concurrent=True)
    asked(server)
    publish(client, history, of(2), concurrent=True)
    found = asked(server)
    assert found["GET pipeline"] >= 1
    assert found["GET status"] >= 1


def test_after_a_refusal_the_catalogue_is_asked_again(client: OpenMetadataClient, server: CatalogueServer) -> None:
    history = task()
    publish(client, history, of(1))
    server.fail("PUT", "status$", 500, times=FAST.attempts)
    assert publish(client, history, of(2)).statuses == Written(failed=1)
    asked(server)
    publish(client, history, of(3))
    assert asked(server)["GET pipeline"] == 1


def test_a_dry_run_remembers_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    client.put("v1/services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    history = task()
    for _ in range(2):
        history.publish(plan(jobs=JOBS, runs=[of(1)]), client, config(), dry_run=True)
    assert asked(server) == {"GET pipeline": 2}
    assert server.entities("pipeline") == []


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_cache, "MAX_STATUSES", 3)
    cache = SessionCache()
    cache.store_window("a", Window(0, 100, {1: {"timestamp": 1}}))
    cache.store_window("b", Window(0, 100, {}))
    cache.store_status("a", {"timestamp": 2})
    cache.store_status("b", {"timestamp": 3})
    assert cache.statuses("a", [1, 2], 9) == {1: {"timestamp": 1}, 2: {"timestamp": 2}}
    assert cache.statuses("a", [95], 9) is None
    cache.store_status("b", {"timestamp": 4})
    # The later half of each is left, and that there are none after it is still certain.
    assert cache.statuses("a", [1], 9) is None
    assert cache.statuses("b", [3], 9) is None
    assert cache.statuses("a", [2], 9) == {2: {"timestamp": 2}}
    assert cache.statuses("b", [4, 20], 9) == {4: {"timestamp": 4}}


def test_of_a_pipeline_with_many_runs_the_later_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_cache, "MAX_STATUSES_OF_ONE", 4)
    cache = SessionCache()
    cache.store_window("a", Window(0, 100, {}))
    for timestamp in (50, 10, 20, 40, 30):
        cache.store_status("a", {"timestamp": timestamp})
    # What was dropped is read again.
    assert cache.statuses("a", [30], 9) is None
    assert cache.statuses("a", [40, 50], 9) == {timestamp: {"timestamp": timestamp} for timestamp in (40, 50)}


def test_the_pipelines_whose_statuses_are_kept_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_cache, "MAX_PIPELINES", 2)
    cache = SessionCache()
    for name in "abc":
        cache.store_window(name, Window(0, 100, {}))
    assert [cache.statuses(name, [1], 9) for name in "abc"] == [None] * 3
