"""Edges of one run or declared job: explicit, else from columnLineage per output, else inputs x outputs of the run.

What is known is never multiplied: an output with column lineage gets edges from the datasets that it names. Inputs that
no column lineage of the run names (they were only joined or filtered by) belong to the run's output when there is just
one; with several, nobody knows, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from openmetadata_ol_provider.lineage.columns import Inputs, column_sources, transformations
from openmetadata_ol_provider.lineage.connectors import pair_by_name
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Edge, JobId
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.facets import (
    LineageDatasetFacet,
    LineageEntry,
    LineageField,
    LineageInput,
    LineageJobFacet,
)
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem

#: More edges than this from one product say nothing anybody could use; the bound is reported.
MAX_PRODUCT = 10_000
#: Most characters of names in the edges of one product: a hundred names of a book's length each are no lineage.
MAX_PRODUCT_TEXT = 10_000_000
#: Most pairs of names that are compared for a connector.
MAX_COMPARED = 1_000_000


class Edges(NamedTuple):
    """Edges of one run or job, and what was left out."""

    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...] = ()


def derive(
    job: JobId,
    inputs: Sequence[Side],
    outputs: Sequence[Side],
    naming: Naming,
    *,
    by_name: bool = False,
    settled: bool = True,
) -> Edges:
    """Return the edges between inputs and outputs of one job.

    :param by_name: pair what has no column lineage by names instead of multiplying: for connectors
    :param settled: no further dataset is expected
    """
    edges: list[Edge] = []
    named: set[DatasetId] = set()
    known = Inputs(inputs, naming)
    for output in outputs:
        sources = column_sources(output, known, naming)
        named.update(sources)
        edges += [
            Edge(source, output.id, job, "columns", tuple(pairs))
            for source, (identities, pairs) in sources.items()
            if not naming.same(identities, output.identities)
        ]
    # Outputs without column lineage take every input; a single output takes what its column lineage left over.
    takers, taken = [output for output in outputs if output.column_lineage is None], inputs
    if not takers and len(outputs) == 1:
        takers, taken = list(outputs), [side for side in inputs if side.id not in named]
    if too_large := _too_large(taken, takers, by_name=by_name):
        detail = f"{len(inputs)} inputs x {len(outputs)} outputs are {too_large}: no edges drawn"
        return Edges(tuple(edges), (Problem(ProblemKind.PRODUCT_TOO_LARGE, f"job {job.namespace} {job.name}", detail),))
    if by_name:
        pairs = pair_by_name(taken, takers, settled=settled)
    else:
        pairs = [(side, output) for output in takers for side in taken]
    edges += [
        Edge(side.id, output.id, job, "product")
        for side, output in pairs
        if not naming.same(side.identities, output.identities)
    ]
    return Edges(tuple(edges))


def _too_large(inputs: Sequence[Side], outputs: Sequence[Side], *, by_name: bool) -> str | None:
    """Tell of what a product has too much."""
    count = len(inputs) * len(outputs)
    if by_name:
        return f"more than {MAX_COMPARED} pairs of names" if count > MAX_COMPARED else None
    if count > MAX_PRODUCT:
        return f"more than {MAX_PRODUCT} edges"
    text = len(outputs) * _length(inputs) + len(inputs) * _length(outputs)
    return f"edges with more than {MAX_PRODUCT_TEXT} characters" if text > MAX_PRODUCT_TEXT else None


def _length(sides: Sequence[Side]) -> int:
    return sum(len(side.id.namespace) + len(side.id.name) for side in sides)


class _Target(NamedTuple):
    id: DatasetId
    inputs: Iterable[LineageInput]
    fields: Mapping[str, LineageField]


def entries_of(facet: LineageJobFacet | None) -> list[LineageEntry] | None:
    """Return the entries of a job's facet, ``None`` when there is none: then lineage has to be inferred."""
    if facet is None or facet.entries is None or facet.deleted:
        return None
    if facet.deleted_at < 0:
        return facet.entries  # none at all says that there is no lineage
    return [entry for entry in facet.entries if entry.at > facet.deleted_at] or None


def derivation(dataset: DatasetId, facet: LineageDatasetFacet, naming: Naming) -> list[Edge]:
    """Return the edges that the facet of a DatasetEvent states: what a view, an alias, a curated copy is made of."""
    if facet.deleted:
        return []
    entry = LineageEntry(namespace=dataset.namespace, name=dataset.name, inputs=facet.inputs, fields=facet.fields)
    return explicit_edges([entry], None, naming)


def explicit_edges(entries: Iterable[LineageEntry], job: JobId | None, naming: Naming) -> list[Edge]:
    """Return the edges that entries state.

    :param job: the event's own job; ``None`` for a DatasetEvent
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
            # A field here is a dataset-wide influence (a filter, a key): a table edge, no column pair.
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
