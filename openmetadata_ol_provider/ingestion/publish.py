"""The steps from a batch to the catalogue, as functions: all operators, single or all in one, call these.

What comes before, from messages to the batch, is ``consumption``.

Order of effects, so that a crash between any two of them loses nothing and doubles nothing: that a publication begins
(from then on the ledger is not believed), publication (idempotent), dead letters (delivery confirmed), what is parked,
state and checkpoint (one Variable), the group's offsets in Kafka (for lag tools), and at the end the ledger.
In the four-task DAG the dead letters are written by the consume task, the only one that has the original bytes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CheckpointError, OpenLineageProviderError, PublicationError
from openmetadata_ol_provider.ingestion.republish import republish
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, limit_problems
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.serialization import pack, to_builtins, unpack
from openmetadata_ol_provider.state.checkpoint import check, is_done, read_checkpoint, write_state
from openmetadata_ol_provider.state.publication import begin_publication, end_publication, write_parked

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

log = logging.getLogger(__name__)


class PlanEnvelope(NamedTuple):
    """A plan on its way to publication: with its batch's origin and the runs to remember once it is published."""

    plan: LineagePlan
    origin: BatchOrigin
    runs: RunState
    dead_letters: int = 0
    more: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the plan's own JSON, with what publication needs beside it."""
        return {
            **self.plan.to_dict(),
            "origin": to_builtins(self.origin),
            "dead_letters": self.dead_letters,
            "more": self.more,
            "state": pack(self.runs, quick=True),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> PlanEnvelope:
        """Rebuild from :meth:`to_dict`.

        :raises ValueError: if it is no plan of TranslateOpenLineageOperator
        """
        if not isinstance(document, dict) or "state" not in document:
            raise ValueError("not a plan of TranslateOpenLineageOperator: it has no state")
        return cls(
            plan=LineagePlan.from_dict(document),
            origin=msgspec.convert(document["origin"], BatchOrigin),
            runs=unpack(document["state"], RunState),
            dead_letters=document["dead_letters"],
            more=document["more"],
        )


def translate_batch(batch: EventBatch, runs: RunState, config: Config, limits: Limits) -> PlanEnvelope:
    """Translate a batch with the runs known from earlier ones."""
    translation = translate(
        batch.events, config, runs, limits=limits, problems=batch.problems, lanes=batch.origin.lanes
    )
    plan = msgspec.structs.replace(translation.plan, problems=limit_problems(translation.plan.problems))
    return PlanEnvelope(plan, batch.origin, translation.state, batch.dead_letters, batch.more)


def publish_translated(
    translated: PlanEnvelope,
    client: OpenMetadataClient,
    config: Config,
    memory: CarryOver,
    *,
    dry_run: bool = False,
    full_refresh: bool = False,
) -> PublishReport:
    """Publish a plan if its batch starts where the checkpoint stands.

    :param memory: what earlier publications left, changed in place
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :return: the report; a batch that was published before gives an empty one that says so
    :raises CheckpointError: if the checkpoint stands elsewhere: nothing is published
    :raises PublicationError: if more failed than ``write.max_failure_ratio``: the checkpoint stays
    """
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

    origin = translated.origin
    checkpoint = {} if dry_run else read_checkpoint(origin.state_key)
    if is_done(origin, checkpoint):
        where = ", ".join(f"{item.topic}[{item.partition}] {item.start}-{item.end}" for item in origin.ranges)
        log.warning("nothing to do: the batch (%s) was published before", where)
        return PublishReport(
            problems=(Problem(ProblemKind.ALREADY_PUBLISHED, where, "the checkpoint stands past this batch"),)
        )
    if not dry_run:
        try:
            check(origin, checkpoint)
        except CheckpointError:
            if memory.token:
                # Batches before this one were published, and perhaps at the same time as those of the other.
                republish(origin.state_key, client, config)
            raise
        if translated.plan.jobs or translated.plan.datasets or memory.parking.items:
            begin_publication(origin.state_key, memory)
    report = publish_plan(
        translated.plan,
        client,
        config,
        dry_run=dry_run,
        memory=memory,
        full_refresh=full_refresh,
        shared=origin.lanes > 1,
    )
    report = msgspec.structs.replace(report, dead_letters=translated.dead_letters)
    if report.failure_ratio > config.write.max_failure_ratio:
        raise PublicationError(_failure(report, config))
    return report


def commit_batch(
    translated: PlanEnvelope,
    memory: CarryOver,
    hook: KafkaClient,
    client: OpenMetadataClient,
    config: Config,
    *,
    commit: bool = True,
) -> None:
    """Make a published batch final: what is parked, state and checkpoint, then the group's offsets for lag tools.

    :param memory: after the publication
    :param client: of the publication, as the configuration; for what has to be put back
    :param commit: ``False``: the group's offsets are about what others read
    :raises CheckpointError: if somebody else has moved the checkpoint meanwhile
    """
    state_key = translated.origin.state_key
    write_parked(state_key, memory.parking)
    if not translated.origin.ranges:
        # Nothing was read, so nothing moves: the comparison has nothing to compare, and these runs may be older ones.
        return
    try:
        write_state(translated.origin, translated.runs, memory.usage)
    except CheckpointError:
        republish(state_key, client, config)
        raise
    if not commit:
        return
    offsets: dict[str, dict[int, int]] = {}
    for item in translated.origin.ranges:
        offsets.setdefault(item.topic, {})[item.partition] = item.end
    try:
        hook.commit(offsets)
    except OpenLineageProviderError as error:
        # The batch is published and the checkpoint is what counts: what only lag tools look at must not fail the task.
        log.warning("offsets are not committed to Kafka (the checkpoint is safe): %s", error)


def close_publication(state_key: str, memory: CarryOver, client: OpenMetadataClient, config: Config) -> None:
    """End a task whose batches are all settled: the ledger is written once, since a crash costs but a comparison.

    :param memory: after the last publication
    """
    if not end_publication(state_key, memory):
        republish(state_key, client, config)


def _failure(report: PublishReport, config: Config) -> str:
    worst = "; ".join(f"{p.where}: {p.detail}" for p in report.problems if p.kind == "failed")
    return (
        f"{report.failure_ratio:.0%} of the facts failed, write.max_failure_ratio allows "
        f"{config.write.max_failure_ratio:.0%}. The checkpoint stays, the batch is tried again. {worst[:1000]}"
    )
