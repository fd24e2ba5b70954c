"""Decodes messages into a batch of events; malformed messages become dead letters, and losses become problems."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.ingestion.settings import SKIP
from openmetadata_ol_provider.lineage.sql import SqlPolicy, apply_sql_policy
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event_types import read_event_type
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.positions import OffsetRange, joined_ranges
from openmetadata_ol_provider.openlineage.problem_groups import group_problems
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, ProblemLog
from openmetadata_ol_provider.openlineage.sanitize import safe_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage, ReadResult
    from openmetadata_ol_provider.openlineage.event import Event
    from openmetadata_ol_provider.state.asset_queue import ReadBefore

    #: Malformed messages by the dead-letter topic that they are written to.
    DeadLettersByTopic = dict[str, list[DeadLetter]]

log = logging.getLogger(__name__)

#: Longest reason in the headers of a dead letter, in characters.
MAX_REASON = 500


class DecodedBatch(NamedTuple):
    """A batch of events, and the malformed messages by the dead-letter topic that they are written to."""

    batch: EventBatch
    dead_letters: DeadLettersByTopic


@without_collection()
def decode_batch(
    results: Iterable[ReadResult],
    origin: BatchOrigin,
    dead_letter_topic: str | None,
    *,
    sql: SqlPolicy = "always",
    problems: Sequence[Problem] = (),
    read_before: ReadBefore | None = None,
    warn: Callable[[str], object] = log.warning,
) -> DecodedBatch:
    """Decode messages read from Kafka; of those that are decoded, none is kept.

    :param results: parts of the batch, which may be read one after the other as they are decoded: the messages and the
        offsets they cover
    :param origin: source of the messages and checkpoint that the batch continues; it gets the offsets from the results
    :param dead_letter_topic: topic for malformed messages; ``None``: ``<topic>.dead-letter``; ``"none"``: skip them
    :param sql: ``write.sql`` of the configuration: SQL that must not be published is removed here
    :param problems: problems of reading
    :param read_before: the offsets up to which messages were read before; default: none were
    :param warn: receiver of lines for the log (default: the log)
    """
    decoder = _Decoder(dead_letter_topic, sql, origin.lanes, read_before, warn)
    ranges: list[OffsetRange] = []
    more = False
    for result in results:
        ranges += result.ranges
        more = result.more
        decoder.add(result)
    joined = joined_ranges(ranges)
    # Losses come first: the list of problems is limited later, and they must not be cut off.
    first = [problem for item in joined if (problem := _data_loss(item, warn))]
    first += [_missing_keys(topic, count) for topic, count in decoder.keyless.items()]
    # That a topic was recreated is reported here and now, and is not part of what travels on.
    covered = tuple(msgspec.structs.replace(item, reset=False, recreated=False) for item in joined)
    batch = EventBatch(
        origin=msgspec.structs.replace(origin, ranges=covered),
        events=tuple(decoder.events),
        dead_letters=sum(map(len, decoder.dead_letters.values())),
        skipped=decoder.skipped,
        more=more,
        problems=(*problems, *first, *decoder.log.problems),
        replayed=tuple(decoder.replayed),
    )
    return DecodedBatch(batch, decoder.dead_letters)


class _Decoder:
    """Decodes the messages of a batch, part after part.

    The parameters are those of :func:`decode_batch`.
    """

    def __init__(
        self,
        dead_letter_topic: str | None,
        sql: SqlPolicy,
        lanes: int,
        read_before: ReadBefore | None,
        warn: Callable[[str], object],
    ) -> None:
        self._dead_letter_topic = dead_letter_topic
        self._sql = sql
        self._lanes = lanes
        self._read_before = read_before
        self._warn = warn
        self.events: list[Event] = []
        self.log = ProblemLog()
        self.skipped = 0
        self.keyless: Counter[str] = Counter()
        self.dead_letters: DeadLettersByTopic = {}
        self.replayed: list[tuple[str, str, str]] = []

    def add(self, result: ReadResult) -> None:
        """Decode the messages of a part."""
        events, sql, lanes = self.events, self._sql, self._lanes
        read_until = self._read_before.of(result.ranges) if self._read_before is not None else {}
        for message in result.messages:
            try:
                decoded = decode_event(message.value, message)
            except MalformedEventError as error:
                self._refuse(message, safe_text(str(error), MAX_REASON))
                continue
            events.append(apply_sql_policy(decoded.event, sql))
            if decoded.problems:
                self.log.add(*decoded.problems)
            if read_until and message.offset < read_until.get(message.topic, {}).get(str(message.partition), 0):
                self.replayed += _completed_run(decoded.event)
            # A topic with a single partition needs no keys.
            if lanes > 1 and message.key is None and message.partition > 0 and decoded.event.run is not None:
                self.keyless[message.topic] += 1

    def _refuse(self, message: RawMessage, reason: str) -> None:
        if self._dead_letter_topic == SKIP:
            self.skipped += 1
            self._warn(f"skipped {message}: {reason} (dead_letter_topic: none)")
        else:
            from openmetadata_ol_provider.kafka.messages import DeadLetter

            topic = self._dead_letter_topic or f"{message.topic}.dead-letter"
            self.dead_letters.setdefault(topic, []).append(DeadLetter(message, reason))
        self.log.add_problem(ProblemKind.MALFORMED, str(message), reason)


def _completed_run(event: Event) -> list[tuple[str, str, str]]:
    """Return namespace and name of the job, and the id of the run that an event completes; nothing if it does not."""
    if event.run is None or event.job is None or read_event_type(event.eventType).state != "COMPLETE":
        return []
    return [(event.job.namespace, event.job.name, event.run.runId)]


def _missing_keys(topic: str, count: int) -> Problem:
    return Problem(
        ProblemKind.NO_MESSAGE_KEY,
        f"topic {topic}",
        f"{counted(count, 'message has', 'messages have')} no key, so the events of a run are spread over several "
        "partitions, and each lane sees only parts of runs. Configure the producers to set message keys (OpenLineage's "
        "clients do), or set lanes to 1",
    )


def _data_loss(item: OffsetRange, warn: Callable[[str], object]) -> Problem | None:
    """Return the problem of a range with a loss, and warn of it; ``None`` if nothing was lost."""
    where = f"{item.topic}[{item.partition}]"
    if item.recreated:
        detail = (
            f"the topic was deleted and recreated, as its id shows, and the checkpoint {item.checkpoint} is that of "
            f"the deleted one; reading starts at {item.start}"
        )
    elif item.reset:
        detail = (
            f"the checkpoint {item.checkpoint} lies beyond the end: the topic was deleted and recreated, or truncated; "
            f"reading starts at {item.start}"
        )
    elif item.lost:
        detail = f"retention deleted {counted(item.lost, 'unread message')} ({item.checkpoint} to {item.start})"
    else:
        return None
    warn(f"DATA LOSS {where}: {detail}")
    return Problem(ProblemKind.DATA_LOSS, where, detail)


def send_dead_letters(
    kafka: KafkaClient, dead_letters: Mapping[str, Sequence[DeadLetter]], written: WrittenLetters | None = None
) -> None:
    """Write malformed messages to their dead-letter topics, each delivery confirmed.

    What lies there already, because the same events were read before, is not written again.

    :param written: what lies on the topics, shared by the batches of a task
    :raises DeadLetterError: if a topic did not accept them; the checkpoint has not moved then
    """
    if not dead_letters:
        return
    from openmetadata_ol_provider.ingestion.repeated_letters import WrittenLetters

    written = written or WrittenLetters(kafka)
    for topic, letters in dead_letters.items():
        missing = written.missing(letters, topic)
        kafka.dead_letter(missing, topic)
        written.add(missing, topic)
        problems = [Problem(ProblemKind.MALFORMED, str(letter.message), letter.reason) for letter in missing]
        for group in group_problems(problems):
            log.warning("dead letters on %s: %s", topic, group.text)
        if len(missing) < len(letters):
            before = counted(len(letters) - len(missing), "dead letter")
            log.warning("already on %s, from reading before: %s", topic, before)
