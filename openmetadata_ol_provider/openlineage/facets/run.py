"""Defines the run facets that are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openmetadata_ol_provider.openlineage.facets.base import Facet, Part, TagsFacet


class RunRef(Part, frozen=True):
    """A run named by another run's parent facet."""

    runId: str | None = None


class JobRef(Part, frozen=True):
    """A job named by another run's parent facet."""

    namespace: str | None = None
    name: str | None = None


class RootRef(Part, frozen=True):
    """The top of a chain of runs (ParentRunFacet 1-1-0 and later)."""

    run: RunRef | None = None
    job: JobRef | None = None


class ParentFacet(Facet, frozen=True):
    """ParentRunFacet: the run that started this one."""

    run: RunRef | None = None
    job: JobRef | None = None
    root: RootRef | None = None


class NominalTimeFacet(Facet, frozen=True):
    """NominalTimeRunFacet: the scheduled times."""

    nominalStartTime: str | None = None
    nominalEndTime: str | None = None


class ErrorMessageFacet(Facet, frozen=True):
    """ErrorMessageRunFacet without its stack trace, which is long and does not belong in a catalogue."""

    message: str | None = None


class ProcessingEngineFacet(Facet, frozen=True):
    """ProcessingEngineRunFacet."""

    name: str | None = None
    version: str | None = None


class DependencyField(Part, frozen=True):
    """One job that this job waits for, or that waits for this job."""

    job: JobRef | None = None


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
    """The task instance in Airflow's own facet: only the address of its log."""

    log_url: Any = None


class AirflowDagRun(Part, frozen=True):
    """The DAG run in Airflow's own facets: only its times, not its configuration."""

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
