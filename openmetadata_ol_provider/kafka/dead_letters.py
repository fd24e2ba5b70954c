"""Dead letters in Kafka: their headers, writing them, reading them back, and sending them to their topics again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import DeadLetterError, DeadLetterRefusedError
from openmetadata_ol_provider.kafka.errors import BrokerErrors, library_error
from openmetadata_ol_provider.kafka.messages import DeadLetter, OutgoingMessage, RawMessage
from openmetadata_ol_provider.kafka.producer import produce_confirmed
from openmetadata_ol_provider.kafka.retry import is_transient
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openlineage.listing import counted

HEADER_PREFIX = "openlineage.dead_letter."
#: Counts how often a message was put back on its topic; the message keeps the header when it fails again.
REPLAYS_HEADER = f"{HEADER_PREFIX}replays"

_MAX_DIGITS = 18


class LetterIdentity(NamedTuple):
    """What two dead letters share if they are the same message.

    Position alone does not tell: a topic that was deleted and recreated has other messages at the same offsets.

    :param replays: number of times it had been put back
    :param content: digest of its value
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int | None
    replays: int
    content: bytes

    @classmethod
    def of(cls, message: RawMessage) -> LetterIdentity:
        """Return the identity that a message has as a dead letter."""
        replays = next((value for name, value in reversed(message.headers) if name == REPLAYS_HEADER), None)
        timestamp, count = message.timestamp_ms, _number(replays) or 0
        return cls(message.topic, message.partition, message.offset, timestamp, count, _digest(message.value))


class StoredDeadLetter(NamedTuple):
    """A message that was read from a dead-letter topic.

    :param message: the message on the dead-letter topic
    :param reason: reason for which it could not be used; empty when it was written by another program
    :param topic: topic of the original message; empty when unknown, and then ``partition``, ``offset`` and
        ``timestamp_ms`` are ``None``
    :param replays: number of times it was put back
    :param headers: the original headers, without those of this package
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
        """The original message's ``topic[partition]@offset``, as in logs and reports."""
        if not self.topic:
            return "unknown"
        return f"{self.topic}[{'?' if self.partition is None else self.partition}]@{self.offset}"

    @property
    def position(self) -> str:
        """Its own ``topic[partition]@offset``, as the command line takes it."""
        return f"{self.message.topic}[{self.message.partition}]@{self.message.offset}"

    @property
    def identity(self) -> LetterIdentity:
        """What it shares with other letters of the same message; without a known origin, its own position."""
        if not self.topic or self.partition is None or self.offset is None:
            return LetterIdentity.of(self.message)
        content = _digest(self.message.value)
        return LetterIdentity(self.topic, self.partition, self.offset, self.timestamp_ms, self.replays, content)

    def to_replay(self, topic: str, keep_timestamp: bool = True) -> OutgoingMessage:
        """Return the message to put back: the original one, with the header that counts replays.

        :param topic: topic to write to; the original partition is kept only on the original topic
        :param keep_timestamp: ``True`` to send the original timestamp instead of the current time
        """
        return OutgoingMessage(
            topic,
            self.message.key,
            self.message.value,
            (*self.headers, (REPLAYS_HEADER, str(self.replays + 1).encode())),
            self.partition if topic == self.topic else None,
            self.timestamp_ms if keep_timestamp else None,
        )


def send_dead_letters(settings: KafkaSettings, letters: Sequence[DeadLetter], topic: str) -> int:
    """Write messages to the dead-letter topic durably: return only when the broker has confirmed each of them.

    Key, value and headers stay unchanged (a tombstone stays one); headers with the reason and the origin are added.

    :param letters: messages to write; an empty sequence does nothing
    :param topic: name of the dead-letter topic
    :return: number of messages written
    :raises DeadLetterError: if a message was not confirmed; all must then be sent again
    :raises DeadLetterRefusedError: if sending again cannot help: rights, credentials or the messages' size
    """

    def make_error(name: str, error: object, errors: BrokerErrors, unsent: int) -> DeadLetterError:
        messages = counted(unsent, "message")
        action = f"{messages} could not be put on the dead-letter topic {name!r} (setting dead_letter_topic)"
        alternative = "name another with dead_letter_topic, or set dead_letter_topic: none"
        rights = f"{_write_rights(name)}, CREATE if it does not exist, {alternative}"
        # An error that affects all topics would affect another one as well.
        remedy = (
            ""
            if is_transient(error)
            else "create the topic (max.message.bytes as large as the source topic's), allow writing to it, "
            f"{alternative}"
        )
        failure = settings.failure(action, error, errors, remedy=remedy, rights=rights)
        kind = DeadLetterError if failure.retriable and not _is_final(error) else DeadLetterRefusedError
        return kind(str(failure))

    messages = [
        OutgoingMessage(topic, letter.message.key, letter.message.value, tuple(dead_letter_headers(letter)))
        for letter in letters
    ]
    return produce_confirmed(settings, messages, make_error)


def send_replayed(settings: KafkaSettings, messages: Sequence[OutgoingMessage]) -> int:
    """Put replayed messages back on their topics durably.

    :return: number of messages written
    :raises KafkaError: if a message was not confirmed; all must then be sent again
    :raises ConfigError: if the credentials or rights are refused
    """

    def make_error(name: str, error: object, errors: BrokerErrors, unsent: int) -> Exception:
        unwritten = counted(unsent, "dead letter")
        action = f"{unwritten} could not be put back onto the topic {name!r}"
        rights = f"{_write_rights(name)}, or name another topic"
        remedy = "" if is_transient(error) else "create the topic and allow writing to it, or name another topic"
        return settings.failure(action, error, errors, remedy=remedy, rights=rights)

    return produce_confirmed(settings, messages, make_error)


def dead_letter_headers(letter: DeadLetter) -> list[tuple[str, bytes | None]]:
    """Return the message's own headers, followed by those with the reason and the origin."""
    message = letter.message
    added = {
        "reason": letter.reason,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "timestamp": "" if message.timestamp_ms is None else message.timestamp_ms,
    }
    return [*message.headers, *((HEADER_PREFIX + name, str(value).encode()) for name, value in added.items())]


def parse_dead_letter(message: RawMessage) -> StoredDeadLetter:
    """Parse a message of a dead-letter topic, whichever program wrote it."""
    # Where a name occurs twice, the last one is ours: our headers follow the message's own.
    ours = {name.removeprefix(HEADER_PREFIX): value for name, value in message.headers if _is_ours(name)}
    return StoredDeadLetter(
        message,
        _text(ours.get("reason")),
        _text(ours.get("topic")),
        _number(ours.get("partition")),
        _number(ours.get("offset")),
        _number(ours.get("timestamp")),
        _number(ours.get("replays")) or 0,
        tuple((name, value) for name, value in message.headers if not _is_ours(name)),
    )


def _is_final(error: object) -> bool:
    """Return whether the topic would refuse a message again if it were sent again."""
    from confluent_kafka import KafkaError as Code

    cause = library_error(error)
    return cause is not None and cause.code() in (
        Code.MSG_SIZE_TOO_LARGE,
        Code.RECORD_LIST_TOO_LARGE,
        Code.TOPIC_EXCEPTION,
        Code.POLICY_VIOLATION,
    )


def _write_rights(topic: str) -> str:
    return f"WRITE and DESCRIBE on the topic {topic!r}"


def _digest(value: bytes | None) -> bytes:
    return b"" if value is None else hashlib.blake2b(value, digest_size=16).digest()


def _is_ours(name: str) -> bool:
    return name.startswith(HEADER_PREFIX)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _number(value: bytes | None) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS else None
