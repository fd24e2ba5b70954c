"""Reads the edges that ``lineage`` facets state, of jobs and of datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.columns import transformations
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge, JobId
from openmetadata_ol_provider.openlineage.facets import (
    LineageDatasetFacet,
    LineageEntry,
    LineageField,
    LineageInput,
    LineageJobFacet,
)


class _Target(NamedTuple):
    id: DatasetId
    inputs: Iterable[LineageInput]
    fields: Mapping[str, LineageField]


def entries_of(facet: LineageJobFacet | None) -> Sequence[LineageEntry] | None:
    """Return the entries of a job's facet, ``None`` if there is none, so that lineage has to be inferred."""
    if facet is None or facet.entries is None or facet.deleted:
        return None
    if facet.deleted_at < 0:
        return facet.entries  # an empty list states that there is no lineage
    return [entry for entry in facet.entries if entry.at > facet.deleted_at] or None


def derivation(dataset: DatasetId, facet: LineageDatasetFacet, naming: Naming) -> list[Edge]:
    """Return the edges that the facet of a DatasetEvent states: the sources of a view, an alias, a curated copy."""
    if facet.deleted:
        return []
    entry = LineageEntry(namespace=dataset.namespace, name=dataset.name, inputs=facet.inputs, fields=facet.fields)
    return explicit_edges([entry], None, naming)


def explicit_edges(entries: Iterable[LineageEntry], job: JobId | None, naming: Naming) -> list[Edge]:
    """Return the edges that entries state.

    :param job: job of the event; ``None`` for a DatasetEvent
    """
    edges: dict[tuple[DatasetId, DatasetId], dict[ColumnPair, None]] = {}
    for entry in entries:
        if _is_dataset(entry) and entry.name:
            target = _Target(DatasetId(entry.namespace or "", entry.name), entry.inputs or (), entry.fields or {})
            _collect(target, edges)
    return [
        Edge(source, target, job, "explicit", tuple(pairs))
        for (source, target), pairs in edges.items()
        if not naming.same(naming.identities(*_names(source)), naming.identities(*_names(target)))
    ]


def _collect(target: _Target, edges: dict[tuple[DatasetId, DatasetId], dict[ColumnPair, None]]) -> None:
    for item in target.inputs:
        if _is_dataset(item) and item.name:
            # A field here influences the whole dataset (a filter, a key): that is a table edge, and not a column pair.
            edges.setdefault((DatasetId(item.namespace or "", item.name), target.id), {})
    for column, field in target.fields.items():
        for item in field.inputs or ():
            if not _is_dataset(item) or not item.name:
                continue
            source = DatasetId(item.namespace or "", item.name)
            pairs = edges.setdefault((source, target.id), {})
            if item.field:
                name = ColumnSource(source.namespace, source.name, item.field)
                pairs[ColumnPair(name, column, transformations(item.transformations))] = None


def _is_dataset(item: LineageEntry | LineageInput) -> bool:
    return (item.type or "DATASET").upper() == "DATASET"


def _names(dataset: DatasetId) -> tuple[str, str]:
    return dataset.namespace, dataset.name
