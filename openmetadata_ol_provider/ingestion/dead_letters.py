"""Lists dead letters and puts them back on their topics, for the operator and the command line.

Order of effects, as for batches of events: the messages are put back, each delivery confirmed, then the checkpoint of
the dead-letter topics moves (a Variable of its own). A crash between the two puts some messages back twice, which
changes nothing. A message is put back once, however many letters of it there are; when it fails again, it becomes a new
dead letter with a higher replay count.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.repeated_letters import SeenLetters
from openmetadata_ol_provider.ingestion.replay_report import MAX_NAMED, ReplayReport
from openmetadata_ol_provider.ingestion.settings import SKIP, BatchLimits
from openmetadata_ol_provider.kafka.dead_letters import StoredDeadLetter, parse_dead_letter
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.kafka.start_position import EARLIEST, StartPosition
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.state.keys import default_state_key
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import OutgoingMessage, ReadResult

log = logging.getLogger(__name__)

DEFAULT_MAX_REPLAYS = 3
_DEFAULT_LIMITS = BatchLimits(max_events=1000, max_bytes=32 * 1024 * 1024, max_duration=60.0)


class ReplayRules(NamedTuple):
    """The dead letters to put back, and their destinations.

    :param topics: topics that messages may go back to: names, or regular expressions when they start with ``^``. Other
        programs can write to the dead-letter topic, so their headers alone must not decide where we write
    :param dead_letter_topics: topics of the dead letters; nothing is written to them
    :param target: topic for all messages, wherever they came from; default: the original topics
    :param max_replays: number of replays after which a message is skipped
    :param keep_timestamp: ``True`` to send the original timestamp instead of the current time
    """

    topics: Sequence[str]
    dead_letter_topics: Sequence[str]
    target: str | None = None
    max_replays: int = DEFAULT_MAX_REPLAYS
    keep_timestamp: bool = True

    def check(self) -> None:
        """Refuse values that cannot work.

        :raises ConfigError: naming the parameter
        """
        if self.max_replays < 1:
            raise ConfigError(f"max_replays is {self.max_replays}; it must be at least 1")
        if self.target in self.dead_letter_topics:
            raise ConfigError(
                f"topic is {self.target!r}, which holds the dead letters; name the topic to put them back on"
            )

    def allows(self, topic: str) -> bool:
        """Return whether messages may go back to a topic."""
        if not topic or topic in self.dead_letter_topics:
            return False
        return any(re.match(name, topic) if name.startswith("^") else name == topic for name in self.topics)


def dead_letter_topics(topics: Sequence[str], dead_letter_topic: str | None) -> list[str]:
    """Return the dead-letter topics of topics.

    :param dead_letter_topic: the operators' parameter; ``None``: ``<topic>.dead-letter``
    :raises ConfigError: if there are none, or if they cannot be derived from a pattern
    """
    if dead_letter_topic == SKIP:
        raise ConfigError("dead_letter_topic is none, so there are no dead letters; name the topic that has some")
    if dead_letter_topic is not None:
        return [dead_letter_topic]
    patterns = [topic for topic in topics if topic.startswith("^")]
    if patterns:
        raise ConfigError(f"topics has the pattern {patterns[0]!r}; name the dead-letter topic with dead_letter_topic")
    return [f"{topic}.dead-letter" for topic in topics]


def default_key(topics: Sequence[str]) -> str:
    """Return the key of the Variable with the checkpoint of dead-letter topics, shared by operator and command line."""
    return default_state_key("dead_letters", topics)


def list_dead_letters(
    kafka: KafkaClient, topics: Sequence[str], start: StartPosition = EARLIEST, seen: SeenLetters | None = None
) -> Iterator[StoredDeadLetter]:
    """Yield the dead letters of topics up to their current end, the first of each message.

    Topics that do not exist (yet) have none.

    :param topics: dead-letter topics
    :param start: position of the first dead letter
    :param seen: counts the further letters of the same messages
    """
    seen = seen or SeenLetters()
    for result in _batches(kafka, _backlog(kafka, topics, {}, start)):
        yield from seen.first(map(parse_dead_letter, result.messages))


def position_of_first(kafka: KafkaClient, letter: StoredDeadLetter) -> str:
    """Return the position of the first letter of the same message on the same topic, which may be this letter."""
    return next(
        (
            other.position
            for other in list_dead_letters(kafka, [letter.message.topic])
            if other.identity == letter.identity
        ),
        letter.position,
    )


def find_dead_letter(kafka: KafkaClient, topic: str, partition: int, offset: int) -> StoredDeadLetter:
    """Return one dead letter.

    :raises ConfigError: if it does not exist
    """
    backlog = _backlog(kafka, [topic], {}, EARLIEST)
    exists = any(item.partition == partition and item.low <= offset < item.high for item in backlog.partitions)
    if exists:
        single = Backlog((PartitionBacklog(topic, partition, offset, offset + 1, None, offset),))
        for result in _batches(kafka, single):
            for message in result.messages:
                return parse_dead_letter(message)
    raise ConfigError(f"there is no dead letter {topic}[{partition}]@{offset}; `openmetadata-ol dlq list` lists them")


def replay_dead_letters(
    kafka: KafkaClient,
    letters: Sequence[StoredDeadLetter],
    rules: ReplayRules,
    dry_run: bool,
    seen: SeenLetters | None = None,
) -> ReplayReport:
    """Put dead letters back, the first of each message.

    :param dry_run: ``True`` to report only, and send nothing
    :param seen: letters that were read before
    :raises KafkaError: if a message was not confirmed
    :raises ConfigError: if writing to a topic is not allowed
    """
    outgoing: list[OutgoingMessage] = []
    exhausted, foreign = [], []
    first = list((seen or SeenLetters()).first(letters))
    for letter in first:
        target = rules.target or (letter.topic if rules.allows(letter.topic) else None)
        if letter.replays >= rules.max_replays:
            exhausted.append(_line(letter, f"already put back {counted(letter.replays, 'time')}"))
        elif target is None:
            why = f"{letter.topic!r} is not among topics" if letter.topic else "its headers name no topic"
            foreign.append(_line(letter, why))
        else:
            outgoing.append(letter.to_replay(target, rules.keep_timestamp))
    for line in (*exhausted, *foreign):
        log.warning("not put back: %s", line)
    if not dry_run:
        kafka.send_back(outgoing)
    skipped = (*exhausted, *foreign)[:MAX_NAMED]
    repeated = len(letters) - len(first)
    return ReplayReport(len(letters), len(outgoing), repeated, len(exhausted), len(foreign), left=skipped)


def replay_new(
    kafka: KafkaClient,
    rules: ReplayRules,
    state_key: str,
    *,
    limits: BatchLimits = _DEFAULT_LIMITS,
    dry_run: bool = False,
    again: bool = False,
) -> ReplayReport:
    """Put back all dead letters that were not read yet, up to their current end.

    :param state_key: Variable with the checkpoint
    :param limits: limits of messages and bytes of a batch, and of seconds of all batches
    :param dry_run: ``True`` to report only; nothing is sent and nothing moves
    :param again: ``True`` to begin at the first retained dead letter, including those put back before
    :raises KafkaError: if a message was not confirmed; the checkpoint is then that of the batch before
    :raises ConfigError: if writing to a topic is not allowed
    :raises CheckpointError: if another task has moved the checkpoint meanwhile
    """
    rules.check()
    deadline = time.monotonic() + limits.max_duration
    store = StateStore(state_key)
    stored = store.read_checkpoint()
    backlog = _backlog(kafka, rules.dead_letter_topics, {} if again else stored, EARLIEST)
    report, seen = ReplayReport(), _read_before(kafka, backlog, limits)
    for result in _batches(kafka, backlog, limits, deadline):
        letters = [parse_dead_letter(message) for message in result.messages]
        batch_report = replay_dead_letters(kafka, letters, rules, dry_run, seen)
        if not dry_run:
            moved = _advanced(stored, result)
            store.replace_checkpoint(stored, moved)
            stored = moved
        lost = sum(item.lost for item in result.ranges)
        report += msgspec.structs.replace(batch_report, lost=lost, more=result.more)
    return report


def _read_before(kafka: KafkaClient, backlog: Backlog, limits: BatchLimits) -> SeenLetters:
    """Return the letters before a backlog, as far as they are retained: they were put back, or left alone, before."""
    seen = SeenLetters()
    if not backlog.events:
        return seen
    before = Backlog(
        tuple(
            msgspec.structs.replace(item, start=item.low, high=item.start, lost=0, reset=False)
            for item in backlog.partitions
            if item.low < item.start
        )
    )
    more = False
    for result in _batches(kafka, before, limits):
        more = result.more
        for message in result.messages:
            seen.position_of_first(parse_dead_letter(message))
    if more:
        log.warning("not all earlier dead letters could be read in time; some may be put back twice, which is harmless")
    return seen


def _backlog(kafka: KafkaClient, topics: Sequence[str], checkpoint: Checkpoint, start: StartPosition) -> Backlog:
    """Return the backlog of the topics that exist: without malformed messages there is no dead-letter topic."""
    with kafka.query() as query:
        return query.backlog(query.existing_topics(topics), checkpoint, start=start)


def _batches(
    kafka: KafkaClient, backlog: Backlog, limits: BatchLimits = _DEFAULT_LIMITS, deadline: float | None = None
) -> Iterator[ReadResult]:
    until = time.monotonic() + limits.max_duration if deadline is None else deadline
    more = bool(backlog.partitions)
    with kafka.reader(backlog) as reader:
        while more and (remaining := until - time.monotonic()) > 0:
            result = reader.read(max_messages=limits.max_events, max_bytes=limits.max_bytes, max_duration=remaining)
            more = result.more
            yield result


def _advanced(checkpoint: Checkpoint, result: ReadResult) -> dict[str, dict[str, int]]:
    advanced = {topic: dict(partitions) for topic, partitions in checkpoint.items()}
    for item in result.ranges:
        advanced.setdefault(item.topic, {})[str(item.partition)] = item.end
    return advanced


def _line(letter: StoredDeadLetter, why: str) -> str:
    return f"{letter.position} from {letter.origin}: {why} ({letter.reason or 'no reason given'})"
