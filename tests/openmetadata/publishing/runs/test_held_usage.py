"""Totals wait while more batches follow, and are neither lost nor counted twice, whatever happens to the task."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Literal, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.plan import JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core import held
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.held_text import held_of, held_text
from openmetadata_ol_provider.state.store import apply
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, plan
from tests.openmetadata.histories import KeptHistory

ETL = "openlineage.prod:etl"
DAY = "2026-01-01"
NOW = dt.datetime(2026, 1, 2, 12, tzinfo=dt.timezone.utc).timestamp()
JOBS = (job(), job("other"), *(job(f"etl.{name}", task=name, pipeline="etl") for name in "ab"))


def record(
    number: int, *, new: bool = True, day: str = DAY, task: str | None = "a", pipeline: str = "etl"
) -> RunRecord:
    at, own = f"{day}T{number // 60:02}:{number % 60:02}:00Z", JobId("prod", pipeline)
    name = JobId("prod", f"{pipeline}.{task}") if task else own
    run_id = f"{pipeline}-{day}-{number}"
    return RunRecord(
        f"{run_id}-{task}", name, "COMPLETE", own, run_id, task=task, pipeline_started_at=at, started_at=at, new=new
    )


def batch(*runs: RunRecord) -> LineagePlan:
    return plan(jobs=JOBS, runs=runs)


def counts(server: CatalogueServer) -> dict[tuple[str, str], int]:
    """Return the usage that the catalogue has, by name of the pipeline and day."""
    names = {pipeline["id"]: pipeline["fullyQualifiedName"] for pipeline in server.entities("pipeline")}
    return {
        (names[id_].partition(":")[2], day): count
        for (_, id_), days in server.store.usage.items()
        for day, count in days.items()
    }


def calls(server: CatalogueServer) -> list[str]:
    found = [f"{one.method} {one.path.partition('/usage/')[2]}" for one in server.requests if "/usage/" in one.path]
    return [text.partition("/")[0] for text in found]


def stored(value: Held) -> Held:
    """Return what waits as the state has it."""
    return held_of(held_text(value))


def test_the_last_of_several_batches_sends_the_total_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory(SessionCache())
    for number in range(3):
        assert kept.publish(batch(record(number)), client, config(), now=NOW, hold=True).usage == Written()
    assert calls(server) == []
    assert kept.publish(batch(record(3)), client, config(), now=NOW).usage == Written(published=1)
    # The pipeline was created in the first batch, so that nothing has to be read.
    assert calls(server) == ["POST pipeline", "POST compute.percentile"]
    assert (counts(server), kept.value.held) == ({("etl", DAY): 4}, Held())
    kept.publish(batch(record(4)), client, config(), now=NOW, hold=True)
    kept.publish(LineagePlan(), client, config(), now=NOW)
    assert counts(server) == {("etl", DAY): 5}


def test_a_total_that_was_counted_before_is_sent_without_reading_statuses(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    KeptHistory().publish(batch(record(0)), client, config(), now=NOW)
    kept = KeptHistory()
    kept.replace(usage={(ETL, DAY): 1})
    for number in (1, 2):
        kept.publish(batch(record(number)), client, config(), now=NOW, hold=True)
    kept.replace(held=stored(kept.value.held))
    assert kept.value.held.counts[ETL, DAY].sent == 1
    server.reset_requests()
    kept.publish(LineagePlan(), client, config(), now=NOW)
    assert [one.path for one in server.requests if "/status" in one.path] == []
    assert counts(server) == {("etl", DAY): 3}


def test_switched_off_meanwhile_what_waits_is_dropped_with_a_line_and_counted_later(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept, off = KeptHistory(), config(write={"usage": "never"})
    kept.publish(batch(record(0)), client, config(), now=NOW, hold=True)
    (problem,) = kept.publish(LineagePlan(), client, off, now=NOW).problems
    assert (problem.kind, problem.where) == ("held_dropped", f"usage of {ETL} on {DAY}")
    assert "`write.usage` is `never`" in problem.detail
    assert kept.publish(batch(record(1)), client, off, now=NOW).problems == ()
    assert (counts(server), kept.value.held) == ({}, Held())
    kept.publish(batch(record(2)), client, config(), now=NOW)
    assert counts(server) == {("etl", DAY): 3}


def test_a_dry_run_counts_what_waits_once(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory(SessionCache())
    for number in range(3):
        report = kept.publish(batch(record(number)), client, config(), now=NOW, hold=True, dry_run=True)
        assert report.usage == Written()
    assert kept.publish(LineagePlan(), client, config(), now=NOW, dry_run=True).usage == Written(published=1)
    assert server.writes() == []


@pytest.mark.parametrize("again", [False, True], ids=["for good", "and made again by others"])
def test_of_a_pipeline_that_was_deleted_meanwhile(
    again: bool, server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(batch(record(0), record(1)), client, config(), now=NOW, hold=True)
    client.delete(f"v1/pipelines/{kept.value.held.counts[ETL, DAY].pipeline}", {"hardDelete": True, "recursive": True})
    if again:
        KeptHistory().publish(batch(record(0)), client, config(write={"usage": "never"}), now=NOW)
    report = kept.publish(LineagePlan(), client, config(), now=NOW)
    assert kept.value.held == Held()
    if again:
        assert (report.problems, counts(server)) == ((), {("etl", DAY): 2})
    else:
        (problem,) = report.problems
        assert (problem.where, report.usage) == (f"usage of {ETL} on {DAY}", Written(failed=1))
        assert "was deleted: task runs that were not sent yet are not counted" in problem.detail


@pytest.mark.parametrize("path", ["usage/pipeline/", "percentile"])
def test_a_total_that_is_refused_is_tried_less_and_less_often_and_then_given_up(
    path: str, server: CatalogueServer, client: OpenMetadataClient
) -> None:
    server.fail("POST", path, 400, times=1000)
    kept = KeptHistory()
    kept.publish(batch(record(0)), client, config(), now=NOW, hold=True)
    for _ in range(6):
        kept.publish(LineagePlan(), client, config(), now=NOW + 1)
        kept.replace(held=stored(kept.value.held))
    # Three times at once, then after a minute.
    (waiting,) = kept.value.held.counts.values()
    assert (waiting.tries, waiting.since, waiting.next_try) == (4, int(NOW + 1), int(NOW + 1) + 60)
    days = config().parking.max_days
    report = kept.publish(LineagePlan(), client, config(), now=NOW + 86_400 * days + 2)
    assert [problem.kind for problem in report.problems] == ["failed", "parking_given_up"]
    assert kept.value.held == Held()


def test_runs_of_this_batch_whose_total_is_refused_are_parked_and_the_others_wait(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(batch(record(0), record(1)), client, config(), now=NOW, hold=True)
    server.fail("POST", "usage/pipeline/", 400)
    assert kept.publish(batch(record(2)), client, config(), now=NOW).parked == 1
    assert (kept.value.held.counts[ETL, DAY].total, kept.value.usage) == (2, {(ETL, DAY): 2})
    # Parked runs are in no state that moves with the checkpoint, so that they never wait for further batches.
    assert kept.publish(LineagePlan(), client, config(), now=NOW, hold=True).parked == 0
    assert (counts(server), kept.value.held, kept.value.usage) == ({("etl", DAY): 3}, Held(), {(ETL, DAY): 3})


@pytest.mark.parametrize("path", ["usage/pipeline/", "percentile"])
def test_where_no_statuses_are_written_a_refusal_loses_no_runs(
    path: str, server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept, rules = KeptHistory(), config(write={"status": "never"})
    server.fail("POST", path, 400)
    kept.publish(batch(record(0), record(1)), client, rules, now=NOW)
    kept.publish(LineagePlan(), client, rules, now=NOW)
    kept.publish(batch(record(2)), client, rules, now=NOW)
    assert (counts(server), kept.value.parking.items) == ({("etl", DAY): 3}, Parking().items)


def test_more_totals_than_the_state_can_hold_are_sent_at_once(
    server: CatalogueServer, client: OpenMetadataClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_HELD", 1)
    kept = KeptHistory()
    kept.publish(batch(record(0)), client, config(), now=NOW, hold=True)
    assert counts(server) == {}
    kept.publish(batch(record(1, task=None, pipeline="other")), client, config(), now=NOW, hold=True)
    assert (counts(server), kept.value.held) == ({("etl", DAY): 1, ("other", DAY): 1}, Held())


class Step(NamedTuple):
    """One batch, and what becomes of it.

    :param size: number of runs
    :param fate: the batch is committed; the task is killed before its state is written; or it is committed, and then
        the checkpoint is moved back, or the state is deleted
    :param refused: request that is refused, a part of its path; empty: none
    """

    size: int
    hold: bool
    fate: Literal["committed", "killed", "moved back", "deleted"]
    refused: str = ""


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 4),
        st.booleans(),
        st.sampled_from(["committed", "committed", "killed", "moved back", "deleted"]),
        st.sampled_from(["", "", "", "usage/pipeline/", "percentile", "v1/pipelines$"]),
    ),
    max_size=8,
)
#: Runs in the order of their events, on two days and of two pipelines, one of which has tasks.
RUNS = [
    *(record(number) for number in range(4)),
    *(record(number, task=None, pipeline="other") for number in range(3)),
    *(record(number, task="b", day="2026-01-02") for number in range(4)),
    *(record(number) for number in range(10, 13)),
    *(record(number, task=None, pipeline="other", day="2026-01-02") for number in range(2)),
]
ALL = Counter((run.pipeline.name, str(run.started_at)[:10]) for run in RUNS)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS, st.booleans())
# A parked run is counted before the run is read again.
@example(
    steps=[Step(1, False, "deleted", "usage/pipeline/"), Step(0, False, "committed"), Step(0, False, "killed")],
    caching=False,
)
def test_any_interleaving_of_batches_kills_and_refusals_ends_like_one_batch(steps: list[Step], caching: bool) -> None:
    with CatalogueServer(SEED, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
        history, position, known, cache = History(), 0, 0, SessionCache()
        for step in (*steps, Step(len(RUNS), hold=False, fate="committed")):
            read = RUNS[position : position + step.size]
            runs = [msgspec.structs.replace(run, new=position + index >= known) for index, run in enumerate(read)]
            if step.refused:
                server.fail("POST", step.refused, 400)
            rules = config(write={"max_failure_ratio": 1.0})
            publication = publish_plan(
                batch(*runs), client, rules, history, hold=step.hold, now=NOW, cache=cache if caching else None
            )
            server.clear_faults()
            if step.fate == "killed":
                history = history._replace(ledger=history.ledger.invalidated(begun=True), interrupted=True)
                cache = SessionCache()
                continue
            history, position = apply(history, publication)._replace(interrupted=False), position + len(read)
            history = history._replace(held=stored(history.held))
            known = max(known, position)
            if step.fate == "moved back":
                position = max(0, position - 3)
                history = history._replace(usage={}, ledger=history.ledger.invalidated(begun=True), interrupted=True)
                cache = SessionCache()
            elif step.fate == "deleted":
                history, position, known = History(parking=history.parking, interrupted=True), 0, 0
                cache = SessionCache()
        for hours in (2, 4, 6):
            publication = publish_plan(LineagePlan(), client, config(), history, now=NOW + hours * 3600)
            history = apply(history, publication)
        assert counts(server) == ALL
        assert (history.held, history.parking.items) == (Held(), Parking().items)


def test_what_waits_in_a_state_without_counts_is_read() -> None:
    from openmetadata_ol_provider.openlineage.variable_text import to_text
    from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldRow

    row = HeldRow("id", "pg.shop.public.totals", "id", "openlineage.prod", "run", 1, "Successful", 1, 2, final=True)
    assert held_of(to_text([row])) == Held({row.key: row})
    count = HeldCount("id", ETL, DAY, 3, 1)
    assert stored(Held({row.key: row}, {count.key: count})) == Held({row.key: row}, {count.key: count})
