"""The stage of a publication that makes sure of services and pipelines, so that edges and statuses can name them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import MAX_TASKS, PipelinePlan
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter, group_jobs

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
    from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache


class PipelineStage:
    """Publishes the pipelines of one plan.

    :param desk: tools of the publication
    :param selection: what it has to do
    :param recent: what the task has published before
    """

    def __init__(self, desk: PublishContext, selection: Selection, recent: SessionCache | None = None) -> None:
        self._desk = desk
        # Others may have been at them meanwhile.
        self._recent = None if desk.shared else recent
        self._selection = selection
        self.writer = PipelineWriter(desk.client, desk.config, dry_run=desk.dry_run)
        self.groups = [group for group in group_jobs(selection.jobs.values()) if group.id in selection.pipelines]
        #: Those that were looked at.
        self.looked_at: list[PipelinePlan] = []
        #: Published pipelines, by their job.
        self.refs: dict[JobId, PipelineRef] = {}
        #: Pipelines that were created or updated.
        self.written: set[JobId] = set()
        #: Pipelines that could not be published.
        self.failed: set[JobId] = set()

    def run(self, books: LedgerRecorder, leftovers: ParkingBuilder) -> Pipelines:
        """Publish the pipelines and return the counts."""
        self.refs = self._known()
        counts = Counter(unchanged=self._selection.held_pipelines + len(self.refs))
        self.looked_at = [group for group in self.groups if group.id not in self.refs]
        outcomes = self._desk.worker.run(self.looked_at, self.writer.publish, lambda group: f"pipeline {group.where}")
        for group, outcome in zip(self.looked_at, outcomes, strict=True):
            ref = outcome.result
            self._desk.problems += outcome.problems if ref is None else ref.problems
            if ref is None:
                self._fail(group, "; ".join(problem.detail for problem in outcome.problems), leftovers)
                counts["failed"] += 1
            elif ref.change != "missing":
                self.refs[group.id] = ref
                counts[ref.change] += 1
                self._desk.problems += _left_out(group, ref)
                if ref.change != "unchanged":
                    self.written.add(group.id)
                if self._recent is not None and not self._desk.dry_run:
                    self._recent.note_pipeline(group.id, ref)
                books.note_jobs(group.jobs, doubtful=self._desk.shared and group.id in self.written)
        return Pipelines(**counts)

    def lacks(self, job_id: JobId | None) -> bool:
        """Return whether a job's pipeline failed, so that its edges cannot name it yet."""
        job = self._selection.jobs.get(job_id) if job_id else None
        return (job.pipeline if job else job_id) in self.failed

    def _known(self) -> dict[JobId, PipelineRef]:
        """Return the pipelines that are only to be named, and are as this task has left them."""
        if self._recent is None:
            return {}
        todo = (group.id for group in self.groups if group.id not in self._selection.changed)
        return {id_: ref for id_ in todo if (ref := self._recent.pipeline(id_)) is not None}

    def _fail(self, group: PipelinePlan, detail: str, leftovers: ParkingBuilder) -> None:
        self.failed.add(group.id)
        if self._recent is not None:
            self._recent.forget_pipeline(group.id)
        leftovers.add_failed_pipeline(group.id, group.jobs, detail)


def _left_out(group: PipelinePlan, ref: PipelineRef) -> list[Problem]:
    names = {task_name(job.task) for job in group.jobs if job.task is not None} - ref.tasks
    detail = f"{len(names)} tasks were left out: a pipeline gets no more than {MAX_TASKS}"
    return [Problem(ProblemKind.TOO_MANY_TASKS, f"pipeline {ref.fqn}", detail)] if names else []
