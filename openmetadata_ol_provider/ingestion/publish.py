"""Publishes batches: the steps from a batch to the catalogue and the stored state, shared by all operators.

The steps before, from messages to the batch, are in :mod:`~openmetadata_ol_provider.ingestion.consume`.

The order of effects, so that a crash between any two of them loses nothing and doubles nothing: the claim (from then on
the ledger is not trusted), the publication (idempotent), dead letters (delivery confirmed), the parking lot, state and
checkpoint (one Variable), the group's offsets in Kafka (for lag tools), and at the end the ledger. In the four-task DAG
the dead letters are written by the consume task, the only one that has the original bytes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import (
    CatalogueError,
    CheckpointError,
    OpenLineageProviderError,
    PublicationError,
)
from openmetadata_ol_provider.ingestion.republish import republish
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import plan_from_state, translate
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, limit_problems
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState, as_legacy
from openmetadata_ol_provider.openlineage.serialization import convert, pack, to_builtins, unpack
from openmetadata_ol_provider.state.checkpoint import is_past, require_start
from openmetadata_ol_provider.state.document import STATE_VERSION
from openmetadata_ol_provider.state.store import apply

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.history import History
    from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.state.store import StateStore

log = logging.getLogger(__name__)


class PlanEnvelope(NamedTuple):
    """A plan with everything that its publication needs.

    :param plan: plan of the batch
    :param origin: origin of the batch
    :param runs: runs to remember once the plan is published
    :param dead_letters: number of dead letters of the batch
    :param more: ``True`` if more events are waiting
    """

    plan: LineagePlan
    origin: BatchOrigin
    runs: RunState
    dead_letters: int = 0
    more: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON of the plan, with the other fields added to it."""
        return {
            **self.plan.to_dict(),
            "origin": to_builtins(self.origin),
            "dead_letters": self.dead_letters,
            "more": self.more,
            # An earlier version refuses it, instead of storing runs by keys that it cannot read.
            "state": {"version": STATE_VERSION, "packed": pack(self.runs, quick=True)},
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> PlanEnvelope:
        """Rebuild from :meth:`to_dict`.

        :raises ValueError: if it is not the output of TranslateOpenLineageOperator
        """
        if not isinstance(document, dict) or "state" not in document:
            raise ValueError("not a plan of TranslateOpenLineageOperator: it has no state")
        return cls(
            plan=LineagePlan.from_dict(document),
            origin=convert(document["origin"], BatchOrigin),
            runs=_unpack_runs(document["state"]),
            dead_letters=document["dead_letters"],
            more=document["more"],
        )


def _unpack_runs(state: object) -> RunState:
    """Return the runs of an envelope; a task of an earlier version has packed them without a version."""
    if isinstance(state, str):
        return as_legacy(unpack(state, RunState))
    if not isinstance(state, dict) or state.get("version") != STATE_VERSION:
        raise ValueError("not a plan of this version of TranslateOpenLineageOperator: clear its task")
    return unpack(state["packed"], RunState)


def translate_batch(batch: EventBatch, runs: RunState, config: Config, limits: Limits) -> PlanEnvelope:
    """Translate a batch together with the runs that earlier batches began."""
    translation = translate(
        batch.events, config, runs, limits=limits, problems=batch.problems, lanes=batch.origin.lanes
    )
    plan = msgspec.structs.replace(translation.plan, problems=limit_problems(translation.plan.problems))
    return PlanEnvelope(plan, batch.origin, translation.state, batch.dead_letters, batch.more)


class PublishedBatch(NamedTuple):
    """A batch after its publication.

    :param report: report of the publication
    :param publication: changes to commit; ``None`` if the batch had been published before, so that nothing was done
    """

    report: PublishReport
    publication: Publication | None


class PublishSession:
    """Publishes the batches of one task with one state; a context manager.

    At its end the ledger is written, once for the whole task, because a crash before that costs only comparisons. If
    another task turns out to have published with the same state meanwhile, the catalogue is repaired, here and nowhere
    else: the state store notices the other task by the checkpoint or by its claim, and what the state remembers is
    published again.

    :param store: state of the task
    :param client: client of the catalogue
    :param config: rules, filters and write policies
    :param history: what earlier publications left behind
    :param dry_run: read everything, but write neither the catalogue nor the state
    :param cache: what this task reads and writes, shared by its batches
    """

    def __init__(
        self,
        store: StateStore,
        client: OpenMetadataClient,
        config: Config,
        history: History,
        *,
        dry_run: bool = False,
        cache: SessionCache | None = None,
    ) -> None:
        self._store = store
        self._client = client
        self._config = config
        self._history = history
        self._dry_run = dry_run
        self._cache = cache

    @property
    def history(self) -> History:
        """What earlier publications left behind, those of this session included."""
        return self._history

    def publish(self, translated: PlanEnvelope, *, full_refresh: bool = False) -> PublishedBatch:
        """Publish a plan if its batch continues the checkpoint; nothing is kept until it is committed.

        :param full_refresh: compare everything with the catalogue, whatever the ledger holds
        :raises CheckpointError: if the batch does not continue the checkpoint: nothing is published
        :raises PublicationError: if more failed than ``write.max_failure_ratio`` allows: the checkpoint stays
        """
        from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

        plan, origin = translated.plan, translated.origin
        if not self._dry_run:
            checkpoint = self._store.read_checkpoint()
            if is_past(origin, checkpoint):
                return PublishedBatch(_already_published(origin), None)
            require_start(origin, checkpoint)
            if plan.jobs or plan.datasets or self._history.parking.items:
                self._history = self._store.claim(self._history)
        try:
            publication = publish_plan(
                plan,
                self._client,
                self._config,
                self._history,
                dry_run=self._dry_run,
                full_refresh=full_refresh,
                concurrent=origin.lanes > 1,
                cache=self._cache,
                remembered=self._remembered(translated),
            )
        except CatalogueError as error:
            self._record_written(error.publication)
            raise
        report = msgspec.structs.replace(publication.report, dead_letters=translated.dead_letters)
        if report.failure_ratio > self._config.write.max_failure_ratio:
            self._record_written(publication)
            failure = PublicationError(_failure(report, self._config))
            failure.report = report
            raise failure
        if self._dry_run:
            self._history = apply(self._history, publication)
        return PublishedBatch(report, publication._replace(report=report))

    def _record_written(self, publication: Publication | None) -> None:
        """Record in the ledger what a publication wrote that is not going to be committed; it is compared again."""
        if publication is not None and self._history.token:
            self._history = self._history._replace(ledger=self._history.ledger.updated(publication.ledger))
            self._store.record(self._history)

    def _remembered(self, translated: PlanEnvelope) -> LineagePlan | None:
        """Return the plan of all remembered runs if edges may have been published by earlier rules of matching."""
        from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING

        ledger = self._history.ledger
        if not ledger.edges or ledger.matching >= MATCHING:
            return None
        return plan_from_state(translated.runs, self._config)

    def commit(
        self,
        translated: PlanEnvelope,
        published: PublishedBatch,
        kafka: KafkaClient,
        *,
        group_offsets: bool = True,
    ) -> None:
        """Make a published batch final: the parking lot, state and checkpoint, then the group's offsets for lag tools.

        :param published: result of :meth:`publish`
        :param group_offsets: ``False``: the group's offsets belong to other reading and stay
        :raises CheckpointError: if another task has moved the checkpoint meanwhile, or had published the batch before
        """
        origin, publication = translated.origin, published.publication
        if publication is None:
            require_start(origin, self._store.read_checkpoint(), published=True)
            return
        self._store.commit(origin, translated.runs, publication)
        self._history = apply(self._history, publication)
        if not group_offsets or not origin.ranges:
            return
        offsets: dict[str, dict[int, int]] = {}
        for item in origin.ranges:
            offsets.setdefault(item.topic, {})[item.partition] = item.end
        try:
            kafka.commit(offsets, origin.owner)
        except OpenLineageProviderError as error:
            # The batch is published and the checkpoint decides: what only lag tools read must not fail the task.
            log.warning("offsets are not committed to Kafka (the checkpoint is safe): %s", error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dry_run:
            return
        if error is None:
            is_alone = self._store.release(self._history)
        else:
            # After any other error the claim stays, so that the next task does not trust the ledger.
            is_alone = not (isinstance(error, CheckpointError) and self._history.token)
        if not is_alone:
            republish(self._store, self._client, self._config)


def _already_published(origin: BatchOrigin) -> PublishReport:
    from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport

    where = ", ".join(f"{item.topic}[{item.partition}] {item.start}-{item.end}" for item in origin.ranges)
    log.warning("nothing to do: the batch (%s) was published before", where)
    problem = Problem(ProblemKind.ALREADY_PUBLISHED, where, "the checkpoint is past this batch")
    return PublishReport(problems=(problem,))


def _failure(report: PublishReport, config: Config) -> str:
    worst = "; ".join(f"{p.where}: {p.detail}" for p in report.problems if p.kind == ProblemKind.FAILED)
    return (
        f"{report.failure_ratio:.0%} of the facts failed, write.max_failure_ratio allows "
        f"{config.write.max_failure_ratio:.0%}. The checkpoint stays, the batch is tried again. {worst[:1000]}"
    )
