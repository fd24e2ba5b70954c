"""Dead letters, looked at and put back: the functions that the operator and the command line share.

Order of effects, as for batches of events: the messages are put back, each delivery confirmed, then the checkpoint of
the dead-letter topics moves (a Variable of its own). A crash between the two puts some back twice, which changes
nothing. A letter is put back once; when its message fails again it is a new letter that counts one replay more.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.ingestion.consume import SKIP
from openmetadata_ol_provider.kafka.dead_letters import Letter, read_letter
from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.kafka.start_position import EARLIEST, StartPoint
from openmetadata_ol_provider.state.checkpoint import default_state_key, read_checkpoint, replace_checkpoint

if TYPE_CHECKING:
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.kafka.messages import Outgoing, ReadResult

log = logging.getLogger(__name__)

MAX_REPLAYS = 3
#: Letters that are named one by one in a report.
_NAMED = 100
_READ_SECONDS = 60.0
_READ_BYTES = 32 * 1024 * 1024
_READ_MESSAGES = 1000


class Rules(NamedTuple):
    """What is put back, and where to.

    :param topics: where messages may go back to: names, or regular expressions when they start with ``^``. Headers on
        a topic that others write to shall not make us write anywhere
    :param letter_topics: where the letters are; nothing goes back there
    :param target: all of them go to this topic, wherever they came from
    :param max_replays: a message that was put back so often is left alone
    :param keep_timestamp: they get their first timestamp again, not now's
    """

    topics: Sequence[str]
    letter_topics: Sequence[str]
    target: str | None = None
    max_replays: int = MAX_REPLAYS
    keep_timestamp: bool = True

    def check(self) -> None:
        """Refuse what cannot work.

        :raises ConfigError: naming the parameter
        """
        if self.max_replays < 1:
            raise ConfigError(f"max_replays is {self.max_replays}; it has to be at least 1")
        if self.target in self.letter_topics:
            raise ConfigError(f"topic is {self.target!r}, where the dead letters are; name the topic to put them on")

    def allows(self, topic: str) -> bool:
        """Tell whether messages may go back to a topic."""
        if not topic or topic in self.letter_topics:
            return False
        return any(re.match(name, topic) if name.startswith("^") else name == topic for name in self.topics)


class ReplayReport(msgspec.Struct, frozen=True):
    """What became of the letters that were read.

    :param read: letters
    :param replayed: put back
    :param exhausted: left alone, since they have been put back often enough
    :param foreign: left alone, since their headers name no topic, or none where they may go
    :param lost: letters that retention had deleted before they were read
    :param more: time was over before the end was reached
    :param left: the first of those left alone, one line each
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
            left=(*self.left, *later.left)[:_NAMED],
        )


def letter_topics(topics: Sequence[str], dead_letter_topic: str | None) -> list[str]:
    """Return where the dead letters of topics are.

    :param dead_letter_topic: as given to the operators; ``None``: ``<topic>.dead-letter``
    :raises ConfigError: if that cannot be told
    """
    if dead_letter_topic == SKIP:
        raise ConfigError("dead_letter_topic is none, so there are no dead letters; name the topic that has some")
    if dead_letter_topic is not None:
        return [dead_letter_topic]
    patterns = [topic for topic in topics if topic.startswith("^")]
    if patterns:
        raise ConfigError(f"topics has the pattern {patterns[0]!r}; name the topic of the letters: dead_letter_topic")
    return [f"{topic}.dead-letter" for topic in topics]


def default_key(topics: Sequence[str]) -> str:
    """Return the key of the Variable with the checkpoint of dead-letter topics, one for all who put back."""
    return default_state_key("dead_letters", topics)


def list_letters(hook: OpenLineageKafkaHook, topics: Sequence[str], start: StartPoint = EARLIEST) -> Iterator[Letter]:
    """Yield the letters of topics, up to the end of the moment; topics that do not exist (yet) have none.

    :param start: where to begin
    """
    for result in _batches(hook, _backlog(hook, topics, {}, start)):
        yield from map(read_letter, result.messages)


def find_letter(hook: OpenLineageKafkaHook, topic: str, partition: int, offset: int) -> Letter:
    """Return one letter.

    :raises ConfigError: if there is none
    """
    backlog = _backlog(hook, [topic], {}, EARLIEST)
    found = [item for item in backlog.partitions if item.partition == partition and item.low <= offset < item.high]
    one = Backlog(tuple(PartitionBacklog(topic, partition, offset, offset + 1, None, offset) for _ in found))
    for result in _batches(hook, one):
        for message in result.messages:
            return read_letter(message)
    raise ConfigError(f"there is no dead letter {topic}[{partition}]@{offset}; `openmetadata-ol dlq list` lists them")


def replay_letters(hook: OpenLineageKafkaHook, letters: Sequence[Letter], rules: Rules, dry_run: bool) -> ReplayReport:
    """Put letters back.

    :raises KafkaError: if one was not confirmed
    :raises ConfigError: if a topic may not be written
    """
    back: list[Outgoing] = []
    exhausted, foreign = [], []
    for letter in letters:
        target = rules.target or (letter.topic if rules.allows(letter.topic) else None)
        if letter.replays >= rules.max_replays:
            exhausted.append(_line(letter, f"put back {letter.replays} times already"))
        elif target is None:
            why = f"{letter.topic!r} is not among topics" if letter.topic else "its headers name no topic"
            foreign.append(_line(letter, why))
        else:
            back.append(letter.put_back(target, rules.keep_timestamp))
    for line in (*exhausted, *foreign):
        log.warning("left alone: %s", line)
    if not dry_run:
        hook.send_back(back)
    left = (*exhausted, *foreign)[:_NAMED]
    return ReplayReport(len(letters), len(back), len(exhausted), len(foreign), left=left)


def replay_new(
    hook: OpenLineageKafkaHook,
    rules: Rules,
    state_key: str,
    *,
    bounds: tuple[int, int, float] = (_READ_MESSAGES, _READ_BYTES, _READ_SECONDS),
    dry_run: bool = False,
    again: bool = False,
) -> ReplayReport:
    """Put all letters back that were not read yet, up to the end of the moment.

    :param state_key: Variable with the checkpoint
    :param bounds: most messages and bytes of a batch, most seconds of all
    :param dry_run: send nothing and move nothing
    :param again: begin at the first letter that there is, whatever was put back before
    :raises KafkaError: if one was not confirmed; the checkpoint stands before its batch then
    :raises ConfigError: if a topic may not be written
    :raises CheckpointError: if somebody else has moved the checkpoint meanwhile
    """
    rules.check()
    messages, size, seconds = bounds
    deadline = time.monotonic() + seconds
    stored = read_checkpoint(state_key)
    backlog = _backlog(hook, rules.letter_topics, {} if again else stored, EARLIEST)
    report = ReplayReport()
    for result in _batches(hook, backlog, messages, size, deadline):
        done = replay_letters(hook, [read_letter(message) for message in result.messages], rules, dry_run)
        if not dry_run:
            moved = _moved(stored, result)
            replace_checkpoint(state_key, stored, moved)
            stored = moved
        lost = sum(item.lost for item in result.ranges)
        report += msgspec.structs.replace(done, lost=lost, more=result.more)
    return report


def _backlog(
    hook: OpenLineageKafkaHook, topics: Sequence[str], checkpoint: dict[str, dict[str, int]], start: StartPoint
) -> Backlog:
    """Return what is to be read of the topics that exist: without bad messages there is no topic."""
    with hook.query() as query:
        there = query.existing(topics)
        return query.backlog(there, checkpoint, start=start)


def _batches(
    hook: OpenLineageKafkaHook,
    backlog: Backlog,
    messages: int = _READ_MESSAGES,
    size: int = _READ_BYTES,
    deadline: float | None = None,
) -> Iterator[ReadResult]:
    until = time.monotonic() + _READ_SECONDS if deadline is None else deadline
    more = bool(backlog.partitions)
    with hook.reader(backlog) as reader:
        while more and (left := until - time.monotonic()) > 0:
            result = reader.read(max_messages=messages, max_bytes=size, max_duration=left)
            more = result.more
            yield result


def _moved(checkpoint: dict[str, dict[str, int]], result: ReadResult) -> dict[str, dict[str, int]]:
    moved = {topic: dict(partitions) for topic, partitions in checkpoint.items()}
    for item in result.ranges:
        moved.setdefault(item.topic, {})[str(item.partition)] = item.end
    return moved


def _line(letter: Letter, why: str) -> str:
    message = letter.message
    where = f"{message.topic}[{message.partition}]@{message.offset}"
    return f"{where} from {letter.origin}: {why} ({letter.reason or 'no reason given'})"
