"""Publishes what a plan reports of runs: their statuses, and how many there were each day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldCounts, dropped
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.run_counts import RunCount, count_runs
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PipelineRun, merge_status
from openmetadata_ol_provider.openmetadata.publishing.runs.status_writer import (
    MergedStatus,
    StatusWriter,
    pipeline_runs,
)
from openmetadata_ol_provider.openmetadata.publishing.runs.usage import UsagePublisher

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines


class PlannedRuns(NamedTuple):
    """What a plan reports of runs, as far as it can be worked out before anything is read of them.

    :param runs: runs of published pipelines
    :param problems: problems of runs that cannot have a status
    :param counts: task runs by pipeline and day
    """

    runs: tuple[PipelineRun, ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: tuple[RunCount, ...] = ()


class StatusOutcome(NamedTuple):
    """The run statuses of a plan after they were published.

    :param counts: outcome counts
    :param runs: runs of a publication that wrote something, to be compared again where others write too
    :param writer: writer that published them; ``None`` if nothing was written
    :param merged: runs with their statuses, written or not; with ``write.status: never`` as the runs report them
    """

    counts: Written
    runs: tuple[PipelineRun, ...] = ()
    writer: StatusWriter | None = None
    merged: tuple[MergedStatus, ...] = ()

    def publish_again(self, context: PublishContext) -> Written:
        """Compare the statuses with the catalogue once more, and return what had to be written again."""
        if self.writer is None:
            return Written()
        # A pipeline that was new has statuses by now.
        runs = [run._replace(ref=run.ref._replace(change="unchanged")) for run in self.runs]
        published = self.writer.publish_all(runs, context.executor)
        context.problems += [problem for problem in published.problems if problem.kind == ProblemKind.FAILED]
        return published.written


class UsageOutcome(NamedTuple):
    """The usage of a plan's pipelines after it was published.

    :param counts: outcome counts
    :param usage: usage counts including those of this plan
    :param held: totals that wait for a later publication
    """

    counts: Written
    usage: UsageCounts
    held: HeldCounts


def plan_runs(context: PublishContext, pipelines: PublishedPipelines) -> PlannedRuns:
    """Return what is to be published of runs."""
    records = context.selection.runs
    runs, problems = pipeline_runs(records, pipelines.refs)
    if context.history.interrupted:
        runs = [run._replace(interrupted=True) for run in runs]
    return PlannedRuns(tuple(runs), tuple(problems), tuple(count_runs(records, pipelines.refs)))


def publish_statuses(context: PublishContext, pipelines: PublishedPipelines, planned: PlannedRuns) -> StatusOutcome:
    """Publish the statuses of runs."""
    selection = context.selection
    counts = Written(unchanged=selection.current_runs)
    outcome = StatusOutcome(counts)
    failed = set()
    if context.config.write.status == "never":
        outcome = outcome._replace(merged=_reported(planned.runs))
    elif selection.runs:
        writer = StatusWriter(
            context.client,
            lambda run: pipelines.publish_again(run.key[0]),
            dry_run=context.dry_run,
            cache=None if context.dry_run else context.cache,
        )
        published = writer.publish_all(planned.runs, context.executor)
        context.problems += [*planned.problems, *published.problems]
        for run, detail in published.refused:
            context.parking.add_failed_runs(run.records, run.where, detail)
            if context.cache is not None and not context.dry_run:
                context.cache.forget_pipeline(run.key[0])
        failed = {run.key for run, _ in published.refused}
        outcome = StatusOutcome(counts + published.written, merged=published.merged)
        if published.written.published:
            outcome = outcome._replace(runs=planned.runs, writer=writer)
    context.recorder.record_runs(
        run
        for run in selection.runs
        if (run.pipeline, run.pipeline_run_id) not in failed
        and run.pipeline in pipelines.refs
        # Their tasks may be missing.
        and run.pipeline not in pipelines.incomplete
    )
    return outcome


def _reported(runs: Iterable[PipelineRun]) -> tuple[MergedStatus, ...]:
    """Return the statuses that runs report of themselves, without asking the catalogue for those of their tasks."""
    return tuple((run, merge_status(run, None, extended=True)) for run in runs if run.own is not None)


def publish_usage(context: PublishContext, planned: PlannedRuns) -> UsageOutcome:
    """Publish how many task runs there were each day, or hold the totals back while more batches follow."""
    selection, history = context.selection, context.history
    held = history.held.counts
    if context.config.write.usage == "never":
        context.problems += dropped(held, "`write.usage` is `never`")
        return UsageOutcome(Written(), history.usage, {})
    if not (selection.runs or held):
        return UsageOutcome(Written(), history.usage, {})
    published = UsagePublisher(context).publish(planned.counts)
    context.problems += published.problems
    for uncounted in published.uncounted:
        context.parking.add_uncounted_runs(uncounted.runs, uncounted.where, uncounted.detail)
        context.recorder.invalidate_runs(uncounted.runs)
    return UsageOutcome(published.written, published.counts, published.held)
