"""From messages to a batch of events: decoded, what cannot be used set apart for the dead-letter topic, losses told."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.lineage.sql import apply_sql_policy
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, BatchRange, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, ProblemLog
from openmetadata_ol_provider.openlineage.sanitize import safe_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.messages import DeadLetter, OffsetRange, ReadResult

    #: Messages that cannot be used, by the dead-letter topic that they go to.
    Letters = dict[str, list[DeadLetter]]

log = logging.getLogger(__name__)

#: Value of ``dead_letter_topic`` that skips messages which cannot be used, counted and logged.
SKIP = "none"
#: Longest reason in the headers of a dead letter, in characters.
MAX_REASON = 500


class Consumed(NamedTuple):
    """A decoded batch, and the messages that could not be used, by the dead-letter topic that they go to."""

    batch: EventBatch
    letters: Letters


@without_collection()
def decode_messages(
    result: ReadResult,
    state_key: str,
    kafka_config_id: str,
    dead_letter_topic: str | None,
    *,
    sql: str = "always",
    lanes: int = 1,
) -> Consumed:
    """Decode what was read from Kafka.

    :param dead_letter_topic: where messages go that cannot be used; ``None``: ``<topic>.dead-letter``;
        ``"none"``: they are skipped
    :param sql: ``write.sql`` of the configuration: what it does not want published is not kept either
    :param lanes: the number of lanes of which this is one
    """
    from openmetadata_ol_provider.kafka.messages import DeadLetter

    events, told, skipped = [], ProblemLog(), 0
    keyless: Counter[str] = Counter()
    letters: Letters = {}
    for message in result.messages:
        where = f"{message.topic}[{message.partition}]@{message.offset}"
        try:
            decoded = decode_event(message.value, where)
        except MalformedEventError as error:
            reason = safe_text(str(error), MAX_REASON)
            if dead_letter_topic == SKIP:
                skipped += 1
                log.warning("skipped %s: %s (dead_letter_topic: none)", where, reason)
            else:
                topic = dead_letter_topic or f"{message.topic}.dead-letter"
                letters.setdefault(topic, []).append(DeadLetter(message, reason))
            told.tell(ProblemKind.MALFORMED, where, reason)
            continue
        events.append(apply_sql_policy(decoded.event, sql))
        told.add(*decoded.problems)
        # Of a topic with just one partition, no key is needed.
        if lanes > 1 and message.key is None and message.partition > 0 and decoded.event.run is not None:
            keyless[message.topic] += 1
    losses = [problem for item in result.ranges if (problem := _data_loss(item))]
    losses += [_no_key(topic, count) for topic, count in keyless.items()]
    ranges = tuple(
        BatchRange(item.topic, item.partition, item.checkpoint, item.start, item.end, item.lost)
        for item in result.ranges
    )
    batch = EventBatch(
        origin=BatchOrigin(state_key, kafka_config_id, ranges, lanes),
        events=tuple(events),
        dead_letters=sum(map(len, letters.values())),
        skipped=skipped,
        more=result.more,
        # What retention has deleted is told whatever else went wrong.
        problems=(*losses, *told.problems),
    )
    return Consumed(batch, letters)


def _no_key(topic: str, count: int) -> Problem:
    return Problem(
        ProblemKind.NO_MESSAGE_KEY,
        f"topic {topic}",
        f"{count} messages have no key, so the events of a run lie in several partitions, and lanes know parts of runs "
        "only. Let the producers' messages have keys (OpenLineage's clients give them), or set lanes to 1",
    )


def _data_loss(item: OffsetRange) -> Problem | None:
    """Say loudly what can no longer be read."""
    where = f"{item.topic}[{item.partition}]"
    if item.reset:
        detail = (
            f"the checkpoint {item.checkpoint} lies beyond the end: the topic was made anew; read from {item.start}"
        )
    elif item.lost:
        detail = f"retention deleted {item.lost} messages before they were read ({item.checkpoint} to {item.start})"
    else:
        return None
    log.warning("DATA LOSS %s: %s", where, detail)
    return Problem(ProblemKind.DATA_LOSS, where, detail)


def send_dead_letters(hook: OpenLineageKafkaHook, letters: Mapping[str, Sequence[DeadLetter]]) -> None:
    """Write messages that cannot be used to their dead-letter topics, each delivery confirmed.

    :raises DeadLetterError: if a topic did not take them; the checkpoint has not moved then
    """
    for topic, found in letters.items():
        hook.dead_letter(found, topic)
        for letter in found:
            message = letter.message
            log.warning("dead letter %s[%d]@%d: %s", message.topic, message.partition, message.offset, letter.reason)
