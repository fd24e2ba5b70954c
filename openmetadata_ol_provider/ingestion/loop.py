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
from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics, newest_ms
from openmetadata_ol_provider.ingestion.publish import PlanEnvelope, PublishSession, translate_batch
from openmetadata_ol_provider.ingestion.read_request import ReadRequest
from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_lane
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.consume import DeadLettersByTopic
    from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
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
        log.info("%d messages are waiting for %s", backlog.events, settings.lane)
        if not settings.dry_run:
            # Not earlier: reading again moves the checkpoint, which also resets the usage counts.
            stored = store.read_state()
        runs = stored.runs
        session = PublishSession(
            store,
            self._client,
            self._config,
            store.read_history(stored.usage),
            dry_run=settings.dry_run,
            cache=SessionCache(),
        )
        max_events, max_duration = settings.batch_limits.max_events, settings.batch_limits.max_duration
        deadline = self._clock() + max_duration if settings.read_request.window is None else math.inf
        size = first_size(max_events)
        report, more, refresh = PublishReport(), True, settings.full_refresh
        problems = settings.read_request.start_problems(backlog, checkpoint)
        waiting, newest, metrics = backlog.events, None, None if settings.dry_run else settings.metrics
        with session, self._kafka.reader(backlog, settings.read_request.loss_policy(key)) as reader:
            while more and (remaining := deadline - self._clock()) > 0:
                result = reader.read(
                    max_messages=size,
                    max_bytes=settings.batch_limits.max_bytes,
                    max_duration=min(remaining, max_duration),
                )
                started, read, more = self._clock(), len(result.messages), result.more
                if metrics is not None:
                    if waiting == backlog.events:
                        metrics.begin(backlog, result.messages)
                    waiting -= sum(item.end - item.start for item in result.ranges)
                    newest = newest_ms(result.messages) or newest
                decoded = decode_batch(
                    result,
                    key,
                    self._kafka.kafka_config_id,
                    settings.dead_letter_target.topic,
                    lanes=settings.lane.lanes,
                    owner=settings.state_key,
                    problems=problems,
                )
                problems = ()
                # Free the messages and the events before the plan is published: they are most of the memory.
                del result
                translated = translate_batch(decoded.batch, runs, self._config, settings.run_limits)
                dead_letters = decoded.dead_letters
                del decoded
                runs = translated.runs
                try:
                    report += self._publish(session, translated, dead_letters, full_refresh=refresh)
                except OpenLineageProviderError as error:
                    error.report = report + error.report if error.report is not None else report
                    raise
                size = self._resize(size, read, self._clock() - started)
                # The first batch compared everything; the facts it published need no second comparison.
                refresh = False
        if metrics is not None:
            metrics.end(max(0, waiting) if more else 0, newest)
            metrics.state(store.size, session.history.parking.items.values())
        if more:
            log.warning("max_duration was reached before the end of the backlog; the next run continues from here")
        return report

    def _publish(
        self, session: PublishSession, translated: PlanEnvelope, dead_letters: DeadLettersByTopic, *, full_refresh: bool
    ) -> PublishReport:
        """Publish one batch, move the checkpoint, and return the report."""
        settings = self._settings
        try:
            published = session.publish(translated, full_refresh=full_refresh)
            if not settings.dry_run:
                send_dead_letters(self._kafka, dead_letters, self._written_letters)
                group_offsets = settings.read_request.window is None
                session.commit(translated, published, self._kafka, group_offsets=group_offsets)
        except CheckpointError as error:
            raise _overtaken_error(translated.origin.state_key) from error
        return published.report

    def _resize(self, size: int, read: int, seconds: float) -> int:
        limits = self._settings.batch_limits
        new_size = next_size(size, read, seconds, limits.max_duration, limits.max_events)
        log.info("batch of %d messages: %.1f s; the next one has at most %d", read, seconds, new_size)
        if new_size < size:
            log.warning("the catalogue is slow: a batch of %d messages took %.0f s; reducing the size", read, seconds)
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
