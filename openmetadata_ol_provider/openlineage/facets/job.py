"""Job facets that are read."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.facets.base import DocumentationFacet, Facet, OwnershipFacet, Part, TagsFacet
from openmetadata_ol_provider.openlineage.facets.lineage import LineageJobFacet


class EmissionPattern(Part):
    """How a job sends events (JobTypeJobFacet 2-0-4)."""

    eventContentMode: str | None = None


class JobTypeFacet(Facet):
    """JobTypeJobFacet."""

    processingType: str | None = None
    integration: str | None = None
    jobType: str | None = None
    emissionPattern: EmissionPattern | None = None


class SqlFacet(Facet):
    """SQLJobFacet."""

    query: str | None = None
    dialect: str | None = None


class SourceCodeLocationFacet(Facet):
    """SourceCodeLocationJobFacet."""

    url: str | None = None


class AirflowTaskOutline(Part):
    """One task of a DAG as the DAG itself lists it.

    :param operator: its operator's class, with or without the module
    """

    operator: str | None = None
    downstream_task_ids: list[str] | None = None


class AirflowJobFacet(Facet):
    """Airflow's own facet of a DAG: its tasks by id."""

    tasks: dict[str, AirflowTaskOutline] | None = None


class JobFacets(Part):
    """Facets of ``job.facets`` that are read."""

    jobType: JobTypeFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None
    sql: SqlFacet | None = None
    sourceCodeLocation: SourceCodeLocationFacet | None = None
    airflow: AirflowJobFacet | None = None
    lineage: LineageJobFacet | None = None
