"""Publish a lineage plan to OpenMetadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.operators._assets import asset_events_of, give_asset_events, with_asset_outlet
from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    ask_if_idle,
    catalogue_client,
    emit_report,
    parse_bool,
    read_config,
    report_on_error,
    resolve_input,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.operators._openlineage import OwnLineage
from openmetadata_ol_provider.operators.links import LineageLink, PipelineLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class PublishLineageOperator(CheckedParameters, OwnLineage, BaseOperator):
    """Publish a plan to the catalogue, then move the checkpoint, then commit the group's offsets.

    A plan whose batch does not continue the checkpoint is refused; one that was published before is not published
    again. Publishing is idempotent: what the catalogue already holds is not written.

    :param openmetadata_conn_id: Airflow connection of type ``openmetadata``
    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param dry_run: ``True`` to report only what would be written; state, checkpoint and offsets stay
    :param full_refresh: ``True`` to compare everything with the catalogue, including facts that the ledger holds as
        published (templated)
    :param emit_assets: ``True`` to give an event of each Airflow asset that a completed run has written, so that DAGs
        scheduled on the asset start; or a list of namespaces or asset URIs, to do so for these only (Airflow 3; see
        docs/scheduling.md)
    :param emit_replayed: ``True`` to give events for runs that are read again as well, unless Airflow has them
        (templated)
    :param plan: the output of TranslateOpenLineageOperator (default: that of the upstream task)
    :return: the report as plain JSON
    """

    template_fields: Sequence[str] = ("openmetadata_conn_id", "config", "full_refresh", "emit_replayed", "plan")
    operator_extra_links = (PipelineLink(), LineageLink())
    ui_color = "#f7e6d0"

    def __init__(
        self,
        *,
        openmetadata_conn_id: str = "openmetadata_default",
        config: Any = None,
        dry_run: bool = False,
        full_refresh: bool | str = False,
        emit_assets: bool | str | Sequence[str] = False,
        emit_replayed: bool | str = False,
        plan: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**with_asset_outlet(kwargs, emit_assets))
        self.openmetadata_conn_id = openmetadata_conn_id
        self.config = config
        # Not self.dry_run: that is a method of BaseOperator.
        self.is_dry_run = parse_bool("dry_run", dry_run)
        self.full_refresh = full_refresh
        self.emit_assets = emit_assets
        self.emit_replayed = emit_replayed
        self.plan = plan
        check_literals(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Publish the plan."""
        from openmetadata_ol_provider import conf
        from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
        from openmetadata_ol_provider.ingestion.error_report import reported
        from openmetadata_ol_provider.ingestion.metrics import ReadingMetrics
        from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
        from openmetadata_ol_provider.ingestion.publish import PublishSession
        from openmetadata_ol_provider.ingestion.receipts import ReceiptCollector, task_of
        from openmetadata_ol_provider.state.lanes import lane_of_key
        from openmetadata_ol_provider.state.receipts import ReceiptStore
        from openmetadata_ol_provider.state.store import StateStore

        activity = self.begin_activity()
        with airflow_errors(), report_on_error(self, context):
            config = read_config(self.config)
            translated = resolve_input(
                self,
                context,
                "plan",
                producer="TranslateOpenLineageOperator",
                keys={"edges", "state"},
                read=PlanEnvelope.from_dict,
            )
            client = catalogue_client(self)
            origin = translated.origin
            if not self.is_dry_run:
                activity.publish(client.base_url)
            store = StateStore(origin.state_key)
            receipts = ReceiptCollector(
                ReceiptStore(origin.state_key, origin.owner, origin.lanes), conf.receipts(), task_of(context)
            )
            history, dry_run = store.read_history(), self.is_dry_run
            assets = asset_events_of(self, origin.state_key)
            with PublishSession(
                store, client, config, history, dry_run=dry_run, assets=assets, receipts=receipts
            ) as session:
                published = session.publish(translated, full_refresh=parse_bool("full_refresh", self.full_refresh))
                if not self.is_dry_run and published.publication is not None:
                    with reported(published.report):
                        hook = OpenLineageKafkaHook(origin.kafka_config_id, origin.group or None)
                        activity.read(hook.settings.bootstrap, {item.topic for item in origin.ranges})
                        session.commit(translated, published, hook)
            if not self.is_dry_run and published.publication is not None:
                metrics = ReadingMetrics(self.dag_id, lane_of_key(store.state_key, origin.owner, origin.lanes))
                metrics.state(store.size, session.history.parking.items.values())
                if not translated.more:
                    # Otherwise what the consume task has sent still holds.
                    metrics.end()
            report = give_asset_events(assets, context, ask_if_idle(client, published.report))
        emit_report(self, context, report)
        return report.to_dict()
