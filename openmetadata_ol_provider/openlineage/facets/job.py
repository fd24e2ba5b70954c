"""Defines the job facets that are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openmetadata_ol_provider.openlineage.facets.base import DocumentationFacet, Facet, OwnershipFacet, Part, TagsFacet
from openmetadata_ol_provider.openlineage.facets.lineage import LineageJobFacet


class EmissionPattern(Part, frozen=True):
    """How a job sends events (JobTypeJobFacet 2-0-4)."""

    eventContentMode: str | None = None


class JobTypeFacet(Facet, frozen=True):
    """JobTypeJobFacet."""

    processingType: str | None = None
    integration: str | None = None
    jobType: str | None = None
    emissionPattern: EmissionPattern | None = None


class SqlFacet(Facet, frozen=True):
    """SQLJobFacet."""

    query: str | None = None
    dialect: str | None = None


class SourceCodeLocationFacet(Facet, frozen=True):
    """SourceCodeLocationJobFacet.

    :param path: path of the file in its repository
    """

    url: str | None = None
    path: str | None = None
    version: str | None = None
    tag: str | None = None
    branch: str | None = None


class AirflowTaskOutline(Part, frozen=True):
    """One task of a DAG, listed by the DAG itself.

    :param operator: class name of the operator, with or without the module
    """

    operator: str | None = None
    downstream_task_ids: Sequence[str] | None = None


class AirflowJobFacet(Facet, frozen=True):
    """Airflow's own facet for a DAG: its tasks by id."""

    tasks: Mapping[str, AirflowTaskOutline] | None = None


class JobFacets(Part, frozen=True):
    """Facets of ``job.facets`` that are read."""

    jobType: JobTypeFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None
    sql: SqlFacet | None = None
    sourceCodeLocation: SourceCodeLocationFacet | None = None
    airflow: AirflowJobFacet | None = None
    lineage: LineageJobFacet | None = None
