"""What a run says of its job, in a form in which two runs are compared at little cost.

Runs of one job mostly say the same, in facets that they share (``openlineage.recall``): then they have the same
objects, and what was worked out for one of them holds for the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from msgspec.structs import astuple

from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.run_completion import is_connector, is_settled
from openmetadata_ol_provider.openlineage.facets import JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run


class RunFingerprint(NamedTuple):
    """All that a run's job and edges are worked out from. Facets are told apart by identity, as long as they live.

    :param pipeline: the job that is the pipeline
    :param is_true: its lineage has come true
    :param by_name: its inputs and outputs are paired by name
    :param settled: no further dataset is expected of it
    """

    pipeline: JobId
    parent: JobId | None
    root: JobId | None
    task: str | None
    part: bool
    is_true: bool
    by_name: bool
    settled: bool
    facets: tuple[int, ...]
    inputs: tuple[tuple[object, ...], ...]
    outputs: tuple[tuple[object, ...], ...]


def fingerprint(run: Run, place: JobPlacement, latest_at: int, *, is_true: bool) -> RunFingerprint:
    """Return what a run says; only good for comparing within one batch.

    :param latest_at: time of the latest event of any run, microseconds
    """
    names = place.names
    return RunFingerprint(
        pipeline=place.pipeline.job,
        parent=names.parent.job if names.parent else None,
        root=names.root.job if names.root else None,
        task=place.task,
        part=place.part,
        is_true=is_true,
        by_name=is_true and is_connector(run),
        settled=is_true and is_settled(run, latest_at),
        facets=(*_of_job(run.job_facets), *_of_run(run.run_facets)),
        inputs=_of_datasets(run.inputs.values()) if is_true else (),
        outputs=_of_datasets(run.outputs.values()) if is_true else (),
    )


def _of_job(facets: JobFacets | None) -> Iterable[int]:
    return map(id, astuple(facets)) if facets is not None else ()


def _of_run(facets: RunFacets | None) -> Iterable[int]:
    if facets is None:
        return ()
    task, dag_run = facets.airflow, facets.airflowDagRun
    of_task = (id(task.task), id(task.dag), task.deleted) if task is not None else ()
    of_dag_run = (id(dag_run.dag), dag_run.deleted) if dag_run is not None else ()
    return (id(facets.jobDependencies), *of_task, *of_dag_run)


def _of_datasets(side: Iterable[DatasetState]) -> tuple[tuple[object, ...], ...]:
    return tuple((state.namespace, state.name, *_of_dataset(state)) for state in side)


def _of_dataset(state: DatasetState) -> Iterable[int]:
    facets = state.facets
    if facets is None:
        return ()
    return (
        id(facets.columnLineage),
        id(facets.symlinks),
        id(facets.datasetType),
        id(facets.lifecycleStateChange),
        id(facets.dbt_model),
    )
