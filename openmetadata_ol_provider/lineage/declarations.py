"""Remembers lineage that JobEvents declare, in the form that runs have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import asdict, replace

from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.openlineage.event import EventDataset
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Declaration, name_key

#: Most jobs whose declarations are remembered; the least recently seen are forgotten first.
MAX_DECLARED = 1_000


def learn_declarations(
    remembered: Mapping[str, Declaration], new: Iterable[tuple[JobId, Declaration]], seen_at: int
) -> Mapping[str, Declaration]:
    """Return the remembered declarations with new ones; what a new one does not mention is still declared.

    :param remembered: declarations by :func:`~openmetadata_ol_provider.openlineage.run_state.name_key`
    :param new: declarations of single events
    :param seen_at: time of consumption, in microseconds
    """
    declarations = dict(remembered)
    for job, declaration in new:
        key = name_key(job.namespace, job.name)
        # Removed and inserted again, because the dictionary is in the order of last use.
        before = declarations.pop(key, None)
        merged = declaration
        if before is not None:
            in_order = (before, declaration) if declaration.at >= before.at else (declaration, before)
            merged = _overlaid(*in_order)
        declarations[key] = replace(merged, last_seen_at=seen_at)
    for key in list(declarations)[: max(0, len(declarations) - MAX_DECLARED)]:
        del declarations[key]
    return declarations


def declared_by(job: JobId, declarations: Mapping[str, Declaration]) -> Declaration:
    """Return the lineage that a job declares."""
    return declarations.get(name_key(job.namespace, job.name)) or Declaration()


def _overlaid(earlier: Declaration, later: Declaration) -> Declaration:
    sides = later if later.inputs or later.outputs else earlier
    facets = _overlaid_facets(earlier.job_facets, later.job_facets)
    return Declaration(job_facets=facets, inputs=sides.inputs, outputs=sides.outputs, at=later.at)


def _overlaid_facets(earlier: JobFacets | None, later: JobFacets | None) -> JobFacets | None:
    if earlier is None or later is None:
        return earlier or later
    given = {name: facet for name, facet in asdict(later).items() if facet is not None}
    return replace(earlier, **given)


def dataset_states(datasets: Iterable[EventDataset] | None, at: int) -> dict[str, DatasetState]:
    """Return datasets in the form that a run has.

    :param at: time of their event, in microseconds
    """
    states = {}
    for dataset in datasets or ():
        fields = dataset.facets.__struct_fields__ if dataset.facets else ()
        states[name_key(dataset.namespace, dataset.name)] = DatasetState(
            namespace=dataset.namespace, name=dataset.name, facets=dataset.facets, times=dict.fromkeys(fields, at)
        )
    return states
