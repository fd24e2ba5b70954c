"""The facets that are read, each as its own type: what is not named here is dropped while decoding.

That keeps secrets (``debezium_config``, ``environmentVariables``, Spark properties) and megabytes of query plans
out of XCom, Variables and the catalogue. Field names are OpenLineage's own, so a decoded event encodes to OpenLineage
again. Every key is optional and may be null: producers leave out what the specification requires.
"""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, omit_defaults=True, kw_only=True):
    """Base of all parts of an event: unknown keys are ignored, defaults are not encoded."""


class Facet(Part):
    """A facet; ``_deleted`` withdraws a job or dataset facet sent earlier."""

    deleted: bool = msgspec.field(default=False, name="_deleted")


class RunRef(Part):
    """A run named by another run's parent facet."""

    runId: str | None = None


class JobRef(Part):
    """A job named by another run's parent facet."""

    namespace: str | None = None
    name: str | None = None


class RootRef(Part):
    """The top of a chain of runs (ParentRunFacet 1-1-0 and later)."""

    run: RunRef | None = None
    job: JobRef | None = None


class ParentFacet(Facet):
    """ParentRunFacet: the run that started this one."""

    run: RunRef | None = None
    job: JobRef | None = None
    root: RootRef | None = None


class NominalTimeFacet(Facet):
    """NominalTimeRunFacet: what the schedule said."""

    nominalStartTime: str | None = None
    nominalEndTime: str | None = None


class ErrorMessageFacet(Facet):
    """ErrorMessageRunFacet; its stack trace is left out: long, and no catalogue's business."""

    message: str | None = None


class ProcessingEngineFacet(Facet):
    """ProcessingEngineRunFacet."""

    name: str | None = None
    version: str | None = None


class TagField(Part):
    """One tag of a tags facet."""

    key: str | None = None
    value: str | None = None
    source: str | None = None
    field: str | None = None


class TagsFacet(Facet):
    """TagsRunFacet, TagsJobFacet and TagsDatasetFacet."""

    tags: list[TagField] | None = None


class DependencyField(Part):
    """One job that this one waits for, or that waits for it."""

    job: JobRef | None = None


class JobDependenciesFacet(Facet):
    """JobDependenciesRunFacet: control flow, never lineage."""

    upstream: list[DependencyField] | None = None
    downstream: list[DependencyField] | None = None


class ExtractionErrorFacet(Facet):
    """ExtractionErrorRunFacet: the lineage of this run is partial."""

    totalTasks: int | None = None
    failedTasks: int | None = None


class AirflowTask(Part):
    """The task of Airflow's own facet: only its operator's class is read."""

    operator_class: str | None = None


class AirflowFacet(Facet):
    """Airflow's own run facet."""

    task: AirflowTask | None = None


class RunFacets(Part):
    """Facets of ``run.facets`` that are read."""

    parent: ParentFacet | None = None
    parentRun: ParentFacet | None = None
    nominalTime: NominalTimeFacet | None = None
    errorMessage: ErrorMessageFacet | None = None
    processing_engine: ProcessingEngineFacet | None = None
    tags: TagsFacet | None = None
    airflow: AirflowFacet | None = None
    jobDependencies: JobDependenciesFacet | None = None
    extractionError: ExtractionErrorFacet | None = None


class EmissionPattern(Part):
    """How a job sends events (JobTypeJobFacet 2-0-4)."""

    eventContentMode: str | None = None


class JobTypeFacet(Facet):
    """JobTypeJobFacet."""

    processingType: str | None = None
    integration: str | None = None
    jobType: str | None = None
    emissionPattern: EmissionPattern | None = None


class DocumentationFacet(Facet):
    """DocumentationJobFacet and DocumentationDatasetFacet."""

    description: str | None = None


class OwnerField(Part):
    """One owner of an ownership facet."""

    name: str | None = None
    type: str | None = None


class OwnershipFacet(Facet):
    """OwnershipJobFacet and OwnershipDatasetFacet."""

    owners: list[OwnerField] | None = None


class SqlFacet(Facet):
    """SQLJobFacet."""

    query: str | None = None
    dialect: str | None = None


class SourceCodeLocationFacet(Facet):
    """SourceCodeLocationJobFacet."""

    url: str | None = None


class TransformationField(Part):
    """One transformation of a column's source."""

    type: str | None = None
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class LineageInput(Part):
    """One source in a ``lineage`` facet: a dataset, a field of one, or a job."""

    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    field: str | None = None
    runId: str | None = None
    transformations: list[TransformationField] | None = None


class LineageField(Part):
    """The sources of one field of a ``lineage`` entry."""

    inputs: list[LineageInput] | None = None


class LineageEntry(Part):
    """One target in a ``lineage`` facet, with its sources.

    :param at: time of the event it is from (microseconds), kept for merging; no field of the specification
    """

    at: int = msgspec.field(default=0, name="_at")
    namespace: str | None = None
    name: str | None = None
    type: str | None = None
    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None


class LineageJobFacet(Facet):
    """LineageFacet 1-0-0 on a job: the explicit lineage of a run or of a declared job.

    :param deleted_at: time of the latest withdrawal (microseconds), kept for merging; no field of the specification
    """

    deleted_at: int = msgspec.field(default=-1, name="_deletedAt")
    entries: list[LineageEntry] | None = None


class LineageDatasetFacet(Facet):
    """LineageFacet 1-0-0 on a DatasetEvent's dataset: structural derivation, no job."""

    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None


class JobFacets(Part):
    """Facets of ``job.facets`` that are read."""

    jobType: JobTypeFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None
    sql: SqlFacet | None = None
    sourceCodeLocation: SourceCodeLocationFacet | None = None
    lineage: LineageJobFacet | None = None


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
