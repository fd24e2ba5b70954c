"""What comes out of Kafka and what goes to the dead-letter topic, as plain values."""

from __future__ import annotations

from typing import NamedTuple


class RawMessage(NamedTuple):
    """One Kafka message, nothing decoded.

    :param timestamp_ms: milliseconds since the epoch; ``None`` when the broker gave none
    :param value: ``None`` is a tombstone
    :param headers: in the order sent, keys may repeat
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None = None
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return _size(self.key, self.value, self.headers)


class DeadLetter(NamedTuple):
    """A message that could not be used, and why (one line, no secrets)."""

    message: RawMessage
    reason: str


class Outgoing(NamedTuple):
    """A message to be sent.

    :param partition: ``None``: the one that its key belongs to
    :param timestamp_ms: ``None``: now
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None
    timestamp_ms: int | None = None

    @property
    def size(self) -> int:
        """Bytes of key, value and headers."""
        return _size(self.key, self.value, self.headers)


class OffsetRange(NamedTuple):
    """The offsets of one partition that a batch covers: ``start`` up to, not including, ``end``.

    :param checkpoint: where the checkpoint has to stand for this batch to be applied; ``None`` = nowhere yet
    :param start: first offset covered; differs from ``checkpoint`` when messages were lost or the topic was recreated
    :param end: one past the last offset covered, which is where the checkpoint goes; it can lie past the last message,
        since compaction and transactions leave gaps
    :param lost: offsets that retention had deleted before they were read
    :param reset: the checkpoint lay beyond the end of the partition (topic recreated or truncated)
    """

    topic: str
    partition: int
    checkpoint: int | None
    start: int
    end: int
    lost: int = 0
    reset: bool = False


class ReadResult(NamedTuple):
    """One bounded batch.

    :param ranges: one for each partition whose checkpoint moves, also where no message was in it
    :param more: the backlog that the reader was opened with is not read to its end yet
    """

    messages: list[RawMessage]
    ranges: tuple[OffsetRange, ...]
    more: bool


def _size(key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes | None], ...]) -> int:
    return len(key or b"") + len(value or b"") + sum(len(name) + len(text or b"") for name, text in headers)
