"""Consume, translate and publish in one task, batch after batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.links import LineageLink, PipelineLink
from openmetadata_ol_provider.operators._base import (
    as_flag,
    as_topics,
    bounds_of,
    failing_well,
    letterbox_of,
    read_config,
    run_limits,
    show,
    without_own_events,
)

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
    from openmetadata_ol_provider.openmetadata.http.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publication.report import PublishReport


class IngestOpenLineageOperator(BaseOperator):
    """Read, translate and publish until the end offsets seen at the start are reached: the three steps in one task.

    The same functions as the single operators; the batches do not pass through XCom, so this is the one for volume.

    :param topics: topics; one that begins with ``^`` is a regular expression
    :param kafka_config_id: Airflow connection of type ``kafka``
    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param max_events: most messages in one batch (default: ``[openmetadata_ol] max_events``)
    :param max_bytes: most bytes of message values in one batch (default: ``[openmetadata_ol] max_bytes``)
    :param max_duration: seconds after which no further batch is begun (default: ``[openmetadata_ol] max_duration``)
    :param dead_letter_topic: as for ConsumeOpenLineageOperator
    :param dry_run: read only: report what would be written; nothing moves
    :param full_refresh: compare everything with the catalogue, also what the ledger holds as published (templated)
    :param state_key: Variable that holds checkpoint and open runs (default: made of DAG id and topics)
    :return: the report over all batches as plain JSON
    """

    template_fields: Sequence[str] = (
        "topics",
        "kafka_config_id",
        "openmetadata_conn_id",
        "config",
        "dead_letter_topic",
        "full_refresh",
        "state_key",
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
        dry_run: bool = False,
        full_refresh: bool | str = False,
        state_key: str | None = None,
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
        # Not self.dry_run: that is a method of BaseOperator.
        self.is_dry_run = dry_run
        self.full_refresh = full_refresh
        self.state_key = state_key

    def execute(self, context: Context) -> dict[str, Any]:
        """Work through the backlog."""
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.hooks.openmetadata import OpenMetadataHook

        with failing_well():
            config = without_own_events(read_config(self.config), self.dag_id)
            hook = OpenLineageKafkaHook(self.kafka_config_id)
            client = OpenMetadataHook(self.openmetadata_conn_id).get_conn()
            report = self._work(hook, client, config)
        show(self, context, report)
        return report.to_dict()

    def _work(self, hook: OpenLineageKafkaHook, client: OpenMetadataClient, config: Config) -> PublishReport:
        from openmetadata_ol_provider.keeping import end, read_memory
        from openmetadata_ol_provider.openmetadata.publication.report import PublishReport
        from openmetadata_ol_provider.state import default_state_key, read_state
        from openmetadata_ol_provider.steps import (
            decode_messages,
            publish_translated,
            send_dead_letters,
            settle,
            translate_batch,
        )

        topics = as_topics(self.topics)
        state_key = self.state_key or default_state_key(self.dag_id, topics)
        full_refresh = as_flag("full_refresh", self.full_refresh)
        stored = read_state(state_key)
        runs, memory = stored.runs, read_memory(state_key, stored.usage)
        bounds, letterbox = bounds_of(self), letterbox_of(self)
        backlog = hook.backlog(topics, stored.checkpoint, letterbox.exclude)
        self.log.info("%d messages are waiting", backlog.events)
        deadline = time.monotonic() + bounds.max_duration
        report, more = PublishReport(), True
        with hook.reader(backlog) as reader:
            while more and (left := deadline - time.monotonic()) > 0:
                result = reader.read(max_messages=bounds.max_events, max_bytes=bounds.max_bytes, max_duration=left)
                consumed = decode_messages(result, state_key, self.kafka_config_id, letterbox.topic)
                translated = translate_batch(consumed.batch, runs, config, run_limits())
                batch_report = publish_translated(
                    translated, client, config, memory, dry_run=self.is_dry_run, full_refresh=full_refresh
                )
                if not self.is_dry_run:
                    send_dead_letters(hook, consumed.letters)
                    settle(translated, memory, hook)
                report = report + batch_report
                runs, more = translated.runs, result.more
                # What this task has compared itself need not be compared again.
                full_refresh = False
        # Once, and not with each batch: what a crash loses of it costs a comparison.
        end(state_key, memory)
        if more:
            self.log.warning("max_duration is over before the end of the backlog; the next run goes on from here")
        return report
