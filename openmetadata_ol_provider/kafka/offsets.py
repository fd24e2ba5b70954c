"""Where reading stands: the backlog of each partition, worked out from watermarks and positions. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

#: Topic -> partition -> next offset to read. Partitions are text in JSON (and in Variables), numbers everywhere else.
Checkpoint = Mapping[str, Mapping[Any, int]]
#: What decided where reading starts: the checkpoint, a group's committed offset, a time, or ``auto.offset.reset``.
Origin = Literal["checkpoint", "group", "time", "earliest", "latest"]
ResetPolicy = Literal["earliest", "latest", "error"]


class PartitionBacklog(msgspec.Struct, frozen=True):
    """What one partition holds and what of it is still to be read.

    :param low: first offset still retained
    :param high: one past the last readable offset
    :param checkpoint: the checkpoint given; ``None`` when it does not name this partition
    :param start: next offset to read
    :param lost: offsets between the position and ``low``, deleted by retention before they were read
    :param reset: the position lay beyond ``high`` (topic recreated or truncated); reading starts over at ``low``
    """

    topic: str
    partition: int
    low: int
    high: int
    checkpoint: int | None
    start: int
    lost: int = 0
    reset: bool = False
    origin: Origin = "checkpoint"

    @property
    def events(self) -> int:
        """Offsets still to be read: an upper bound of the messages, since compaction leaves gaps."""
        return self.high - self.start


class Backlog(msgspec.Struct, frozen=True):
    """All partitions at one moment, sorted by topic and partition."""

    partitions: tuple[PartitionBacklog, ...] = ()

    @property
    def events(self) -> int:
        """Offsets still to be read."""
        return sum(partition.events for partition in self.partitions)

    @property
    def lost(self) -> int:
        """Offsets that retention deleted before they were read."""
        return sum(partition.lost for partition in self.partitions)

    @property
    def highs(self) -> dict[str, dict[str, int]]:
        """The ends of all partitions, in the form of a checkpoint."""
        return _by_topic((partition.topic, partition.partition, partition.high) for partition in self.partitions)

    @property
    def starts(self) -> dict[str, dict[str, int]]:
        """Where reading of all partitions starts, in the form of a checkpoint."""
        return _by_topic((partition.topic, partition.partition, partition.start) for partition in self.partitions)

    def ready(self, min_events: int = 1) -> bool:
        """Tell whether there is something to do.

        Partitions that start at ``latest`` count, although nothing in them is to be read: until a batch has put their
        position into the checkpoint, "latest" moves along and nothing would ever be new. So do losses, to be told at
        once.
        """
        return self.events >= min_events or any(
            partition.origin == "latest" or partition.lost or partition.reset for partition in self.partitions
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: the partitions, and the totals ``events`` and ``lost``."""
        partitions = [{**msgspec.to_builtins(item), "events": item.events} for item in self.partitions]
        return {"events": self.events, "lost": self.lost, "partitions": partitions}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Backlog:
        """Rebuild from :meth:`to_dict`.

        :raises ValueError: if it is none
        """
        if "partitions" not in value:
            raise ValueError(f"no backlog: it has no 'partitions' but {sorted(value)}")
        return msgspec.convert({"partitions": value["partitions"]}, cls)


def place(
    topic: str,
    partition: int,
    watermarks: tuple[int, int],
    *,
    checkpoint: Checkpoint,
    committed: int | None = None,
    at_time: int | None = None,
    policy: ResetPolicy = "earliest",
) -> PartitionBacklog:
    """Work out where reading of one partition starts.

    The checkpoint decides, then the group's committed offset, then the time's, then ``policy``. A partition that was
    added to a topic that the checkpoint knows starts at its beginning whatever time or policy: nobody has seen its
    events.

    :param watermarks: first retained offset, one past the last
    :param committed: the group's offset
    :param at_time: the first offset at or after a time, ``high`` when there is none
    """
    low, high = watermarks
    stored = position_of(checkpoint, topic, partition)
    position = committed if stored is None else stored
    lost, reset = 0, False
    origin: Origin
    if position is None and at_time is not None and not checkpoint.get(topic):
        origin, start = "time", min(max(at_time, low), high)
    elif position is None:
        origin = "latest" if policy == "latest" and not checkpoint.get(topic) else "earliest"
        start = high if origin == "latest" else low
    else:
        origin = "group" if stored is None else "checkpoint"
        lost = max(0, low - position)
        reset = position > high
        start = low if lost or reset else position
    return PartitionBacklog(topic, partition, low, high, stored, start, lost, reset, origin)


def position_of(checkpoint: Checkpoint, topic: str, partition: int) -> int | None:
    """Return the checkpoint of one partition, whether its key is a number or, after JSON, text."""
    positions = checkpoint.get(topic) or {}
    return positions.get(partition, positions.get(str(partition)))


def rewound(checkpoint: Checkpoint, positions: Checkpoint) -> dict[str, dict[str, int]]:
    """Return the checkpoint with the partitions named in ``positions`` moved back there; none moves forward.

    A partition that the checkpoint does not name goes to its position: it has not been read yet.
    """
    result = json_checkpoint(checkpoint)
    for topic, partitions in json_checkpoint(positions).items():
        stands = result.setdefault(topic, {})
        for partition, offset in partitions.items():
            stands[partition] = min(offset, stands.get(partition, offset))
    return result


def json_checkpoint(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """Return the checkpoint with its partitions as text, as JSON will have them."""
    return {topic: {str(key): offset for key, offset in positions.items()} for topic, positions in checkpoint.items()}


def _by_topic(positions: Iterable[tuple[str, Any, int]]) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = {}
    for topic, partition, offset in positions:
        result.setdefault(topic, {})[str(partition)] = offset
    return result


def slot(topic: str, partition: int, count: int) -> int:
    """Return to which of ``count`` lanes a partition belongs."""
    # Consecutive partitions go to consecutive lanes; the topic shifts them, lest lane 0 get every partition 0.
    return (zlib.crc32(topic.encode()) + partition) % count
