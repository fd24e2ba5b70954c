"""Decides how much of each partition goes into the next part of a batch, so that no partition waits for the others."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.kafka.messages import RawMessage
    from openmetadata_ol_provider.kafka.partition_progress import PartitionProgress


class Room(NamedTuple):
    """The room that a batch has for further messages.

    :param messages: number of messages
    :param bytes: bytes of keys, values and headers; less than 0 after a single message that was larger
    :param part_bytes: bytes of the next part; a single larger message is still taken if the batch has room for it
    :param has_begun: whether the batch has messages; if not, the first one is taken, however large it is
    """

    messages: int
    bytes: int
    part_bytes: int
    has_begun: bool = False

    def after(self, messages: Sequence[RawMessage]) -> Room:
        """Return the room that is left after a part."""
        return self._replace(
            messages=self.messages - len(messages),
            bytes=self.bytes - sum(message.size for message in messages),
            has_begun=self.has_begun or bool(messages),
        )


def has_fair_part(partitions: Collection[PartitionProgress], room: Room, fetch_bytes: int) -> bool:
    """Return whether the buffers fill a part to which every partition contributes its share, or all it has.

    :param fetch_bytes: most bytes that one fetch brings for each partition
    """
    unfinished = [item for item in partitions if not item.finished]
    if not unfinished:
        return True
    max_messages, max_bytes = room.messages, min(room.bytes, room.part_bytes)
    size = sum(item.size for item in partitions)
    # While one partition's broker does not answer, the others must not read ahead without limit. With a smaller margin,
    # partitions served later could be missed.
    if size >= 2 * max_bytes + len(unfinished) * fetch_bytes:
        return True
    count = sum(len(item.buffer) for item in partitions)
    if count < max_messages and size < max_bytes:
        return False
    active = sum(1 for item in partitions if item.buffer or not item.finished)
    share, bytes_share = math.ceil(max_messages / active), math.ceil(max_bytes / active)
    return all(len(item.buffer) >= share or item.size >= bytes_share for item in unfinished)


def take_in_turn(partitions: Collection[PartitionProgress], room: Room) -> list[RawMessage]:
    """Hand out messages of the partitions in turn, beginning with the one whose first message is the oldest."""
    turns = deque(
        sorted((item for item in partitions if item.buffer), key=lambda item: item.buffer[0].timestamp_ms or 0)
    )
    messages: list[RawMessage] = []
    size = 0
    while turns and len(messages) < room.messages:
        item = turns.popleft()
        size += item.sizes[0]
        if messages and size > room.part_bytes:
            break
        if (messages or room.has_begun) and size > room.bytes:
            break
        messages.append(item.pop())
        if item.buffer:
            turns.append(item)
    return messages
