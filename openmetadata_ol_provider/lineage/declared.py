"""Declared lineage: JobEvents and DatasetEvents, in the form that runs have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.event import EventDataset
from openmetadata_ol_provider.openlineage.facets import JobFacets
from openmetadata_ol_provider.openlineage.runs import DatasetState


class Declared(NamedTuple):
    """What a JobEvent declares, in the form that a run has."""

    job_facets: JobFacets | None
    inputs: dict[str, DatasetState]
    outputs: dict[str, DatasetState]


def dataset_states(datasets: Iterable[EventDataset] | None, at: int) -> dict[str, DatasetState]:
    """Return datasets in the form that a run has, their facets as of one time (microseconds)."""
    found = {}
    for dataset in datasets or ():
        fields = dataset.facets.__struct_fields__ if dataset.facets else ()
        found[f"{dataset.namespace}\x1f{dataset.name}"] = DatasetState(
            namespace=dataset.namespace, name=dataset.name, facets=dataset.facets, times=dict.fromkeys(fields, at)
        )
    return found
