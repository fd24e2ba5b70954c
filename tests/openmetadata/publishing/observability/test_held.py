"""Rows of tables wait while more batches follow, and are never lost: the state has them."""

from __future__ import annotations

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core import held
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.held_text import held_of, held_text
from tests.openmetadata.builders import SEED, TOKEN, config, edge, job, orders, plan, totals
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.observability.test_stage import DAY, FIRST, TOTALS, etl, made, reads_and_writes, row


def stored(kept: KeptHistory) -> None:
    """Replace what is kept by what a killed task leaves: no ledger, and the held rows as the state has them."""
    kept.replace(ledger=KeptHistory().ledger, held=held_of(held_text(kept.value.held)))


def test_the_last_of_several_batches_writes_the_newest_row_once(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory(SessionCache())
    for day in (1, 3, 2):
        report = kept.publish(made(etl(day=day, seconds=30 * day)), client, config(), hold=True)
        assert (report.observability, report.edges.failed) == (Written(), 0)
    assert reads_and_writes(server) == []
    kept.publish(made(etl(day=4)), client, config())
    assert reads_and_writes(server) == ["PUT"]
    assert (row(server)["lastRunTime"], kept.value.held) == (FIRST + 3 * DAY, Held())
    assert row(server)["averageRunTime"] == pytest.approx((30 + 60 + 90 + 60) * 1000 / 4)


@pytest.mark.parametrize("killed", [False, True], ids=["at its end", "by the next task after a kill"])
def test_rows_that_wait_are_written_without_a_further_run(
    server: CatalogueServer, client: OpenMetadataClient, killed: bool
) -> None:
    kept = KeptHistory(SessionCache())
    kept.publish(made(etl("FAIL", day=2), schedule="@daily"), client, config(), hold=True)
    assert server.observability(TOTALS) == []
    if killed:
        stored(kept)
    report = kept.publish(LineagePlan(), client, config())
    assert (report.observability, report.problems, kept.value.held) == (Written(published=1), (), Held())
    shown = row(server)
    assert (shown["lastRunStatus"], shown["scheduleInterval"]) == ("Failed", "@daily")
    assert (shown["startTime"], shown["endTime"]) == (FIRST + DAY, FIRST + DAY + 60_000)
    alone = KeptHistory()
    alone.publish(made(etl("FAIL", day=2), schedule="@daily"), client, config())
    assert row(server) == shown


def test_rows_that_were_written_before_a_kill_cost_a_comparison(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(made(etl()), client, config(), hold=True)
    waiting = kept.value.held
    kept.publish(LineagePlan(), client, config())
    kept.replace(held=waiting)
    stored(kept)
    server.reset_requests()
    assert kept.publish(LineagePlan(), client, config()).observability == Written(unchanged=1)
    assert reads_and_writes(server) == ["GET"]


def test_an_older_row_that_waits_replaces_no_newer_one(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept, other = KeptHistory(), KeptHistory()
    kept.publish(made(etl(day=1)), client, config(), hold=True)
    other.publish(made(etl(day=2)), client, config())
    assert kept.publish(LineagePlan(), client, config()).observability == Written(unchanged=1)
    assert row(server)["lastRunTime"] == FIRST + DAY


def test_more_rows_than_the_state_can_hold_are_written_at_once(
    server: CatalogueServer, client: OpenMetadataClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 1)
    other = msgspec.structs.replace(etl(day=2), job=job("other").id, pipeline=job("other").id)
    jobs, ends = [job(), job("other")], (orders(), totals())
    kept = KeptHistory()
    kept.publish(plan(edge(*ends), datasets=ends, jobs=jobs, runs=[etl()]), client, config(), hold=True)
    assert len(kept.value.held.rows) == 1
    kept.publish(plan(edge(*ends), datasets=ends, jobs=jobs, runs=[other]), client, config(), hold=True)
    assert (kept.value.held.rows, len(server.observability(TOTALS))) == ({}, 2)


@pytest.mark.parametrize("version", ["1.12.0", "1.10.0"])
def test_what_is_not_to_be_written_any_more_is_dropped_with_a_line(version: str) -> None:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        kept = KeptHistory()
        kept.publish(made(etl()), client, config(), hold=True)
        waiting = kept.value.held
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        kept.replace(held=waiting)
        off = config(write={"observability": version != "1.12.0"})
        (problem,) = kept.publish(LineagePlan(), client, off).problems
        assert (kept.value.held, server.observability(TOTALS)) == (Held(), [])
        assert (problem.kind, problem.where) == ("held_dropped", f"observability of {TOTALS}")
        assert ("write.observability" in problem.detail) is (version == "1.12.0")
        assert kept.publish(LineagePlan(), client, off).problems == ()


def test_a_dry_run_counts_what_waits_once_and_leaves_it(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    kept.publish(made(etl()), client, config(), hold=True)
    waiting = kept.value.held
    assert kept.publish(LineagePlan(), client, config(), dry_run=True, hold=True).observability == Written()
    assert kept.value.held == waiting
    assert kept.publish(LineagePlan(), client, config(), dry_run=True).observability == Written(published=1)
    assert (kept.value.held, server.observability(TOTALS)) == (Held(), [])


def test_a_row_that_is_refused_is_tried_less_and_less_often_and_then_given_up(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    server.fail("PUT", "pipelineObservability", 400, times=1000)
    kept, begun = KeptHistory(), 1_767_300_000.0
    kept.publish(made(etl()), client, config(), now=begun)
    for _ in range(4):
        kept.publish(LineagePlan(), client, config(), now=begun + 1)
    # Three times at once, then after a minute.
    assert reads_and_writes(server).count("PUT") == 4
    (waiting,) = kept.value.held.rows.values()
    assert (waiting.tries, waiting.since, waiting.next_try) == (4, int(begun), int(begun) + 61)
    days = config().parking.max_days
    report = kept.publish(LineagePlan(), client, config(), now=begun + 86_400 * days + 1)
    assert [problem.kind for problem in report.problems] == ["failed", "parking_given_up"]
    assert kept.value.held.rows == {}


def test_of_too_many_rows_that_are_refused_the_newest_are_tried_again(
    server: CatalogueServer, client: OpenMetadataClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 1)
    server.fail("PUT", "pipelineObservability", 400, times=1000)
    later = msgspec.structs.replace(etl(day=2), job=job("other").id, pipeline=job("other").id)
    both = plan(
        edge(orders(), totals()), datasets=(orders(), totals()), jobs=[job(), job("other")], runs=[etl(), later]
    )
    kept = KeptHistory()
    report = kept.publish(both, client, config())
    assert [problem.kind for problem in report.problems] == ["failed", "parking_given_up"]
    assert [waiting.pipeline_fqn for waiting in kept.value.held.rows.values()] == ["openlineage.prod:other"]


def test_rows_that_wait_for_their_next_try_leave_no_room_for_others(
    server: CatalogueServer, client: OpenMetadataClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 1)
    server.fail("PUT", "pipelineObservability", 400, times=1000)
    kept, begun = KeptHistory(), 1_767_300_000.0
    kept.publish(made(etl()), client, config(), now=begun)
    for _ in range(3):
        kept.publish(LineagePlan(), client, config(), now=begun + 1)
    (waiting,) = kept.value.held.rows.values()
    other = msgspec.structs.replace(etl(day=2), job=job("other").id, pipeline=job("other").id)
    ends = (orders(), totals())
    later = plan(edge(*ends, job="other"), datasets=ends, jobs=[job("other")], runs=[other])
    report = kept.publish(later, client, config(), now=begun + 2)
    assert [problem.kind for problem in report.problems] == ["failed", "parking_given_up"]
    assert [*kept.value.held.rows.values()] == [waiting]


def test_a_pipeline_that_this_task_has_created_has_no_row_to_read(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory(SessionCache())
    kept.publish(made(etl(day=1)), client, config())
    kept.publish(made(etl(day=2)), client, config())
    assert reads_and_writes(server) == ["PUT", "PUT"]
    # The row of a pipeline that was there before is not lost by that.
    publish_plan(plan(jobs=[job("other")]), client, config())
    other = msgspec.structs.replace(etl(day=2), job=job("other").id, pipeline=job("other").id)
    ends = (orders(), totals())
    later = plan(edge(*ends, job="other"), datasets=ends, jobs=[job("other")], runs=[other])
    server.reset_requests()
    kept.publish(later, client, config())
    assert reads_and_writes(server) == ["GET", "PUT"]
    assert len(server.observability(TOTALS)) == 2


def test_lanes_read_before_they_write(server: CatalogueServer, client: OpenMetadataClient) -> None:
    KeptHistory(SessionCache()).publish(made(etl()), client, config(), concurrent=True)
    assert reads_and_writes(server) == ["GET", "PUT"]
