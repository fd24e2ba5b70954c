"""How far the reading of one partition has come, and the ranges that its batches cover."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.kafka.messages import OffsetRange, RawMessage
from openmetadata_ol_provider.kafka.offsets import PartitionBacklog

if TYPE_CHECKING:
    from confluent_kafka import Message


class PartitionProgress:
    """One partition's progress: up to ``position`` handed out, up to ``fetched`` read, ``buffer`` lies between.

    ``sizes`` are those of the messages in ``buffer``, which is asked for more than once, and ``size`` is their sum.
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
        """Whether everything up to the backlog's end was read."""
        return self.fetched >= self.end

    def add(self, message: RawMessage) -> None:
        """Take the next message; one that arrived after the backlog was taken only tells that the end is reached."""
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

    def reach_end(self, offset: int) -> None:
        """Take the news that the partition ends at ``offset`` and all before it was delivered: the rest are gaps."""
        # Below the known end only after a truncation; then the partition ends here, for the next backlog to notice.
        self.end = min(self.end, max(self.fetched, offset))
        self.fetched = self.end

    def take(self) -> RawMessage:
        """Hand out the next message."""
        message = self.buffer.popleft()
        self.size -= self.sizes.popleft()
        self.position = message.offset + 1
        return message

    def cover(self) -> OffsetRange | None:
        """Close the batch: return the range it covers, or ``None`` when the checkpoint stays where it is."""
        if not self.buffer:
            # Gaps of compaction and transactions behind the last message are covered too.
            self.position = self.fetched
        if self.checkpoint == self.position and not self.lost:
            return None
        topic, partition = self.backlog.topic, self.backlog.partition
        covered = OffsetRange(topic, partition, self.checkpoint, self.start, self.position, self.lost, self.reset)
        self.checkpoint = self.start = self.position
        self.lost, self.reset = 0, False
        return covered


def raw_message(message: Message) -> RawMessage:
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
