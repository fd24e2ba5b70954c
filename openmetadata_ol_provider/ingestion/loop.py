"""Consumes, translates and publishes batch after batch until the backlog or the time is over.

The backlog ends where the topics ended at the start, however much arrives meanwhile. Nothing is polled while a batch is
published: the reader is in no consumer group, so no heartbeat is expected from it. Memory holds one batch, the client's
read-ahead (limited by librdkafka's ``queued.max.messages.kbytes``), the remembered runs, and the report.
"""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CheckpointError, OpenLineageProviderError, OvertakenError
from openmetadata_ol_provider.ingestion.batch_size import first_size, next_size
from openmetadata_ol_provider.ingestion.consume import decode_batch, send_dead_letters
from openmetadata_ol_provider.ingestion.freed_memory import release_freed_memory
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope, translate_batch
from openmetadata_ol_provider.ingestion.publish import PublishSession
from openmetadata_ol_provider.ingestion.read_request import ReadRequest
from openmetadata_ol_provider.ingestion.reading_observer import ReadingObserver
from openmetadata_ol_provider.ingestion.receipts import ReceiptCollector
from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_lane
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.asset_events import AssetEvents
    from openmetadata_ol_provider.ingestion.consume import DeadLettersByTopic
    from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
    from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openlineage.segments.change import StoredRuns
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.receipts.receipt import TaskRef
    from openmetadata_ol_provider.state.lanes import Lane

log = logging.getLogger(__name__)


class IngestSettings(NamedTuple):
    """The input and the options of one run of the loop.

    :param topics: names, or regular expressions when they start with ``^``
    :param state_key: Variable with checkpoint and open runs, without the suffix of a lane
    :param lane: the lane whose partitions are read
    :param batch_limits: limits of one batch; ``max_duration`` limits the whole loop
    :param dead_letter_target: destination of malformed messages
    :param run_limits: limits of the remembered runs
    :param read_request: the messages to read; a span of time is read completely, however long it takes
    :param dry_run: ``True`` to report only; nothing is written and nothing moves
    :param full_refresh: ``True`` to compare everything with the catalogue, whatever the ledger holds
    :param metrics: receiver of lag, losses and sizes; default: none
    :param assets: keeper of asset events; default: none are given
    :param receipts: number of runs whose outcome is kept; default: none
    :param task: task instance that works through the backlog
    :param on_topics: receiver of the names of the topics that are read; default: none
    """

    topics: Sequence[str]
    state_key: str
    lane: Lane
    batch_limits: BatchLimits
    dead_letter_target: DeadLetterTarget
    run_limits: Limits
    read_request: ReadRequest = ReadRequest()
    dry_run: bool = False
    full_refresh: bool = False
    metrics: ReadingMetrics | None = None
    assets: AssetEvents | None = None
    receipts: int = 0
    task: TaskRef | None = None
    on_topics: Callable[[set[str]], None] | None = None


class IngestLoop:
    """Works through a backlog.

    :param settings: input and options
    :param kafka: connection to read from
    :param client: client of the catalogue
    :param config: configuration
    :param clock: monotonic clock, in seconds
    """

    def __init__(
        self,
        settings: IngestSettings,
        kafka: KafkaClient,
        client: OpenMetadataClient,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._kafka = kafka
        self._client = client
        self._config = config
        self._clock = clock
        self._written_letters = WrittenLetters(kafka)

    def run(self) -> PublishReport:
        """Return the report over all batches."""
        with _frozen_heap():
            return self._run()

    def _run(self) -> PublishReport:
        settings = self._settings
        if settings.dry_run:
            key, stored = settings.lane.key(settings.state_key), read_lane(settings.state_key, settings.lane)
            store, checkpoint = StateStore(key), stored.checkpoint
        else:
            key = ensure_lane_state(settings.state_key, settings.lane)
            store = StateStore(key)
            checkpoint = store.read_checkpoint()
        backlog = settings.read_request.backlog(
            self._kafka, settings.topics, key, checkpoint, settings.dead_letter_target.exclude, dry_run=settings.dry_run
        )
        if settings.on_topics is not None:
            settings.on_topics({item.topic for item in backlog.partitions})
        log.info("%s waiting for %s", counted(backlog.events, "message"), settings.lane)
        if not settings.dry_run:
            # Not earlier: reading again moves the checkpoint, which also resets the usage counts.
            stored = store.read_state()
        remembered = stored.stored_runs
        receipts = ReceiptCollector(
            ReceiptStore(key, settings.state_key, settings.lane.lanes), settings.receipts, settings.task, "ingest"
        )
        session = PublishSession(
            store,
            self._client,
            self._config,
            store.read_history(stored.usage),
            dry_run=settings.dry_run,
            cache=SessionCache(),
            assets=settings.assets,
            receipts=receipts,
        )
        max_events, max_duration = settings.batch_limits.max_events, settings.batch_limits.max_duration
        deadline = self._clock() + max_duration if settings.read_request.window is None else math.inf
        size = first_size(max_events)
        report, more, refresh = PublishReport(), True, settings.full_refresh
        problems = settings.read_request.start_problems(backlog, checkpoint)
        metrics = None if settings.dry_run else settings.metrics
        observer = ReadingObserver(backlog, metrics, None if settings.read_request.window else receipts)
        with session, self._kafka.reader(backlog, settings.read_request.loss_policy(key)) as reader:
            while more and not self._is_full and (remaining := deadline - self._clock()) > 0:
                parts = reader.parts(
                    max_messages=size,
                    max_bytes=settings.batch_limits.max_bytes,
                    max_duration=min(remaining, max_duration),
                )
                decoded = decode_batch(
                    observer.observed(parts),
                    key,
                    self._kafka.kafka_config_id,
                    settings.dead_letter_target.topic,
                    lanes=settings.lane.lanes,
                    owner=settings.state_key,
                    problems=problems,
                    read_before=settings.assets.read_before if settings.assets is not None else None,
                )
                batch, dead_letters = decoded
                started, more, problems = self._clock(), batch.more, ()
                read = len(batch.events) + batch.dead_letters + batch.skipped
                translated = translate_batch(batch, remembered, self._config, settings.run_limits)
                # The events are most of the memory, and the plan has all that is published.
                del batch, decoded
                release_freed_memory()
                try:
                    published, remembered = self._publish(
                        session, translated, remembered, dead_letters, full_refresh=refresh
                    )
                    report += published
                except OpenLineageProviderError as error:
                    error.report = report + error.report if error.report is not None else report
                    raise
                del translated, dead_letters
                release_freed_memory()
                size = self._resize(size, read, self._clock() - started)
                # The first batch compared everything; the facts it published need no second comparison.
                refresh = False
        observer.end(more=more)
        if metrics is not None:
            metrics.state(store.size, session.history.parking.items.values())
        if more:
            reason = "too many asset events wait" if self._is_full else "max_duration was reached"
            log.warning("%s before the end of the backlog; the next run continues from here", reason)
        return report

    @property
    def _is_full(self) -> bool:
        return self._settings.assets is not None and self._settings.assets.is_full

    def _publish(
        self,
        session: PublishSession,
        translated: PlanEnvelope,
        remembered: StoredRuns,
        dead_letters: DeadLettersByTopic,
        *,
        full_refresh: bool,
    ) -> tuple[PublishReport, StoredRuns]:
        """Publish one batch, move the checkpoint, and return the report and what is remembered from now on."""
        settings = self._settings
        try:
            published = session.publish(translated, full_refresh=full_refresh)
            if not settings.dry_run:
                send_dead_letters(self._kafka, dead_letters, self._written_letters)
                group_offsets = settings.read_request.window is None
                stored_as = session.commit(translated, published, self._kafka, group_offsets=group_offsets)
                remembered = remembered.after(translated.runs, stored_as)
            else:
                remembered = remembered.after(translated.runs, remembered.stored_as)
        except CheckpointError as error:
            raise _overtaken_error(translated.origin.state_key) from error
        return published.report, remembered

    def _resize(self, size: int, read: int, seconds: float) -> int:
        limits = self._settings.batch_limits
        new_size = next_size(size, read, seconds, limits.max_duration, limits.max_events)
        messages = counted(read, "message")
        log.info("batch of %s: %.1f s; the next one has at most %d", messages, seconds, new_size)
        if new_size < size:
            log.warning("the catalogue is slow: a batch of %s took %.0f s; reducing the size", messages, seconds)
        return new_size


@contextmanager
def _frozen_heap() -> Iterator[None]:
    """Exclude existing objects, mostly Airflow's own, from garbage collection.

    Without this, garbage collection takes a fifth of a task's time.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _overtaken_error(state_key: str) -> OvertakenError:
    """Return the error of a task that collides with another one, e.g. with its own earlier try on a lost worker."""
    return OvertakenError(
        f"another task has moved the checkpoint (Variable {state_key!r}) while this one was working on the same "
        "partitions; a retry of this task continues from there. If this happens repeatedly, set max_active_runs to 1 "
        "and give each DAG its own state_key"
    )
