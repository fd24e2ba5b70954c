"""Reduces a run to everything that its job and edges are derived from, so that two runs are compared at little cost.

Runs of one job mostly have equal facets, and share them (:mod:`~openmetadata_ol_provider.openlineage.facet_cache`):
comparing shared facets costs a comparison of pointers, and whatever was derived from one run holds for the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec.structs import astuple

from openmetadata_ol_provider.lineage.ancestors import facets_of_ancestors
from openmetadata_ol_provider.lineage.emitted_parts import Part, emitted_parts
from openmetadata_ol_provider.lineage.jobs import JobPlacement
from openmetadata_ol_provider.lineage.pairing_rules import Pairing
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.facets import JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run


class RunFingerprint(Value, frozen=True):
    """Everything that a run's job and edges are derived from; equal for runs with the same job and edges.

    :param pipeline: job that becomes the pipeline
    :param is_final: whether its lineage is final
    :param pairing: how its inputs and outputs are paired by name, ``None`` if they are not
    :param instances: mapped instances that share the run
    :param parts: inputs and outputs that its events have named apart from one another
    """

    pipeline: JobId
    parent: JobId | None
    root: JobId | None
    trigger: JobId | None
    task: str | None
    part: bool
    is_final: bool
    pairing: Pairing | None
    facets: tuple[object, ...]
    inputs: tuple[tuple[object, ...], ...]
    outputs: tuple[tuple[object, ...], ...]
    instances: tuple[object, ...] = ()
    parts: tuple[Part, ...] = ()


def fingerprint(run: Run, placement: JobPlacement, pairing: Pairing | None = None, *, is_final: bool) -> RunFingerprint:
    """Return the fingerprint of a run.

    :param pairing: how its inputs and outputs are paired by name, ``None`` if they are not
    :param is_final: whether its lineage is final
    """
    names = placement.names
    return RunFingerprint(
        pipeline=placement.pipeline.job,
        parent=names.parent.job if names.parent else None,
        root=names.root.job if names.root else None,
        trigger=names.trigger.job if names.trigger else None,
        task=placement.task,
        part=placement.part,
        is_final=is_final,
        pairing=pairing,
        facets=(*_of_job(run.job_facets), *_of_run(run.run_facets)),
        inputs=_of_datasets(run.inputs.values()) if is_final else (),
        outputs=_of_datasets(run.outputs.values()) if is_final else (),
        instances=tuple(run.instances) if is_final and run.instances and is_repeated(run) else (),
        parts=emitted_parts(run) if is_final and pairing is None else (),
    )


def _of_job(facets: JobFacets | None) -> Iterable[object]:
    return astuple(facets) if facets is not None else ()


def _of_run(facets: RunFacets | None) -> Iterable[object]:
    if facets is None:
        return ()
    task, dag_run = facets.airflow, facets.airflowDagRun
    of_task = (task.task, task.dag, task.deleted) if task is not None else ()
    of_dag_run = (dag_run.dag, dag_run.deleted) if dag_run is not None else ()
    return (facets.jobDependencies, facets_of_ancestors(facets), *of_task, *of_dag_run)


def _of_datasets(side: Collection[DatasetState]) -> tuple[tuple[object, ...], ...]:
    return tuple([_of_dataset(dataset) for dataset in side]) if side else ()


def _of_dataset(dataset: DatasetState) -> tuple[object, ...]:
    facets = dataset.facets
    if facets is None:
        return (dataset.namespace, dataset.name)
    return (
        dataset.namespace,
        dataset.name,
        facets.columnLineage,
        facets.symlinks,
        facets.catalog,
        facets.hierarchy,
        facets.datasetType,
        facets.lifecycleStateChange,
        facets.dbt_model,
    )
