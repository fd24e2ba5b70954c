"""Tracks how far one partition has been read, and the offset ranges that its batches cover."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.kafka.messages import RawMessage
from openmetadata_ol_provider.kafka.offsets import PartitionBacklog
from openmetadata_ol_provider.openlineage.positions import OffsetRange

if TYPE_CHECKING:
    from confluent_kafka import Message


class PartitionProgress:
    """The progress of one partition: handed out up to ``position``, fetched up to ``fetched``, ``buffer`` in between.

    ``sizes`` are the sizes of the messages in ``buffer``, cached because they are used repeatedly; ``size`` is their
    sum.

    :param backlog: the offsets to read
    """

    __slots__ = (
        "backlog", "buffer", "checkpoint", "end", "fetched", "lost", "position", "reset", "size", "sizes", "start",
    )  # fmt: skip

    def __init__(self, backlog: PartitionBacklog) -> None:
        self.backlog = backlog
        self.checkpoint = backlog.checkpoint
        self.start = self.position = self.fetched = backlog.start
        self.end = backlog.high
        self.lost = backlog.lost
        self.reset = backlog.reset
        self.buffer: deque[RawMessage] = deque()
        self.sizes: deque[int] = deque()
        self.size = 0

    @property
    def finished(self) -> bool:
        """Whether everything up to the backlog's end was fetched."""
        return self.fetched >= self.end

    def add(self, message: RawMessage) -> None:
        """Buffer the next message; one after the backlog's end is dropped, but shows that the end is reached."""
        offset = message.offset
        if self.finished or offset < self.fetched:
            return
        if offset >= self.end:
            self.fetched = self.end
            return
        self.fetched = offset + 1
        size = message.size
        self.buffer.append(message)
        self.sizes.append(size)
        self.size += size

    def mark_end(self, offset: int) -> None:
        """Record that everything before ``offset``, the partition's end, was delivered; offsets not seen are gaps."""
        # Lower than the backlog's end only after a truncation: then this read ends here, and the next one detects it.
        self.end = min(self.end, max(self.fetched, offset))
        self.fetched = self.end

    def pop(self) -> RawMessage:
        """Hand out the next message."""
        message = self.buffer.popleft()
        self.size -= self.sizes.popleft()
        self.position = message.offset + 1
        return message

    def close_range(self) -> OffsetRange | None:
        """Return the range that the batch covers, ``None`` when the checkpoint does not move, and begin the next."""
        if not self.buffer:
            # The gaps of compaction and transactions after the last message are covered too.
            self.position = self.fetched
        # A recreated topic is noticed until a batch has stored its id, also if the position is as large as before.
        if self.checkpoint == self.position and not self.lost and not self.reset:
            return None
        topic, partition = self.backlog.topic, self.backlog.partition
        covered = OffsetRange(
            topic,
            partition,
            self.checkpoint,
            self.start,
            self.position,
            self.lost,
            self.reset,
            topic_id=self.backlog.topic_id,
            recreated=self.reset and self.backlog.recreated,
        )
        self.checkpoint = self.start = self.position
        self.lost, self.reset = 0, False
        return covered


def copy_message(message: Message) -> RawMessage:
    """Copy a message out of the client library."""
    kind, milliseconds = message.timestamp()
    headers: Any = message.headers()
    value: Any = message.value()
    key: Any = message.key()
    return RawMessage(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        milliseconds if kind else None,
        key,
        value,
        tuple(headers) if headers else (),
    )
