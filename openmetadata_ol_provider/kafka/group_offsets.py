"""A consumer group's committed offsets: where to start without a checkpoint, and what lag tools see. Nobody joins it.

All of it goes through consumers: the admin client's requests about groups abort the whole process when the group's
coordinator comes back after such a request has timed out (librdkafka, to 2.16 at least).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.kafka.errors import BrokerErrors, error_of
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT, call_with_retry, serve

if TYPE_CHECKING:
    from confluent_kafka import Consumer

    from openmetadata_ol_provider.kafka.settings import KafkaSettings


def committed_offsets(
    settings: KafkaSettings,
    consumer: Consumer,
    errors: BrokerErrors,
    partitions: Sequence[tuple[str, int]],
    doing: str = "",
) -> dict[tuple[str, int], int]:
    """Return where the consumer's group stands.

    :param consumer: made of ``settings``; it decides the group
    :param errors: what it reports
    :param partitions: topic and partition
    :param doing: what is attempted, for the error
    :return: (topic, partition) -> next offset, for those that the group has committed
    :raises KafkaError: if the broker does not answer
    :raises ConfigError: if the credentials or rights are refused
    """
    from confluent_kafka import KafkaException, TopicPartition

    asked = [TopicPartition(*item) for item in partitions]

    def ask(wait: float) -> list[Any]:
        try:
            answer: list[Any] = consumer.committed(asked, timeout=wait)
        except KafkaException:
            # The client only says that it timed out; why, it says once, as an event.
            serve(consumer, errors)
            if errors.group is None:
                raise
            raise KafkaException(errors.group) from None
        raise_errors(answer)
        return answer

    try:
        answer = call_with_retry(ask, consumer, errors)
    except KafkaException as error:
        what = doing or f"cannot ask for the offsets of group {settings.group!r}"
        raise settings.failure(what, error, errors) from None
    return {(item.topic, item.partition): item.offset for item in answer if item.offset >= 0}


def commit_offsets(settings: KafkaSettings, offsets: Mapping[str, Mapping[int, int]]) -> None:
    """Commit next offsets for the connection's group, waiting for the answer. Only lag tools need them.

    :param offsets: topic -> partition -> next offset; nothing happens when it is empty
    :raises KafkaError: if the broker does not answer or refuses, e.g. because the group has live members
    :raises ConfigError: if the credentials or rights are refused
    """
    from confluent_kafka import KafkaException, TopicPartition

    targets = [
        TopicPartition(topic, int(partition), offset)
        for topic, positions in offsets.items()
        for partition, offset in positions.items()
    ]
    if not targets:
        return
    doing = f"cannot commit offsets of group {settings.group!r}"
    # The first bounds the search for the coordinator, the second an answer that does not come.
    milliseconds = int(REQUEST_TIMEOUT * 1000)
    consumer, errors = settings.consumer(session_timeout_ms=milliseconds, socket_timeout_ms=milliseconds)

    def ask(_: float) -> Any:
        answer = consumer.commit(offsets=targets, asynchronous=False)
        raise_errors(answer)
        return answer

    try:
        # A commit that cannot succeed would only time out; a question is answered, or refused with the reason.
        committed_offsets(settings, consumer, errors, [(item.topic, item.partition) for item in targets], doing)
        call_with_retry(ask, consumer, errors)
    except KafkaException as error:
        raise _commit_failure(settings, doing, error, errors) from None
    finally:
        consumer.close()


def raise_errors(partitions: Sequence[Any]) -> None:
    """Raise the first error that an answer about several partitions holds, saying of which.

    :raises KafkaException: if there is one
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    for item in partitions:
        if item.error is not None:
            where = f"topic {item.topic!r}, partition {item.partition}"
            raise KafkaException(Code(item.error.code(), f"{item.error.str()} ({where})"))


def _commit_failure(
    settings: KafkaSettings, doing: str, error: object, errors: BrokerErrors
) -> OpenLineageProviderError:
    from confluent_kafka import KafkaError as Code

    cause = error_of(error)
    members = (Code.UNKNOWN_MEMBER_ID, Code.ILLEGAL_GENERATION, Code.REBALANCE_IN_PROGRESS, Code.NON_EMPTY_GROUP)
    remedy = ""
    if cause is not None and cause.code() in members:
        remedy = "another consumer is using this group: give each DAG a group.id of its own in the connection's extra"
    return settings.failure(doing, error, errors, remedy=remedy)
