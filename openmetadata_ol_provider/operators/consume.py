"""Read a bounded batch of OpenLineage events from Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    batch_limits,
    dead_letter_target,
    read_config,
    read_request,
    topic_list,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.operators._openlineage import OwnLineage

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class ConsumeOpenLineageOperator(CheckedParameters, OwnLineage, BaseOperator):
    """Read the next events after the checkpoint and return them as an event batch (XCom).

    Nothing is committed and no consumer group is joined: the checkpoint moves when the batch has been published, so
    this task can be retried or cleared at any time. Messages that are not OpenLineage events go to the dead-letter
    topic.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param max_events: largest number of messages in the batch (default: ``[openmetadata_ol] max_events``)
    :param max_bytes: largest total size of the messages (keys, values, headers), in bytes; a single larger message is
        still read (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: largest number of seconds of reading (default: ``[openmetadata_ol] max_duration``)
    :param dead_letter_topic: topic for malformed messages; ``"none"``: skip, count and log them
        (default: ``[openmetadata_ol] dead_letter_topic``, else ``<topic>.dead-letter``)
    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``; this task uses only
        ``write.sql``: SQL (or its literals) that must not be published does not go through XCom either
    :param start_from: start position while there is no checkpoint: ``group``, ``group:NAME``, ``earliest``, ``latest``,
        or a time (default: ``[openmetadata_ol] start_from``)
    :param replay_from: position from which to read again: ``earliest``, a time, or offsets (topic -> partition ->
        offset, also as JSON). The checkpoint first moves back to it, unless it is already there or before; later runs
        continue from there (default: do not read again)
    :param on_data_loss: reaction when retention deleted events before they were read, or a topic was deleted and
        recreated: ``continue`` with the remaining events, or ``fail`` before anything is published, leaving the
        checkpoint where it is (templated; default: ``[openmetadata_ol] on_data_loss``)
    :param state_key: Variable with checkpoint and open runs (default: derived from DAG id and topics)
    :param lane: number of the lane that this task reads, from 0; to be mapped: ``.expand(lane=[0, 1, 2, 3])``
        (templated)
    :param lanes: number of lanes; each reads its share of the partitions and has its own state (templated)
    :return: the event batch as plain JSON: offsets, counts, problems, and the events, compressed
    """

    template_fields: Sequence[str] = (
        "topics",
        "kafka_config_id",
        "dead_letter_topic",
        "config",
        "start_from",
        "replay_from",
        "on_data_loss",
        "state_key",
        "lane",
        "lanes",
    )
    ui_color = "#d7e8f7"

    def __init__(
        self,
        *,
        topics: str | Sequence[str],
        kafka_config_id: str = "kafka_default",
        max_events: int | None = None,
        max_bytes: int | None = None,
        max_duration: float | None = None,
        dead_letter_topic: str | None = None,
        config: Any = None,
        start_from: str | None = None,
        replay_from: Any = None,
        on_data_loss: str | None = None,
        state_key: str | None = None,
        lane: int | str | None = None,
        lanes: int | str = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.topics = topics
        self.kafka_config_id = kafka_config_id
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_duration = max_duration
        self.dead_letter_topic = dead_letter_topic
        self.config = config
        self.start_from = start_from
        self.replay_from = replay_from
        self.on_data_loss = on_data_loss
        self.state_key = state_key
        self.lane = lane
        self.lanes = lanes
        check_literals(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Read one batch."""
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
        from openmetadata_ol_provider.ingestion.single_batch import BatchSettings, read_single_batch
        from openmetadata_ol_provider.kafka.default_group import default_group
        from openmetadata_ol_provider.openlineage.listing import counted
        from openmetadata_ol_provider.state.keys import default_state_key
        from openmetadata_ol_provider.state.lanes import as_lane

        activity = self.begin_activity()
        with airflow_errors():
            sql = read_config(self.config).write.sql
            topics, lane = topic_list(self.topics), as_lane(self.lane, self.lanes)
            state_key = self.state_key or default_state_key(self.dag_id, topics)
            group = default_group(self.dag_id, topics)
            hook = OpenLineageKafkaHook(self.kafka_config_id, group)
            settings = BatchSettings(
                topics=topics,
                state_key=state_key,
                group=group,
                lane=lane,
                limits=batch_limits(self),
                dead_letter_target=dead_letter_target(self),
                read_request=read_request(self)._replace(partition_filter=lane.takes, owner=state_key),
                sql=sql,
                metrics=ReadingMetrics(self.dag_id, lane.number),
                on_topics=partial(activity.read, hook.settings.bootstrap),
            )
            single = read_single_batch(hook, settings)
            activity.write(hook.settings.bootstrap, single.dead_letters)
        batch = single.batch
        activity.counts = {"events": len(batch.events), "deadLetters": batch.dead_letters}
        self.log.info(
            "%d of %s read: %s, %s, %d skipped%s",
            single.messages,
            counted(single.waiting, "waiting message"),
            counted(len(batch.events), "event"),
            counted(batch.dead_letters, "dead letter"),
            batch.skipped,
            "; more are waiting" if batch.more else "",
        )
        return batch.to_dict()
