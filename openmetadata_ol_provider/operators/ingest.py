"""Consume, translate and publish in one task, batch after batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.operators._assets import asset_events_of, give_asset_events, with_asset_outlet
from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    ask_if_idle,
    batch_limits,
    catalogue_client,
    dead_letter_target,
    emit_report,
    exclude_own_dag,
    parse_bool,
    read_config,
    read_request,
    report_on_error,
    run_limits,
    topic_list,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.operators._openlineage import OwnLineage
from openmetadata_ol_provider.operators.links import LineageLink, PipelineLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

#: Where reading starts is a warning before the first batch, which this task's log has when the report follows.
_LOGGED: Final = frozenset({str(ProblemKind.UNREAD_BEFORE_START)})


class IngestOpenLineageOperator(CheckedParameters, OwnLineage, BaseOperator):
    """Read, translate and publish in one task until the end offsets seen at the start are reached.

    It does the same as the three single operators, but its batches do not pass through XCom: use it for large volumes.

    :param topics: names, or regular expressions when they start with ``^``
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param max_events: largest number of messages in one batch (default: ``[openmetadata_ol] max_events``); the first
        batch has at most 1,000, and a slow catalogue makes them smaller
    :param max_bytes: largest total size of the messages (keys, values, headers) in one batch, in bytes
        (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: seconds after which no further batch begins; the one in progress is finished
        (default: ``[openmetadata_ol] max_duration``)
    :param dead_letter_topic: topic for malformed messages, see ConsumeOpenLineageOperator
    :param start_from: start position while there is no checkpoint, see ConsumeOpenLineageOperator
    :param replay_from: position from which to read again, see ConsumeOpenLineageOperator
    :param on_data_loss: reaction to lost events, see ConsumeOpenLineageOperator
    :param start: start of a span of time to read instead, completely and including messages read before, for example
        ``"{{ data_interval_start }}"``. ``max_duration`` does not limit it (``execution_timeout`` does); it has its own
        state, and moves neither the checkpoint of other tasks nor the group's offsets
    :param end: end of the span: messages of this time and later are not read (default: the end of the topics)
    :param dry_run: ``True`` to report only what would be written; nothing is written and nothing moves
    :param full_refresh: ``True`` to compare everything with the catalogue, including facts that the ledger holds as
        published (templated)
    :param emit_assets: ``True`` to give an event of each Airflow asset that a completed run has written, so that DAGs
        scheduled on the asset start; or a list of namespaces or asset URIs, to do so for these only (Airflow 3; see
        docs/scheduling.md)
    :param emit_replayed: ``True`` to give events for runs that are read again as well, unless Airflow has them
        (templated)
    :param state_key: Variable with checkpoint and open runs (default: derived from DAG id and topics)
    :param lane: number of this task's lane, from 0, see ConsumeOpenLineageOperator
    :param lanes: number of lanes (default: 1), see ConsumeOpenLineageOperator
    :return: the report over all batches as plain JSON
    """

    template_fields: Sequence[str] = (
        "topics",
        "kafka_config_id",
        "openmetadata_conn_id",
        "config",
        "dead_letter_topic",
        "full_refresh",
        "emit_replayed",
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
        emit_assets: bool | str | Sequence[str] = False,
        emit_replayed: bool | str = False,
        state_key: str | None = None,
        lane: int | str | None = None,
        lanes: int | str = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**with_asset_outlet(kwargs, emit_assets))
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
        self.is_dry_run = parse_bool("dry_run", dry_run)
        self.full_refresh = full_refresh
        self.emit_assets = emit_assets
        self.emit_replayed = emit_replayed
        self.state_key = state_key
        self.lane = lane
        self.lanes = lanes
        check_literals(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Process the backlog."""
        from openmetadata_ol_provider import conf
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.ingest_settings import IngestSettings
        from openmetadata_ol_provider.ingestion.loop import IngestLoop
        from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
        from openmetadata_ol_provider.ingestion.receipts import task_of
        from openmetadata_ol_provider.kafka.default_group import default_group
        from openmetadata_ol_provider.state.keys import default_state_key
        from openmetadata_ol_provider.state.lanes import as_lane

        activity = self.begin_activity()
        with airflow_errors(), report_on_error(self, context, _LOGGED):
            config = exclude_own_dag(read_config(self.config), self.dag_id)
            topics, lane = topic_list(self.topics), as_lane(self.lane, self.lanes)
            hook = OpenLineageKafkaHook(self.kafka_config_id, default_group(self.dag_id, topics))
            client = catalogue_client(self)
            request = read_request(self)
            dag_id = f"{self.dag_id}.window" if request.window else self.dag_id
            state_key = self.state_key or default_state_key(dag_id, topics)
            assets = asset_events_of(self, lane.key(state_key), reads_again=request.window is not None)
            settings = IngestSettings(
                topics=topics,
                state_key=state_key,
                lane=lane,
                batch_limits=batch_limits(self),
                dead_letter_target=dead_letter_target(self),
                run_limits=run_limits(),
                read_request=request._replace(partition_filter=lane.takes, owner=state_key),
                dry_run=self.is_dry_run,
                full_refresh=parse_bool("full_refresh", self.full_refresh),
                metrics=None if request.window else ReadingMetrics(self.dag_id, lane.number),
                assets=assets,
                receipts=conf.receipts(),
                task=task_of(context),
                on_topics=partial(activity.read, hook.settings.bootstrap),
            )
            if not self.is_dry_run:
                activity.publish(client.base_url)
            report = ask_if_idle(client, IngestLoop(settings, hook, client, config).run())
            report = give_asset_events(assets, context, report)
        emit_report(self, context, report, logged=_LOGGED)
        return report.to_dict()
