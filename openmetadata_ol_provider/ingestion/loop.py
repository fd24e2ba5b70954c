"""The three steps in one, batch after batch, to the end of the backlog or of the time, for IngestOpenLineageOperator.

It ends where the topics ended when it began, or when its time is over: however much arrives meanwhile, and however slow
the catalogue is. Nothing is polled while a batch is published; the reader is in no consumer group, so nobody waits for
a sign of life from it. What is held in memory is one batch, what the client has fetched ahead (bounded by librdkafka's
``queued.max.messages.kbytes``), the runs remembered, and the report.
"""

from __future__ import annotations

import gc
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import CheckpointError, OvertakenError
from openmetadata_ol_provider.ingestion.batch_size import first_size, next_size
from openmetadata_ol_provider.ingestion.consume import decode_messages, send_dead_letters
from openmetadata_ol_provider.ingestion.publish import (
    PlanEnvelope,
    close_publication,
    commit_batch,
    publish_translated,
    translate_batch,
)
from openmetadata_ol_provider.ingestion.read_request import ReadRequest
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.state.checkpoint import read_checkpoint, read_state
from openmetadata_ol_provider.state.publication import read_memory
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_lane

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.ingestion.consume import Letters
    from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
    from openmetadata_ol_provider.openlineage.run_assembler import Limits
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
    from openmetadata_ol_provider.state.lanes import Lane

log = logging.getLogger(__name__)


class IngestSettings(NamedTuple):
    """What is to be ingested, and how.

    :param topics: names, or regular expressions when they start with ``^``
    :param state_key: Variable that holds checkpoint and open runs, without lanes
    :param lane: whose partitions are read
    :param bounds: of one batch; ``max_duration`` bounds the whole work
    :param letterbox: where messages go that cannot be used
    :param limits: of the runs remembered
    :param reading: where to begin; a span of time is read whole, however long it takes
    :param dry_run: nothing moves and nothing is written
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    """

    topics: Sequence[str]
    state_key: str
    lane: Lane
    bounds: BatchLimits
    letterbox: DeadLetterTarget
    limits: Limits
    reading: ReadRequest = ReadRequest()
    dry_run: bool = False
    full_refresh: bool = False


class IngestLoop:
    """Works through a backlog.

    :param clock: seconds from any start, never going back
    """

    def __init__(
        self,
        settings: IngestSettings,
        hook: OpenLineageKafkaHook,
        client: OpenMetadataClient,
        config: Config,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._hook = hook
        self._client = client
        self._config = config
        self._clock = clock

    def run(self) -> PublishReport:
        """Return the report over all batches."""
        with _frozen():
            return self._run()

    def _run(self) -> PublishReport:
        settings = self._settings
        if settings.dry_run:
            key, stored = settings.lane.key(settings.state_key), read_lane(settings.state_key, settings.lane)
            checkpoint = stored.checkpoint
        else:
            key = ensure_lane_state(settings.state_key, settings.lane)
            checkpoint = read_checkpoint(key)
        backlog = settings.reading.backlog(
            self._hook, settings.topics, key, checkpoint, settings.letterbox.exclude, dry_run=settings.dry_run
        )
        log.info("%d messages are waiting for %s", backlog.events, settings.lane)
        if not settings.dry_run:
            # Not before: reading again moves the checkpoint, and what was counted counts no more.
            stored = read_state(key)
        runs, memory = stored.runs, read_memory(key, stored.usage)
        memory.recent = SessionCache()
        most, seconds = settings.bounds.max_events, settings.bounds.max_duration
        deadline = self._clock() + seconds if settings.reading.window is None else math.inf
        size = first_size(most)
        report, more, refresh = PublishReport(), True, settings.full_refresh
        with self._hook.reader(backlog, settings.reading.on_loss(key)) as reader:
            while more and (left := deadline - self._clock()) > 0:
                result = reader.read(
                    max_messages=size, max_bytes=settings.bounds.max_bytes, max_duration=min(left, seconds)
                )
                begun, read, more = self._clock(), len(result.messages), result.more
                consumed = decode_messages(
                    result,
                    key,
                    self._hook.kafka_config_id,
                    settings.letterbox.topic,
                    sql=self._config.write.sql,
                    lanes=settings.lane.lanes,
                )
                # Neither the bytes nor the events are held while the plan is published: they are most of the memory.
                del result
                translated = translate_batch(consumed.batch, runs, self._config, settings.limits)
                letters = consumed.letters
                del consumed
                runs = translated.runs
                report += self._publish(translated, letters, memory, full_refresh=refresh)
                size = self._resized(size, read, self._clock() - begun)
                # What this task has compared itself need not be compared again.
                refresh = False
        close_publication(key, memory, self._client, self._config)
        if more:
            log.warning("max_duration is over before the end of the backlog; the next run goes on from here")
        return report

    def _publish(
        self, translated: PlanEnvelope, letters: Letters, memory: CarryOver, *, full_refresh: bool
    ) -> PublishReport:
        """Publish one batch, move the checkpoint, and return the report."""
        settings = self._settings
        try:
            report = publish_translated(
                translated, self._client, self._config, memory, dry_run=settings.dry_run, full_refresh=full_refresh
            )
            if not settings.dry_run:
                send_dead_letters(self._hook, letters)
                commit = settings.reading.window is None
                commit_batch(translated, memory, self._hook, self._client, self._config, commit=commit)
        except CheckpointError as error:
            raise _overtaken(translated.origin.state_key) from error
        return report

    def _resized(self, size: int, read: int, seconds: float) -> int:
        bounds = self._settings.bounds
        after = next_size(size, read, seconds, bounds.max_duration, bounds.max_events)
        log.info("batch of %d messages: %.1f s; the next one has at most %d", read, seconds, after)
        if after < size:
            log.warning("the catalogue is slow: batches of %d messages take %.0f s; they get smaller", read, seconds)
        return after


@contextmanager
def _frozen() -> Iterator[None]:
    """Keep the garbage collector from what is there already, which is most of what it would look at: Airflow.

    Without that, a fifth of a task's time is its.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _overtaken(state_key: str) -> OvertakenError:
    """Return the error of a task beside which another works: its own try before, on a worker that was given up."""
    return OvertakenError(
        f"another task has moved the checkpoint (Variable {state_key!r}) while this one was at work on the same "
        "partitions; a retry of this task goes on from there. If there always is another, set max_active_runs to 1, "
        "and state_key to another name for each DAG"
    )
