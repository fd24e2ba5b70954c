"""Publishes services and pipelines first, so that edges and statuses can name them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import Job, JobId
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.core.report import Pipelines
from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import MAX_TASKS, PipelinePlan, group_jobs
from openmetadata_ol_provider.openmetadata.publishing.pipelines.writer import PipelineWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext


class PublishedPipelines(NamedTuple):
    """The pipelines of a plan after they were published.

    :param counts: outcome counts
    :param plans: pipelines of the plan that were needed
    :param compared: those of them that were compared with the catalogue
    :param refs: published pipelines by their job
    :param failed: pipelines that the catalogue refused
    :param incomplete: pipelines that are there, but that the catalogue refused to complete
    :param jobs: all jobs of the plan
    :param writer: writer that published them
    """

    counts: Pipelines
    plans: tuple[PipelinePlan, ...]
    compared: tuple[PipelinePlan, ...]
    refs: dict[JobId, PipelineRef]
    failed: frozenset[JobId]
    incomplete: frozenset[JobId]
    jobs: Mapping[JobId, Job]
    writer: PipelineWriter

    def has_failed(self, job_id: JobId | None) -> bool:
        """Return whether a job's pipeline was refused, so that its edges cannot name it yet."""
        job = self.jobs.get(job_id) if job_id else None
        return (job.pipeline if job else job_id) in self.failed

    def publish_again(self, pipeline: JobId) -> None:
        """Complete a pipeline once more, because another writer has removed some of its tasks."""
        self.writer.publish(next(plan for plan in self.plans if plan.id == pipeline))


def publish_pipelines(context: PublishContext) -> PublishedPipelines:
    """Create or complete the pipelines that a plan needs."""
    selection, cache = context.selection, context.cache
    writer = PipelineWriter(context.client, context.config, dry_run=context.dry_run)
    plans = tuple(plan for plan in group_jobs(selection.jobs.values()) if plan.id in selection.pipelines)
    refs = _cached(context, plans)
    counts = Counter(unchanged=selection.current_pipelines + len(refs))
    failed: set[JobId] = set()
    incomplete: set[JobId] = set()
    compared = tuple(plan for plan in plans if plan.id not in refs)
    results = context.executor.run(compared, writer.publish, lambda plan: f"pipeline {plan.where}")
    for plan, result in zip(compared, results, strict=True):
        ref = result.value
        context.problems += result.problems if ref is None else ref.problems
        if ref is None:
            failed.add(plan.id)
            counts["failed"] += 1
            if cache is not None:
                cache.forget_pipeline(plan.id)
            context.parking.add_failed_pipeline(plan.id, plan.jobs, result.detail)
        elif ref.change != "missing":
            refs[plan.id] = ref
            if ref.refused:
                # Its edges can name it, and its runs are counted.
                incomplete.add(plan.id)
                counts[ref.change] += 1
                context.parking.add_failed_pipeline(plan.id, plan.jobs, ref.refused, counted=True)
                if cache is not None:
                    cache.forget_pipeline(plan.id)
                continue
            counts[ref.change] += 1
            context.problems += _too_many_tasks(plan, ref)
            if cache is not None and not context.dry_run:
                cache.store_pipeline(plan.id, ref)
            context.recorder.record_jobs(plan.jobs)
    return PublishedPipelines(
        Pipelines(**counts), plans, compared, refs, frozenset(failed), frozenset(incomplete), selection.jobs, writer
    )


def _cached(context: PublishContext, plans: tuple[PipelinePlan, ...]) -> dict[JobId, PipelineRef]:
    """Return the pipelines that only have to be named and that this task itself has published."""
    if context.cache is None:
        return {}
    unchanged = (plan.id for plan in plans if plan.id not in context.selection.changed)
    return {id_: ref for id_ in unchanged if (ref := context.cache.pipeline(id_)) is not None}


def _too_many_tasks(plan: PipelinePlan, ref: PipelineRef) -> list[Problem]:
    names = {task_name(job.task) for job in plan.jobs if job.task is not None} - ref.tasks
    detail = f"{counted(len(names), 'task')} left out: at most {MAX_TASKS} are written for a pipeline"
    return [Problem(ProblemKind.TOO_MANY_TASKS, f"pipeline {ref.fqn}", detail)] if names else []
