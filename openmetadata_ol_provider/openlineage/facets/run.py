"""Defines the run facets that are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from openmetadata_ol_provider.openlineage.facets.base import (
    DocumentationFacet,
    Facet,
    OwnershipFacet,
    Part,
    RunTestsFacet,
    TagsFacet,
)
from openmetadata_ol_provider.openlineage.facets.job import JobTypeFacet
from openmetadata_ol_provider.openlineage.facets.lineage import LineageJobFacet
from openmetadata_ol_provider.openlineage.facets.run_ids import canonical_run_id


class RunRef(Part, frozen=True):
    """A run named by another run's parent facet."""

    runId: str | None = None

    def __post_init__(self) -> None:
        """Spell the run's id as its own events do."""
        if self.runId is not None and not self.runId.islower():
            msgspec.structs.force_setattr(self, "runId", canonical_run_id(self.runId))


class JobRef(Part, frozen=True):
    """A job named by another run's parent facet."""

    namespace: str | None = None
    name: str | None = None


class NominalTimeFacet(Facet, frozen=True):
    """NominalTimeRunFacet: the scheduled times."""

    nominalStartTime: str | None = None
    nominalEndTime: str | None = None


class AncestorJobFacets(Part, frozen=True):
    """Facets of a parent's or root's job, repeated in the events of its children (ParentRunFacet 1-2-0)."""

    jobType: JobTypeFacet | None = None
    documentation: DocumentationFacet | None = None
    ownership: OwnershipFacet | None = None
    tags: TagsFacet | None = None


class AncestorJob(JobRef, frozen=True):
    """The job of a parent or root, with facets of it."""

    facets: AncestorJobFacets | None = None


class AncestorRunFacets(Part, frozen=True):
    """Facets of a parent's or root's run, repeated in the events of its children (ParentRunFacet 1-2-0)."""

    nominalTime: NominalTimeFacet | None = None
    tags: TagsFacet | None = None


class AncestorRun(RunRef, frozen=True):
    """The run of a parent or root, with facets of it."""

    facets: AncestorRunFacets | None = None


class RootRef(Part, frozen=True):
    """The top of a chain of runs (ParentRunFacet 1-1-0 and later)."""

    run: AncestorRun | None = None
    job: AncestorJob | None = None


class ParentFacet(Facet, frozen=True):
    """ParentRunFacet: the run that started this one."""

    run: AncestorRun | None = None
    job: AncestorJob | None = None
    root: RootRef | None = None


class ErrorMessageFacet(Facet, frozen=True):
    """ErrorMessageRunFacet without its stack trace, which is long and does not belong in a catalogue."""

    message: str | None = None


class ProcessingEngineFacet(Facet, frozen=True):
    """ProcessingEngineRunFacet."""

    name: str | None = None
    version: str | None = None


class AssetEventOrigin(Part, frozen=True):
    """The task that caused an asset event of Airflow, as its author or its provider notes it."""

    parentJobNamespace: str | None = None
    parentJobName: str | None = None


class AssetEventExtra(Part, frozen=True):
    """The extra of an asset event of Airflow: only where the event comes from."""

    openlineage: AssetEventOrigin | None = None


class AssetEvent(Part, frozen=True):
    """One asset event that triggered a DAG run of Airflow."""

    asset_event_extra: AssetEventExtra | None = None


class AirflowDependency(Part, frozen=True):
    """Airflow's addition to a dependency: the asset events behind it."""

    asset_events: Sequence[AssetEvent] | None = None


class DependencyField(Part, frozen=True):
    """One job that this job waits for, or that waits for this job."""

    job: JobRef | None = None
    airflow: AirflowDependency | None = None


class JobDependenciesFacet(Facet, frozen=True):
    """JobDependenciesRunFacet: control flow, never lineage."""

    upstream: Sequence[DependencyField] | None = None
    downstream: Sequence[DependencyField] | None = None


class ExtractionErrorFacet(Facet, frozen=True):
    """ExtractionErrorRunFacet: the lineage of this run is partial."""

    totalTasks: int | None = None
    failedTasks: int | None = None


class AirflowTask(Part, frozen=True):
    """The task in Airflow's own facet: its operator class, and the tasks that wait for it.

    :param downstream_task_ids: a list, or a text with a Python list
    """

    operator_class: str | None = None
    downstream_task_ids: Any = None


class AirflowDag(Part, frozen=True):
    """The DAG in Airflow's own facets; fields whose type differs between Airflow versions accept any value.

    :param tags: a list, or a text with a Python list
    :param timetable_summary: cron expression or words
    :param schedule_interval: the same in Airflow 2
    """

    dag_id: str | None = None
    description: Any = None
    owner: Any = None
    tags: Any = None
    timetable_summary: Any = None
    schedule_interval: Any = None


class AirflowTaskInstance(Part, frozen=True):
    """The task instance in Airflow's own facet: the address of its log, and which try of which mapped instance it is.

    :param map_index: number of the mapped instance; -1 for a task that is not mapped
    """

    log_url: Any = None
    map_index: int | None = None
    try_number: int | None = None


class AirflowDagRun(Part, frozen=True):
    """The DAG run in Airflow's own facets: only its id and times, not its configuration."""

    run_id: Any = None
    logical_date: Any = None
    run_after: Any = None
    start_date: Any = None


class AirflowFacet(Facet, frozen=True):
    """Airflow's own run facet for a task."""

    task: AirflowTask | None = None
    dag: AirflowDag | None = None
    dagRun: AirflowDagRun | None = None
    taskInstance: AirflowTaskInstance | None = None


class AirflowDagRunFacet(Facet, frozen=True):
    """Airflow's own run facet for a DAG run."""

    dag: AirflowDag | None = None
    dagRun: AirflowDagRun | None = None


class AirflowStateFacet(Facet, frozen=True):
    """Airflow's own run facet for a DAG run that has ended.

    :param tasksState: state of each task by its id: ``success``, ``failed``, ``skipped`` ...
    """

    dagRunState: str | None = None
    tasksState: Mapping[str, str | None] | None = None


class AirflowMappedTaskFacet(Facet, frozen=True):
    """Airflow's own run facet for an instance of a mapped task."""

    mapIndex: int | None = None


class MountPoint(Part, frozen=True):
    """A path of DBFS (Databricks), and the storage that is mounted there."""

    mountPoint: str | None = None
    source: str | None = None


class EnvironmentProperties(Part, frozen=True):
    """The object in which Spark's facet repeats its own name."""

    mountPoints: Sequence[MountPoint] | None = None


class EnvironmentFacet(Facet, frozen=True):
    """Spark's own facet for Databricks: only the mounts, because everything else may hold secrets.

    :param inner: the same properties one level deeper, as Spark sends them
    """

    mountPoints: Sequence[MountPoint] | None = None
    inner: EnvironmentProperties | None = msgspec.field(default=None, name="environment-properties")


class ExternalQueryFacet(Facet, frozen=True):
    """ExternalQueryRunFacet: the query in the system that ran it."""

    externalQueryId: str | None = None
    source: str | None = None


class CheckpointsFacet(Facet, frozen=True):
    """Flink's own run facet: its numbers change with each event, so only that there are checkpoints is read."""


class RunFacets(Part, frozen=True):
    """Facets of ``run.facets`` that are read."""

    parent: ParentFacet | None = None
    parentRun: ParentFacet | None = None
    nominalTime: NominalTimeFacet | None = None
    errorMessage: ErrorMessageFacet | None = None
    processing_engine: ProcessingEngineFacet | None = None
    tags: TagsFacet | None = None
    airflow: AirflowFacet | None = None
    airflowDagRun: AirflowDagRunFacet | None = None
    jobDependencies: JobDependenciesFacet | None = None
    extractionError: ExtractionErrorFacet | None = None
    airflowState: AirflowStateFacet | None = None
    airflow_mappedTask: AirflowMappedTaskFacet | None = None
    environment_properties: EnvironmentFacet | None = msgspec.field(default=None, name="environment-properties")
    externalQuery: ExternalQueryFacet | None = None
    test: RunTestsFacet | None = None
    testRun: RunTestsFacet | None = None
    checkpoints: CheckpointsFacet | None = None
    lineage: LineageJobFacet | None = None
