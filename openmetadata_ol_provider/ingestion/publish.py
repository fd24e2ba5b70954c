"""Publishes batches: the steps from a batch (see ``consume.py``) to the catalogue and the stored state.

The order of effects, so that a crash between any two of them loses nothing and doubles nothing: the claim (from then on
the ledger is not trusted), the publication (idempotent), dead letters (delivery confirmed), the asset events to give,
the parking lot, state and checkpoint (one write), the group's offsets in Kafka (for lag tools), and at the end the
ledger. In the four-task DAG the dead letters are written by the consume task, the only one that has the original bytes.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import (
    CatalogueError,
    CheckpointError,
    OpenLineageProviderError,
    PublicationError,
)
from openmetadata_ol_provider.ingestion.error_report import attach_report, error_line, report_of, reported
from openmetadata_ol_provider.ingestion.outcomes import already_published, failure_text
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope
from openmetadata_ol_provider.ingestion.receipts import ReceiptCollector
from openmetadata_ol_provider.ingestion.republish import republish
from openmetadata_ol_provider.lineage.lasting import lasting_lineage
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import plan_from_state
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, changed_state
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.state.checkpoint import is_past, require_start
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.store import apply

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.ingestion.asset_events import AssetEvents
    from openmetadata_ol_provider.kafka.client import KafkaClient
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.history import History
    from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.receipts.record import Delivery
    from openmetadata_ol_provider.state.store import StateStore

log = logging.getLogger(__name__)


class PublishedBatch(NamedTuple):
    """A batch after its publication, and its report.

    :param publication: changes to commit; ``None`` if the batch had been published before, so that nothing was done
    :param delivery: its receipts, made here because the plan is freed before the commit; ``None`` if none are kept
    """

    report: PublishReport
    publication: Publication | None
    delivery: Delivery | None = None


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
    :param assets: keeper of asset events; default: none are given
    :param receipts: receiver of what became of each run; default: nothing is kept
    :param hold_seconds: seconds for which rows of pipeline observability and usage are held back while more batches
        of this session follow; default: 0, so that every batch writes its own
    :param clock: monotonic clock, in seconds
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
        assets: AssetEvents | None = None,
        receipts: ReceiptCollector | None = None,
        hold_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._assets = assets
        self._store = store
        self._client = client
        self._config = config
        self._history = history
        self._dry_run = dry_run
        self._cache = cache
        self._receipts = receipts or ReceiptCollector(ReceiptStore(store.state_key), 0)
        self._hold_seconds = hold_seconds
        self._clock = clock
        # Time at which nothing was held back last.
        self._written_at = clock()
        self._lanes = 1

    @property
    def history(self) -> History:
        """What earlier publications left behind, those of this session included."""
        return self._history

    @property
    def plans_remembered_runs(self) -> bool:
        """Whether the next publication looks at all remembered runs: earlier rules may have matched their edges."""
        from openmetadata_ol_provider.openmetadata.publishing.core.ledger import MATCHING

        ledger = self._history.ledger
        return bool(ledger.edges) and ledger.matching < MATCHING

    def publish(self, translated: PlanEnvelope, *, full_refresh: bool = False) -> PublishedBatch:
        """Publish a plan if its batch continues the checkpoint; nothing is kept until it is committed.

        :param full_refresh: compare everything with the catalogue, whatever the ledger holds
        :raises CheckpointError: if the batch does not continue the checkpoint: nothing is published
        :raises PublicationError: if more failed than ``write.max_failure_ratio`` allows: the checkpoint stays
        """
        from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

        plan, origin = translated.plan, translated.origin
        self._receipts.begin_batch()
        if not self._dry_run:
            checkpoint = self._store.read_checkpoint()
            if is_past(origin, checkpoint):
                return PublishedBatch(already_published(origin), None)
            require_start(origin, checkpoint)
            self._history = self._store.with_parked(self._history)
            if plan.jobs or plan.datasets or self._history.parking.items or self._history.held:
                self._history = self._store.claim(self._history)
        hold = translated.more and self._clock() - self._written_at < self._hold_seconds
        self._lanes = origin.lanes
        try:
            publication = publish_plan(
                plan,
                self._client,
                self._config,
                self._history,
                dry_run=self._dry_run,
                full_refresh=full_refresh,
                concurrent=origin.lanes > 1,
                hold=hold,
                cache=self._cache,
                remembered=self._remembered(translated),
                lasting=self._lasting(translated),
            )
        except CatalogueError as error:
            self._record_written(error.publication)
            raise
        if not hold:
            self._written_at = self._clock()
        report = msgspec.structs.replace(publication.report, dead_letters=translated.dead_letters)
        if report.failure_ratio > self._config.write.max_failure_ratio:
            self._record_written(publication)
            failure = PublicationError(failure_text(report, self._config))
            failure.report = report
            raise failure
        if self._dry_run:
            self._history = apply(self._history, publication)
        publication = publication._replace(report=report)
        return PublishedBatch(report, publication, self._receipts.delivery_of(plan, publication))

    def _record_written(self, publication: Publication | None) -> None:
        """Record in the ledger what a publication wrote that is not going to be committed; it is compared again."""
        if publication is not None and self._history.token:
            self._history = self._history._replace(ledger=self._history.ledger.updated(publication.ledger))
            self._store.record(self._history)

    def _remembered(self, translated: PlanEnvelope) -> LineagePlan | None:
        """Return the plan of all remembered runs if edges may have been published by earlier rules of matching."""
        return plan_from_state(self._runs_after(translated), self._config) if self.plans_remembered_runs else None

    def _lasting(self, translated: PlanEnvelope) -> Callable[[], LineagePlan] | None:
        """Return how to plan what no event has to confirm; ``None`` while there are events that may confirm an edge."""
        return None if translated.more else lambda: lasting_lineage(self._runs_after(translated), self._config)

    def _runs_after(self, translated: PlanEnvelope) -> RunState:
        """Return all that is remembered after a batch."""
        if translated.runs is not None:
            return translated.runs
        return changed_state(self._store.read_state().runs, translated.change)

    def commit(
        self,
        translated: PlanEnvelope,
        published: PublishedBatch,
        kafka: KafkaClient,
        *,
        group_offsets: bool = True,
    ) -> StoredAs | None:
        """Make a published batch final: the parking lot, state and checkpoint, then the group's offsets for lag tools.

        :param published: result of :meth:`publish`
        :param group_offsets: ``False``: the group's offsets belong to other reading and stay
        :return: the texts that hold what is remembered; ``None`` if nothing of the batch was stored
        :raises CheckpointError: if another task has moved the checkpoint meanwhile, or had published the batch before
        """
        origin, publication = translated.origin, published.publication
        if publication is None:
            require_start(origin, self._store.read_checkpoint(), published=True)
            return None
        if self._assets is not None:
            self._assets.keep(translated.plan)
        more = translated.more and self._hold_seconds > 0
        stored_as = self._store.commit(origin, translated.change, publication, self._history, more=more)
        self._history = apply(self._history, publication)
        self._receipts.add_batch(published.delivery, origin.ranges)
        if not group_offsets or not origin.ranges:
            return stored_as
        try:
            kafka.commit(origin.ends, origin.owner)
        except OpenLineageProviderError as error:  # What only lag tools read must not fail the task.
            log.warning("offsets are not committed to Kafka (the checkpoint is safe): %s", error)
        return stored_as

    def write_held(self, report: PublishReport) -> PublishReport:
        """Write what committed batches have held back, because no further batch follows in this task.

        :param report: report of these batches
        :return: the report, including what was written now
        :raises CatalogueError: if the catalogue does not answer; it is held back for the next task then
        """
        from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan

        if not self._history.held:
            return report
        # Parked items wait for the next batch.
        history = self._history._replace(parking=Parking())
        try:
            publication = publish_plan(
                LineagePlan(),
                self._client,
                self._config,
                history,
                dry_run=self._dry_run,
                concurrent=self._lanes > 1,
                cache=self._cache,
            )
        except CatalogueError as error:
            written = error.report or PublishReport()
            error.report = report + msgspec.structs.replace(written, parked=report.parked)
            raise
        report += msgspec.structs.replace(publication.report, parked=report.parked)
        if not self._dry_run:
            with reported(report):
                self._store.write_held(self._history.held, publication.held)
        ledger = self._history.ledger.updated(publication.ledger)
        self._history = self._history._replace(ledger=ledger, held=publication.held)
        return report

    def _write_held_after(self, error: BaseException) -> None:
        """Write what is held back after an error that is not the catalogue's; what fails is left to the next task."""
        is_other = isinstance(error, Exception) and not isinstance(error, CatalogueError | CheckpointError)
        if not is_other or not self._history.held:
            return
        try:
            attach_report(error, self.write_held(report_of(error) or PublishReport()))
        except Exception as other:  # noqa: BLE001 - whatever it is, the first error is the one to be shown
            log.warning("%s left to the next task: %s", self._history.held, error_line(other))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._dry_run:
            return
        if error is not None:
            self._receipts.add_failure(error)
            self._write_held_after(error)
        self._receipts.write()
        if error is None:
            is_alone = self._store.release(self._history)
        else:
            # After any other error the claim stays, so that the next task does not trust the ledger.
            is_alone = not (isinstance(error, CheckpointError) and self._history.token)
        if not is_alone:
            republish(self._store, self._client, self._config)
