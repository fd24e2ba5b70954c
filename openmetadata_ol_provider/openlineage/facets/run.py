"""Run facets that are read."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.openlineage.facets.base import Facet, Part, TagsFacet


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
    """The task of Airflow's own facet: its operator's class, and the tasks that wait for it.

    :param downstream_task_ids: a list, or the text of a Python list
    """

    operator_class: str | None = None
    downstream_task_ids: Any = None


class AirflowDag(Part):
    """The DAG of Airflow's own facets. What Airflow has several types for is read as it comes.

    :param tags: a list, or the text of a Python list
    :param timetable_summary: cron expression or words
    :param schedule_interval: the same, as Airflow 2 says it
    """

    dag_id: str | None = None
    description: Any = None
    owner: Any = None
    tags: Any = None
    timetable_summary: Any = None
    schedule_interval: Any = None


class AirflowTaskInstance(Part):
    """The try of a task in Airflow's own facet: only where its log is."""

    log_url: Any = None


class AirflowDagRun(Part):
    """The DAG run of Airflow's own facets: only its times; what it was configured with is left out."""

    logical_date: Any = None
    run_after: Any = None
    start_date: Any = None


class AirflowFacet(Facet):
    """Airflow's own run facet of a task."""

    task: AirflowTask | None = None
    dag: AirflowDag | None = None
    dagRun: AirflowDagRun | None = None
    taskInstance: AirflowTaskInstance | None = None


class AirflowDagRunFacet(Facet):
    """Airflow's own run facet of a DAG run."""

    dag: AirflowDag | None = None
    dagRun: AirflowDagRun | None = None


class RunFacets(Part):
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
