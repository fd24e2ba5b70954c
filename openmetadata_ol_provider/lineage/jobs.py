"""Jobs: which job is the pipeline, which its task, and what the catalogue may be told of them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.airflow_facets import completed_by_dag, task_outlines
from openmetadata_ol_provider.lineage.job_hierarchy import Family, Level, RunOf, task_in
from openmetadata_ol_provider.lineage.plan import Job, JobId, Owner, Tag
from openmetadata_ol_provider.openlineage.facets import JobFacets, OwnershipFacet, RunFacets, TagsFacet

_NO_FACETS = JobFacets()


class JobPlacement(NamedTuple):
    """Where a run's job is: the task it is, or is a part of, and the pipeline.

    :param level: which job becomes the pipeline
    :param pipeline: the pipeline's run, its job under a name that stays the same from run to run
    :param task: ``None`` when the job is the pipeline
    :param part: the job is a part of that task (a query it ran), not the task itself
    """

    names: Family
    level: Level
    pipeline: RunOf
    task: str | None
    part: bool


def place_of(names: Family, facets: JobFacets | None, level: Level) -> JobPlacement:
    """Place a job: the queries of a task (Airflow's ``task.query.N``, dbt's ``node.sql.N``) are parts of the task."""
    job, top = names.own.job, names.top(level).job
    kind = facets.jobType if facets else None
    parent = names.parent.job if names.parent else None
    part = parent is not None and top not in (job, parent) and kind is not None and _is_part(kind.jobType)
    task = task_in(parent if part and parent is not None else job, top)
    return JobPlacement(names, level, names.pipeline(level), task, part)


def _is_part(job_type: str | None) -> bool:
    return (job_type or "").upper() in {"QUERY", "SQL"}


def job_of(place: JobPlacement, facets: JobFacets | None, run_facets: RunFacets | None = None) -> Job:
    """Return a job with the facts that a catalogue can use; facets are never dumped whole."""
    facets = facets or _NO_FACETS
    kind, location, sql = facets.jobType, facets.sourceCodeLocation, facets.sql
    names, level = place.names, place.level
    job, top = names.own.job, names.top(level).job
    parent = names.parent.job if names.parent else None
    found = Job(
        namespace=job.namespace,
        name=job.name,
        pipeline=place.pipeline.job,
        task=place.task,
        part=place.part,
        parent=parent,
        root=names.root.job if names.root else None,
        type=kind.jobType if kind else None,
        integration=kind.integration if kind else None,
        processing_type=kind.processingType if kind else None,
        description=_description(facets),
        owners=owners_of(facets.ownership),
        tags=tags_of(facets.tags),
        sql=sql.query or None if sql and not sql.deleted else None,
        dialect=sql.dialect or None if sql and not sql.deleted else None,
        source_url=location.url or None if location and not location.deleted else None,
        upstream=_upstream(run_facets),
        # Where every job is a pipeline, none is a task of another.
        tasks=task_outlines(job, parent, top, facets, run_facets) if level != "job" and not place.part else (),
    )
    return completed_by_dag(found, run_facets)


def _upstream(facets: RunFacets | None) -> tuple[JobId, ...]:
    found = facets.jobDependencies if facets else None
    jobs = [item.job for item in found.upstream or () if item.job] if found and not found.deleted else []
    return tuple(sorted({JobId(job.namespace or "", job.name) for job in jobs if job.name}))


def completed(job: Job, known: Job) -> Job:
    """Return a job with what an earlier run of it said and this one does not (its SQL comes with the last event)."""
    missing = {name: getattr(known, name) for name in job.__struct_fields__ if not getattr(job, name)}
    return msgspec.structs.replace(job, **missing)


def _description(facets: JobFacets) -> str | None:
    found = facets.documentation
    return found.description or None if found and not found.deleted else None


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
