"""Consume, translate and publish in one task, batch after batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.links import LineageLink, PipelineLink
from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    as_flag,
    as_topics,
    batch_limits,
    dead_letter_target,
    read_config,
    read_request,
    run_limits,
    show,
    without_own_events,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class IngestOpenLineageOperator(BaseOperator):
    """Read, translate and publish until the end offsets seen at the start are reached: the three steps in one task.

    The same functions as the single operators; the batches do not pass through XCom, so this is the one for volume.

    :param topics: topics; one that begins with ``^`` is a regular expression
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param max_events: most messages in one batch (default: ``[openmetadata_ol] max_events``); the first one has no more
        than 1,000, and a slow catalogue makes them smaller
    :param max_bytes: most bytes of message values in one batch (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: seconds after which no further batch is begun; the one under way is finished
        (default: ``[openmetadata_ol] max_duration``)
    :param dead_letter_topic: as for ConsumeOpenLineageOperator
    :param start_from: as for ConsumeOpenLineageOperator
    :param replay_from: as for ConsumeOpenLineageOperator
    :param on_data_loss: as for ConsumeOpenLineageOperator
    :param start: read a span of time instead, whole and whatever was read before: the messages from this time on, for
        example ``"{{ data_interval_start }}"``. It takes as long as it takes (``execution_timeout`` bounds it), has a
        state of its own, and moves neither the checkpoint of other tasks nor the group's offsets
    :param end: where the span ends: messages of this time and later are not read (default: the end of the topics)
    :param dry_run: read only: report what would be written; nothing moves
    :param full_refresh: compare everything with the catalogue, also what the ledger holds as published (templated)
    :param state_key: Variable that holds checkpoint and open runs (default: made of DAG id and topics)
    :param lane: as for ConsumeOpenLineageOperator
    :param lanes: as for ConsumeOpenLineageOperator
    :return: the report over all batches as plain JSON
    """

    template_fields: Sequence[str] = (
        "topics",
        "kafka_config_id",
        "openmetadata_conn_id",
        "config",
        "dead_letter_topic",
        "full_refresh",
        "start_from",
        "replay_from",
        "on_data_loss",
        "start",
        "end",
        "state_key",
        "lane",
        "lanes",
    )
    operator_extra_links = (PipelineLink(), LineageLink())
    ui_color = "#e8dff5"

    def __init__(
        self,
        *,
        topics: str | Sequence[str],
        kafka_config_id: str = "kafka_default",
        openmetadata_conn_id: str = "openmetadata_default",
        config: Any = None,
        max_events: int | None = None,
        max_bytes: int | None = None,
        max_duration: float | None = None,
        dead_letter_topic: str | None = None,
        start_from: str | None = None,
        replay_from: Any = None,
        on_data_loss: str | None = None,
        start: Any = None,
        end: Any = None,
        dry_run: bool = False,
        full_refresh: bool | str = False,
        state_key: str | None = None,
        lane: int | str | None = None,
        lanes: int | str = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.topics = topics
        self.kafka_config_id = kafka_config_id
        self.openmetadata_conn_id = openmetadata_conn_id
        self.config = config
        self.max_events = max_events
        self.max_bytes = max_bytes
        self.max_duration = max_duration
        self.dead_letter_topic = dead_letter_topic
        self.start_from = start_from
        self.replay_from = replay_from
        self.on_data_loss = on_data_loss
        self.start = start
        self.end = end
        # Not self.dry_run: that is a method of BaseOperator.
        self.is_dry_run = dry_run
        self.full_refresh = full_refresh
        self.state_key = state_key
        self.lane = lane
        self.lanes = lanes

    def execute(self, context: Context) -> dict[str, Any]:
        """Work through the backlog."""
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook
        from openmetadata_ol_provider.ingestion.loop import IngestLoop, IngestSettings
        from openmetadata_ol_provider.state.checkpoint import default_state_key
        from openmetadata_ol_provider.state.lanes import as_lane

        with airflow_errors():
            config = without_own_events(read_config(self.config), self.dag_id)
            hook = OpenLineageKafkaHook(self.kafka_config_id)
            client = OpenMetadataHook(self.openmetadata_conn_id).get_conn()
            topics, lane = as_topics(self.topics), as_lane(self.lane, self.lanes)
            reading = read_request(self)._replace(takes=lane.takes)
            owner = f"{self.dag_id}.window" if reading.window else self.dag_id
            settings = IngestSettings(
                topics=topics,
                state_key=self.state_key or default_state_key(owner, topics),
                lane=lane,
                bounds=batch_limits(self),
                letterbox=dead_letter_target(self),
                limits=run_limits(),
                reading=reading,
                dry_run=self.is_dry_run,
                full_refresh=as_flag("full_refresh", self.full_refresh),
            )
            report = IngestLoop(settings, hook, client, config).run()
        show(self, context, report)
        return report.to_dict()
