"""Translate a batch of OpenLineage events into a lineage plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

from openmetadata_ol_provider.operators._base import (
    airflow_errors,
    exclude_own_dag,
    read_config,
    resolve_input,
    run_limits,
)
from openmetadata_ol_provider.operators._literals import CheckedParameters, check_literals
from openmetadata_ol_provider.operators._openlineage import OwnLineage

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class TranslateOpenLineageOperator(CheckedParameters, OwnLineage, BaseOperator):
    """Merge a batch of events with the runs that are still open, and plan what to publish to the catalogue.

    It has no side effects: the runs to remember are part of the plan and are stored once it has been published.

    :param config: the config document: a mapping, a path to YAML or JSON, or ``variable:NAME``
    :param batch: the output of ConsumeOpenLineageOperator (default: that of the upstream task)
    :return: the lineage plan as plain JSON
    """

    template_fields: Sequence[str] = ("config", "batch")
    ui_color = "#e4f2dc"

    def __init__(self, *, config: Any = None, batch: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.batch = batch
        check_literals(self)

    def execute(self, context: Context) -> dict[str, Any]:
        """Translate the batch."""
        from openmetadata_ol_provider.ingestion.plan_envelope import translate_batch
        from openmetadata_ol_provider.openlineage.batch import EventBatch
        from openmetadata_ol_provider.openlineage.listing import counted
        from openmetadata_ol_provider.openlineage.problem_groups import MOST_GROUPS, group_problems, remaining_line
        from openmetadata_ol_provider.state.store import StateStore

        activity = self.begin_activity()
        with airflow_errors():
            config = exclude_own_dag(read_config(self.config), self.dag_id)
            batch = resolve_input(
                self,
                context,
                "batch",
                producer="ConsumeOpenLineageOperator",
                keys={"origin", "count", "events"},
                read=EventBatch.from_dict,
            )
            stored = StateStore(batch.origin.state_key).read_state().stored_runs
            translated = translate_batch(batch, stored, config, run_limits())
        plan = translated.plan
        activity.counts = {"events": plan.events, "runs": len(plan.runs), "problems": len(plan.problems)}
        self.log.info(
            "%s: %s, %s, %s, %s; %s remembered",
            counted(plan.events, "event"),
            counted(len(plan.runs), "run"),
            counted(len(plan.edges), "edge"),
            counted(len(plan.datasets), "dataset"),
            counted(len(plan.problems), "problem"),
            counted(len(translated.runs.runs) if translated.runs is not None else 0, "run"),
        )
        groups = group_problems(plan.problems)
        for group in groups[:MOST_GROUPS]:
            self.log.warning("%s: %s", group.kind, group.text)
        if rest := remaining_line(groups):
            self.log.warning("%s; the plan lists them", rest)
        return translated.to_dict()
