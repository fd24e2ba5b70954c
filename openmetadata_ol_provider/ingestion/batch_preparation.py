"""Prepares a batch for publication: reads, decodes and translates it, with no effect outside of this process.

So a batch may be prepared in another thread, and thrown away if it cannot be published: neither metrics nor log,
neither the dead-letter topic nor Airflow have heard of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.ingestion.consume import decode_batch
from openmetadata_ol_provider.ingestion.plan_envelope import PlanDraft, draft_plan
from openmetadata_ol_provider.ingestion.read_summary import ReadMeter, ReadSummary
from openmetadata_ol_provider.openlineage.freed_memory import release_freed_memory
from openmetadata_ol_provider.openlineage.segments.change import change_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.consume import DeadLettersByTopic
    from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
    from openmetadata_ol_provider.kafka.reader import BacklogReader
    from openmetadata_ol_provider.openlineage.batch import BatchOrigin
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openlineage.run_state import RunState

log = logging.getLogger(__name__)


class BatchRequest(NamedTuple):
    """A batch to prepare.

    :param state: what is remembered before the batch
    :param max_messages: largest number of messages
    :param max_duration: largest number of seconds that reading may take
    :param problems: problems of reading that are to be reported with the batch
    :param in_advance: ``True`` to make the text of what it changes, too, which is not needed if it turns out that
        nothing of the batch before was stored
    """

    state: RunState
    max_messages: int
    max_duration: float
    problems: Sequence[Problem] = ()
    in_advance: bool = False


class PreparedBatch(NamedTuple):
    """A batch that can be published.

    :param draft: its plan
    :param dead_letters: its malformed messages
    :param messages: number of its messages
    :param summary: what was read, for metrics and receipts
    :param warnings: lines for the log
    :param read_at: time at which it had been read, in seconds of the monotonic clock
    """

    draft: PlanDraft
    dead_letters: DeadLettersByTopic
    messages: int
    summary: ReadSummary
    warnings: Sequence[str]
    read_at: float

    def log_warnings(self) -> None:
        """Log what decoding has warned of, once it is certain that the batch is to be published."""
        for line in self.warnings:
            log.warning("%s", line)


class BatchPreparer:
    """Prepares the batches of one task, one at a time.

    :param reader: reader of the backlog
    :param settings: input and options of the task
    :param config: configuration
    :param origin: source of the messages and checkpoint that the batches continue, without offsets
    :param clock: monotonic clock, in seconds
    """

    def __init__(
        self,
        reader: BacklogReader,
        settings: IngestSettings,
        config: Config,
        origin: BatchOrigin,
        clock: Callable[[], float],
    ) -> None:
        self._reader = reader
        self._settings = settings
        self._config = config
        self._origin = origin
        self._clock = clock

    def prepare(self, request: BatchRequest) -> PreparedBatch:
        """Prepare the next batch; nothing of it is kept here.

        :raises KafkaError: if it cannot be read
        :raises DataLossError: if messages are lost and ``on_data_loss`` is ``fail``
        """
        settings, meter, warnings = self._settings, ReadMeter(), list[str]()
        parts = self._reader.parts(
            max_messages=request.max_messages,
            max_bytes=settings.batch_limits.max_bytes,
            max_duration=request.max_duration,
        )
        batch, dead_letters = decode_batch(
            meter.measured(parts),
            self._origin,
            settings.dead_letter_target.topic,
            problems=request.problems,
            read_before=settings.assets.read_before if settings.assets is not None else None,
            warn=warnings.append,
        )
        read_at, messages = self._clock(), len(batch.events) + batch.dead_letters + batch.skipped
        draft = draft_plan(batch, request.state, self._config, settings.run_limits)
        if request.in_advance:
            draft = draft._replace(changed=change_text(draft.before, draft.after))
        # The events are most of the memory, and the plan has all that is published.
        del batch
        release_freed_memory()
        return PreparedBatch(draft, dead_letters, messages, meter.summary, warnings, read_at)
