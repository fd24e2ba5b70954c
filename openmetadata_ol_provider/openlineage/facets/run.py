"""Run facets that are read."""

from __future__ import annotations

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
