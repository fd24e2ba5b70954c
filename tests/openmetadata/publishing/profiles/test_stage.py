"""Rows written and measurements as profiles: once for each run and table, never over what others have measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.measured_events import (
    ORDERS_TABLE,
    START,
    TOTALS_TABLE,
    measured,
    plan,
    profiling,
    write_of,
)

SINGLE_ROWS = ("1.10.0", "1.12.0", "2.0.7")


@pytest.fixture(params=["1.8.0", "1.9.0", *SINGLE_ROWS])
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


def takes_single_rows(client: OpenMetadataClient) -> bool:
    return client.version >= (1, 10)


def table_id(server: CatalogueServer, fqn: str) -> str:
    return next(str(item["id"]) for item in server.entities("table") if item["fullyQualifiedName"] == fqn)


def put_profile(client: OpenMetadataClient, server: CatalogueServer, fqn: str, **row: Any) -> None:
    """Do what OpenMetadata's own profiler does."""
    body = {"tableProfile": row, "columnProfile": [], "systemProfile": []}
    client.put(f"v1/tables/{table_id(server, fqn)}/tableProfile", body)


def write(client: OpenMetadataClient) -> str:
    """Return how a version calls rows that replace others."""
    return "WRITE" if client.version >= (1, 9) else "INSERT"


def operations(server: CatalogueServer, fqn: str = TOTALS_TABLE) -> list[tuple[int, str, int]]:
    rows = server.profiles("system", fqn)
    return [(row["timestamp"] - START, row["operation"], row["rowsAffected"]) for row in rows]


def row_counts(server: CatalogueServer, fqn: str = TOTALS_TABLE) -> list[tuple[int, float | None]]:
    return [(row["timestamp"] - START, row.get("rowCount")) for row in server.profiles("table", fqn)]


def test_a_run_that_replaces_a_table_tells_how_many_rows_it_has(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    report = publish_plan(plan(write_of(12, change="OVERWRITE")), client, profiling()).report
    assert (report.profiles.published, report.problems) == (1, ())
    assert operations(server) == [(0, write(client), 12)]
    assert server.profiles("table", TOTALS_TABLE) == [{"timestamp": START, "rowCount": 12, "sizeInByte": 120}]


def test_rows_that_a_run_adds_are_an_operation_only(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(plan(write_of(12)), client, profiling()).report
    assert row_counts(server) == []
    left_out = [problem for problem in report.problems if problem.kind == "profile_left_out"]
    if takes_single_rows(client):
        assert (operations(server), left_out) == ([(0, "INSERT", 12)], [])
    else:
        # A row of the table without a number would hide the number that the profiler has counted.
        assert (operations(server), len(left_out), report.profiles.unchanged) == ([], 1, 1)


def test_nothing_is_written_without_the_policy(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(plan(write_of(12, change="OVERWRITE"), measured(rowCount=3)), client, config()).report
    assert report.profiles == type(report.profiles)()
    assert not server.store.profiles


@pytest.mark.parametrize("state", ["FAIL", "ABORT"])
def test_a_run_that_failed_has_written_and_measured_nothing(
    server: CatalogueServer, client: OpenMetadataClient, state: str
) -> None:
    events = [write_of(12, change="OVERWRITE", state=state), measured(state=state, rowCount=3)]
    publish_plan(plan(*events), client, profiling())
    assert not server.store.profiles


def test_every_run_has_its_own_row_and_a_replay_adds_none(server: CatalogueServer, client: OpenMetadataClient) -> None:
    again = plan(*(write_of(rows, seconds=rows, change="OVERWRITE") for rows in (10, 20, 30)))
    first = publish_plan(again, client, profiling()).report
    assert first.profiles.published == 3
    assert operations(server) == [(rows * 1000, write(client), rows) for rows in (10, 20, 30)]
    assert row_counts(server) == [(rows * 1000, rows) for rows in (10, 20, 30)]
    server.reset_requests()
    second = publish_plan(again, client, profiling()).report
    assert (server.writes(), second.profiles.unchanged) == ([], 3)


def test_with_a_history_a_second_publication_costs_no_call(server: CatalogueServer, client: OpenMetadataClient) -> None:
    history, again = KeptHistory(), plan(write_of(12, change="OVERWRITE"), measured(rowCount=3, seconds=5))
    history.publish(again, client, profiling())
    server.reset_requests()
    history.publish(again, client, profiling())
    assert server.requests == []


def test_a_run_that_ends_once_more_keeps_its_row(server: CatalogueServer, client: OpenMetadataClient) -> None:
    history = KeptHistory()
    for seconds, rows in ((5, 12), (9, 14)):
        event = write_of(rows, seconds=seconds, change="OVERWRITE", run_id="same")
        history.publish(plan(event), client, profiling())
    expected = [(5000, write(client), 14 if takes_single_rows(client) else 12)]
    assert operations(server) == expected
    # The number of rows was noted at that time before, and the server would keep both.
    assert row_counts(server) == [(5000, 12)]


def test_what_the_profiler_has_measured_since_stays_the_latest(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    put_profile(client, server, TOTALS_TABLE, timestamp=START + 60_000, rowCount=99)
    publish_plan(plan(write_of(12, change="OVERWRITE")), client, profiling())
    assert row_counts(server) == [(60_000, 99)]
    assert operations(server) == ([(0, "WRITE", 12)] if takes_single_rows(client) else [])


def test_an_operation_of_another_at_the_same_time_stays(server: CatalogueServer, client: OpenMetadataClient) -> None:
    row = {"timestamp": START, "operation": write(client), "rowsAffected": 5}
    body = {"tableProfile": {"timestamp": START - 1}, "columnProfile": [], "systemProfile": [row]}
    client.put(f"v1/tables/{table_id(server, TOTALS_TABLE)}/tableProfile", body)
    publish_plan(plan(write_of(12, change="OVERWRITE")), client, profiling())
    assert operations(server) == [(0, write(client), 5), (1, write(client), 12)]


def test_an_overwrite_of_a_partitioned_table_says_nothing_of_the_whole() -> None:
    partition = {"columns": [{"columnName": "id", "intervalType": "COLUMN-VALUE"}]}
    tables = [
        {**table, **({"tablePartition": partition} if table["fqn"] == TOTALS_TABLE else {})} for table in SEED["tables"]
    ]
    with (
        CatalogueServer({**SEED, "tables": tables}, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        publish_plan(plan(write_of(12, change="OVERWRITE")), client, profiling())
        assert (operations(server), row_counts(server)) == ([(0, "WRITE", 12)], [])


def test_metrics_are_profiles_of_the_table_and_its_columns(server: CatalogueServer, client: OpenMetadataClient) -> None:
    columns = {
        "ID": {"nullCount": 0, "distinctCount": 3, "count": 3, "min": 1, "max": 9, "sum": 12.5},
        "amount": {"quantiles": {"0.25": 1, "0.5": 2.5, "0.75": "4", "0.9": 8}},
        "nowhere": {"nullCount": 1},
    }
    report = publish_plan(plan(measured(rowCount=3, bytes=40, columnMetrics=columns)), client, profiling()).report
    assert server.profiles("table", ORDERS_TABLE) == [{"timestamp": START, "rowCount": 3, "sizeInByte": 40}]
    (id_,) = server.profiles("column", f"{ORDERS_TABLE}.id")
    assert id_ == {
        "name": "id", "timestamp": START, "nullCount": 0, "distinctCount": 3, "valuesCount": 3, "min": 1, "max": 9,
        "sum": 12.5,
    }  # fmt: skip
    (amount,) = server.profiles("column", f"{ORDERS_TABLE}.amount")
    assert amount == {"name": "amount", "timestamp": START, "firstQuartile": 1, "median": 2.5, "thirdQuartile": 4}
    assert [(item.kind, item.where, "nowhere" in item.detail) for item in report.problems] == [
        ("unknown_column", ORDERS_TABLE, True)
    ]


def test_metrics_of_columns_alone_need_no_row_of_the_table(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(plan(measured(columnMetrics={"id": {"nullCount": 4}})), client, profiling())
    assert row_counts(server, ORDERS_TABLE) == []
    found = [row["nullCount"] for row in server.profiles("column", f"{ORDERS_TABLE}.id")]
    assert found == ([4] if takes_single_rows(client) else [])


# -- failures ----------------------------------------------------------------------------------------------------------


def test_a_refused_profile_is_tried_again_and_holds_no_edge_back(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    history = KeptHistory()
    server.fail("PUT", "/tableProfile", 500, times=1)
    report = history.publish(plan(write_of(12, change="OVERWRITE")), client, profiling())
    assert (report.edges.published, report.profiles.failed, report.parked, report.failure_ratio) == (1, 1, 1, 0)
    report = history.publish(plan(), client, profiling())
    assert (report.profiles.published, report.parked) == (1, 0)
    assert operations(server) == [(0, write(client), 12)]


def test_a_profile_that_was_stored_without_an_answer_is_not_stored_twice(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    history = KeptHistory()
    server.fail("PUT", "/tableProfile", 503, times=1, after_effect=True)
    history.publish(plan(write_of(12, change="OVERWRITE")), client, profiling())
    history.publish(plan(), client, profiling())
    assert (row_counts(server), operations(server)) == ([(0, 12)], [(0, write(client), 12)])
    assert len(history.parking) == 0


def test_without_the_right_there_is_one_line_and_nothing_waits() -> None:
    with (
        CatalogueServer(SEED, token=TOKEN, deny=["EditDataProfile"]) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        history = KeptHistory()
        report = history.publish(plan(write_of(12, change="OVERWRITE")), client, profiling())
        lines = [problem.detail for problem in report.problems if "EditDataProfile" in problem.detail]
        assert (len(lines), report.parked, report.edges.published) == (1, 0, 1)
        assert "resources [table], operations [EditDataProfile], effect allow" in lines[0]


def test_a_dry_run_counts_and_writes_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(plan(write_of(12, change="OVERWRITE")), client, profiling(), dry_run=True).report
    assert (report.profiles.published, server.writes()) == (1, [])


# -- one write that is reported twice ----------------------------------------------------------------------------------


def spark(rows: int, command: str, seconds: float, change: str | None = None) -> dict[str, Any]:
    facets = {
        "jobType": {"integration": "SPARK", "jobType": "SQL_JOB", "processingType": "BATCH"},
    }
    parent = {"parent": {"run": {"runId": "app-run"}, "job": {"namespace": "ns", "name": "app"}}}
    return write_of(
        rows,
        seconds=seconds,
        change=change,
        run_id=f"{command}-{seconds}",
        job=f"app.{command}.totals",
        run_facets=parent,
        job_facets=facets,
    )


def test_a_write_that_spark_reports_twice_is_one() -> None:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        command = spark(100, "atomic_create_table_as_select", 1.1, "CREATE")
        publish_plan(plan(spark(100, "append_data", 1), command), client, profiling())
        assert (operations(server), row_counts(server)) == ([(1100, "WRITE", 100)], [(1100, 100)])


def test_two_writes_of_the_same_size_are_two() -> None:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        publish_plan(plan(spark(100, "append_data", 1), spark(100, "append_data", 1.2)), client, profiling())
        assert operations(server) == [(1000, "INSERT", 100), (1200, "INSERT", 100)]
