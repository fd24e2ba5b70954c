"""Dead letters, with every delivery report checked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import DeadLetterError
from openmetadata_ol_provider.kafka.errors import BrokerErrors
from openmetadata_ol_provider.kafka.messages import DeadLetter
from openmetadata_ol_provider.kafka.patience import is_passing, patiently
from openmetadata_ol_provider.kafka.settings import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Producer

HEADER_PREFIX = "openlineage.dead_letter."
_DELIVERY_TIMEOUT = 12.0
_TOPIC_WAIT = 0.5
_TOPIC_PATIENCE = 3.0
_DEFAULT_MESSAGE_BYTES = 1_000_000
_ENVELOPE_BYTES = 64 * 1024
_REMEDY = (
    "create the topic (max.message.bytes as large as the source topic's) and allow writing to it, "
    "name another with dead_letter_topic, or set dead_letter_topic: none"
)


def send_dead_letters(settings: KafkaSettings, letters: Sequence[DeadLetter], topic: str) -> int:
    """Put messages on the dead-letter topic, durably: returns only when the broker has confirmed each of them.

    Key, value and headers are sent untouched (a tombstone stays one); headers that say why and where from are added.

    :param letters: nothing happens when there are none
    :param topic: name of the dead-letter topic
    :return: how many were sent
    :raises DeadLetterError: if one was not confirmed; the whole batch is then to be sent again
    """
    if not letters:
        return 0
    largest = max(letter.message.size + len(letter.reason.encode()) for letter in letters)
    limit = max(int(settings.get("message.max.bytes", _DEFAULT_MESSAGE_BYTES)), largest + _ENVELOPE_BYTES)
    producer, errors = settings.producer(message_max_bytes=limit, message_timeout_ms=int(_DELIVERY_TIMEOUT * 1000))
    _require_topic(settings, producer, errors, topic)
    failures: list[Any] = []
    confirmed: list[int] = []

    def report(error: Any, message: Any) -> None:
        if error is None:
            confirmed.append(message.offset())
        else:
            failures.append(error)

    for letter in letters:
        _produce(settings, producer, letter, topic, report)
    left = producer.flush(_DELIVERY_TIMEOUT + 2)
    if failures or left or len(confirmed) != len(letters):
        reason = failures[0] if failures else f"no answer within {_DELIVERY_TIMEOUT:g} s"
        producer.purge()
        raise _refused(settings, topic, reason, errors, count=len(letters) - len(confirmed))
    return len(confirmed)


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


def _require_topic(settings: KafkaSettings, producer: Producer, errors: BrokerErrors, topic: str) -> None:
    """Make sure that the topic is there (asking creates it where the broker does that) before anything is sent."""
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + _TOPIC_PATIENCE
    while True:
        try:
            found = patiently(lambda wait: producer.list_topics(topic, timeout=wait), producer, errors)
        except KafkaException as failure:
            raise _refused(settings, topic, failure, errors) from None
        error = found.topics[topic].error
        if error is None:
            return
        if not error.retriable() or time.monotonic() > deadline:
            raise _refused(settings, topic, error, errors)
        time.sleep(_TOPIC_WAIT)


def _produce(settings: KafkaSettings, producer: Producer, letter: DeadLetter, topic: str, report: Any) -> None:
    from confluent_kafka import KafkaException

    message: dict[str, Any] = {
        "key": letter.message.key,
        "value": letter.message.value,
        "headers": dead_letter_headers(letter),
        "on_delivery": report,
    }
    try:
        try:
            producer.produce(topic, **message)
        except BufferError:
            # The local queue is full: wait for deliveries, then try once more.
            producer.flush(_DELIVERY_TIMEOUT)
            producer.produce(topic, **message)
        producer.poll(0)
    except (KafkaException, BufferError) as error:
        producer.purge()
        raise _refused(settings, topic, error) from None


def _refused(
    settings: KafkaSettings, topic: str, error: object, errors: BrokerErrors | None = None, count: int | None = None
) -> DeadLetterError:
    how_many = "messages" if count is None else f"{count} messages"
    doing = f"{how_many} could not be put on the dead-letter topic {topic!r} (setting dead_letter_topic)"
    rights = (
        f"WRITE and DESCRIBE on the topic {topic!r} (CREATE, too, if it does not exist), name another with "
        "dead_letter_topic, or set dead_letter_topic: none"
    )
    # What keeps all topics from being reached is not mended by another one.
    remedy = "" if is_passing(error) else _REMEDY
    return DeadLetterError(str(settings.failure(doing, error, errors, remedy=remedy, rights=rights)))
