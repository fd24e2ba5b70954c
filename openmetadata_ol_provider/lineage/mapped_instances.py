"""Gives the lineage of mapped instances that share a run: what each of them names itself, and no product of all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, Run


def lineage_of_instances(run: Run, on: Collection[str]) -> Iterator[Declaration]:
    """Yield the lineage of each instance that has ended well and names inputs and outputs.

    :param on: states whose runs are published (``lineage.on``)
    """
    for instance in run.instances:
        if instance.state in on and instance.inputs and instance.outputs:
            inputs = {key: run.inputs[key] for key in instance.inputs if key in run.inputs}
            outputs = {key: run.outputs[key] for key in instance.outputs if key in run.outputs}
            own = {key: _with_own_columns(dataset, inputs) for key, dataset in outputs.items()}
            yield Declaration(job_facets=run.job_facets, inputs=inputs, outputs=own)


def _with_own_columns(output: DatasetState, inputs: Mapping[str, DatasetState]) -> DatasetState:
    """Return an output without column lineage that is of another instance: it names a dataset that is no input."""
    facet = output.facets.columnLineage if output.facets else None
    if output.facets is None or facet is None:
        return output
    names = {(dataset.namespace, dataset.name) for dataset in inputs.values()}
    fields = (facet.fields or {}).values()
    named = (*(facet.dataset or ()), *(ref for field in fields for ref in field.inputFields or ()))
    if all((ref.namespace, ref.name) in names for ref in named):
        return output
    return replace(output, facets=replace(output.facets, columnLineage=None))


def shared_run_problem(run: Run) -> Problem | None:
    """Return the problem that reports instances that share a run and do not say which they are."""
    if all(instance.map_index is not None for instance in run.instances):
        return None
    return Problem(
        ProblemKind.SHARED_MAPPED_RUN,
        f"job {run.namespace} {run.name}",
        "one run id has several ends: mapped instances that share it (Airflow's provider before 1.15). Only "
        "COMPLETE events that name inputs and outputs give edges, and the worst end counts; upgrade the provider to "
        "get the rest",
    )
