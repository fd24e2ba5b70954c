"""The backlog of partitions: which offsets are still to be read, derived from watermarks and stored positions."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.positions import Checkpoint
from openmetadata_ol_provider.openlineage.serialization import convert

#: Source of a start offset: the checkpoint, a group's committed offset, a time, or ``auto.offset.reset``.
Origin = Literal["checkpoint", "group", "time", "earliest", "latest"]
ResetPolicy = Literal["earliest", "latest", "error"]

# What the JSON of a backlog has not.
_OF_IDS = frozenset({"topic_id", "recreated"})


class GroupOffset(NamedTuple):
    """What a group has committed for one partition.

    :param offset: next offset
    :param owner: state key of the reader that committed it; empty if another program or an earlier version did
    :param group: name of the group
    """

    offset: int
    owner: str = ""
    group: str = ""


class PartitionBacklog(msgspec.Struct, frozen=True):
    """The offsets of one partition that are still to be read.

    :param low: first offset still retained
    :param high: offset after the last readable message
    :param checkpoint: next offset according to the checkpoint; ``None`` when it does not name this partition
    :param start: next offset to read
    :param lost: number of offsets between the position and ``low``, deleted by retention before they were read
    :param reset: ``True`` when the position is not one of this topic: it was beyond ``high`` (topic recreated or
        truncated), or of a topic that was deleted; reading starts over at ``low``
    :param group: group whose committed offset is the start, if ``origin`` is ``group``
    :param owner: state key of the reader that committed it, empty if it is not known
    :param topic_id: id that the cluster has given the topic; empty if it was not asked for, or is unknown
    :param recreated: ``True`` when the position is within the offsets, but one of a deleted topic of the same name;
        then ``reset`` is, too
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
    group: str = ""
    owner: str = ""
    topic_id: str = ""
    recreated: bool = False

    @property
    def events(self) -> int:
        """Number of offsets to read: an upper bound of the messages, since compaction leaves gaps."""
        return self.high - self.start


class Backlog(msgspec.Struct, frozen=True):
    """The backlog of all partitions at one moment, sorted by topic and partition."""

    partitions: tuple[PartitionBacklog, ...] = ()

    @property
    def events(self) -> int:
        """Number of offsets to read."""
        return sum(partition.events for partition in self.partitions)

    @property
    def lost(self) -> int:
        """Number of offsets that retention deleted before they were read."""
        return sum(partition.lost for partition in self.partitions)

    @property
    def highs(self) -> dict[str, dict[str, int]]:
        """The end offsets of all partitions, in the form of a checkpoint."""
        return _group_by_topic((item.topic, item.partition, item.high) for item in self.partitions)

    @property
    def starts(self) -> dict[str, dict[str, int]]:
        """The start offsets of all partitions, in the form of a checkpoint."""
        return _group_by_topic((item.topic, item.partition, item.start) for item in self.partitions)

    def ready(self, min_events: int = 1) -> bool:
        """Return whether there is something to do.

        Partitions that start at ``latest`` count although they hold nothing to read: until a batch has stored their
        position in the checkpoint, "latest" keeps moving and no event would ever be new. Losses count too, so that
        they are reported immediately.

        :param min_events: least number of offsets to read
        """
        return self.events >= min_events or any(
            partition.origin == "latest" or partition.lost or partition.reset for partition in self.partitions
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values: the partitions without the ids of topics, and the totals ``events``, ``lost``."""
        partitions = [
            {key: value for key, value in msgspec.to_builtins(item).items() if key not in _OF_IDS}
            | {"events": item.events}
            for item in self.partitions
        ]
        return {"events": self.events, "lost": self.lost, "partitions": partitions}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Backlog:
        """Rebuild a backlog from :meth:`to_dict`.

        :raises ValueError: if the value is not a backlog
        """
        if "partitions" not in value:
            raise ValueError(f"not a backlog: expected the key 'partitions', got {sorted(value)}")
        return convert({"partitions": value["partitions"]}, cls)


def partition_backlog(
    topic: str,
    partition: int,
    watermarks: tuple[int, int],
    *,
    checkpoint: Checkpoint,
    committed: GroupOffset | None = None,
    at_time: int | None = None,
    policy: ResetPolicy = "earliest",
    topic_id: str = "",
    recreated: bool = False,
) -> PartitionBacklog:
    """Return the backlog of one partition.

    It starts at the checkpoint, else at the group's committed offset, else at the offset of a time, else where
    ``policy`` says. A partition that was added to a topic of the checkpoint starts at its beginning whatever the time
    or policy, because none of its events has been read.

    :param watermarks: first retained offset, and offset after the last message
    :param committed: what a group has committed
    :param at_time: the first offset at or after a time, ``high`` when there is none
    :param policy: start of a partition without any position
    :param topic_id: id of the topic; default: unknown
    :param recreated: ``True`` if the checkpoint is that of a deleted topic of the same name
    """
    low, high = watermarks
    stored = stored_position(checkpoint, topic, partition)
    position = stored if stored is not None or committed is None else committed.offset
    lost, reset = 0, False
    origin: Origin
    if position is None and at_time is not None and not checkpoint.get(topic):
        origin, start = "time", min(max(at_time, low), high)
    elif position is None:
        origin = "latest" if policy == "latest" and not checkpoint.get(topic) else "earliest"
        start = high if origin == "latest" else low
    else:
        origin = "group" if stored is None else "checkpoint"
        # Where the topic begins nothing is skipped, whichever topic the position is of.
        recreated = recreated and stored not in {None, low} and position <= high
        lost = 0 if recreated else max(0, low - position)
        reset = position > high or recreated
        start = low if lost or reset else position
    named = (committed.group, committed.owner) if committed is not None and origin == "group" else ()
    backlog = PartitionBacklog(topic, partition, low, high, stored, start, lost, reset, origin, *named)
    return msgspec.structs.replace(backlog, topic_id=topic_id, recreated=recreated and reset)


def stored_position(checkpoint: Checkpoint, topic: str, partition: int) -> int | None:
    """Return a partition's next offset in a checkpoint; callers of the hook may use numbers instead of text as keys."""
    positions: Mapping[Any, int] = checkpoint.get(topic) or {}
    return positions.get(partition, positions.get(str(partition)))


def rewind_checkpoint(checkpoint: Checkpoint, positions: Checkpoint) -> dict[str, dict[str, int]]:
    """Return a checkpoint moved back to ``positions``; no partition moves forward.

    A partition that the checkpoint does not name gets its position from ``positions``: it has not been read yet.
    """
    result = json_checkpoint(checkpoint)
    for topic, partitions in json_checkpoint(positions).items():
        current = result.setdefault(topic, {})
        for partition, offset in partitions.items():
            current[partition] = min(offset, current.get(partition, offset))
    return result


def json_checkpoint(checkpoint: Checkpoint) -> dict[str, dict[str, int]]:
    """Return a checkpoint with its partitions as text, the form that JSON gives them."""
    return {topic: {str(key): offset for key, offset in positions.items()} for topic, positions in checkpoint.items()}


def _group_by_topic(positions: Iterable[tuple[str, Any, int]]) -> dict[str, dict[str, int]]:
    result: dict[str, dict[str, int]] = {}
    for topic, partition, offset in positions:
        result.setdefault(topic, {})[str(partition)] = offset
    return result


def lane_of(topic: str, partition: int, lanes: int) -> int:
    """Return the number of the lane that reads a partition, from 0.

    :param lanes: number of lanes
    """
    # Consecutive partitions go to consecutive lanes; the topic shifts them, so that lane 0 does not get every
    # topic's partition 0.
    return (zlib.crc32(topic.encode()) + partition) % lanes
