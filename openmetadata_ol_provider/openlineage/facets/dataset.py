"""Defines the dataset facets that are read, including those of inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openmetadata_ol_provider.openlineage.facets.base import (
    DocumentationFacet,
    Facet,
    OwnershipFacet,
    Part,
    TagsFacet,
    TransformationField,
)
from openmetadata_ol_provider.openlineage.facets.lineage import LineageDatasetFacet


class SchemaField(Part, frozen=True):
    """A column or message field; nested fields in ``fields``."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    fields: Sequence[SchemaField] | None = None


class SchemaFacet(Facet, frozen=True):
    """SchemaDatasetFacet."""

    fields: Sequence[SchemaField] | None = None


class ColumnInput(Part, frozen=True):
    """One source column of an output column."""

    namespace: str | None = None
    name: str | None = None
    field: str | None = None
    transformations: Sequence[TransformationField] | None = None


class ColumnField(Part, frozen=True):
    """The sources of one output column, with the transformation keys that version 1-1-0 deprecated."""

    inputFields: Sequence[ColumnInput] | None = None
    transformationDescription: str | None = None
    transformationType: str | None = None


class ColumnLineageFacet(Facet, frozen=True):
    """ColumnLineageDatasetFacet."""

    fields: Mapping[str, ColumnField] | None = None
    dataset: Sequence[ColumnInput] | None = None


class Identifier(Part, frozen=True):
    """One other name of a dataset."""

    namespace: str | None = None
    name: str | None = None
    type: str | None = None


class SymlinksFacet(Facet, frozen=True):
    """SymlinksDatasetFacet."""

    identifiers: Sequence[Identifier] | None = None


class PreviousIdentifier(Part, frozen=True):
    """The previous name of a renamed dataset."""

    namespace: str | None = None
    name: str | None = None


class LifecycleFacet(Facet, frozen=True):
    """LifecycleStateChangeDatasetFacet."""

    lifecycleStateChange: str | None = None
    previousIdentifier: PreviousIdentifier | None = None


class VersionFacet(Facet, frozen=True):
    """DatasetVersionDatasetFacet: a snapshot of Iceberg or Delta."""

    datasetVersion: str | None = None


class StatisticsFacet(Facet, frozen=True):
    """InputStatisticsInputDatasetFacet and OutputStatisticsOutputDatasetFacet."""

    rowCount: int | None = None
    size: int | None = None
    fileCount: int | None = None


class ColumnMetrics(Part, frozen=True):
    """Metrics of one column.

    :param quantiles: values by quantile, such as ``0.5``
    """

    nullCount: int | None = None
    distinctCount: int | None = None
    count: float | None = None
    sum: float | None = None
    min: float | str | None = None
    max: float | str | None = None
    quantiles: Mapping[str, float | str | None] | None = None


class DataQualityMetricsFacet(Facet, frozen=True):
    """DataQualityMetrics of an input or of a dataset."""

    rowCount: int | None = None
    bytes: int | None = None
    fileCount: int | None = None
    columnMetrics: Mapping[str, ColumnMetrics] | None = None


class AssertionField(Part, frozen=True):
    """One test of a dataset or column, and whether it passed.

    :param expectationType: what Great Expectations has in place of ``assertion``
    :param name: name of the test in its tool
    :param expected: expected value, mostly as a text
    :param actual: observed value, mostly as a text
    """

    assertion: str | None = None
    expectationType: str | None = None
    success: bool | None = None
    column: str | None = None
    severity: str | None = None
    name: str | None = None
    description: str | None = None
    expected: Any = None
    actual: Any = None
    params: Mapping[str, Any] | None = None


class DataQualityAssertionsFacet(Facet, frozen=True):
    """DataQualityAssertionsDatasetFacet; Great Expectations sends it under its own name."""

    assertions: Sequence[AssertionField] | None = None


class DbtConfig(Part, frozen=True):
    """The part of a dbt model's configuration that is read."""

    materialized: str | None = None


class DbtModelFacet(Facet, frozen=True):
    """dbt's own facet for a model."""

    config: DbtConfig | None = None


class DbtExposure(Part, frozen=True):
    """A use of a dbt model outside dbt: a dashboard, a notebook, an application."""

    unique_id: str | None = None
    name: str | None = None
    type: str | None = None
    url: str | None = None


class DbtExposuresFacet(Facet, frozen=True):
    """dbt's own facet for the exposures of a model; a bare list is read, too."""

    exposures: Sequence[DbtExposure] | None = None


class CatalogFacet(Facet, frozen=True):
    """CatalogDatasetFacet without the catalog's properties, which may hold secrets."""

    framework: str | None = None
    type: str | None = None
    name: str | None = None
    metadataUri: str | None = None
    warehouseUri: str | None = None


class HierarchyLevel(Part, frozen=True):
    """One level of a dataset's name: the database, the schema, the table."""

    type: str | None = None
    name: str | None = None


class HierarchyFacet(Facet, frozen=True):
    """HierarchyDatasetFacet: the levels of a dataset's name, the highest first."""

    hierarchy: Sequence[HierarchyLevel] | None = None


class StorageFacet(Facet, frozen=True):
    """StorageDatasetFacet."""

    storageLayer: str | None = None
    fileFormat: str | None = None


class DatasetTypeFacet(Facet, frozen=True):
    """DatasetTypeDatasetFacet."""

    datasetType: str | None = None
    subType: str | None = None


class SubsetCondition(Part, frozen=True):
    """What a part of a dataset has in common: its partitions, its locations, or values of its fields."""

    type: str | None = None


class SubsetFacet(Facet, frozen=True):
    """InputSubsetInputDatasetFacet and OutputSubsetOutputDatasetFacet: a run reads or writes a part of the dataset."""

    inputCondition: SubsetCondition | None = None
    outputCondition: SubsetCondition | None = None


class DatasetFacets(Part, frozen=True):
    """Facets of a dataset that are read, including those from ``inputFacets`` and ``outputFacets``."""

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
    catalog: CatalogFacet | None = None
    storage: StorageFacet | None = None
    dbt_exposures: DbtExposuresFacet | None = None
    subset: SubsetFacet | None = None
    hierarchy: HierarchyFacet | None = None
