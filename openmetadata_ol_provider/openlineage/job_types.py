"""Reads the facet ``jobType``: what kind of job a job is. Producers write its words in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openlineage.integration_names import integration_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.facets import AncestorJobFacets, JobFacets

#: Processing types of jobs that may never end.
STREAMING: Final = frozenset({"STREAMING", "SERVICE"})


def integration_of(facets: JobFacets | None) -> str:
    """Return the name of a job's integration, as :func:`integration_name` does; empty if its facets have none."""
    kind = facets.jobType if facets else None
    return integration_name(kind.integration) if kind else ""


def job_type_of(facets: JobFacets | AncestorJobFacets | None) -> str:
    """Return the type of a job (``DAG``, ``TASK``, ``QUERY`` ...) in upper case; empty if its facets have none."""
    kind = facets.jobType if facets else None
    return ((kind.jobType if kind else None) or "").upper()


def is_streaming_job(facets: JobFacets | None) -> bool:
    """Return whether a job is a stream, which may never end."""
    kind = facets.jobType if facets else None
    return ((kind.processingType if kind else None) or "").upper() in STREAMING
