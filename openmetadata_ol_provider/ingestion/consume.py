"""Decodes messages into a batch of events; malformed messages become dead letters, and losses become problems."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.ingestion.settings import SKIP
from openmetadata_ol_provider.lineage.sql import SqlPolicy, apply_sql_policy
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, ProblemLog
from openmetadata_ol_provider.openlineage.sanitize import safe_text

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import DeadLetter, ReadResult
    from openmetadata_ol_provider.openlineage.positions import OffsetRange

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
    result: ReadResult,
    state_key: str,
    kafka_config_id: str,
    dead_letter_topic: str | None,
    *,
    sql: SqlPolicy = "always",
    lanes: int = 1,
) -> DecodedBatch:
    """Decode messages read from Kafka.

    :param result: the messages and the offsets they cover
    :param state_key: Variable with the checkpoint that the batch continues
    :param kafka_config_id: connection that the messages were read from
    :param dead_letter_topic: topic for malformed messages; ``None``: ``<topic>.dead-letter``; ``"none"``: skip them
    :param sql: ``write.sql`` of the configuration: SQL that must not be published is removed here
    :param lanes: number of lanes
    """
    from openmetadata_ol_provider.kafka.messages import DeadLetter

    events, problems, skipped = [], ProblemLog(), 0
    keyless: Counter[str] = Counter()
    dead_letters: DeadLettersByTopic = {}
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
                dead_letters.setdefault(topic, []).append(DeadLetter(message, reason))
            problems.add_problem(ProblemKind.MALFORMED, where, reason)
            continue
        events.append(apply_sql_policy(decoded.event, sql))
        problems.add(*decoded.problems)
        # A topic with a single partition needs no keys.
        if lanes > 1 and message.key is None and message.partition > 0 and decoded.event.run is not None:
            keyless[message.topic] += 1
    # Losses come first: the list of problems is limited later, and they must not be cut off.
    first = [problem for item in result.ranges if (problem := _data_loss(item))]
    first += [_missing_keys(topic, count) for topic, count in keyless.items()]
    # That a topic was recreated is reported here and now, and is not part of what travels on.
    ranges = tuple(msgspec.structs.replace(item, reset=False) for item in result.ranges)
    batch = EventBatch(
        origin=BatchOrigin(state_key, kafka_config_id, ranges, lanes),
        events=tuple(events),
        dead_letters=sum(map(len, dead_letters.values())),
        skipped=skipped,
        more=result.more,
        problems=(*first, *problems.problems),
    )
    return DecodedBatch(batch, dead_letters)


def _missing_keys(topic: str, count: int) -> Problem:
    return Problem(
        ProblemKind.NO_MESSAGE_KEY,
        f"topic {topic}",
        f"{count} messages have no key, so the events of a run are spread over several partitions, and each lane sees "
        "only parts of runs. Configure the producers to set message keys (OpenLineage's clients do), or set lanes to 1",
    )


def _data_loss(item: OffsetRange) -> Problem | None:
    """Return the problem of a range with a loss, and log it; ``None`` if nothing was lost."""
    where = f"{item.topic}[{item.partition}]"
    if item.reset:
        detail = (
            f"the checkpoint {item.checkpoint} lies beyond the end: the topic was deleted and recreated, or truncated; "
            f"reading starts at {item.start}"
        )
    elif item.lost:
        detail = f"retention deleted {item.lost} messages before they were read ({item.checkpoint} to {item.start})"
    else:
        return None
    log.warning("DATA LOSS %s: %s", where, detail)
    return Problem(ProblemKind.DATA_LOSS, where, detail)


def send_dead_letters(kafka: KafkaClient, dead_letters: Mapping[str, Sequence[DeadLetter]]) -> None:
    """Write malformed messages to their dead-letter topics, each delivery confirmed.

    :raises DeadLetterError: if a topic did not accept them; the checkpoint has not moved then
    """
    for topic, letters in dead_letters.items():
        kafka.dead_letter(letters, topic)
        for letter in letters:
            message = letter.message
            log.warning("dead letter %s[%d]@%d: %s", message.topic, message.partition, message.offset, letter.reason)
