"""Decides which job is the pipeline and which its task, and reads the facts about them that a catalogue can use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import astuple

from openmetadata_ol_provider.lineage.airflow_facets import completed_by_dag, task_outlines
from openmetadata_ol_provider.lineage.job_hierarchy import Family, Level, RunOf, stable_job, task_in
from openmetadata_ol_provider.lineage.plan import Job, JobId, Owner, Tag
from openmetadata_ol_provider.lineage.sql import query_of
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.facets import (
    DependencyField,
    JobFacets,
    OwnershipFacet,
    RunFacets,
    SourceCodeLocationFacet,
    TagsFacet,
)
from openmetadata_ol_provider.openlineage.job_types import job_type_of

_NO_FACETS = JobFacets()


class JobPlacement(Value, frozen=True):
    """The pipeline and task to which the job of a run belongs.

    :param names: the run, its parent and the root of its chain
    :param level: job that becomes the pipeline
    :param pipeline: run of the pipeline, its job under a name that is the same for every run
    :param task: name of the task; ``None`` if the job is the pipeline
    :param part: whether the job is a part of that task (a query it ran), and not the task itself
    """

    names: Family
    level: Level
    pipeline: RunOf
    task: str | None
    part: bool


def place_of(names: Family, facets: JobFacets | None, level: Level) -> JobPlacement:
    """Return where a job belongs: the queries of a task (``task.query.N``, dbt's ``node.sql.N``) are its parts."""
    top_run = names.top(level)
    job, top = names.own.job, top_run.job
    parent = names.parent.job if names.parent else None
    part = parent is not None and top not in (job, parent) and job_type_of(facets) in {"QUERY", "SQL"}
    task = task_in(parent if part and parent is not None else job, top, names.spellings)
    return JobPlacement(names, level, names.under_stable_name(top_run), task, part)


def _triggered_by(placement: JobPlacement) -> JobId | None:
    """Return the pipeline that has triggered a DAG."""
    trigger = placement.names.trigger
    job = stable_job(trigger.job) if trigger is not None else None
    return job if job != placement.pipeline.job else None


def job_of(placement: JobPlacement, facets: JobFacets | None, run_facets: RunFacets | None = None) -> Job:
    """Return a job with the facts that a catalogue can use: single values, never whole facets."""
    facets = facets or _NO_FACETS
    kind, sql = facets.jobType, facets.sql
    names, level = placement.names, placement.level
    job, top = names.own.job, names.top(level).job
    parent = names.parent.job if names.parent else None
    placed = Job(
        namespace=job.namespace,
        name=job.name,
        pipeline=placement.pipeline.job,
        task=placement.task,
        part=placement.part,
        parent=parent,
        root=names.root.job if names.root else None,
        triggered_by=_triggered_by(placement),
        type=kind.jobType if kind else None,
        integration=kind.integration if kind else None,
        processing_type=kind.processingType if kind else None,
        description=_description(facets),
        owners=owners_of(facets.ownership),
        tags=tags_of(facets.tags),
        sql=query_of(facets),
        dialect=sql.dialect or None if sql and not sql.deleted else None,
        **_code(facets.sourceCodeLocation),
        upstream=_upstream(run_facets),
        # Where every job is a pipeline, none is a task of another.
        tasks=task_outlines(job, parent, top, facets, run_facets) if level != "job" and not placement.part else (),
    )
    return completed_by_dag(placed, run_facets)


def _code(location: SourceCodeLocationFacet | None) -> dict[str, Any]:
    """Return where the source code of a job is, and which version of it ran."""
    if location is None or location.deleted:
        return {}
    return {
        "source_url": location.url or None,
        "branch": location.branch or None,
        "code_version": location.version or location.tag or None,
        "code_path": location.path or None,
    }


def _upstream(facets: RunFacets | None) -> tuple[JobId, ...]:
    facet = facets.jobDependencies if facets else None
    entries = facet.upstream or () if facet and not facet.deleted else ()
    return tuple(sorted({job for entry in entries for job in _jobs_of(entry)}))


def _jobs_of(entry: DependencyField) -> Iterator[JobId]:
    """Yield the job of a dependency, or else the tasks that caused the asset events behind it."""
    if entry.job and entry.job.name:
        yield JobId(entry.job.namespace or "", entry.job.name)
        return
    for event in entry.airflow.asset_events or () if entry.airflow else ():
        origin = event.asset_event_extra.openlineage if event.asset_event_extra else None
        if origin is not None and origin.parentJobName:
            yield JobId(origin.parentJobNamespace or "", origin.parentJobName)


def completed(job: Job, earlier: Job) -> Job:
    """Return a job with the facts that only an earlier run of it has (its SQL comes with the last event)."""
    both = zip(job.__struct_fields__, astuple(job), astuple(earlier), strict=True)
    missing = {name: old for name, new, old in both if not new and new is not old}
    return msgspec.structs.replace(job, **missing) if missing else job


def _description(facets: JobFacets) -> str | None:
    facet = facets.documentation
    return facet.description or None if facet and not facet.deleted else None


def owners_of(facet: OwnershipFacet | None) -> tuple[Owner, ...]:
    """Return the owners of an ownership facet."""
    if facet is None or facet.deleted:
        return ()
    return tuple(Owner(owner.name, owner.type or None) for owner in facet.owners or () if owner.name)


def tags_of(facet: TagsFacet | None) -> tuple[Tag, ...]:
    """Return the tags of a tags facet."""
    if facet is None or facet.deleted:
        return ()
    return tuple(
        Tag(tag.key, tag.value or None, tag.source or None, tag.field or None) for tag in facet.tags or () if tag.key
    )
