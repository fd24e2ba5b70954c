"""Reads and writes a consumer group's committed offsets without joining the group.

They say where to start without a checkpoint, and they are what lag tools show. All requests go through consumers: the
admin client's requests about groups abort the whole process when the group's coordinator comes back after such a
request has timed out (librdkafka, up to at least 2.16).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import OpenLineageProviderError
from openmetadata_ol_provider.kafka.default_group import owner_metadata, owner_of
from openmetadata_ol_provider.kafka.errors import BrokerErrors, library_error
from openmetadata_ol_provider.kafka.offsets import GroupOffset
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT, call_with_retry, serve_callbacks

if TYPE_CHECKING:
    from confluent_kafka import Consumer

    from openmetadata_ol_provider.kafka.settings import KafkaSettings

log = logging.getLogger(__name__)


def committed_offsets(
    settings: KafkaSettings,
    consumer: Consumer,
    errors: BrokerErrors,
    partitions: Sequence[tuple[str, int]],
    action: str = "",
) -> dict[tuple[str, int], GroupOffset]:
    """Return the offsets that the consumer's group has committed.

    :param consumer: a consumer made from ``settings``; it determines the group
    :param errors: the errors that the consumer reports
    :param partitions: topic and partition numbers
    :param action: attempted action, for the error; default: reading the group's offsets
    :return: (topic, partition) -> committed offset, without the partitions that the group has not committed
    :raises KafkaError: if the broker does not answer
    :raises ConfigError: if the credentials or rights are refused
    """
    from confluent_kafka import KafkaException, TopicPartition

    requested = [TopicPartition(*item) for item in partitions]

    def request(wait: float) -> list[Any]:
        try:
            answer: list[Any] = consumer.committed(requested, timeout=wait)
        except KafkaException:
            # The call only reports a timeout; the client gives the reason once, as an event.
            serve_callbacks(consumer, errors)
            if errors.group_error is None:
                raise
            raise KafkaException(errors.group_error) from None
        raise_partition_errors(answer)
        return answer

    try:
        answer = call_with_retry(request, consumer, errors)
    except KafkaException as error:
        attempted = action or f"cannot read the committed offsets of group {settings.group!r}"
        raise settings.failure(attempted, error, errors) from None
    return {
        (item.topic, item.partition): GroupOffset(item.offset, owner_of(item.metadata), settings.group)
        for item in answer
        if item.offset >= 0
    }


def commit_offsets(settings: KafkaSettings, offsets: Mapping[str, Mapping[int, int]], owner: str = "") -> None:
    """Commit next offsets for the connection's group and wait for the answer. Only lag tools need them.

    :param offsets: topic -> partition -> next offset; an empty mapping does nothing
    :param owner: state key of the reader, committed with the offsets; if another one's is there, it is warned about
    :raises KafkaError: if the broker does not answer or refuses, e.g. because the group has active members
    :raises ConfigError: if the credentials or rights are refused
    """
    from confluent_kafka import KafkaException, TopicPartition

    targets = [
        TopicPartition(topic, int(partition), offset, owner_metadata(owner))
        for topic, positions in offsets.items()
        for partition, offset in positions.items()
    ]
    if not targets:
        return
    action = f"cannot commit offsets of group {settings.group!r}"
    # The session timeout limits the search for the coordinator, the socket timeout the wait for its answer.
    milliseconds = int(REQUEST_TIMEOUT * 1000)
    consumer, errors = settings.consumer(session_timeout_ms=milliseconds, socket_timeout_ms=milliseconds)

    def request(_: float) -> Any:
        answer = consumer.commit(offsets=targets, asynchronous=False)
        raise_partition_errors(answer)
        return answer

    try:
        # A commit that cannot succeed only times out; reading the offsets first fails with the reason.
        partitions = [(item.topic, item.partition) for item in targets]
        before = committed_offsets(settings, consumer, errors, partitions, action)
        _warn_of_other_owners(settings, before, owner)
        call_with_retry(request, consumer, errors)
    except KafkaException as error:
        raise _commit_failure(settings, action, error, errors) from None
    finally:
        consumer.close()


def _warn_of_other_owners(settings: KafkaSettings, before: Mapping[tuple[str, int], GroupOffset], owner: str) -> None:
    others = {item.owner for item in before.values()} - {"", owner}
    if owner and others:
        log.warning(
            "group %r is also used by the state %s: lag monitoring shows a mixture, and a DAG that starts at the "
            "group's offsets misses events; remove group.id from connection %r, or give each DAG its own",
            settings.group,
            ", ".join(map(repr, sorted(others))),
            settings.conn_id,
        )


def raise_partition_errors(partitions: Sequence[Any]) -> None:
    """Raise the first error in an answer about several partitions, with the partition's name.

    :raises KafkaException: if a partition has an error
    """
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    for item in partitions:
        if item.error is not None:
            where = f"topic {item.topic!r}, partition {item.partition}"
            raise KafkaException(Code(item.error.code(), f"{item.error.str()} ({where})"))


def _commit_failure(
    settings: KafkaSettings, action: str, error: object, errors: BrokerErrors
) -> OpenLineageProviderError:
    from confluent_kafka import KafkaError as Code

    cause = library_error(error)
    active_members = (Code.UNKNOWN_MEMBER_ID, Code.ILLEGAL_GENERATION, Code.REBALANCE_IN_PROGRESS, Code.NON_EMPTY_GROUP)
    remedy = ""
    if cause is not None and cause.code() in active_members:
        remedy = "another consumer is using this group: give each DAG a group.id of its own in the connection's extra"
    return settings.failure(action, error, errors, remedy=remedy)
