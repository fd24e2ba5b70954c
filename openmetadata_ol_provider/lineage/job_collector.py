"""Collects the jobs of a plan, and names the pipelines that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.airflow_facets import named_by_task
from openmetadata_ol_provider.lineage.ancestors import described_by_child
from openmetadata_ol_provider.lineage.jobs import JobPlacement, completed, job_of
from openmetadata_ol_provider.lineage.plan import Job, JobId
from openmetadata_ol_provider.lineage.shared_tasks import shared_tasks
from openmetadata_ol_provider.openlineage.facets import JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import RunIndex


class JobCollector:
    """Collects the jobs of one plan.

    :param index: runs that are remembered
    :param is_included: predicate of the pipelines that the configuration includes
    :param adds_triggers: whether to name the pipelines that trigger others
    """

    def __init__(self, index: RunIndex, *, is_included: Callable[[JobId], bool], adds_triggers: bool) -> None:
        self._index = index
        self._is_included = is_included
        self._adds_triggers = adds_triggers
        #: The jobs so far, in the order in which they were added.
        self.jobs: dict[JobId, Job] = {}

    def add(self, placement: JobPlacement, facets: JobFacets | None, run_facets: RunFacets | None = None) -> None:
        """Add a job, or what another run says about it, and its pipeline."""
        job = job_of(placement, facets, run_facets)
        own = placement.names.own.job
        earlier = self.jobs.get(own)
        self.jobs[own] = job if earlier is None or earlier == job else completed(job, earlier)
        top = self.jobs.get(job.pipeline)
        if top is None:
            # The pipeline's own events may come later or never (a DAG run of an older Airflow): name it anyway.
            top = named_by_task(job, run_facets, self._integration(placement, job))
        self.jobs[job.pipeline] = described_by_child(top, run_facets)
        trigger = job.triggered_by if self._adds_triggers else None
        if trigger is not None and trigger not in self.jobs and self._is_included(trigger):
            self.jobs[trigger] = Job(trigger.namespace, trigger.name, pipeline=trigger)

    def mark_declared(self, job: JobId) -> None:
        """Mark a job whose lineage a JobEvent of this batch states."""
        self.jobs[job] = replace(self.jobs[job], declared=True)

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the jobs."""
        return shared_tasks(self.jobs.values())

    def _integration(self, placement: JobPlacement, job: Job) -> str | None:
        """Return the integration of a pipeline that is only named: its own if known, else that of its tasks.

        A task's name begins with its pipeline's; whatever else runs below it (Spark below Airflow) is another's.
        """
        top = placement.names.top(placement.level)
        run = self._index.lookup(top.job.namespace, top.job.name, top.run_id)
        kind = run.job_facets.jobType if run and run.job_facets else None
        if kind is not None:
            return kind.integration
        return job.integration if job.task != job.name else None
