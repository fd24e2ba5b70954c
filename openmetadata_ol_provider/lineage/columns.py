"""Column lineage of one output: which columns of which datasets its columns are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter

from openmetadata_ol_provider.lineage.identities import Key, Naming, keys_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Transformation
from openmetadata_ol_provider.lineage.run_datasets import Side
from openmetadata_ol_provider.openlineage.facets import ColumnField, ColumnInput, TransformationField

Sources = dict[DatasetId, tuple[tuple[Identity, ...], list[ColumnPair]]]
#: Parts of a name, from its end, by which it is found without what stands before them.
_PARTS = 8


class Inputs:
    """The inputs of a run, found by any of the names that column lineage may use for them.

    :param sides: the inputs
    """

    def __init__(self, sides: Sequence[Side], naming: Naming) -> None:
        self._naming = naming
        self._by_id = {side.id: side for side in sides}
        self._by_key: dict[Key, tuple[int, Side]] = {}
        self._by_ending: dict[DatasetId, list[Side]] = {}
        for place, side in enumerate(sides):
            for identity in side.identities:
                for key in keys_of(identity):
                    self._by_key.setdefault(key, (place, side))
            *_, last = parts = side.id.name.split(".")[-_PARTS:]
            whole = len(last)
            for part in reversed(parts[1:-1]):
                whole += len(part) + 1
                self._by_ending.setdefault(DatasetId(side.id.namespace, side.id.name[-whole:]), []).append(side)

    def __contains__(self, name: DatasetId) -> bool:
        return name in self._by_id

    def named(self, name: DatasetId) -> Side | None:
        """Return the input of a name: its own, another of its names, or its name without the database."""
        found = self._by_id.get(name)
        return found or self._known_as(self._naming.identities(name.namespace, name.name)) or self._ending_with(name)

    def _known_as(self, identities: Iterable[Identity]) -> Side | None:
        found = [self._by_key[key] for identity in identities for key in keys_of(identity) if key in self._by_key]
        return min(found, key=itemgetter(0))[1] if found else None

    def _ending_with(self, name: DatasetId) -> Side | None:
        """Return the one input that a name without its database means: ``public.orders`` for ``shop.public.orders``."""
        found = self._by_ending.get(name, ())
        return found[0] if len(found) == 1 else None


def column_sources(output: Side, inputs: Inputs, naming: Naming) -> Sources:
    """Group the sources of an output's columns by the dataset they are in."""
    sources: Sources = {}

    def group(ref: ColumnInput) -> tuple[DatasetId, list[ColumnPair]] | None:
        side = _side_of(ref, inputs, naming)
        if side is None or (side.id not in inputs and _no_table(side.id, output.id)):
            return None
        return side.id, sources.setdefault(side.id, (side.identities, []))[1]

    facet = output.column_lineage
    if facet is None:
        return {}
    for target, column in (facet.fields or {}).items():
        for ref in column.inputFields or ():
            found = group(ref)
            if found is not None and ref.field:
                source, pairs = found
                field = ColumnSource(source.namespace, source.name, ref.field)
                pairs.append(ColumnPair(field, target, column_transformations(ref, column)))
    for ref in facet.dataset or ():
        group(ref)
    return {source: (identities, list(dict.fromkeys(pairs))) for source, (identities, pairs) in sources.items()}


def _side_of(ref: ColumnInput, inputs: Inputs, naming: Naming) -> Side | None:
    """Find the input that a column's source names; it may use another of the dataset's names, or one not listed."""
    if not ref.name:
        return None
    name = DatasetId(ref.namespace or "", ref.name)
    return inputs.named(name) or Side(name, naming.identities(name.namespace, name.name))


def _no_table(ref: DatasetId, output: DatasetId) -> bool:
    """Tell a CTE's name, which SQL parsers take for a table: one bare word where tables have a schema."""
    return ref.namespace == output.namespace and "." in output.name and not set(ref.name) & set("./")


def column_transformations(ref: ColumnInput, column: ColumnField) -> tuple[Transformation, ...]:
    """Return how a source enters a column; the keys of before ColumnLineageDatasetFacet 1-1-0 stand for the column."""
    found = ref.transformations
    if not found and (column.transformationType or column.transformationDescription):
        legacy = (column.transformationType or "").upper()
        found = [
            TransformationField(
                type="DIRECT",
                subtype=legacy or None,
                description=column.transformationDescription,
                masking=True if legacy == "MASKED" else None,
            )
        ]
    return transformations(found)


def transformations(found: Sequence[TransformationField] | None) -> tuple[Transformation, ...]:
    """Return transformations as plan values; one without a type is a direct one."""
    return tuple(
        Transformation((item.type or "DIRECT").upper(), item.subtype, item.description or None, item.masking or None)
        for item in found or ()
    )
