"""The stage of a publication that writes what events say of runs: their statuses, and how many there were a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import is_uncounted
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.status_writer import StatusWriter, pipeline_runs
from openmetadata_ol_provider.openmetadata.publishing.runs.usage import UsageWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
    from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PipelineStage
    from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PipelineRun


class RunStage:
    """Publishes the runs of one plan.

    :param desk: tools of the publication
    :param selection: what it has to do
    :param pipelines: the pipelines published
    :param recent: what the task has published before
    """

    def __init__(
        self, desk: PublishContext, selection: Selection, pipelines: PipelineStage, recent: SessionCache | None = None
    ) -> None:
        self._desk = desk
        self._recent = None if desk.shared or desk.dry_run else recent
        self._selection = selection
        self._pipelines = pipelines
        self._writer: StatusWriter | None = None
        self._runs: list[PipelineRun] = []

    def publish_statuses(self, books: LedgerRecorder, leftovers: ParkingBuilder) -> Written:
        """Publish the statuses and return the counts."""
        todo, stage = self._selection, self._pipelines
        done = Written(unchanged=todo.held_runs)
        failed = set()
        if self._desk.config.write.status != "never" and todo.runs:
            runs, problems = pipeline_runs(todo.runs, stage.refs)
            groups = {ref.fqn: group for group in stage.groups if (ref := stage.refs.get(group.id))}
            writer = StatusWriter(
                self._desk.client,
                lambda run: stage.writer.publish(groups[run.ref.fqn]),
                dry_run=self._desk.dry_run,
                recent=self._recent,
            )
            found = writer.publish_all(runs, self._desk.worker)
            if found.written.published:
                self._writer, self._runs = writer, runs
            self._desk.problems += [*problems, *found.problems]
            for run, detail in found.refused:
                leftovers.add_failed_runs(run.records, run.where, detail)
                if self._recent is not None:
                    self._recent.forget_pipeline(run.key[0])
            failed = {run.key for run, _ in found.refused}
            done += found.written
        books.note_runs(
            run for run in todo.runs if (run.pipeline, run.pipeline_run_id) not in failed and run.pipeline in stage.refs
        )
        return done

    def publish_again(self) -> Written:
        """Compare the statuses with the catalogue once more, and return what had to be written again."""
        if self._writer is None:
            return Written()
        # A pipeline that was new has statuses by now.
        runs = [run._replace(ref=run.ref._replace(change="unchanged")) for run in self._runs]
        found = self._writer.publish_all(runs, self._desk.worker)
        self._desk.problems += [problem for problem in found.problems if problem.kind == ProblemKind.FAILED]
        return found.written

    def publish_usage(self, memory: CarryOver, books: LedgerRecorder, leftovers: ParkingBuilder) -> Written:
        """Publish how many task runs there were, and return the counts.

        :param memory: what was counted before; changed in place
        """
        if self._desk.config.write.usage == "never" or not self._selection.runs:
            return Written()
        writer = UsageWriter(
            self._desk.client,
            memory.usage,
            dry_run=self._desk.dry_run,
            interrupted=memory.interrupted or any(is_uncounted(item) for item in self._selection.retried),
            recent=self._recent,
        )
        usage = writer.publish(self._selection.runs, self._pipelines.refs, self._desk.worker)
        self._desk.problems += usage.problems
        for found in usage.uncounted:
            leftovers.add_uncounted_runs(found.runs, found.where, found.detail)
            books.forget_runs(found.runs)
        if not self._desk.dry_run:
            memory.usage = usage.totals
        return usage.written
