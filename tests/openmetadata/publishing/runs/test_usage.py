"""Usage: the day's total of task runs, sent when it has grown, whatever the batches."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.lineage.plan import Job, JobId, LineagePlan, RunRecord
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount, HeldCounts
from openmetadata_ol_provider.openmetadata.publishing.core.history import History, UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import group_jobs
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.publishing.runs.run_counts import count_runs
from openmetadata_ol_provider.openmetadata.publishing.runs.usage import PublishedUsage, UsagePublisher
from openmetadata_ol_provider.openmetadata.publishing.runs.usage_writer import UsageWriter
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config, job, plan, run

ETL = "openlineage.prod:etl"
DAY = "2026-01-01"
NOW = dt.datetime(2026, 1, 2, 12, tzinfo=dt.timezone.utc).timestamp()
JOBS = (job(), *(job(f"etl.{name}", task=name, pipeline="etl") for name in "ab"))


@pytest.fixture(params=["1.8.0", "1.12.0", "2.0.2"])
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


def task(number: int, name: str = "a", *, new: bool = True, day: str = DAY, **facts: object) -> RunRecord:
    at = f"{day}T{number:02}:00:00Z"
    return run(
        "COMPLETE", task=name, started=at, pipeline_started_at=at, pipeline_run_id=f"r{number}", new=new, **facts
    )


def stranger(name: str) -> RunRecord:
    """Return a run of another pipeline."""
    at = f"{DAY}T00:00:00Z"
    own = JobId("prod", name)
    return RunRecord("s", own, "COMPLETE", own, "s", pipeline_started_at=at, started_at=at, new=True)


def context_of(client: OpenMetadataClient, history: History, **options: Any) -> PublishContext:
    """Return the tools of a publication that has nothing else to publish."""
    selection = select(LineagePlan(), history, config(), NOW)
    return PublishContext(client, config(), history, selection, NOW, **options)


def publish(
    client: OpenMetadataClient,
    *runs: RunRecord,
    known: UsageCounts | None = None,
    held: HeldCounts | None = None,
    jobs: tuple[Job, ...] = JOBS,
    dry_run: bool = False,
    hold: bool = False,
    interrupted: bool = False,
    cache: SessionCache | None = None,
) -> PublishedUsage:
    """Publish a batch as a publication does: pipelines and statuses first."""
    if not dry_run:
        publish_plan(plan(jobs=jobs, runs=runs), client, config(write={"usage": "never"}))
    writer = PipelineWriter(client, config(), dry_run=dry_run)
    refs: dict[JobId, PipelineRef] = {group.id: writer.publish(group) for group in group_jobs(jobs)}
    history = History(usage=known or {}, held=Held(counts=held or {}), interrupted=interrupted)
    context = context_of(client, history, dry_run=dry_run, hold=hold, cache=cache)
    return UsagePublisher(context).publish(count_runs(runs, refs))


def counts(server: CatalogueServer) -> dict[str, int]:
    (found,) = server.store.usage.values() or ({},)
    return found


def usage_requests(server: CatalogueServer) -> list[str]:
    found = [f"{method} {path.partition('/usage/')[2]}" for method, path, _ in server.requests if "/usage/" in path]
    return [text.partition("?")[0] for text in found]


def test_the_runs_of_tasks_are_counted_by_day(client: OpenMetadataClient, server: CatalogueServer) -> None:
    usage = publish(client, task(1), task(2), task(1, "b"), task(3, day="2026-01-02"), run("COMPLETE", new=True))
    assert counts(server) == {DAY: 3, "2026-01-02": 1}
    assert usage.counts == {(ETL, DAY): 3, (ETL, "2026-01-02"): 1}
    assert usage.written == Written(published=2)


def test_the_pipelines_of_a_day_are_ranked_once(client: OpenMetadataClient, server: CatalogueServer) -> None:
    other = job("other")
    more = stranger("other")
    publish(client, task(1), task(2), more, jobs=(*JOBS, other))
    ranked = [text for text in usage_requests(server) if "percentile" in text]
    assert ranked == [f"POST compute.percentile/pipeline/{DAY}"]


def test_a_later_batch_sends_the_day_s_new_total(client: OpenMetadataClient, server: CatalogueServer) -> None:
    first = publish(client, task(1), task(2))
    second = publish(client, task(2, new=False), task(3), known=first.counts)
    assert (counts(server), second.counts) == ({DAY: 3}, {(ETL, DAY): 3})


def test_what_has_nothing_new_costs_no_call(client: OpenMetadataClient, server: CatalogueServer) -> None:
    first = publish(client, task(1))
    server.reset_requests()
    again = publish(client, task(1, new=False), known=first.counts)
    assert (again.written, again.counts) == (Written(), first.counts)
    assert usage_requests(server) == []


def test_a_second_publication_without_memory_writes_nothing(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    publish(client, task(1), task(2))
    server.reset_requests()
    assert publish(client, task(1), task(2)).written == Written(unchanged=1)
    assert server.writes() == []


def test_where_nobody_remembers_the_stored_statuses_of_the_day_count(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    before = "2025-12-31"
    late = task(0, "b")
    late = msgspec.structs.replace(late, pipeline_run_id="late", pipeline_started_at=f"{before}T23:00:00Z")
    publish_plan(
        plan(jobs=JOBS, runs=(task(1), task(1, "b"), task(2), late, task(5, day=before))),
        client,
        config(write={"usage": "never"}),
    )
    usage = publish(client, task(9))
    assert counts(server) == {DAY: 5}
    assert publish(client, task(10), known=usage.counts).written == Written(published=1)
    assert counts(server) == {DAY: 6}


def test_what_is_read_again_after_the_memory_is_lost_is_not_counted_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    """In batches of another size, and with a task that was tried twice, of which the status tells once."""
    tries = tuple(msgspec.structs.replace(task(3), run_id=f"try-{number}") for number in (1, 2))
    first = publish(client, task(1), task(2))
    publish(client, *tries, task(4), known=first.counts)
    assert counts(server) == {DAY: 5}
    totals: UsageCounts = {}
    for batch in ((task(1),), (task(2), tries[0]), (tries[1], task(4))):
        totals = publish(client, *batch, known=totals).counts
        assert counts(server) == {DAY: 5}
    server.reset_requests()
    assert publish(client, task(4, new=False), known=totals).counts == totals
    assert usage_requests(server) == []
    publish(client, task(5), known=totals)
    assert counts(server) == {DAY: 6}


def test_a_count_is_never_lowered(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, task(1))
    pipeline = server.entities("pipeline")[0]["id"]
    client.post(f"v1/usage/pipeline/{pipeline}", {"date": DAY, "count": 40})
    usage = publish(client, task(2), known={(ETL, DAY): 1})
    assert (counts(server), usage.written) == ({DAY: 40}, Written(unchanged=1))
    assert usage.counts == {(ETL, DAY): 2}


@pytest.mark.parametrize("answer", [{"status": 400}, {"status": 200}, {"status": 302}], ids=str)
def test_a_count_that_cannot_be_read_is_not_lowered_but_tried_again(
    client: OpenMetadataClient, server: CatalogueServer, answer: dict[str, int]
) -> None:
    publish(client, task(1))
    pipeline = server.entities("pipeline")[0]["id"]
    client.post(f"v1/usage/pipeline/{pipeline}", {"date": DAY, "count": 40})
    publish(client, task(1, day="2026-01-02"))
    server.fail("GET", "usage/pipeline/", answer["status"])
    usage = publish(client, task(2), known={(ETL, DAY): 1})
    assert counts(server)[DAY] == 40
    assert (usage.written, usage.counts) == (Written(failed=1), {(ETL, DAY): 1})
    assert [problem.where for problem in usage.problems] == [f"usage of {ETL} on {DAY}"]
    assert [found.runs for found in usage.uncounted] == [(task(2),)]


def test_a_count_without_a_number_is_not_overwritten(web: Callable[[type[BaseHTTPRequestHandler]], str]) -> None:
    methods = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            methods.append(self.command)
            content = json.dumps({"entity": {}, "usage": [{"date": DAY, "dailyStats": None}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, *_: object) -> None:
            pass

    with OpenMetadataClient(web(Handler), TOKEN, retries=FAST) as client:
        sent = UsageWriter(client).send([HeldCount("id", ETL, DAY, 3)], Executor(1))
    assert (sent.written, methods) == (Written(failed=1), ["GET"])
    assert "has no count that can be compared" in sent.problems[0].detail


def test_a_pipeline_that_others_count_too_is_read_each_time(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    cache = SessionCache()
    totals = publish(client, task(1, day="2026-01-02"), task(1), cache=cache).counts
    (pipeline,) = server.entities("pipeline")
    client.post(f"v1/usage/pipeline/{pipeline['id']}", {"date": DAY, "count": 40})
    ref = PipelineRef(pipeline["id"], ETL, "unchanged", frozenset("ab"), reused=True)
    publisher = UsagePublisher(context_of(client, History(usage=totals), cache=cache))
    published = publisher.publish(count_runs([task(2)], {JobId("prod", "etl"): ref}))
    assert (counts(server)[DAY], published.written) == (40, Written(unchanged=1))


def test_what_is_read_again_after_the_memory_was_set_back_is_not_counted_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    first = publish(client, task(1))
    second = publish(client, task(2), known=first.counts)
    publish(client, task(3), known=second.counts)
    totals = first.counts
    for batch in ((task(2),), (task(3),)):
        totals = publish(client, *batch, known=totals).counts
        assert counts(server) == {DAY: 3}
    publish(client, task(4), known=totals)
    assert counts(server) == {DAY: 4}


def test_two_that_count_the_same_pipeline_give_one_count(client: OpenMetadataClient, server: CatalogueServer) -> None:
    mine = publish(client, task(1)).counts
    theirs = publish(client, task(2)).counts
    mine = publish(client, task(3), known=mine).counts
    theirs = publish(client, task(4), known=theirs).counts
    publish(client, task(5), known=mine)
    assert counts(server) == {DAY: 5}


def test_the_count_of_another_day_is_asked_for(client: OpenMetadataClient, server: CatalogueServer) -> None:
    publish(client, task(1), task(2, day="2026-01-02"))
    server.reset_requests()
    assert publish(client, task(1), task(2, day="2026-01-02")).written == Written(unchanged=2)
    pipeline = server.entities("pipeline")[0]["id"]
    assert usage_requests(server) == [f"GET pipeline/{pipeline}"]


def test_a_pipeline_without_tasks_counts_its_runs(client: OpenMetadataClient, server: CatalogueServer) -> None:
    times = [f"{DAY}T0{n}:00:00Z" for n in (1, 2)]
    runs = [run("COMPLETE", started=at, pipeline_started_at=at, pipeline_run_id=at, new=True) for at in times]
    publish(client, *runs, jobs=(job(),))
    assert counts(server) == {DAY: 2}
    server.reset_requests()
    assert publish(client, runs[0], jobs=(job(),)).written == Written(unchanged=1)
    assert server.writes() == []


def test_parts_of_tasks_and_runs_of_unpublished_pipelines_are_not_counted(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    usage = publish(client, task(1), task(2, part=True), stranger("unknown"))
    assert usage.counts == {(ETL, DAY): 1}


def test_the_last_days_and_those_of_the_batch_are_remembered_and_only_a_month_is_sent(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    other = {("other.pipeline", "2025-12-31"): 8}
    known = {(ETL, "2025-12-29"): 7, **other, ("other.pipeline", "2025-12-30"): 9}
    usage = publish(client, task(1, day="2025-11-01"), task(1, day="2025-12-29"), task(1), known=known)
    assert set(counts(server)) == {"2025-12-29", DAY}
    assert usage.counts == {(ETL, DAY): 1, (ETL, "2025-12-29"): 8, **other}
    assert publish(client, task(2), known=usage.counts).counts == {(ETL, DAY): 2, **other}


def test_a_backlog_of_old_days_reads_no_statuses_to_count(client: OpenMetadataClient, server: CatalogueServer) -> None:
    cache, totals = SessionCache(), {}
    for number in range(3):
        totals = publish(client, task(number, day="2025-12-20"), known=totals, cache=cache).counts
        server.reset_requests()
    publisher = UsagePublisher(context_of(client, History(usage=totals), cache=cache))
    (pipeline,) = server.entities("pipeline")
    ref = PipelineRef(pipeline["id"], ETL, "unchanged", frozenset("ab"))
    publisher.publish(count_runs([task(4, day="2025-12-20")], {JobId("prod", "etl"): ref}))
    assert usage_requests(server) == [f"POST pipeline/{ref.id}", "POST compute.percentile/pipeline/2025-12-20"]
    assert [one.path for one in server.requests if "/status" in one.path] == []
    assert counts(server) == {"2025-12-20": 4}


@pytest.mark.parametrize("status", [400, 500])
def test_what_is_refused_is_reported_and_counted_afresh_the_next_time(
    client: OpenMetadataClient, server: CatalogueServer, status: int
) -> None:
    server.fail("POST", "usage/pipeline/", status, times=10)
    first = publish(client, task(1), task(2))
    server.clear_faults()
    assert (first.written, first.counts) == (Written(failed=1), {(ETL, DAY): 0})
    assert [problem.kind for problem in first.problems] == ["failed"]
    (uncounted,) = first.uncounted
    assert uncounted.runs == (task(1), task(2))
    # A heartbeat costs nothing, and leaves it to the next try.
    publish(client, task(2, new=False), known=first.counts)
    assert counts(server) == {}
    publish(client, *uncounted.runs, known=first.counts, interrupted=True)
    assert counts(server) == {DAY: 2}


def test_a_count_and_its_ranks_are_sent_again_where_no_answer_came(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    for path in ("usage/pipeline/", "percentile"):
        server.fail("POST", path, 500)
        server.fail("POST", path, 0, after_effect=True)
    usage = publish(client, task(1))
    assert (usage.written, usage.problems, counts(server)) == (Written(published=1), (), {DAY: 1})


def test_a_day_that_could_not_be_ranked_is_to_be_counted_and_ranked_again(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    server.fail("POST", "percentile", 400)
    first = publish(client, task(1), known={(ETL, DAY): 0})
    assert (first.written, first.counts) == (Written(published=1), {(ETL, DAY): 0})
    assert [problem.where for problem in first.problems] == [f"usage percentile of {DAY}"]
    (uncounted,) = first.uncounted
    server.reset_requests()
    second = publish(client, *uncounted.runs, known=first.counts, interrupted=True)
    assert (second.written, second.counts, counts(server)) == (Written(unchanged=1), {(ETL, DAY): 1}, {DAY: 1})
    assert f"POST compute.percentile/pipeline/{DAY}" in usage_requests(server)


def test_a_dry_run_counts_and_writes_nothing(client: OpenMetadataClient, server: CatalogueServer) -> None:
    usage = publish(client, task(1), task(2), dry_run=True)
    assert usage.written == Written(published=1)
    assert server.writes() == []


def test_a_task_remembers_what_the_catalogue_counts_not_only_what_was_counted_here(
    client: OpenMetadataClient, server: CatalogueServer
) -> None:
    cache = SessionCache()
    publish(client, task(1), task(2), task(3))
    totals = publish(client, task(4), known={(ETL, DAY): 1}, cache=cache).counts
    assert (counts(server), totals) == ({DAY: 4}, {(ETL, DAY): 2})
    server.reset_requests()
    totals = publish(client, task(5), known=totals, cache=cache).counts
    assert (counts(server), totals) == ({DAY: 5}, {(ETL, DAY): 3})
    pipeline = server.entities("pipeline")[0]["id"]
    assert f"GET pipeline/{pipeline}" not in usage_requests(server)


def test_a_count_that_was_refused_is_read_again(client: OpenMetadataClient, server: CatalogueServer) -> None:
    cache = SessionCache()
    totals = publish(client, task(1), cache=cache).counts
    server.fail("POST", "usage/pipeline/", 400, times=10)
    publish(client, task(2), known=totals, cache=cache)
    server.clear_faults()
    assert cache.count((ETL, DAY)) is None
    publish(client, task(2), known=totals, cache=cache)
    assert counts(server) == {DAY: 2}
