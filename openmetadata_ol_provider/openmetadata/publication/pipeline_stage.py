"""The stage of a publication that makes sure of services and pipelines, so that edges and statuses can name them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.names import task_name
from openmetadata_ol_provider.openmetadata.pipelines.body import MAX_TASKS, PipelinePlan
from openmetadata_ol_provider.openmetadata.pipelines.writer import PipelineRef, PipelineWriter, group_jobs
from openmetadata_ol_provider.openmetadata.publication.report import Pipelines

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publication.bookkeeping import Bookkeeper
    from openmetadata_ol_provider.openmetadata.publication.desk import Desk
    from openmetadata_ol_provider.openmetadata.publication.leftovers import Leftovers
    from openmetadata_ol_provider.openmetadata.publication.selection import Selection


class PipelineStage:
    """Publishes the pipelines of one plan.

    :param desk: tools of the publication
    :param selection: what it has to do
    """

    def __init__(self, desk: Desk, selection: Selection) -> None:
        self._desk = desk
        self._selection = selection
        self.writer = PipelineWriter(desk.client, desk.config, dry_run=desk.dry_run)
        self.groups = [group for group in group_jobs(selection.jobs.values()) if group.id in selection.pipelines]
        #: Published pipelines, by their job.
        self.refs: dict[JobId, PipelineRef] = {}
        #: Pipelines that were created or updated.
        self.written: set[JobId] = set()
        #: Pipelines that could not be published.
        self.failed: set[JobId] = set()

    def run(self, books: Bookkeeper, leftovers: Leftovers) -> Pipelines:
        """Publish the pipelines and return the counts."""
        counts = Counter(unchanged=self._selection.held_pipelines)
        outcomes = self._desk.worker.run(self.groups, self.writer.publish, lambda group: f"pipeline {group.where}")
        for group, outcome in zip(self.groups, outcomes, strict=True):
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
                books.note_jobs(group.jobs, doubtful=self._desk.shared and group.id in self.written)
        return Pipelines(**counts)

    def lacks(self, job_id: JobId | None) -> bool:
        """Return whether a job's pipeline failed, so that its edges cannot name it yet."""
        job = self._selection.jobs.get(job_id) if job_id else None
        return (job.pipeline if job else job_id) in self.failed

    def _fail(self, group: PipelinePlan, detail: str, leftovers: Leftovers) -> None:
        self.failed.add(group.id)
        leftovers.add_failed_pipeline(group.id, group.jobs, detail)


def _left_out(group: PipelinePlan, ref: PipelineRef) -> list[Problem]:
    names = {task_name(job.task) for job in group.jobs if job.task is not None} - ref.tasks
    detail = f"{len(names)} tasks were left out: a pipeline gets no more than {MAX_TASKS}"
    return [Problem("too_many_tasks", f"pipeline {ref.fqn}", detail)] if names else []
