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


class JobFacets(Part):
    """Facets of ``job.facets`` that are read."""

    jobType: JobTypeFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None
    sql: SqlFacet | None = None
    sourceCodeLocation: SourceCodeLocationFacet | None = None
    lineage: LineageJobFacet | None = None
