"""A task that works through a backlog writes a table's newest run and usage once, and they are there in the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from steps_support import EDGE, TOPIC, Sender, ingest, run_event

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CatalogueError, KafkaError, OpenLineageProviderError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.loop import HOLD_SECONDS, IngestLoop, IngestSettings
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.kafka.data_loss import CONTINUE, DataLossPolicy
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.store import StateStore

YESTERDAY = (dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=1)).date().isoformat()
KEY = f"openmetadata_ol.lineage.{TOPIC}"
pytestmark = pytest.mark.usefixtures("connections")


class Stopping(OpenLineageKafkaHook):
    """Commits a number of batches, and ends the task with an error after the last of them.

    :param error: error to raise
    :param batches: number of batches
    :param act: what to do before; default: nothing
    """

    def __init__(self, error: BaseException, batches: int, act: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._error = error
        self._batches = batches
        self._act = act

    def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
        super().commit(offsets, owner)
        self._batches -= 1
        if not self._batches:
            self._act()
            raise self._error


class Unreadable(OpenLineageKafkaHook):
    """Reads a number of batches, and then fails.

    :param batches: number of batches
    """

    def __init__(self, batches: int) -> None:
        super().__init__()
        self._batches = batches

    def reader(self, backlog: Backlog, on_loss: DataLossPolicy = CONTINUE) -> BacklogReader:
        return _UnreadableReader(self.settings, backlog, on_loss, self._batches)


class _UnreadableReader(BacklogReader):
    def __init__(self, settings: KafkaSettings, backlog: Backlog, on_loss: DataLossPolicy, batches: int) -> None:
        super().__init__(settings, backlog, on_loss)
        self._batches = batches

    def parts(self, **limits: Any) -> Iterator[ReadResult]:
        if not self._batches:
            raise KafkaError("the broker is gone")
        self._batches -= 1
        yield from super().parts(**limits)


def work(
    hook: OpenLineageKafkaHook | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    max_duration: float = 400.0,
    *,
    dry_run: bool = False,
) -> PublishReport:
    """Ingest in batches of five events."""
    limits = BatchLimits(5, 1 << 25, max_duration)
    settings = IngestSettings([TOPIC], KEY, Lane(), limits, DeadLetterTarget(None), Limits(), dry_run=dry_run)
    return IngestLoop(settings, hook or OpenLineageKafkaHook(), OpenMetadataHook().get_conn(), Config(), clock).run()


def recent_event(run_id: str, **facts: Any) -> bytes:
    """Return an event of yesterday: usage is counted for the last thirty days."""
    return run_event(run_id, **facts).replace(b"2026-05-01", YESTERDAY.encode())


def send_runs(send: Sender) -> None:
    """Send twenty runs of one job: four batches."""
    send.events(*(recent_event(f"r{minute}", minute=minute) for minute in range(20)))


def last_run(catalogue: CatalogueServer) -> int | None:
    """Return the key of the run that the job's table shows, ``None`` if it shows none."""
    return next((row["lastRunTime"] for row in catalogue.observability(EDGE[1])), None)


def writes(catalogue: CatalogueServer) -> int:
    return sum(one.method == "PUT" and "pipelineObservability" in one.path for one in catalogue.requests)


def counted(catalogue: CatalogueServer) -> dict[str, int]:
    """Return the usage of the only pipeline."""
    (found,) = catalogue.store.usage.values() or ({},)
    return found


def usage_writes(catalogue: CatalogueServer) -> int:
    return sum(one.method == "POST" and "/usage/pipeline/" in one.path for one in catalogue.requests)


def held() -> int:
    return len(StateStore(KEY).read_held().rows)


def is_newest(catalogue: CatalogueServer) -> bool:
    """Return whether the table shows the run with the newest status."""
    fqn = catalogue.entities("pipeline")[0]["fullyQualifiedName"]
    return last_run(catalogue) == catalogue.statuses(fqn)[-1]["timestamp"]


def test_the_batches_of_a_task_write_a_table_once(send: Sender, catalogue: CatalogueServer) -> None:
    send_runs(send)
    report = work()
    assert (report.events, report.observability.published, report.usage.published) == (20, 1, 1)
    assert (writes(catalogue), held(), is_newest(catalogue)) == (1, 0, True)
    assert (usage_writes(catalogue), *counted(catalogue).values()) == (1, 20)


def test_a_dry_run_counts_what_it_would_hold_back_once(send: Sender, catalogue: CatalogueServer) -> None:
    send_runs(send)
    report = work(dry_run=True)
    assert (report.events, report.usage.published) == (20, 1)
    assert (catalogue.writes(), StateStore(KEY).read_head()) == ([], None)


def test_rows_are_not_held_back_for_longer_than_a_minute(send: Sender, catalogue: CatalogueServer) -> None:
    for minute in range(20):
        send.message(recent_event(f"r{minute}", minute=minute), partition=0)

    def clock() -> float:
        # Each batch takes forty seconds.
        return 40.0 * sum("/status" in one.path and one.method == "PUT" for one in catalogue.requests)

    assert 40 < HOLD_SECONDS < 80
    assert work(clock=clock).events == 20
    # By the third batch and the last.
    assert (writes(catalogue), held(), is_newest(catalogue)) == (2, 0, True)


def test_a_task_whose_time_is_over_writes_what_it_has_held_back(send: Sender, catalogue: CatalogueServer) -> None:
    send.message(recent_event("r20", outputs=("shop.analytics_stg.not_there_yet", "shop.analytics_stg.stg_customers")))
    send_runs(send)

    def clock() -> float:
        return 1.0 * sum("/status" in one.path and one.method == "PUT" for one in catalogue.requests)

    report = work(clock=clock, max_duration=0.5)
    assert (report.events, report.observability.published, report.parked) == (5, 1, 1)
    assert (writes(catalogue), held(), is_newest(catalogue)) == (1, 0, True)


def test_a_task_that_fails_writes_what_it_has_held_back(send: Sender, catalogue: CatalogueServer) -> None:
    send_runs(send)
    with pytest.raises(RuntimeError, match="a disk is full"):
        work(Stopping(RuntimeError("a disk is full"), 2))
    assert (writes(catalogue), held(), is_newest(catalogue)) == (1, 0, True)


def test_an_error_of_what_was_held_back_does_not_hide_the_one_that_came_first(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send_runs(send)
    with monkeypatch.context() as patch:

        def lose_database() -> None:
            patch.setattr("openmetadata_ol_provider.state.segmented_variable.set_variable", _no_database)

        with pytest.raises(RuntimeError, match="a disk is full"):
            work(Stopping(RuntimeError("a disk is full"), 2, lose_database))
    assert "left to the next task: LookupError: no database" in caplog.text
    assert held() == 1
    work()
    assert (held(), is_newest(catalogue), *counted(catalogue).values()) == (0, True, 20)


def _no_database(*_: object) -> None:
    raise LookupError("no database")


def test_a_task_that_fails_reports_what_it_has_held_back(send: Sender, catalogue: CatalogueServer) -> None:
    send_runs(send)
    stopping = Unreadable(2)
    with pytest.raises(KafkaError) as caught:
        work(stopping)
    report = caught.value.report
    assert (report.events, report.observability.published) == (10, 1)
    assert (writes(catalogue), held(), is_newest(catalogue)) == (1, 0, True)


def test_an_error_before_the_first_batch_has_no_report(send: Sender) -> None:
    send_runs(send)
    with pytest.raises(OpenLineageProviderError) as caught:
        work(Unreadable(0))
    assert caught.value.report is None


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_what_a_killed_task_has_held_back_is_written_by_the_next_one(
    send: Sender, catalogue: CatalogueServer, batches: int
) -> None:
    send_runs(send)
    with pytest.raises(SystemExit):
        work(Stopping(SystemExit(9), batches))
    assert (writes(catalogue), held(), last_run(catalogue)) == (0, 1, None)
    assert (len(StateStore(KEY).read_held().counts), counted(catalogue)) == (1, {})
    # Runs of another job are all that is left.
    send.events(recent_event("other", job="other.load", outputs=("shop.public.customers",), minute=50))
    assert ingest()["problems"] == []
    assert (held(), is_newest(catalogue)) == (0, True)
    assert sorted(count for days in catalogue.store.usage.values() for count in days.values()) == [1, 20]


def test_what_was_held_back_is_written_although_no_event_follows(send: Sender, catalogue: CatalogueServer) -> None:
    send_runs(send)
    with pytest.raises(SystemExit):
        work(Stopping(SystemExit(9), 4))
    # The last batch has written its rows before.
    assert (writes(catalogue), held(), is_newest(catalogue)) == (1, 0, True)


def test_a_catalogue_that_fails_at_the_end_leaves_the_rows_to_the_next_task(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send_runs(send)
    catalogue.fail("PUT", "pipelineObservability", 401, times=10)
    with pytest.raises(CatalogueError) as caught:
        work(max_duration=0.5, clock=lambda: 1.0 * len([one for one in catalogue.requests if "/status" in one.path]))
    assert (held(), last_run(catalogue)) == (1, None)
    assert caught.value.report is not None
    assert caught.value.report.events == 5
    catalogue.clear_faults()
    work()
    assert (held(), is_newest(catalogue), *counted(catalogue).values()) == (0, True, 20)
