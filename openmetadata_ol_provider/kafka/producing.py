"""Dead letters on their way out and back: what is sent, and what is said when a topic does not take it."""

from __future__ import annotations

from collections.abc import Sequence

from openmetadata_ol_provider.exceptions import DeadLetterError, DeadLetterRefusedError
from openmetadata_ol_provider.kafka.delivery import deliver
from openmetadata_ol_provider.kafka.errors import BrokerErrors, error_of
from openmetadata_ol_provider.kafka.messages import DeadLetter, Outgoing
from openmetadata_ol_provider.kafka.patience import is_passing
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
