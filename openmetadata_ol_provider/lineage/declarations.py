"""Declared lineage: JobEvents and DatasetEvents, in the form that runs have."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.event import EventDataset
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, RunState

#: Jobs whose declarations are remembered; the least recently heard of go first.
MAX_DECLARED = 1_000


def declare(said: Declaration, job: JobId, state: RunState, touched: int) -> None:
    """Remember what a job declares: what the latest event says nothing of stays as it was said before.

    :param state: keeps the declarations; changed in place
    :param touched: time of consumption, microseconds
    """
    key = f"{job.namespace}\x1f{job.name}"
    # Taken out and put in again: the dictionary's order is that of use.
    known = state.declared.pop(key, None)
    if known is not None:
        said = _after(said, known) if said.at >= known.at else _after(known, said)
    said.touched = touched
    state.declared[key] = said
    for oldest in list(state.declared)[: max(0, len(state.declared) - MAX_DECLARED)]:
        del state.declared[oldest]


def declared_by(job: JobId, state: RunState) -> Declaration:
    """Return what a job declares."""
    return state.declared.get(f"{job.namespace}\x1f{job.name}") or Declaration()


def _after(said: Declaration, earlier: Declaration) -> Declaration:
    sides = said if said.inputs or said.outputs else earlier
    facets = _later(said.job_facets, earlier.job_facets)
    return Declaration(job_facets=facets, inputs=sides.inputs, outputs=sides.outputs, at=said.at)


def _later(new: JobFacets | None, old: JobFacets | None) -> JobFacets | None:
    if new is None or old is None:
        return new or old
    given = {name: facet for name, facet in msgspec.structs.asdict(new).items() if facet is not None}
    return msgspec.structs.replace(old, **given)


def dataset_states(datasets: Iterable[EventDataset] | None, at: int) -> dict[str, DatasetState]:
    """Return datasets in the form that a run has, their facets as of one time (microseconds)."""
    found = {}
    for dataset in datasets or ():
        fields = dataset.facets.__struct_fields__ if dataset.facets else ()
        found[f"{dataset.namespace}\x1f{dataset.name}"] = DatasetState(
            namespace=dataset.namespace, name=dataset.name, facets=dataset.facets, times=dict.fromkeys(fields, at)
        )
    return found
