"""Declared lineage: JobEvents and DatasetEvents, in the form that runs have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.event import EventDataset
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.runs import DatasetState


class Declared(NamedTuple):
    """What a JobEvent declares, in the form that a run has."""

    job_facets: JobFacets | None
    inputs: dict[str, DatasetState]
    outputs: dict[str, DatasetState]

    def after(self, earlier: Declared | None) -> Declared:
        """Return what holds once this was said after ``earlier``: what this says nothing of stays as it was."""
        if earlier is None:
            return self
        said = self if self.inputs or self.outputs else earlier
        return Declared(_later(self.job_facets, earlier.job_facets), said.inputs, said.outputs)


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
