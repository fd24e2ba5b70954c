"""Statuses: one per pipeline run, merged across batches; what has ended stays ended."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport, Written
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms, public_message
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN, config, job, plan, run

ETL = "openlineage.prod:etl"
START_MS = 1767225600000
JOBS = (
    job(),
    job("etl.a", task="a", pipeline="etl"),
    job("etl.b", task="b", pipeline="etl"),
)


def publish(client: OpenMetadataClient, *runs: RunRecord, **sections: Any) -> PublishReport:
    return publish_plan(plan(jobs=JOBS, runs=runs), client, config(**sections)).report


def status(server: CatalogueServer) -> dict[str, Any]:
    (found,) = server.statuses(ETL)
    return found


def states(server: CatalogueServer) -> tuple[str, dict[str, str]]:
    found = status(server)
    return found["executionStatus"], {task["name"]: task["executionStatus"] for task in found["taskStatus"]}


def test_a_status_has_times_tasks_and_the_run_s_id(client: OpenMetadataClient, server: CatalogueServer) -> None:
    report = publish(
        client,
        run("COMPLETE", ended_at="2026-01-01T00:10:00Z"),
        run("COMPLETE", task="a", started="2026-01-01T00:01:00.5Z", ended_at="2026-01-01T00:02:00Z"),
    )
    assert report.statuses == Written(published=1)
    found = status(server)
    assert found["timestamp"] == START_MS
    assert found["executionStatus"] == "Successful"
    assert found["executionId"] == "r1"
    assert found["endTime"] == START_MS + 600_000
    assert found["taskStatus"] == [
        {"name": "a", "executionStatus": "Successful", "startTime": START_MS + 60_500, "endTime": START_MS + 120_000}
    ]


@pytest.mark.parametrize(
    ("state", "expected"),
    [("START", "Pending"), ("RUNNING", "Pending"), ("COMPLETE", "Successful"), ("FAIL", "Failed"), ("ABORT", "Failed")],
)
def test_states_become_execution_statuses(
    client: OpenMetadataClient, server: CatalogueServer, state: str, expected: str
) -> None:
    publish(client, run(state))
    assert status(server)["executionStatus"] == expected


def test_publishing_twice_writes_nothing_the_second_time(client: OpenMetadataClient, server: CatalogueServer) -> None:
    runs = (run("FAIL", error="boom"), run("FAIL", task="a"), run("COMPLETE", task="b"))
    publish(client, *runs)
    server.reset_requests()
    assert publish(client, *runs).statuses == Written(unchanged=1)
    assert server.writes() == []


def test_a_heartbeat_writes_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("START"))
    server.reset_requests()
    publish(client, run("RUNNING"))
    assert server.writes() == []


def test_batches_of_one_run_meet_in_one_status(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("START"), run("START", task="a"))
    assert states(server) == ("Pending", {"a": "Pending"})
    publish(client, run("COMPLETE", task="a", ended_at="2026-01-01T00:05:00Z"), run("START", task="b"))
    assert states(server) == ("Pending", {"a": "Successful", "b": "Pending"})
    publish(client, run("COMPLETE", task="b"))
    publish(client, run("COMPLETE", ended_at="2026-01-01T00:05:00Z"))
    assert states(server) == ("Successful", {"a": "Successful", "b": "Successful"})


def test_a_run_that_said_it_started_is_pending_until_it_says_it_ended(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("START"))
    publish(client, run("COMPLETE", task="a"))
    assert states(server) == ("Pending", {"a": "Successful"})


def test_without_its_own_events_a_run_is_what_its_tasks_add_up_to(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("COMPLETE", task="a"))
    assert states(server)[0] == "Successful"
    publish(client, run("FAIL", task="b"))
    assert states(server) == ("Failed", {"a": "Successful", "b": "Failed"})


def test_a_late_start_does_not_undo_an_end(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("COMPLETE"), run("FAIL", task="a"))
    server.reset_requests()
    publish(client, run("START"), run("START", task="a"))
    assert server.writes() == []
    assert states(server) == ("Successful", {"a": "Failed"})


def test_a_running_task_does_not_undo_the_end_of_its_run(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("FAIL"))
    publish(client, run("START", task="a"))
    assert states(server) == ("Failed", {"a": "Pending"})


def test_the_latest_try_of_a_task_counts(client: OpenMetadataClient, server: CatalogueServer) -> None:
    later = run("COMPLETE", task="a", started="2026-01-01T01:00:00Z", ended_at="2026-01-01T01:10:00Z")
    publish(client, later, run("FAIL", task="a", ended_at="2026-01-01T00:10:00Z"))
    assert states(server) == ("Successful", {"a": "Successful"})
    publish(client, run("FAIL", task="a", started="2026-01-01T00:30:00Z", ended_at="2026-01-01T00:40:00Z"))
    publish(client, run("START", task="a", started="2026-01-01T00:50:00Z"))
    assert states(server) == ("Successful", {"a": "Successful"})


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["in order", "end first"])
def test_a_start_that_arrives_after_the_end_still_gives_the_start_time(
    client: OpenMetadataClient, server: CatalogueServer, order: tuple[int, int]
) -> None:
    """A run whose start was not seen starts at its first event; once it is seen, the record says so."""
    end = "2026-01-01T00:05:00Z"
    seen = [run("COMPLETE", task="a", started=end, ended_at=end), run("COMPLETE", task="a", ended_at=end)]
    for index in order:
        publish(client, seen[index])
    assert status(server)["taskStatus"] == [
        {"name": "a", "executionStatus": "Successful", "startTime": START_MS, "endTime": START_MS + 300_000}
    ]


def test_one_failure_among_parallel_runs_of_a_task_is_not_hidden(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    mapped = [
        run("FAIL", task="a", ended_at="2026-01-01T00:05:00Z"),
        run("COMPLETE", task="a", started="2026-01-01T00:01:00Z", ended_at="2026-01-01T00:06:00Z"),
    ]
    publish(client, *mapped)
    assert states(server) == ("Failed", {"a": "Failed"})


@pytest.mark.parametrize("batches", [((0, 1, 2),), ((0,), (1,), (2,)), ((2,), (1,), (0,)), ((1, 2), (0,))], ids=str)
def test_the_error_is_that_of_the_task_that_failed_first_however_the_batches_are_cut(
    client: OpenMetadataClient, server: CatalogueServer, batches: tuple[tuple[int, ...], ...]
) -> None:
    seen = [
        run("FAIL", error="task_failure", ended_at="2026-01-01T01:00:00Z"),
        run("FAIL", task="a", started="2026-01-01T00:02:00Z", error="second"),
        run("FAIL", task="b", started="2026-01-01T00:01:00Z", error="first"),
    ]
    for batch in batches:
        publish(client, *(seen[index] for index in batch))
    assert status(server)["error"] == {"errorMessage": "first", "failedTask": "b"}


@pytest.mark.parametrize("batches", [((0, 1),), ((0,), (1,)), ((1,), (0,))], ids=str)
def test_a_run_that_said_it_succeeded_is_not_undone_by_a_failed_task(
    client: OpenMetadataClient, server: CatalogueServer, batches: tuple[tuple[int, ...], ...]
) -> None:
    seen = [run("COMPLETE", ended_at="2026-01-01T01:00:00Z"), run("FAIL", task="a")]
    for batch in batches:
        publish(client, *(seen[index] for index in batch))
    assert states(server) == ("Successful", {"a": "Failed"})


def test_a_retry_in_a_later_batch_heals_the_run_that_its_first_try_had_failed(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("FAIL", task="a", error="first", ended_at="2026-01-01T00:10:00Z"))
    publish(client, run("COMPLETE", task="a", started="2026-01-01T01:00:00Z"))
    assert states(server) == ("Successful", {"a": "Successful"})
    assert "error" not in status(server)


def test_a_run_whose_failed_task_is_tried_again_is_pending_until_that_try_ends(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("FAIL", task="a", error="first", ended_at="2026-01-01T00:10:00Z"))
    publish(client, run("START", task="a", started="2026-01-01T01:00:00Z"))
    assert states(server) == ("Pending", {"a": "Pending"})
    publish(client, run("COMPLETE", task="a", started="2026-01-01T01:00:00Z", ended_at="2026-01-01T01:10:00Z"))
    assert states(server) == ("Successful", {"a": "Successful"})
    assert "error" not in status(server)


def test_a_run_that_said_it_failed_is_not_healed_by_its_tasks(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("FAIL"))
    publish(client, run("COMPLETE", task="a"))
    assert states(server) == ("Failed", {"a": "Successful"})


def test_two_runs_are_two_statuses(client: OpenMetadataClient, server: CatalogueServer) -> None:
    second = run("FAIL", pipeline_run_id="r2", pipeline_started_at="2026-01-02T00:00:00Z")
    assert publish(client, run("COMPLETE"), second).statuses == Written(published=2)
    assert [item["executionStatus"] for item in server.statuses(ETL)] == ["Successful", "Failed"]


def test_two_runs_of_one_millisecond_are_reported_where_statuses_do_not_tell_runs_apart() -> None:
    with CatalogueServer(SEED, version="1.9.0", token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        report = publish(client, run("COMPLETE"), run("FAIL", pipeline_run_id="r2"))
        assert [problem.kind for problem in report.problems] == ["same_timestamp"]
        assert report.statuses == Written(published=1)
        assert states(server)[0] == "Successful"


def test_a_run_without_any_time_is_reported(client: OpenMetadataClient) -> None:
    report = publish(client, run("COMPLETE", started="", pipeline_started_at=None))
    assert [problem.kind for problem in report.problems] == ["no_timestamp"]


def test_an_old_server_gets_only_the_fields_it_takes() -> None:
    with CatalogueServer(SEED, version="1.9.0", token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        runs = (run("FAIL", error="boom", ended_at="2026-01-01T00:10:00Z"), run("FAIL", task="a"))
        assert publish(client, *runs).statuses == Written(published=1)
        assert set(status(server)) == {"timestamp", "executionStatus", "taskStatus"}
        assert publish(client, *runs).statuses == Written(unchanged=1)


def test_what_others_stored_with_a_status_is_kept(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("START"), run("START", task="a"))
    theirs = {
        "timestamp": START_MS,
        "executionStatus": "Pending",
        "executionId": "manual__1",
        "parameters": {"day": "1"},
        "taskStatus": [{"name": "a", "executionStatus": "Pending", "logLink": "https://airflow/log"}],
    }
    client.put(f"v1/pipelines/{ETL}/status", theirs)
    publish(client, run("COMPLETE"), run("COMPLETE", task="a"))
    found = status(server)
    assert (found["executionId"], found["parameters"]) == ("manual__1", {"day": "1"})
    assert found["taskStatus"][0]["logLink"] == "https://airflow/log"
    assert states(server) == ("Successful", {"a": "Successful"})


def test_tasks_that_another_writer_has_removed_meanwhile_are_put_back(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("PUT", "status", 400, message="Invalid task name a")
    report = publish(client, run("COMPLETE"), run("COMPLETE", task="a"))
    assert report.statuses == Written(published=1)
    assert states(server) == ("Successful", {"a": "Successful"})


def test_a_status_that_is_refused_is_that_run_s_failure(client: OpenMetadataClient, server: CatalogueServer) -> None:
    server.fail("PUT", "status", 400, message="no good")
    assert publish(client, run("COMPLETE")).statuses == Written(failed=1)


def test_the_stored_status_of_a_task_that_is_gone_does_not_spoil_the_others(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, run("START"), run("COMPLETE", task="a"))
    found = client.get(f"v1/pipelines/name/{ETL}") or {}
    client.put("v1/pipelines", {"name": found["name"], "service": "openlineage", "tasks": []})
    made = plan(jobs=(JOBS[0], JOBS[2]), runs=(run("COMPLETE", task="b"),))
    assert publish_plan(made, client, config()).report.statuses == Written(published=1)
    assert states(server) == ("Pending", {"b": "Successful"})


def test_a_run_of_a_task_that_no_job_tells_of_is_reported(client: OpenMetadataClient, server: CatalogueServer) -> None:
    made = plan(jobs=JOBS[:2], runs=(run("COMPLETE"), run("COMPLETE", task="b")))
    report = publish_plan(made, client, config()).report
    assert [(problem.kind, problem.detail) for problem in report.problems] == [("unknown_task", f"{ETL} has no task b")]
    assert states(server) == ("Successful", {})


def test_statuses_can_be_turned_off(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, run("COMPLETE"), write={"status": "never"})
    assert server.statuses(ETL) == []


def test_an_error_is_stored_without_stack_trace_and_secrets(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    error = "no route to postgres://etl:hunter2@db/x, password=hunter2\n\tat org.Main.run(Main.java:1)"
    publish(client, run("FAIL", task="a", error=error))
    message = status(server)["error"]["errorMessage"]
    assert message == "no route to postgres://etl:***@db/x, password=***"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("boom\nTraceback (most recent call last):\n  File x", "boom"),
        ("Traceback (most recent call last):\n  File x", None),
        ('{"api_key": "abc", "user": "u"}', '{"api_key": "***", "user": "u"}'),
        ("x" * 5000, "x" * 1000),
        ("Job aborted\nCaused by: java.io.IOException", "Job aborted"),
        ("column token_count is missing", "column token_count is missing"),
    ],
)
def test_public_messages(text: str, expected: str | None) -> None:
    assert public_message(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00Z", START_MS),
        ("2026-01-01T00:00:00", START_MS),
        ("2026-01-01T01:00:00+01:00", START_MS),
        ("2026-01-01T01:00:00+0100", START_MS),
        ("2026-01-01T00:00:00.1234567Z", START_MS + 123),
        ("2026-01-01T00:00:00.1Z", START_MS + 100),
        ("", None),
        (None, None),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
    ],
)
def test_times_become_epoch_milliseconds(text: str | None, expected: int | None) -> None:
    assert epoch_ms(text) == expected


@pytest.mark.promise("A241")
def test_a_skipped_task_is_skipped_and_its_run_a_success(client: OpenMetadataClient, server: CatalogueServer) -> None:
    skipped = msgspec.structs.replace(run("COMPLETE", task="a"), skipped=True)
    publish(client, run("START"), skipped)
    assert states(server) == ("Pending", {"a": "Skipped"})
    publish(client, run("COMPLETE", ended_at="2026-01-01T00:10:00Z"))
    assert states(server) == ("Successful", {"a": "Skipped"})


@pytest.mark.parametrize("first", ["FAIL", "COMPLETE"])
@pytest.mark.parametrize("then", ["FAIL", "COMPLETE"])
def test_a_record_that_replaces_is_all_that_counts_of_its_task(
    client: OpenMetadataClient, server: CatalogueServer, first: str, then: str
) -> None:
    publish(
        client,
        run(first, task="a", ended_at="2026-01-01T00:20:00Z"),
        run("COMPLETE", task="b", ended_at="2026-01-01T00:05:00Z"),
    )
    corrected = run(then, task="a", ended_at="2026-01-01T00:02:00Z")
    publish(client, msgspec.structs.replace(corrected, replaces=True))
    expected = {"FAIL": "Failed", "COMPLETE": "Successful"}[then]
    assert states(server)[1] == {"a": expected, "b": "Successful"}
    (task,) = [task for task in status(server)["taskStatus"] if task["name"] == "a"]
    assert task["endTime"] == START_MS + 120_000


def test_the_status_that_a_dag_run_gave_a_task_has_no_times_and_gives_way(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    unseen = msgspec.structs.replace(run("COMPLETE", task="a"), started_at=None, presumed=True, skipped=True)
    publish(client, run("START"), unseen)
    assert status(server)["taskStatus"] == [{"name": "a", "executionStatus": "Skipped"}]
    publish(client, msgspec.structs.replace(run("FAIL", task="a"), replaces=True))
    assert states(server)[1] == {"a": "Failed"}
