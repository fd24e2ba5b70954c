"""A batch is prepared while the one before is published, and leaves no trace if it is not published itself."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from steps_support import TOPIC, Sender, checkpoint, received, run_event

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
from openmetadata_ol_provider.ingestion.asset_events import AssetEvents
from openmetadata_ol_provider.ingestion.asset_filter import AssetFilter
from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
from openmetadata_ol_provider.ingestion.loop import IngestLoop
from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
from openmetadata_ol_provider.kafka.data_loss import CONTINUE, DataLossPolicy
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.lanes import Lane

KEY = f"openmetadata_ol.lineage.{TOPIC}"
#: Messages of a batch; there are three batches.
BATCH = 5
MALFORMED = b"{no event"
pytestmark = pytest.mark.usefixtures("connections")


class Watched(OpenLineageKafkaHook):
    """Notes which thread has read each batch, and when batches are committed.

    :param on_commit: is called with the number of each batch that was published, before its offsets are committed
    """

    def __init__(self, on_commit: Callable[[int], object] = lambda _: None) -> None:
        super().__init__()
        self.on_commit = on_commit
        self.committed = 0
        self.threads: list[str] = []
        self._changed = threading.Condition()

    def reader(self, backlog: Backlog, on_loss: DataLossPolicy = CONTINUE) -> BacklogReader:
        return _WatchedReader(self, backlog, on_loss)

    def commit(self, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
        self.committed += 1
        self.on_commit(self.committed)
        super().commit(offsets, owner)

    def note_read(self) -> None:
        with self._changed:
            self.threads.append(threading.current_thread().name)
            self._changed.notify_all()

    def wait_for(self, batch: int) -> None:
        """Wait until a batch is read and surely translated."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.threads) >= batch, 20), self.threads
        time.sleep(0.3)


class _WatchedReader(BacklogReader):
    def __init__(self, hook: Watched, backlog: Backlog, on_loss: DataLossPolicy) -> None:
        super().__init__(hook.settings, backlog, on_loss)
        self._hook = hook

    def parts(self, **limits: Any) -> Iterator[ReadResult]:
        yield from super().parts(**limits)
        self._hook.note_read()


def ingest(
    hook: Watched,
    *,
    clock: Callable[[], float] = time.monotonic,
    dead_letters: str | None = None,
    assets: AssetEvents | None = None,
) -> PublishReport:
    limits = BatchLimits(BATCH, 1 << 25, 100.0)
    target = DeadLetterTarget(dead_letters)
    settings = IngestSettings([TOPIC], KEY, Lane(), limits, target, Limits(), assets=assets, receipts=10)
    return IngestLoop(settings, hook, OpenMetadataHook().get_conn(), Config(), clock).run()


def send_batches(send: Sender, *, malformed: bool = False) -> None:
    """Send three batches, each run the only one of a pipeline of its own; a message of the third may be malformed."""
    for number in range(3 * BATCH):
        bad = malformed and number == 2 * BATCH + 1
        send.message(MALFORMED if bad else run_event(f"r{number}", job=f"job_{number:02d}"), key=b"k", flush=False)
    send.message(run_event("last", job="job_last"), key=b"k")


def pipelines(catalogue: CatalogueServer) -> set[str]:
    return {pipeline["name"].rpartition("job_")[2] for pipeline in catalogue.entities("pipeline")}


def test_from_the_third_on_a_batch_is_prepared_while_the_one_before_is_published(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send_batches(send)
    # The second one is still being committed when the third one has been prepared.
    hook = Watched(lambda number: hook.wait_for(3) if number == 2 else None)
    interval = sys.getswitchinterval()
    report = ingest(hook)
    assert hook.threads[:2] == ["MainThread"] * 2
    assert {name.partition("_")[0] for name in hook.threads[2:]} == {"prefetch"}
    assert (report.events, report.pipelines.created, report.problems) == (3 * BATCH + 1, 3 * BATCH + 1, ())
    assert sum(checkpoint(KEY).values()) == 3 * BATCH + 1
    assert len(pipelines(catalogue)) == 3 * BATCH + 1
    assert sys.getswitchinterval() == interval
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
    catalogue.reset_requests()
    assert ingest(Watched()).events == 0
    assert not catalogue.writes()


def test_the_state_that_a_batch_replaces_is_freed_before_the_next_one_is_written(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.events(run_event("open before", "START", job="open_before"))
    ingest(Watched())
    send.message(run_event("open before", job="open_before"), key=b"k", flush=False)
    send_batches(send)
    held: list[set[str]] = []

    def note(_: int) -> None:
        gc.collect()
        states = [value for value in gc.get_objects() if isinstance(value, RunState)]
        held.append({run.state for state in states for run in state.runs.values() if run.run_id == "open before"})

    ingest(Watched(note))
    # The first batch ends the run, so that the state before it is the only one in which it is open.
    assert held == [{"COMPLETE"}] * 4


@pytest.mark.parametrize("topic", [None, "none"])
def test_what_was_prepared_is_thrown_away_if_the_batch_before_cannot_be_published(
    topic: str | None,
    send: Sender,
    broker: KafkaBroker,
    catalogue: CatalogueServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    send_batches(send, malformed=True)
    hook = Watched()

    def refuse(number: int) -> None:
        if number == 1:
            # The publication of the second batch takes a second to fail; the third is prepared meanwhile.
            catalogue.fail("*", "pipelines.*job_0[5-9]", 401, times=99, delay=1)

    hook.on_commit = refuse
    with pytest.raises(CatalogueAuthError) as failure:
        ingest(hook, dead_letters=topic)
    hook.wait_for(3)
    assert hook.threads[2].startswith("prefetch")
    report = failure.value.report
    assert isinstance(report, PublishReport)
    assert "malformed" not in {problem.kind for problem in report.problems}
    assert (report.dead_letters, sum(checkpoint(KEY).values())) == (0, BATCH)
    assert pipelines(catalogue) == {f"{number:02d}" for number in range(BATCH)}
    assert "skipped" not in caplog.text
    assert f"{TOPIC}.dead-letter" not in topics(broker)
    catalogue.clear_faults()
    # The next task reads both again, and each is published once.
    report = ingest(Watched(), dead_letters=topic)
    assert (report.events, report.dead_letters) == (2 * BATCH, int(topic is None))
    assert [problem.kind for problem in report.problems] == ["malformed"]
    assert len(pipelines(catalogue)) == 3 * BATCH
    assert caplog.text.count(f"skipped {TOPIC}[0]@{2 * BATCH + 1}") == int(topic == "none")
    if topic is None:
        assert [letter.value() for letter in received(broker.bootstrap, f"{TOPIC}.dead-letter")] == [MALFORMED]


def test_what_was_prepared_is_thrown_away_when_the_time_is_over(send: Sender, catalogue: CatalogueServer) -> None:
    send_batches(send, malformed=True)
    over = threading.Event()

    def end(number: int) -> None:
        if number == 2:
            hook.wait_for(3)
            over.set()

    hook = Watched(end)
    report = ingest(hook, clock=lambda: 1000.0 if over.is_set() else 0.0)
    assert len(hook.threads) == 3
    assert (report.events, report.dead_letters, report.problems) == (2 * BATCH, 0, ())
    assert sum(checkpoint(KEY).values()) == 2 * BATCH
    rest = ingest(Watched())
    assert (rest.events, rest.dead_letters) == (BATCH, 1)
    assert len(pipelines(catalogue)) == 3 * BATCH


def test_an_error_in_the_middle_of_preparing_waits_for_the_batch_that_is_being_published(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_batches(send)
    monkeypatch.setattr("openmetadata_ol_provider.ingestion.batch_preparation.draft_plan", _failing_draft())
    with pytest.raises(RuntimeError, match="the third"):
        ingest(Watched())
    assert sum(checkpoint(KEY).values()) == 2 * BATCH
    assert len(pipelines(catalogue)) == 2 * BATCH


def _failing_draft() -> Callable[..., Any]:
    from openmetadata_ol_provider.ingestion.plan_envelope import draft_plan

    drafts = []

    def draft(*arguments: Any) -> Any:
        drafts.append(1)
        if len(drafts) == 3:
            raise RuntimeError("the third")
        return draft_plan(*arguments)

    return draft


def test_nothing_goes_on_when_airflow_ends_the_task(send: Sender, catalogue: CatalogueServer) -> None:
    class Terminated(BaseException):
        """Raised in the task's own thread by Airflow's handler of signals."""

    def end(number: int) -> None:
        if number == 2:
            raise Terminated

    send_batches(send, malformed=True)
    with pytest.raises(Terminated):
        ingest(Watched(end))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]
    # The state of the second batch is written before its offsets are committed.
    assert sum(checkpoint(KEY).values()) == 2 * BATCH
    assert len(pipelines(catalogue)) == 2 * BATCH
    rest = ingest(Watched())
    assert (rest.events, rest.dead_letters) == (BATCH, 1)
    assert len(pipelines(catalogue)) == 3 * BATCH


def test_functions_of_the_connection_are_called_in_the_tasks_own_thread(
    send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    kafka["extra"]["error_cb"] = "builtins.print"
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    monkeypatch.setenv("AIRFLOW__APACHE_KAFKA__CALLBACK_ALLOWLIST", "builtins.print")
    send_batches(send)
    hook = Watched()
    assert hook.settings.has_callbacks
    assert ingest(hook).events == 3 * BATCH + 1
    assert set(hook.threads) == {"MainThread"}


def test_airflow_is_asked_in_the_tasks_own_thread_what_was_read_before(send: Sender) -> None:
    send_batches(send)
    hook = Watched()
    assert ingest(hook, assets=AssetEvents(KEY, AssetFilter(("no such namespace",)))).events == 3 * BATCH + 1
    assert set(hook.threads) == {"MainThread"}


def topics(broker: KafkaBroker) -> set[str]:
    from confluent_kafka.admin import AdminClient

    return set(AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=20).topics)
