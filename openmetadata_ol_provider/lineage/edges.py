"""Edges of one run or declared job: from columnLineage where a producer gives it, else inputs x outputs of the run.

What is known per output is never multiplied: an output with column lineage gets edges from the datasets that it names.
Inputs that no column lineage of the run names (they were only joined or filtered by) belong to the run's output when
there is just one; with several, nobody knows, and nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.lineage.naming import Naming
from openmetadata_ol_provider.lineage.plan import (
    ColumnPair,
    ColumnSource,
    DatasetId,
    Edge,
    Identity,
    JobId,
    Transformation,
)
from openmetadata_ol_provider.openlineage.facets import (
    ColumnField,
    ColumnInput,
    ColumnLineageFacet,
    TransformationField,
)
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openlineage.runs import DatasetState

#: More edges than this from one product say nothing anybody could use; the bound is reported.
MAX_PRODUCT = 10_000


class Side(NamedTuple):
    """A dataset on one side of a run, with the identities that its name and symlinks give it."""

    id: DatasetId
    identities: tuple[Identity, ...]
    column_lineage: ColumnLineageFacet | None = None


class Edges(NamedTuple):
    """Edges of one run or job, and what was left out."""

    edges: tuple[Edge, ...]
    problems: tuple[Problem, ...] = ()


def sides(datasets: Iterable[DatasetState], naming: Naming) -> list[Side]:
    """Prepare the inputs or outputs of a run: those that were dropped have no part in its lineage."""
    found = []
    # Sorted, so that the order of arrival never shows in the plan.
    for dataset in sorted(datasets, key=lambda dataset: (dataset.namespace, dataset.name)):
        facets = dataset.facets
        change = facets.lifecycleStateChange if facets else None
        if change is not None and (change.lifecycleStateChange or "").upper() == "DROP":
            continue
        links = facets.symlinks.identifiers if facets and facets.symlinks and not facets.symlinks.deleted else None
        lineage = facets.columnLineage if facets else None
        if lineage is not None and (lineage.deleted or not (lineage.fields or lineage.dataset)):
            lineage = None
        found.append(
            Side(
                DatasetId(dataset.namespace, dataset.name),
                naming.identities(dataset.namespace, dataset.name, links or ()),
                lineage,
            )
        )
    return found


def derive(job: JobId, inputs: list[Side], outputs: list[Side], naming: Naming) -> Edges:
    """Return the edges between inputs and outputs of one job."""
    edges: list[Edge] = []
    named: set[DatasetId] = set()
    bare = [output for output in outputs if output.column_lineage is None]
    by_id = {side.id: side for side in inputs}
    for output in outputs:
        if output.column_lineage is not None:
            sources = _column_sources(output.column_lineage, by_id, inputs, naming)
            named.update(sources)
            edges += [
                Edge(source, output.id, job, "columns", tuple(pairs))
                for source, (identities, pairs) in sources.items()
                if not naming.same(identities, output.identities)
            ]
    # Outputs without column lineage take every input; a single output takes what its column lineage left over.
    takers, taken = bare, inputs
    if not bare and len(outputs) == 1:
        takers, taken = outputs, [side for side in inputs if side.id not in named]
    if len(takers) * len(taken) > MAX_PRODUCT:
        where = f"job {job.namespace} {job.name}"
        detail = f"{len(inputs)} inputs x {len(outputs)} outputs are more than {MAX_PRODUCT} edges: no edges drawn"
        return Edges(tuple(edges), (Problem("product_too_large", where, detail),))
    edges += [
        Edge(side.id, output.id, job, "product")
        for output in takers
        for side in taken
        if not naming.same(side.identities, output.identities)
    ]
    return Edges(tuple(edges))


_Sources = dict[DatasetId, tuple[tuple[Identity, ...], list[ColumnPair]]]


def _column_sources(
    facet: ColumnLineageFacet, by_id: Mapping[DatasetId, Side], inputs: list[Side], naming: Naming
) -> _Sources:
    """Group the sources of an output's columns by the dataset they are in."""
    sources: _Sources = {}

    def group(ref: ColumnInput) -> tuple[DatasetId, list[ColumnPair]]:
        side = _side_of(ref, by_id, inputs, naming)
        return side.id, sources.setdefault(side.id, (side.identities, []))[1]

    for target, column in (facet.fields or {}).items():
        for ref in column.inputFields or ():
            if not ref.name:
                continue
            source, pairs = group(ref)
            if ref.field:
                field = ColumnSource(source.namespace, source.name, ref.field)
                pairs.append(ColumnPair(field, target, _transformations(ref, column)))
    for ref in facet.dataset or ():
        if ref.name:
            group(ref)
    return {source: (identities, list(dict.fromkeys(pairs))) for source, (identities, pairs) in sources.items()}


def _side_of(ref: ColumnInput, by_id: Mapping[DatasetId, Side], inputs: list[Side], naming: Naming) -> Side:
    """Find the input that a column's source names; it may use another of the dataset's names, or one not listed."""
    name = DatasetId(ref.namespace or "", ref.name or "")
    if name in by_id:
        return by_id[name]
    identities = naming.identities(name.namespace, name.name)
    return next((side for side in inputs if naming.same(side.identities, identities)), Side(name, identities))


def _transformations(ref: ColumnInput, column: ColumnField) -> tuple[Transformation, ...]:
    found = ref.transformations
    if found is None and (column.transformationType or column.transformationDescription):
        legacy = (column.transformationType or "").upper()
        found = [
            TransformationField(
                type="DIRECT",
                subtype=legacy or None,
                description=column.transformationDescription,
                masking=True if legacy == "MASKED" else None,
            )
        ]
    return tuple(
        Transformation((item.type or "DIRECT").upper(), item.subtype, item.description or None, item.masking or None)
        for item in found or ()
    )
