"""Positions in topics: checkpoints, and the offsets that a batch covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

#: Topic -> partition (as text, like in JSON) -> next offset to read.
Checkpoint = Mapping[str, Mapping[str, int]]


class OffsetRange(msgspec.Struct, frozen=True, omit_defaults=True):
    """The offsets of one partition that a batch covers: ``start`` up to, not including, ``end``.

    :param checkpoint: position of the checkpoint when the batch was read, which it must still have when the batch is
        published; ``None``: none yet
    :param start: first offset covered; differs from ``checkpoint`` when messages were lost or the topic was recreated
    :param end: one past the last offset covered, where the checkpoint moves to; it can lie past the last message,
        because compaction and transactions leave gaps
    :param lost: number of offsets that retention deleted before they were read
    :param reset: whether the checkpoint lay beyond the end of the partition (topic recreated or truncated), or was
        that of a deleted topic of the same name
    :param topic_id: id of the topic, empty if it is unknown
    :param recreated: whether the ids of the topic show that it was recreated
    """

    topic: str
    partition: int
    checkpoint: int | None
    start: int
    end: int
    # A default factory, so that the JSON of a batch always has it; what follows is only in it where it differs.
    lost: int = msgspec.field(default_factory=int)
    reset: bool = False
    topic_id: str = ""
    recreated: bool = False


def advance(positions: Checkpoint, ranges: Iterable[OffsetRange]) -> dict[str, dict[str, int]]:
    """Return positions moved past a batch.

    :param ranges: offsets of the batch
    """
    moved = {topic: dict(partitions) for topic, partitions in positions.items()}
    for item in ranges:
        moved.setdefault(item.topic, {})[str(item.partition)] = item.end
    return moved


def topic_ids(ranges: Iterable[OffsetRange]) -> dict[str, str]:
    """Return the ids of the topics of a batch, as far as they are known."""
    return {item.topic: item.topic_id for item in ranges if item.topic_id}


def joined_ranges(ranges: Iterable[OffsetRange]) -> tuple[OffsetRange, ...]:
    """Return one range for each partition, sorted.

    :param ranges: ranges of any partitions; those of one partition follow one another without gaps
    """
    joined: dict[tuple[str, int], OffsetRange] = {}
    for item in ranges:
        key = item.topic, item.partition
        first = joined.get(key)
        joined[key] = (
            item
            if first is None
            else msgspec.structs.replace(
                first,
                end=item.end,
                lost=first.lost + item.lost,
                reset=first.reset or item.reset,
                recreated=first.recreated or item.recreated,
            )
        )
    return tuple(joined[key] for key in sorted(joined))
