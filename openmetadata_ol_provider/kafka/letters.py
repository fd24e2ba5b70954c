"""Dead letters as they lie on their topic: why, where from, how often put back, and what to put back. Pure."""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.kafka.messages import Outgoing, RawMessage
from openmetadata_ol_provider.kafka.producing import HEADER_PREFIX, REPLAYS_HEADER

_LONGEST_NUMBER = 19


class Letter(NamedTuple):
    """A message of a dead-letter topic, read.

    :param message: as it lies there
    :param reason: why it could not be used; empty when somebody else put it there
    :param topic: where it came from; empty when unknown, as ``partition``, ``offset``, ``timestamp_ms`` are ``None``
    :param replays: how often it has been put back
    :param headers: its own headers, without those of this package
    """

    message: RawMessage
    reason: str
    topic: str
    partition: int | None
    offset: int | None
    timestamp_ms: int | None
    replays: int
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def origin(self) -> str:
        """``topic[partition]@offset``, as in logs and reports."""
        if not self.topic:
            return "unknown"
        return f"{self.topic}[{'?' if self.partition is None else self.partition}]@{self.offset}"

    def put_back(self, topic: str, keep_timestamp: bool = True) -> Outgoing:
        """Return the message that goes back: as it once came, but for the header that counts.

        :param topic: where to; its own partition is kept on its own topic only
        :param keep_timestamp: with its first timestamp, not now's
        """
        return Outgoing(
            topic,
            self.message.key,
            self.message.value,
            (*self.headers, (REPLAYS_HEADER, str(self.replays + 1).encode())),
            self.partition if topic == self.topic else None,
            self.timestamp_ms if keep_timestamp else None,
        )


def read_letter(message: RawMessage) -> Letter:
    """Read a message of a dead-letter topic, whoever put it there."""
    # Where a name comes twice, the last is ours: they are put behind the message's own.
    ours = {name.removeprefix(HEADER_PREFIX): value for name, value in message.headers if _is_ours(name)}
    return Letter(
        message,
        _text(ours.get("reason")),
        _text(ours.get("topic")),
        _number(ours.get("partition")),
        _number(ours.get("offset")),
        _number(ours.get("timestamp")),
        _number(ours.get("replays")) or 0,
        tuple((name, value) for name, value in message.headers if not _is_ours(name)),
    )


def _is_ours(name: str) -> bool:
    return name.startswith(HEADER_PREFIX)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _number(value: bytes | None) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_NUMBER else None
