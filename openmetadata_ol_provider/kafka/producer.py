"""Sending messages with every delivery report checked: what is not confirmed was not sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.kafka.errors import BrokerErrors, error_of
from openmetadata_ol_provider.kafka.messages import Outgoing
from openmetadata_ol_provider.kafka.retry import call_with_retry, is_passing
from openmetadata_ol_provider.kafka.settings import KafkaSettings

if TYPE_CHECKING:
    from confluent_kafka import Producer

log = logging.getLogger(__name__)

#: Makes the error to raise: of the topic, what was reported, what librdkafka said meanwhile, how many are unconfirmed.
Refusal = Callable[[str, object, BrokerErrors, int], Exception]

_DELIVERY_TIMEOUT = 12.0
_TOPIC_WAIT = 0.25
# Until a topic that did not exist can be written.
_TOPIC_PATIENCE = 10.0
_DEFAULT_MESSAGE_BYTES = 1_000_000
_ENVELOPE_BYTES = 64 * 1024


def deliver(settings: KafkaSettings, messages: Sequence[Outgoing], refused: Refusal) -> int:
    """Send messages, durably: returns only when the broker has confirmed each of them.

    :param messages: nothing happens when there are none; a partition that the topic does not have is left to the key
    :param refused: makes the error
    :return: how many were sent
    :raises Exception: what ``refused`` makes, if one was not confirmed; all are then to be sent again
    """
    if not messages:
        return 0
    try:
        return _deliver(settings, messages, refused, idempotent=True)
    except _FatalError as error:
        # Nobody may write idempotently who may write nowhere and, before Kafka 2.8, who was not given that right: a
        # plain producer does without it, or is told plainly what is missing.
        log.info("no idempotent writing here (%s); writing without, which may double a message", error)
        return _deliver(settings, messages, refused, idempotent=False)


def _deliver(settings: KafkaSettings, messages: Sequence[Outgoing], refused: Refusal, *, idempotent: bool) -> int:
    largest = max(message.size for message in messages)
    limit = max(int(settings.get("message.max.bytes", _DEFAULT_MESSAGE_BYTES)), largest + _ENVELOPE_BYTES)
    producer, errors = settings.producer(
        idempotent=idempotent, message_max_bytes=limit, message_timeout_ms=int(_DELIVERY_TIMEOUT * 1000)
    )
    reports = _Reports()

    def refuse(topic: str, error: object) -> Exception:
        producer.purge()
        return refused(topic, error, errors, len(messages) - reports.confirmed)

    topics = {message.topic for message in messages}
    with _fatal_errors():
        partitions = {topic: _partitions(producer, errors, topic, refuse) for topic in topics}
        for message in messages:
            _produce(producer, message, partitions[message.topic], reports, refuse)
        left = producer.flush(_DELIVERY_TIMEOUT + 2)
    if reports.failures:
        raise refuse(*reports.failures[0])
    if left or reports.confirmed != len(messages):
        raise refuse(messages[-1].topic, f"no answer within {_DELIVERY_TIMEOUT:g} s")
    return reports.confirmed


class _FatalError(Exception):
    """Raised when the producer is of no more use."""


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
    cause = error_of(error)
    return cause is not None and bool(cause.fatal())


class _Reports:
    """Counts deliveries, keeps failures with their topics."""

    def __init__(self) -> None:
        self.confirmed = 0
        self.failures: list[tuple[str, Any]] = []

    def __call__(self, error: Any, message: Any) -> None:
        if error is None:
            self.confirmed += 1
        else:
            self.failures.append((message.topic(), error))


def _partitions(
    producer: Producer, errors: BrokerErrors, topic: str, refuse: Callable[[str, object], Exception]
) -> int:
    """Make sure that the topic is there before anything is sent, and return how many partitions it has.

    Asking creates it where the broker does that. It says "unknown" until it has, then that there is no leader.
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    deadline = time.monotonic() + _TOPIC_PATIENCE
    while True:
        try:
            answer = call_with_retry(lambda wait: producer.list_topics(topic, timeout=wait), producer, errors)
        except KafkaException as failure:
            if _is_fatal(failure):
                raise
            raise refuse(topic, failure) from None
        found = answer.topics[topic]
        if found.error is None and all(item.leader >= 0 for item in found.partitions.values()):
            return len(found.partitions)
        error = found.error or Code(Code.LEADER_NOT_AVAILABLE)
        making = is_passing(error) or error.code() == Code.UNKNOWN_TOPIC_OR_PART
        if not making or time.monotonic() > deadline:
            raise refuse(topic, error)
        time.sleep(_TOPIC_WAIT)


def _produce(
    producer: Producer,
    message: Outgoing,
    partitions: int,
    reports: _Reports,
    refuse: Callable[[str, object], Exception],
) -> None:
    from confluent_kafka import KafkaException

    given: dict[str, Any] = {
        "key": message.key,
        "value": message.value,
        "headers": list(message.headers),
        "on_delivery": reports,
    }
    if message.partition is not None and message.partition < partitions:
        given["partition"] = message.partition
    if message.timestamp_ms is not None:
        given["timestamp"] = message.timestamp_ms
    try:
        try:
            producer.produce(message.topic, **given)
        except BufferError:
            # The local queue is full: wait for deliveries, then try once more.
            producer.flush(_DELIVERY_TIMEOUT)
            producer.produce(message.topic, **given)
        producer.poll(0)
    except (KafkaException, BufferError) as error:
        if _is_fatal(error):
            raise
        raise refuse(message.topic, error) from None
