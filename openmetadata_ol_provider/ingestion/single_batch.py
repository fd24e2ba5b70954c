"""Reads the next batch of a lane for a task that hands it on; the checkpoint moves when the batch was published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.ingestion.consume import decode_batch, send_dead_letters
from openmetadata_ol_provider.ingestion.receipts import lag_of, store_lag
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.state.asset_queue import ReadBefore
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.repartition import ensure_lane_state
from openmetadata_ol_provider.state.store import StateStore

if TYPE_CHECKING:
    from openmetadata_ol_provider.ingestion.consume import DeadLettersByTopic
    from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
    from openmetadata_ol_provider.ingestion.read_request import ReadRequest
    from openmetadata_ol_provider.ingestion.settings import BatchLimits, DeadLetterTarget
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.kafka.messages import ReadResult
    from openmetadata_ol_provider.kafka.offsets import Backlog
    from openmetadata_ol_provider.lineage.sql import SqlPolicy
    from openmetadata_ol_provider.state.lanes import Lane


class BatchSettings(NamedTuple):
    """What one batch is read from, and how.

    :param topics: names, or regular expressions when they start with ``^``
    :param state_key: Variable with checkpoint and open runs, without the suffix of a lane
    :param group: consumer group for which offsets are committed when the batch was published
    :param lane: the lane whose partitions are read
    :param limits: limits of the batch
    :param dead_letter_target: destination of malformed messages
    :param read_request: the messages to read
    :param sql: ``write.sql`` of the configuration: SQL that must not be published is removed
    :param metrics: receiver of lag and losses
    :param on_topics: receiver of the names of the topics that are read
    """

    topics: Sequence[str]
    state_key: str
    group: str
    lane: Lane
    limits: BatchLimits
    dead_letter_target: DeadLetterTarget
    read_request: ReadRequest
    sql: SqlPolicy
    metrics: ReadingMetrics
    on_topics: Callable[[set[str]], None]


class SingleBatch(NamedTuple):
    """A batch that was read.

    :param batch: its events, and the offsets that it covers
    :param dead_letters: malformed messages, by the topic that they were written to
    :param messages: number of messages that were read
    :param waiting: number of messages that were waiting
    """

    batch: EventBatch
    dead_letters: DeadLettersByTopic
    messages: int
    waiting: int


def read_single_batch(kafka: KafkaClient, settings: BatchSettings) -> SingleBatch:
    """Read the messages after the checkpoint, and write those that are malformed to the dead-letter topic.

    :raises KafkaError: if the brokers do not answer, or do not confirm a dead letter
    :raises DataLossError: if messages are lost and must not be; nothing has moved then
    :raises CheckpointError: if the stored state cannot be read, or another task moves it
    """
    lane, owner, request = settings.lane, settings.state_key, settings.read_request
    state_key = ensure_lane_state(owner, lane)
    head = StateStore(state_key).read_positions()
    exclude = settings.dead_letter_target.exclude
    backlog = request.backlog(kafka, settings.topics, state_key, head.checkpoint, exclude, topic_ids=head.topic_ids)
    settings.on_topics({item.topic for item in backlog.partitions})
    result = _read(kafka, backlog, state_key, settings)
    settings.metrics.begin(backlog, result.messages)
    store_lag(ReceiptStore(state_key, owner, lane.lanes), lag_of(backlog, "consume", result.messages))
    decoded = decode_batch(
        [result],
        BatchOrigin(state_key, kafka.kafka_config_id, lanes=lane.lanes, group=settings.group, owner=owner),
        settings.dead_letter_target.topic,
        sql=settings.sql,
        problems=request.start_problems(backlog, head.checkpoint),
        read_before=ReadBefore(state_key),
    )
    send_dead_letters(kafka, decoded.dead_letters)
    return SingleBatch(decoded.batch, decoded.dead_letters, len(result.messages), backlog.events)


def _read(kafka: KafkaClient, backlog: Backlog, state_key: str, settings: BatchSettings) -> ReadResult:
    limits = settings.limits
    with kafka.reader(backlog, settings.read_request.loss_policy(state_key)) as reader:
        return reader.read(max_messages=limits.max_events, max_bytes=limits.max_bytes, max_duration=limits.max_duration)
