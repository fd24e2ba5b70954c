"""Consumes, translates and publishes batch after batch until the backlog or the time is over.

The backlog ends where the topics ended at the start, however much arrives meanwhile. While a batch is published, the
next one is prepared in another thread (:mod:`~openmetadata_ol_provider.ingestion.prefetch`); batches are published one
after the other, in their order. It may be long until the next poll: the reader is in no consumer group, so no heartbeat
is expected from it. Memory holds the plan of one batch, the events or the plan of the next one, the client's read-ahead
(limited by librdkafka's ``queued.max.messages.kbytes``), the remembered runs, and the report.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from openmetadata_ol_provider.exceptions import CheckpointError, OvertakenError
from openmetadata_ol_provider.ingestion.batch_preparation import BatchPreparer, BatchRequest
from openmetadata_ol_provider.ingestion.batch_size import first_size, next_size
from openmetadata_ol_provider.ingestion.consume import send_dead_letters
from openmetadata_ol_provider.ingestion.error_report import report_of, reported
from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
from openmetadata_ol_provider.ingestion.prefetch import Prefetch
from openmetadata_ol_provider.ingestion.publish import PublishSession
from openmetadata_ol_provider.ingestion.reading_observer import ReadingObserver
from openmetadata_ol_provider.ingestion.receipts import ReceiptCollector
from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.freed_memory import release_freed_memory, return_large_blocks
from openmetadata_ol_provider.openlineage.gc_pause import frozen_heap
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_lane
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.consume import DeadLettersByTopic
    from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
    from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
    from openmetadata_ol_provider.ingestion.publish import PublishedBatch
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openlineage.segments.change import StoredRuns
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

log = logging.getLogger(__name__)
#: Seconds for which a row of pipeline observability, and usage, may wait for the batches that replace it.
HOLD_SECONDS = 60.0


@dataclass
class _Work:
    """The state of a task and what it has to do.

    :param key: Variable with the checkpoint, with the suffix of the lane
    :param remembered: what is remembered after the last batch; nothing else holds it, so that each batch frees what it
        replaces
    :param problems: problems of where reading starts
    """

    key: str
    store: StateStore
    backlog: Backlog
    session: PublishSession
    observer: ReadingObserver
    metrics: ReadingMetrics | None
    remembered: StoredRuns
    problems: Sequence[Problem]


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
        return_large_blocks()
        with frozen_heap():
            return self._run()

    def _run(self) -> PublishReport:
        work = self._open()
        with (
            work.session,
            self._kafka.reader(work.backlog, self._settings.read_request.loss_policy(work.key)) as reader,
        ):
            origin = BatchOrigin(
                work.key, self._kafka.kafka_config_id, lanes=self._settings.lane.lanes, owner=self._settings.state_key
            )
            preparer = BatchPreparer(reader, self._settings, self._config, origin, self._clock)
            with Prefetch(preparer.prepare, reader.cancel) as prefetch:
                report, more = self._publish_batches(work, preparer, prefetch)
            report = work.session.write_held(report)
        work.observer.end(more=more)
        if work.metrics is not None:
            work.metrics.state(work.store.size, work.session.history.parking.items.values())
        if more:
            reason = "too many asset events wait" if self._is_full else "max_duration was reached"
            log.warning("%s before the end of the backlog; the next run continues from here", reason)
        return report

    def _open(self) -> _Work:
        """Read the state, and find out what waits."""
        settings, exclude = self._settings, self._settings.dead_letter_target.exclude
        if settings.dry_run:
            key, stored = settings.lane.key(settings.state_key), read_lane(settings.state_key, settings.lane)
            store, checkpoint, ids = StateStore(key), stored.checkpoint, stored.topic_ids
        else:
            key = ensure_lane_state(settings.state_key, settings.lane)
            store = StateStore(key)
            head = store.read_positions()
            checkpoint, ids = head.checkpoint, head.topic_ids
        backlog = settings.read_request.backlog(
            self._kafka, settings.topics, key, checkpoint, exclude, topic_ids=ids, dry_run=settings.dry_run
        )
        if settings.on_topics is not None:
            settings.on_topics({item.topic for item in backlog.partitions})
        log.info("%s waiting for %s", counted(backlog.events, "message"), settings.lane)
        if not settings.dry_run:
            # Not earlier: reading again moves the checkpoint, which also resets the usage counts.
            stored = store.read_state()
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
            hold_seconds=HOLD_SECONDS,
            clock=self._clock,
        )
        metrics = None if settings.dry_run else settings.metrics
        observer = ReadingObserver(backlog, metrics, None if settings.read_request.window else receipts)
        problems = settings.read_request.start_problems(backlog, checkpoint)
        return _Work(key, store, backlog, session, observer, metrics, stored.stored_runs, problems)

    def _publish_batches(self, work: _Work, preparer: BatchPreparer, prefetch: Prefetch) -> tuple[PublishReport, bool]:
        """Publish batch after batch; return the report, and whether the time was over before the end."""
        settings, session, problems = self._settings, work.session, work.problems
        max_events, max_duration = settings.batch_limits.max_events, settings.batch_limits.max_duration
        deadline = self._clock() + max_duration if settings.read_request.window is None else math.inf
        size = first_size(max_events)
        report, more, refresh, is_measured = PublishReport(), True, settings.full_refresh, False
        while more and not self._is_full and (remaining := deadline - self._clock()) > 0:
            free_at = self._clock()
            with reported(report):
                prepared = prefetch.take()
                if prepared is None:
                    prepared = preparer.prepare(
                        BatchRequest(work.remembered.state, size, min(remaining, max_duration), problems)
                    )
            prepared.log_warnings()
            work.observer.add(prepared.summary)
            translated, state = prepared.draft.finished(work.remembered, settings.run_limits)
            dead_letters, read, started = prepared.dead_letters, prepared.messages, max(free_at, prepared.read_at)
            more, problems = translated.more, ()
            del prepared
            remaining = deadline - self._clock()
            # Not after the first batch: how long it takes decides on the size of the second.
            if more and remaining > 0 and is_measured and self._may_prefetch(session):
                prefetch.begin(BatchRequest(state, size, min(remaining, max_duration), in_advance=True))
            del state
            with reported(report):
                published = self._publish(work, translated, dead_letters, full_refresh=refresh)
                # Writing the state takes the most memory: the plan and what publishing took are freed before.
                translated = translated.without_plan() if settings.assets is None else translated
                self._commit(work, translated, published)
            report += published.report
            del translated, published, dead_letters
            release_freed_memory()
            size = self._resize(size, read, self._clock() - started)
            # The first batch compared everything; the facts it published need no second comparison.
            refresh, is_measured = False, True
        return report, more

    def _may_prefetch(self, session: PublishSession) -> bool:
        """Return whether a batch may be prepared in another thread while the next one is published."""
        return (
            # Looks up in Airflow what was read before, which only the task's own thread may do.
            self._settings.assets is None
            # May do anything, and were never called in another thread.
            and not self._kafka.settings.has_callbacks
            # Looks at the same runs, and makes those that are stored.
            and not session.plans_remembered_runs
        )

    @property
    def _is_full(self) -> bool:
        return self._settings.assets is not None and self._settings.assets.is_full

    def _publish(
        self, work: _Work, translated: PlanEnvelope, dead_letters: DeadLettersByTopic, *, full_refresh: bool
    ) -> PublishedBatch:
        """Publish one batch, and write its dead letters."""
        with _overtaken(translated.origin):
            published = work.session.publish(translated, full_refresh=full_refresh)
        if not self._settings.dry_run:
            with reported(replace(published.report, dead_letters=0)):
                send_dead_letters(self._kafka, dead_letters, self._written_letters)
        return published

    def _commit(self, work: _Work, translated: PlanEnvelope, published: PublishedBatch) -> None:
        """Move the checkpoint past a published batch, and what is remembered."""
        settings = self._settings
        if settings.dry_run or translated.origin.ranges:
            # What the batch replaces is freed before, too.
            work.remembered = work.remembered.after(translated.runs, work.remembered.stored_as)
            release_freed_memory()
        if not settings.dry_run:
            group_offsets = settings.read_request.window is None
            with _overtaken(translated.origin), reported(published.report):
                stored_as = work.session.commit(translated, published, self._kafka, group_offsets=group_offsets)
            work.remembered = work.remembered.after(translated.runs, stored_as)

    def _resize(self, size: int, read: int, seconds: float) -> int:
        limits = self._settings.batch_limits
        new_size = next_size(size, read, seconds, limits.max_duration, limits.max_events)
        messages = counted(read, "message")
        log.info("batch of %s: %.1f s; the next one has at most %d", messages, seconds, new_size)
        if new_size < size:
            log.warning("the catalogue is slow: a batch of %s took %.0f s; reducing the size", messages, seconds)
        return new_size


@contextmanager
def _overtaken(origin: BatchOrigin) -> Iterator[None]:
    """Explain the error of a task that collides with another one, e.g. with its own earlier try on a lost worker.

    :raises OvertakenError: with the report of the error
    """
    try:
        yield
    except CheckpointError as error:
        overtaken = OvertakenError(
            f"another task has moved the checkpoint (Variable {origin.state_key!r}) while this one was working on the "
            "same partitions; a retry of this task continues from there. If this happens repeatedly, set "
            "max_active_runs to 1 and give each DAG its own state_key"
        )
        overtaken.report = report_of(error)
        raise overtaken from error
