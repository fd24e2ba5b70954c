"""Dataset facets that are read, those of inputs and outputs among them."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.facets.base import (
    DocumentationFacet,
    Facet,
    OwnershipFacet,
    Part,
    TagsFacet,
    TransformationField,
)
from openmetadata_ol_provider.openlineage.facets.lineage import LineageDatasetFacet


class SchemaField(Part):
    """A column or message field; nested fields in ``fields``."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    fields: list[SchemaField] | None = None


class SchemaFacet(Facet):
    """SchemaDatasetFacet."""

    fields: list[SchemaField] | None = None


class ColumnInput(Part):
    """One source column of an output column."""

    namespace: str | None = None
    name: str | None = None
    field: str | None = None
    transformations: list[TransformationField] | None = None


class ColumnField(Part):
    """The sources of one output column, with the deprecated transformation keys of before 1-1-0."""

    inputFields: list[ColumnInput] | None = None
    transformationDescription: str | None = None
    transformationType: str | None = None


class ColumnLineageFacet(Facet):
    """ColumnLineageDatasetFacet."""

    fields: dict[str, ColumnField] | None = None
    dataset: list[ColumnInput] | None = None


class Identifier(Part):
    """One other name of a dataset."""

    namespace: str | None = None
    name: str | None = None
    type: str | None = None


class SymlinksFacet(Facet):
    """SymlinksDatasetFacet."""

    identifiers: list[Identifier] | None = None


class PreviousIdentifier(Part):
    """What a renamed dataset was called."""

    namespace: str | None = None
    name: str | None = None


class LifecycleFacet(Facet):
    """LifecycleStateChangeDatasetFacet."""

    lifecycleStateChange: str | None = None
    previousIdentifier: PreviousIdentifier | None = None


class VersionFacet(Facet):
    """DatasetVersionDatasetFacet: a snapshot of Iceberg or Delta."""

    datasetVersion: str | None = None


class StatisticsFacet(Facet):
    """InputStatisticsInputDatasetFacet and OutputStatisticsOutputDatasetFacet."""

    rowCount: int | None = None
    size: int | None = None
    fileCount: int | None = None


class ColumnMetrics(Part):
    """Metrics of one column."""

    nullCount: int | None = None
    distinctCount: int | None = None
    count: float | None = None
    sum: float | None = None
    min: float | str | None = None
    max: float | str | None = None


class DataQualityMetricsFacet(Facet):
    """DataQualityMetrics of an input or of a dataset."""

    rowCount: int | None = None
    bytes: int | None = None
    fileCount: int | None = None
    columnMetrics: dict[str, ColumnMetrics] | None = None


class AssertionField(Part):
    """One test of a dataset or column, and whether it passed."""

    assertion: str | None = None
    success: bool | None = None
    column: str | None = None
    severity: str | None = None


class DataQualityAssertionsFacet(Facet):
    """DataQualityAssertionsDatasetFacet; Great Expectations sends it under a name of its own."""

    assertions: list[AssertionField] | None = None


class DbtConfig(Part):
    """The configuration of a dbt model, as far as it is read."""

    materialized: str | None = None


class DbtModelFacet(Facet):
    """dbt's own facet of a model."""

    config: DbtConfig | None = None


class DatasetTypeFacet(Facet):
    """DatasetTypeDatasetFacet."""

    datasetType: str | None = None
    subType: str | None = None


class DatasetFacets(Part):
    """Facets of a dataset that are read; those of ``inputFacets`` and ``outputFacets`` have names of their own."""

    schema: SchemaFacet | None = None
    columnLineage: ColumnLineageFacet | None = None
    symlinks: SymlinksFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None
    lifecycleStateChange: LifecycleFacet | None = None
    datasetType: DatasetTypeFacet | None = None
    dbt_model: DbtModelFacet | None = None
    version: VersionFacet | None = None
    inputStatistics: StatisticsFacet | None = None
    outputStatistics: StatisticsFacet | None = None
    dataQualityMetrics: DataQualityMetricsFacet | None = None
    dataQualityAssertions: DataQualityAssertionsFacet | None = None
    greatExpectations_assertions: DataQualityAssertionsFacet | None = None
    lineage: LineageDatasetFacet | None = None
