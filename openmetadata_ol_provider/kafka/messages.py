"""Kafka messages and batches of them as plain values, independent of the client library."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.positions import OffsetRange


class Timed(Protocol):
    """What has a topic and a time, such as a message."""

    @property
    def topic(self) -> str:
        """Name of the topic."""

    @property
    def timestamp_ms(self) -> int | None:
        """Milliseconds since 1970; ``None`` when the broker gave no time."""


class RawMessage(NamedTuple):
    """One Kafka message as it was read, not decoded.

    :param timestamp_ms: milliseconds since the epoch; ``None`` when the broker gave none
    :param value: ``None`` is a tombstone
    :param headers: names and values in the order sent; a name may occur several times
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

    def __str__(self) -> str:
        """Return the position of the message, never its content."""
        return f"{self.topic}[{self.partition}]@{self.offset}"


class DeadLetter(NamedTuple):
    """A message that cannot be decoded, with the reason (one line, no secrets)."""

    message: RawMessage
    reason: str


class OutgoingMessage(NamedTuple):
    """A message to send.

    :param partition: ``None``: the partition that the key determines
    :param timestamp_ms: ``None``: the time of sending
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


class ReadResult(NamedTuple):
    """One bounded batch.

    :param ranges: one range for each partition whose checkpoint moves, with or without messages
    :param more: ``True`` if the reader's backlog has more to read
    """

    messages: list[RawMessage]
    ranges: tuple[OffsetRange, ...]
    more: bool


def _size(key: bytes | None, value: bytes | None, headers: tuple[tuple[str, bytes | None], ...]) -> int:
    size = (len(key) if key else 0) + (len(value) if value else 0)
    return size + sum(len(name) + len(text or b"") for name, text in headers) if headers else size
