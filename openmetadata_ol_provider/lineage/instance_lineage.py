"""Gives the lineage of instances that share a run: what belongs to each of them, and no product of all."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.repeated_runs import gives_edges, is_full, repeated, states_of
from openmetadata_ol_provider.openlineage.run_instances import MAX_INSTANCES, may_be_mapped
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, Run


def lineage_of_instances(run: Run, on: Collection[str]) -> Iterator[Declaration]:
    """Yield the lineage of each instance that has ended well and names inputs and outputs.

    :param on: states whose runs are published (``lineage.on``)
    """
    for instance in repeated(run).instances:
        if instance.state in on and gives_edges(run, instance):
            inputs = {key: run.inputs[key] for key in sorted(instance.inputs) if key in run.inputs}
            outputs = {key: run.outputs[key] for key in sorted(instance.outputs) if key in run.outputs}
            foreign = {(one.namespace, one.name) for key, one in run.inputs.items() if key not in inputs}
            own = {key: _with_own_columns(dataset, foreign) for key, dataset in outputs.items()}
            yield Declaration(job_facets=run.job_facets, inputs=inputs, outputs=own)


def _with_own_columns(output: DatasetState, foreign: Collection[tuple[str, str]]) -> DatasetState:
    """Return an output without column lineage that is of another instance: it names an input of that.

    :param foreign: namespaces and names of the inputs of other instances
    """
    facet = output.facets.columnLineage if output.facets else None
    if output.facets is None or facet is None:
        return output
    fields = (facet.fields or {}).values()
    named = (*(facet.dataset or ()), *(ref for field in fields for ref in field.inputFields or ()))
    if not any((ref.namespace, ref.name) in foreign for ref in named):
        return output
    return replace(output, facets=replace(output.facets, columnLineage=None))


def shared_run_problem(run: Run) -> Problem | None:
    """Return the problem that reports what the instances of a run lose because they share it."""
    where = run.job_label
    if is_full(run):
        detail = f"one run id has more than {MAX_INSTANCES} starts and ends: the edges of further ones are left out"
        return Problem(ProblemKind.REPEATED_RUN, where, detail)
    if not may_be_mapped(run):
        return _repeated_run_problem(run, where)
    if all(instance.map_index is not None for instance in run.instances):
        return None
    return Problem(
        ProblemKind.SHARED_MAPPED_RUN,
        where,
        "one run id has several starts or ends: mapped instances that share it (Airflow's provider before 1.15). Only "
        "COMPLETE events that name inputs and outputs give edges, and the worst end counts; upgrade the provider to "
        "get the rest",
    )


def _repeated_run_problem(run: Run, where: str) -> Problem | None:
    left = repeated(run).unassigned
    said = []
    if left:
        names = listed([key.partition("\x1f")[2] for key in left])
        said.append(f"nothing tells which of them have read or written {names}, so these give no edges")
    if len({instance.state for instance in states_of(run)}) > 1:
        said.append("they have one status, that of the worst end")
    if not said:
        return None
    detail = f"it ran several times under one run id: {'; '.join(said)}. Let the producer send a run id for each"
    return Problem(ProblemKind.REPEATED_RUN, where, detail)
