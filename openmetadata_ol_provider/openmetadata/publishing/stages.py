"""Runs the stages of one publication in their order, and keeps what each of them has done.

Pipelines and datasets come first, since edges name both; then each dataset's own patch, then its edges. What only
decorates lineage follows, so that nothing of it can keep an edge waiting: it begins when the last edges are under way,
and takes the threads that these no longer need. Its stages go on whatever became of the ones before.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines, StaleEdges, Stubs, Written
from openmetadata_ol_provider.openmetadata.publishing.data_quality.stage import publish_tests
from openmetadata_ol_provider.openmetadata.publishing.edges.other_addresses import report_other_addresses
from openmetadata_ol_provider.openmetadata.publishing.edges.removal_stage import (
    LastingLineage,
    remove_expired,
    remove_stale,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.retraction_stage import remove_refused, remove_retracted
from openmetadata_ol_provider.openmetadata.publishing.edges.stage import (
    PublishedEdges,
    publish_edges,
    publish_queries,
)
from openmetadata_ol_provider.openmetadata.publishing.exposures.stage import publish_exposures
from openmetadata_ol_provider.openmetadata.publishing.metadata.stage import (
    delete_dropped,
    publish_dataset_metadata,
    publish_pipeline_metadata,
)
from openmetadata_ol_provider.openmetadata.publishing.observability.stage import (
    ObservabilityOutcome,
    publish_observability,
)
from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines, publish_pipelines
from openmetadata_ol_provider.openmetadata.publishing.profiles.stage import publish_profiles
from openmetadata_ol_provider.openmetadata.publishing.runs.stage import (
    StatusOutcome,
    UsageOutcome,
    plan_runs,
    publish_statuses,
    publish_usage,
)
from openmetadata_ol_provider.openmetadata.publishing.stubs.stage import resolve_datasets
from openmetadata_ol_provider.openmetadata.publishing.verify import verify_writes

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, JobId, LineagePlan
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class _Progress:
    """How far the edges are.

    :ivar planned: set once the first edges are about to be sent
    :ivar begun: set once the last edges are under way
    :ivar ended: set once none is
    :ivar failed: ``True`` after an error that stops everything
    """

    def __init__(self) -> None:
        self.failed = False
        self.planned = threading.Event()
        self.begun = threading.Event()
        self.ended = threading.Event()

    def end(self) -> None:
        """Let everything begin that waits for edges, also after an error."""
        for step in (self.ended, self.begun, self.planned):
            step.set()


class Stages:
    """The stages of one publication; each attribute is what a stage has done, and empty until then.

    :param context: tools of the publication, and the changes that it collects
    :param plan: plan to publish
    :param remembered: plan of all remembered runs, to list what was matched by name before addresses counted
    :param lasting: lineage that no event has to confirm; ``None``: no edge expires
    """

    def __init__(
        self,
        context: PublishContext,
        plan: LineagePlan,
        remembered: LineagePlan | None,
        lasting: LastingLineage | None,
    ) -> None:
        self._context = context
        self._plan = plan
        self._remembered = remembered
        self._lasting = lasting
        self._failed_datasets: frozenset[DatasetId] = frozenset()
        self._statuses = StatusOutcome(Written())
        self.resolutions: Mapping[DatasetId, Resolution] = {}
        self.stubs = Stubs()
        self.pipelines = Pipelines()
        self.refs: Mapping[JobId, PipelineRef] = {}
        self.edges = PublishedEdges(Written(), (), ())
        self.statuses = Written()
        self.facts = Written()
        self.usage = UsageOutcome(Written(), context.history.usage, context.history.held.counts)
        self.exposures = Written()
        self.observability = ObservabilityOutcome(Written(), context.history.held.rows)
        self.queries = Written()
        self.profiles = Written()
        self.tests = Written()
        self.deleted = 0
        self.stale = StaleEdges()
        self.expired = StaleEdges()

    def run(self) -> None:
        """Run all stages.

        :raises CatalogueAuthError: if the token is refused, or may not do what lineage needs
        :raises CatalogueUnavailableError: if the catalogue does not answer what lineage needs in spite of retries
        """
        context = self._context
        pipelines = self._publish_ends()
        report_other_addresses(context, self.resolutions, self._remembered)
        # A table's patch goes before its edges: the server may take back column lineage that a later patch finds.
        self._publish_dataset_metadata()
        forked, edges = context.fork(), _Progress()
        with ThreadPoolExecutor(1, thread_name_prefix="runs") as thread:
            try:
                publishing = thread.submit(self._publish_runs_after, edges, forked, pipelines)
                with context.client.lineage_first():
                    self.edges = publish_edges(context, pipelines, self.resolutions, edges.planned.set, edges.begun.set)
                context.executor.require_running()
            except BaseException:
                edges.failed = True
                raise
            finally:
                edges.end()
            self._publish_rest(pipelines)
        context.problems += forked.problems
        publishing.result()
        forked.executor.require_running()
        context.executor.require_running()
        if context.concurrent and not context.dry_run:
            verify_writes(context, self.edges, self._statuses)
            context.executor.require_running()

    def _publish_ends(self) -> PublishedPipelines:
        """Publish pipelines and resolve datasets, at the same time: neither needs the other."""
        context, forked = self._context, self._context.fork()
        with ThreadPoolExecutor(1, thread_name_prefix="datasets") as thread:
            resolving = thread.submit(resolve_datasets, context)
            pipelines = publish_pipelines(forked)
        self.pipelines, self.refs = pipelines.counts, pipelines.refs
        context.problems += forked.problems
        self.resolutions, self.stubs = resolving.result()
        context.parking.add_unresolved(self.resolutions)
        forked.executor.require_running()
        return pipelines

    def _publish_dataset_metadata(self) -> None:
        metadata = publish_dataset_metadata(self._context, self.resolutions)
        self.facts += metadata.counts
        self.stubs += metadata.stubs
        self.resolutions = metadata.resolutions
        self._failed_datasets = metadata.failed

    def _publish_runs_after(self, edges: _Progress, context: PublishContext, pipelines: PublishedPipelines) -> None:
        """Publish what is reported of runs once no edge waits for a thread any more, unless edges stop everything."""
        # What is computed before would keep the first edges waiting, and what is computed later the first statuses.
        edges.planned.wait()
        planned = plan_runs(context, pipelines)
        edges.begun.wait()
        if edges.failed or context.executor.stopped is not None:
            return
        self._statuses = publish_statuses(context, pipelines, planned)
        self.statuses = self._statuses.counts
        forked = context.fork()
        with ThreadPoolExecutor(1, thread_name_prefix="tables") as thread:
            publishing = thread.submit(self._publish_observability_after, edges, forked, pipelines)
            self.usage = publish_usage(context, planned)
        context.problems += forked.problems
        publishing.result()
        forked.executor.require_running()

    def _publish_observability_after(
        self, edges: _Progress, context: PublishContext, pipelines: PublishedPipelines
    ) -> None:
        edges.ended.wait()
        if not edges.failed and context.executor.stopped is None:
            self.observability = publish_observability(context, pipelines, self._statuses, self.resolutions)

    def _publish_rest(self, pipelines: PublishedPipelines) -> None:
        context = self._context
        self.facts += publish_pipeline_metadata(context, pipelines)
        self.queries = publish_queries(context, self.resolutions)
        self.profiles = publish_profiles(context, self.resolutions)
        self.tests = publish_tests(context, self.resolutions)
        exposures = publish_exposures(context, self.resolutions)
        self.exposures = exposures.counts
        deleted = delete_dropped(context, self.resolutions)
        self.deleted = deleted.deleted
        context.recorder.record_datasets(self.resolutions, self._failed_datasets | exposures.failed | deleted.failed)
        self.stale = remove_refused(context) + remove_retracted(context) + remove_stale(context, self._plan)
        self.expired = remove_expired(context, self._plan, self._lasting)
