"""Finds the source columns of an output's columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from openmetadata_ol_provider.lineage.identities import Key, Naming, keys_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Transformation
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.lineage.unnamed_sources import is_unnamed
from openmetadata_ol_provider.openlineage.facets import ColumnField, ColumnInput, TransformationField

Sources = dict[DatasetId, tuple[tuple[Identity, ...], list[ColumnPair]]]
#: Most parts of a name, counted from its end, by which it is found without the parts before them.
_PARTS = 8


class Inputs:
    """The inputs of a run, by any of the names that column lineage may use for them.

    :param sides: inputs of the run
    :param naming: normaliser of dataset names
    """

    def __init__(self, sides: Sequence[Side], naming: Naming) -> None:
        self._naming = naming
        self._by_id = {side.id: side for side in sides}
        self._by_key: dict[Key, tuple[int, Side]] = {}
        self._by_ending: dict[DatasetId, list[Side]] = {}
        for position, side in enumerate(sides):
            for identity in side.identities:
                for key in keys_of(identity):
                    self._by_key.setdefault(key, (position, side))
            *_, last = parts = side.id.name.split(".")[-_PARTS:]
            length = len(last)
            for part in reversed(parts[1:-1]):
                length += len(part) + 1
                self._by_ending.setdefault(DatasetId(side.id.namespace, side.id.name[-length:]), []).append(side)

    def __contains__(self, name: DatasetId) -> bool:
        return name in self._by_id

    def named(self, name: DatasetId) -> Side | None:
        """Return the input with a name: its primary one, another one, or its name without the database."""
        identical = self._by_id.get(name)
        if identical is not None:
            return identical
        side = self._with_identity(self._naming.identities(name.namespace, name.name))
        return side or (self._ending_with(name) if name.namespace else self._named_alone(name.name))

    def _named_alone(self, name: str) -> Side | None:
        """Return the only input with a name, or with one that ends in it, for a source without a namespace."""
        exact = [side for side in self._by_id.values() if side.id.name == name]
        matches = exact or [side for side in self._by_id.values() if side.id.name.endswith(f".{name}")]
        return matches[0] if len(matches) == 1 else None

    def _with_identity(self, identities: Iterable[Identity]) -> Side | None:
        matches = [self._by_key[key] for identity in identities for key in keys_of(identity) if key in self._by_key]
        return min(matches, key=itemgetter(0))[1] if matches else None

    def _ending_with(self, name: DatasetId) -> Side | None:
        """Return the only input that a name without its database fits: ``public.orders`` for ``shop.public.orders``."""
        matches = self._by_ending.get(name, ())
        return matches[0] if len(matches) == 1 else None


class ColumnSources(NamedTuple):
    """The sources of an output's columns.

    :param by_dataset: their names, and the column pairs, by dataset
    :param unnamed: number of sources without a dataset or a field
    :param subqueries: names of sources that were taken for subqueries, and left out
    """

    by_dataset: Sources
    unnamed: int = 0
    subqueries: Collection[str] = ()


def column_sources(output: Side, inputs: Inputs, naming: Naming) -> ColumnSources:
    """Return the sources of an output's columns, by their dataset."""
    sources: Sources = {}
    unnamed = 0
    subqueries: dict[str, None] = {}

    def group(ref: ColumnInput) -> tuple[DatasetId, list[ColumnPair]] | None:
        side = _side_of(ref, inputs, naming)
        if side is None:
            return None
        if side.id not in inputs and _looks_like_subquery(side, output.id):
            subqueries[side.id.name] = None
            return None
        return side.id, sources.setdefault(side.id, (side.identities, []))[1]

    facet = output.column_lineage
    if facet is None:
        return ColumnSources({})
    for target, column in (facet.fields or {}).items():
        for ref in column.inputFields or ():
            grouped = group(ref)
            if grouped is not None and ref.field:
                source, pairs = grouped
                field = ColumnSource(source.namespace, source.name, ref.field)
                pairs.append(ColumnPair(field, target, column_transformations(ref, column)))
            elif is_unnamed(ref):
                unnamed += 1
    for ref in facet.dataset or ():
        group(ref)
        unnamed += not ref.name
    by_dataset = {source: (identities, list(dict.fromkeys(pairs))) for source, (identities, pairs) in sources.items()}
    return ColumnSources(by_dataset, unnamed, subqueries)


def _side_of(ref: ColumnInput, inputs: Inputs, naming: Naming) -> Side | None:
    """Return the input that a column's source names, by any of its names, or a dataset that is not listed as input."""
    if not ref.name:
        return None
    name = DatasetId(ref.namespace or "", ref.name)
    return inputs.named(name) or Side(name, naming.identities(name.namespace, name.name))


def _looks_like_subquery(source: Side, output: DatasetId) -> bool:
    """Tell whether a name, a bare word where tables have a schema, is that of a CTE that a parser took for a table.

    A rule that gives it a schema (``datasets.rename``) makes it a table. Topics and files have no schema.
    """
    if source.id.namespace != output.namespace or "." not in output.name:
        return False
    if any(one.kind != "table" for one in source.identities):
        return False
    return not any(set(name) & set("./") for name in (source.id.name, *(one.name for one in source.identities)))


def column_transformations(ref: ColumnInput, column: ColumnField) -> tuple[Transformation, ...]:
    """Return how a source enters a column, by the column's deprecated keys if the source says nothing."""
    fields = ref.transformations
    if not fields and (column.transformationType or column.transformationDescription):
        legacy = (column.transformationType or "").upper()
        fields = [
            TransformationField(
                type="DIRECT",
                subtype=legacy or None,
                description=column.transformationDescription,
                masking=True if legacy == "MASKED" else None,
            )
        ]
    return transformations(fields)


def transformations(fields: Sequence[TransformationField] | None) -> tuple[Transformation, ...]:
    """Return transformations as plan values; those without a type are direct."""
    return tuple(
        Transformation((item.type or "DIRECT").upper(), item.subtype, item.description or None, item.masking or None)
        for item in fields or ()
    )
