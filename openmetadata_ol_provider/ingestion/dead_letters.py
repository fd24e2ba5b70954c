"""Lists dead letters and puts them back on their topics, for the operator and the command line.

Order of effects, as for batches of events: the messages are put back, each delivery confirmed, then the checkpoint of
the dead-letter topics moves (a Variable of its own). A crash between the two puts some messages back twice, which
changes nothing. A dead letter is put back once; when its message fails again, it becomes a new dead letter with a
higher replay count.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.settings import SKIP, BatchLimits
from openmetadata_ol_provider.kafka.dead_letters import StoredDeadLetter, parse_dead_letter
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.kafka.start_position import EARLIEST, StartPosition
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.state.keys import default_state_key
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import OutgoingMessage, ReadResult

log = logging.getLogger(__name__)

DEFAULT_MAX_REPLAYS = 3
# Most dead letters that a report names.
_MAX_NAMED = 100
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


class ReplayReport(msgspec.Struct, frozen=True):
    """The outcome of a replay.

    :param read: number of dead letters read
    :param replayed: number put back
    :param exhausted: number skipped because they have been put back too often
    :param foreign: number skipped because their headers name no topic, or one that is not allowed
    :param lost: number of dead letters that retention had deleted before they were read
    :param more: ``True`` if the time was over before the end was reached
    :param left: the first of the skipped dead letters, one line each
    """

    read: int = 0
    replayed: int = 0
    exhausted: int = 0
    foreign: int = 0
    lost: int = 0
    more: bool = False
    left: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return {**document, "left": list(self.left)}

    def __add__(self, later: ReplayReport) -> ReplayReport:
        """Add the report of the next batch."""
        return ReplayReport(
            read=self.read + later.read,
            replayed=self.replayed + later.replayed,
            exhausted=self.exhausted + later.exhausted,
            foreign=self.foreign + later.foreign,
            lost=self.lost + later.lost,
            more=later.more,
            left=(*self.left, *later.left)[:_MAX_NAMED],
        )


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
    kafka: KafkaClient, topics: Sequence[str], start: StartPosition = EARLIEST
) -> Iterator[StoredDeadLetter]:
    """Yield the dead letters of topics up to their current end; topics that do not exist (yet) have none.

    :param topics: dead-letter topics
    :param start: position of the first dead letter
    """
    for result in _batches(kafka, _backlog(kafka, topics, {}, start)):
        yield from map(parse_dead_letter, result.messages)


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
    kafka: KafkaClient, letters: Sequence[StoredDeadLetter], rules: ReplayRules, dry_run: bool
) -> ReplayReport:
    """Put dead letters back.

    :param dry_run: ``True`` to report only, and send nothing
    :raises KafkaError: if a message was not confirmed
    :raises ConfigError: if writing to a topic is not allowed
    """
    outgoing: list[OutgoingMessage] = []
    exhausted, foreign = [], []
    for letter in letters:
        target = rules.target or (letter.topic if rules.allows(letter.topic) else None)
        if letter.replays >= rules.max_replays:
            exhausted.append(_line(letter, f"already put back {letter.replays} times"))
        elif target is None:
            why = f"{letter.topic!r} is not among topics" if letter.topic else "its headers name no topic"
            foreign.append(_line(letter, why))
        else:
            outgoing.append(letter.to_replay(target, rules.keep_timestamp))
    for line in (*exhausted, *foreign):
        log.warning("not put back: %s", line)
    if not dry_run:
        kafka.send_back(outgoing)
    skipped = (*exhausted, *foreign)[:_MAX_NAMED]
    return ReplayReport(len(letters), len(outgoing), len(exhausted), len(foreign), left=skipped)


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
    report = ReplayReport()
    for result in _batches(kafka, backlog, limits, deadline):
        letters = [parse_dead_letter(message) for message in result.messages]
        batch_report = replay_dead_letters(kafka, letters, rules, dry_run)
        if not dry_run:
            moved = _advanced(stored, result)
            store.replace_checkpoint(stored, moved)
            stored = moved
        lost = sum(item.lost for item in result.ranges)
        report += msgspec.structs.replace(batch_report, lost=lost, more=result.more)
    return report


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
    message = letter.message
    where = f"{message.topic}[{message.partition}]@{message.offset}"
    return f"{where} from {letter.origin}: {why} ({letter.reason or 'no reason given'})"
