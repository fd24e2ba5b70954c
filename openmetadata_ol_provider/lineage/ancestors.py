"""Reads what the events of a child say about the job of its parent or root (ParentRunFacet 1-2-0)."""

from __future__ import annotations

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.jobs import completed, owners_of, tags_of
from openmetadata_ol_provider.lineage.plan import Job
from openmetadata_ol_provider.openlineage.facets import AncestorJob, AncestorJobFacets, RunFacets


def described_by_child(job: Job, facets: RunFacets | None) -> Job:
    """Return the job of a pipeline with what only the facets that its child repeats say about it.

    :param job: pipeline, by its own events or as its child names it
    :param facets: run facets of the child
    """
    own_facets = _facets_of(job, facets)
    if own_facets is None:
        return job
    kind, documentation = own_facets.jobType, own_facets.documentation
    described = Job(
        job.namespace,
        job.name,
        pipeline=job.pipeline,
        type=kind.jobType if kind else None,
        integration=kind.integration if kind else None,
        processing_type=kind.processingType if kind else None,
        description=documentation.description or None if documentation and not documentation.deleted else None,
        owners=owners_of(own_facets.ownership),
        tags=tags_of(own_facets.tags),
    )
    if job.type is None and described.integration:
        # Its integration is a guess, from its tasks.
        job = replace(job, integration=described.integration)
    return completed(job, described)


def facets_of_ancestors(facets: RunFacets | None) -> tuple[AncestorJobFacets | None, ...]:
    """Return the facets that a run repeats of the jobs above it."""
    repeated = [job.facets for job in _ancestors(facets)]
    return tuple(repeated) if any(repeated) else ()


def _facets_of(job: Job, facets: RunFacets | None) -> AncestorJobFacets | None:
    for item in _ancestors(facets):
        if item.facets is not None and (item.namespace or "", item.name or "") == (job.namespace, job.name):
            return item.facets
    return None


def _ancestors(facets: RunFacets | None) -> list[AncestorJob]:
    ancestors: list[AncestorJob] = []
    for facet in (facets.parent, facets.parentRun) if facets is not None else ():
        if facet is not None and not facet.deleted:
            if facet.root is not None and facet.root.job is not None:
                ancestors.append(facet.root.job)
            if facet.job is not None:
                ancestors.append(facet.job)
    return ancestors
