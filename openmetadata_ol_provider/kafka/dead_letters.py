"""Dead letters on their way out and back: what is sent, and what is said when a topic does not take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import DeadLetterError, DeadLetterRefusedError
from openmetadata_ol_provider.kafka.errors import BrokerErrors, error_of
from openmetadata_ol_provider.kafka.messages import DeadLetter, Outgoing, RawMessage
from openmetadata_ol_provider.kafka.producer import deliver
from openmetadata_ol_provider.kafka.retry import is_passing
from openmetadata_ol_provider.kafka.settings import KafkaSettings

HEADER_PREFIX = "openlineage.dead_letter."
#: How often a message has been put back onto its topic; it stays with the message when it fails again.
REPLAYS_HEADER = f"{HEADER_PREFIX}replays"


def send_dead_letters(settings: KafkaSettings, letters: Sequence[DeadLetter], topic: str) -> int:
    """Put messages on the dead-letter topic, durably: returns only when the broker has confirmed each of them.

    Key, value and headers are sent untouched (a tombstone stays one); headers that say why and where from are added.

    :param letters: nothing happens when there are none
    :param topic: name of the dead-letter topic
    :return: how many were sent
    :raises DeadLetterError: if one was not confirmed; the whole batch is then to be sent again
    :raises DeadLetterRefusedError: if that is of no use: rights, credentials or the messages' size are in the way
    """

    def refused(name: str, error: object, errors: BrokerErrors, count: int) -> DeadLetterError:
        doing = f"{count} messages could not be put on the dead-letter topic {name!r} (setting dead_letter_topic)"
        another = "name another with dead_letter_topic, or set dead_letter_topic: none"
        rights = f"{_write(name)}, CREATE if it does not exist, {another}"
        # What keeps all topics from being reached is not mended by another one.
        remedy = (
            ""
            if is_passing(error)
            else f"create the topic (max.message.bytes as large as the source topic's), allow writing to it, {another}"
        )
        failure = settings.failure(doing, error, errors, remedy=remedy, rights=rights)
        kind = DeadLetterError if failure.retriable and not _is_final(error) else DeadLetterRefusedError
        return kind(str(failure))

    messages = [
        Outgoing(topic, letter.message.key, letter.message.value, tuple(dead_letter_headers(letter)))
        for letter in letters
    ]
    return deliver(settings, messages, refused)


def send_back(settings: KafkaSettings, messages: Sequence[Outgoing]) -> int:
    """Put replayed messages on their topics, durably.

    :return: how many were sent
    :raises KafkaError: if one was not confirmed; all are then to be sent again
    :raises ConfigError: if the credentials or rights are refused
    """

    def refused(name: str, error: object, errors: BrokerErrors, count: int) -> Exception:
        doing = f"{count} dead letters could not be put back onto the topic {name!r}"
        rights = f"{_write(name)}, or name another topic"
        remedy = "" if is_passing(error) else "create the topic and allow writing to it, or name another topic"
        return settings.failure(doing, error, errors, remedy=remedy, rights=rights)

    return deliver(settings, messages, refused)


def _is_final(error: object) -> bool:
    """Tell what the topic would answer the next time, too."""
    from confluent_kafka import KafkaError as Code

    cause = error_of(error)
    return cause is not None and cause.code() in (
        Code.MSG_SIZE_TOO_LARGE,
        Code.RECORD_LIST_TOO_LARGE,
        Code.TOPIC_EXCEPTION,
        Code.POLICY_VIOLATION,
    )


def _write(topic: str) -> str:
    return f"WRITE and DESCRIBE on the topic {topic!r}"


def dead_letter_headers(letter: DeadLetter) -> list[tuple[str, bytes | None]]:
    """Return the message's own headers, followed by those that say why and where from."""
    message = letter.message
    added = {
        "reason": letter.reason,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "timestamp": "" if message.timestamp_ms is None else message.timestamp_ms,
    }
    return [*message.headers, *((HEADER_PREFIX + name, str(value).encode()) for name, value in added.items())]


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
