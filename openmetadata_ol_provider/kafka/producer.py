"""Sends messages and waits for every delivery report: a message without a report counts as not sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.kafka.errors import BrokerErrors, library_error
from openmetadata_ol_provider.kafka.messages import OutgoingMessage
from openmetadata_ol_provider.kafka.retry import call_with_retry, is_transient
from openmetadata_ol_provider.kafka.settings import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Producer

log = logging.getLogger(__name__)

#: Returns the error to raise, from the topic, the error, the client's other errors, and the number of unsent messages.
ErrorFactory = Callable[[str, object, BrokerErrors, int], Exception]

_DELIVERY_TIMEOUT = 12.0
_TOPIC_POLL = 0.25
# Most seconds until a topic that is created automatically can be written.
_TOPIC_TIMEOUT = 10.0
_DEFAULT_MESSAGE_BYTES = 1_000_000
_ENVELOPE_BYTES = 64 * 1024


def produce_confirmed(settings: KafkaSettings, messages: Sequence[OutgoingMessage], make_error: ErrorFactory) -> int:
    """Send messages durably: return only when the broker has confirmed each of them.

    :param messages: messages to send; the key determines the partition if the topic lacks the requested one
    :param make_error: factory of the error to raise
    :return: number of messages sent
    :raises Exception: the error of ``make_error``, if a message was not confirmed; all must then be sent again
    """
    if not messages:
        return 0
    try:
        return _produce_all(settings, messages, make_error, idempotent=True)
    except _FatalError as error:
        # A principal without any write permission, or before Kafka 2.8 without the right to write idempotently, gets
        # this error. A plain producer works without that right, and otherwise reports clearly which one is missing.
        log.info("cannot write idempotently (%s); writing without idempotence, which may duplicate a message", error)
        return _produce_all(settings, messages, make_error, idempotent=False)


def _produce_all(
    settings: KafkaSettings, messages: Sequence[OutgoingMessage], make_error: ErrorFactory, *, idempotent: bool
) -> int:
    largest = max(message.size for message in messages)
    limit = max(int(settings.get("message.max.bytes", _DEFAULT_MESSAGE_BYTES)), largest + _ENVELOPE_BYTES)
    producer, errors = settings.producer(
        idempotent=idempotent, message_max_bytes=limit, message_timeout_ms=int(_DELIVERY_TIMEOUT * 1000)
    )
    reports = _DeliveryReports()

    def refuse(topic: str, error: object) -> Exception:
        producer.purge()
        return make_error(topic, error, errors, len(messages) - reports.confirmed)

    topics = {message.topic for message in messages}
    with _fatal_errors():
        partitions = {topic: _count_partitions(producer, errors, topic, refuse) for topic in topics}
        for message in messages:
            _produce(producer, message, partitions[message.topic], reports, refuse)
        unsent = producer.flush(_DELIVERY_TIMEOUT + 2)
    if reports.failures:
        raise refuse(*reports.failures[0])
    if unsent or reports.confirmed != len(messages):
        raise refuse(messages[-1].topic, f"no answer within {_DELIVERY_TIMEOUT:g} s")
    return reports.confirmed


class _FatalError(Exception):
    """Raised when the producer can no longer be used."""


@contextmanager
def _fatal_errors() -> Iterator[None]:
    from confluent_kafka import KafkaException

    try:
        yield
    except SystemError as error:
        # The client throws a fatal error into whatever callback comes next, and may lose it on the way.
        raise _FatalError(error.__cause__ or error) from None
    except KafkaException as error:
        raise _FatalError(error) from None


def _is_fatal(error: Exception) -> bool:
    cause = library_error(error)
    return cause is not None and bool(cause.fatal())


class _DeliveryReports:
    """Counts confirmed messages and collects failures with their topics."""

    def __init__(self) -> None:
        self.confirmed = 0
        self.failures: list[tuple[str, Any]] = []

    def __call__(self, error: Any, message: Any) -> None:
        if error is None:
            self.confirmed += 1
        else:
            self.failures.append((message.topic(), error))


def _count_partitions(
    producer: Producer, errors: BrokerErrors, topic: str, refuse: Callable[[str, object], Exception]
) -> int:
    """Wait until a topic can be written, and return its number of partitions.

    Requesting its metadata creates it, if the broker creates topics automatically. Until it exists the broker answers
    "unknown", then that it has no leader.
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + _TOPIC_TIMEOUT
    while True:
        try:
            answer = call_with_retry(lambda wait: producer.list_topics(topic, timeout=wait), producer, errors)
        except KafkaException as failure:
            if _is_fatal(failure):
                raise
            raise refuse(topic, failure) from None
        metadata = answer.topics[topic]
        if metadata.error is None and all(item.leader >= 0 for item in metadata.partitions.values()):
            return len(metadata.partitions)
        error = metadata.error or Code(Code.LEADER_NOT_AVAILABLE)
        being_created = is_transient(error) or error.code() == Code.UNKNOWN_TOPIC_OR_PART
        if not being_created or time.monotonic() > deadline:
            raise refuse(topic, error)
        time.sleep(_TOPIC_POLL)


def _produce(
    producer: Producer,
    message: OutgoingMessage,
    partitions: int,
    reports: _DeliveryReports,
    refuse: Callable[[str, object], Exception],
) -> None:
    from confluent_kafka import KafkaException

    arguments: dict[str, Any] = {
        "key": message.key,
        "value": message.value,
        "headers": list(message.headers),
        "on_delivery": reports,
    }
    if message.partition is not None and message.partition < partitions:
        arguments["partition"] = message.partition
    if message.timestamp_ms is not None:
        arguments["timestamp"] = message.timestamp_ms
    try:
        try:
            producer.produce(message.topic, **arguments)
        except BufferError:
            # The local queue is full: wait for deliveries, then try once more.
            producer.flush(_DELIVERY_TIMEOUT)
            producer.produce(message.topic, **arguments)
        producer.poll(0)
    except (KafkaException, BufferError) as error:
        if _is_fatal(error):
            raise
        raise refuse(message.topic, error) from None
