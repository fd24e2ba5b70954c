"""Says where a reader without a checkpoint starts, why there, and what it does not read.

A reader that starts at offsets that others have committed, or at the end, is green and reads nothing. So the first
start is a warning, and messages that it leaves out are a problem of the report.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.kafka.offsets import Backlog, PartitionBacklog
from openmetadata_ol_provider.kafka.settings import DEFAULT_GROUP
from openmetadata_ol_provider.kafka.start_position import StartPosition
from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

# Most partitions that a line names.
_MAX_NAMED = 4
_REREAD = (
    "to read them, run once with replay_from: earliest (a parameter of the bundled DAG), or run `openmetadata-ol "
    "checkpoint set --to earliest`"
)


class FirstStart(NamedTuple):
    """The start of partitions whose topics no checkpoint names.

    :param text: where reading starts, why, and what is not read
    :param topics: the topics
    :param unread: number of messages that lie before the start
    """

    text: str
    topics: tuple[str, ...]
    unread: int

    @property
    def problem(self) -> Problem | None:
        """The problem for the report, ``None`` if everything is read."""
        if not self.unread:
            return None
        return Problem(ProblemKind.UNREAD_BEFORE_START, f"topic {', '.join(self.topics)}", self.text)


def first_start(backlog: Backlog, checkpoint: Checkpoint, start: StartPosition, owner: str) -> FirstStart | None:
    """Return a warning about a first start, ``None`` if a checkpoint names all topics.

    :param backlog: what is to be read
    :param checkpoint: the stored checkpoint
    :param start: the configured start
    :param owner: state key of the reader, without the lane
    """
    new = [item for item in backlog.partitions if item.checkpoint is None and not checkpoint.get(item.topic)]
    if not new:
        return None
    topics = tuple(sorted({item.topic for item in new}))
    unread = sum(max(0, item.start - item.low) for item in new)
    parts = [_part(origin, group, list(items), start, owner) for (origin, group), items in _by_origin(new)]
    text = f"no checkpoint of {', '.join(topics)} yet (Variable {owner!r}): {'; '.join(parts)}"
    if unread:
        lying = ("message lies before it and is not read", "messages lie before it and are not read")
        text += f"; {counted(unread, *lying)}: {_REREAD}"
    return FirstStart(text, topics, unread)


def _by_origin(items: Sequence[PartitionBacklog]) -> Iterator[tuple[tuple[str, str], Iterator[PartitionBacklog]]]:
    def key(item: PartitionBacklog) -> tuple[str, str]:
        return item.origin, item.group

    return itertools.groupby(sorted(items, key=key), key)


def _part(origin: str, group: str, items: list[PartitionBacklog], start: StartPosition, owner: str) -> str:
    where = listed([f"{item.topic}[{item.partition}] from {item.start}" for item in items], _MAX_NAMED)
    if origin == "group":
        return (
            f"reading starts at the offsets that group {group!r} has committed ({where}){_whose(group, items, owner)}"
        )
    if origin == "time":
        return f"reading starts at {start}, as start_from says ({where})"
    end = "end" if origin == "latest" else "beginning"
    why = f"as start_from says ({where})"
    if start.kind == "group":
        why = f"because the group has committed nothing and auto.offset.reset is {origin} ({where})"
    return f"reading starts at the {end}, {why}"


def _whose(group: str, items: list[PartitionBacklog], owner: str) -> str:
    others = sorted({item.owner for item in items} - {"", owner})
    if others:
        return (
            f", which are the offsets of ANOTHER reader ({', '.join(map(repr, others))}): give this DAG a group.id of "
            "its own or remove group.id from the connection, and use start_from or replay_from to say where to read"
        )
    if group == DEFAULT_GROUP:
        return ", the group of all DAGs in earlier versions, because this DAG's own has committed nothing"
    return ""
