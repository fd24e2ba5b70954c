"""Column lineage of one output: which columns of which datasets its columns are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openmetadata_ol_provider.lineage.naming import Naming
from openmetadata_ol_provider.lineage.plan import ColumnPair, ColumnSource, DatasetId, Identity, Transformation
from openmetadata_ol_provider.lineage.sides import Side
from openmetadata_ol_provider.openlineage.facets import ColumnField, ColumnInput, TransformationField

Sources = dict[DatasetId, tuple[tuple[Identity, ...], list[ColumnPair]]]


def column_sources(output: Side, by_id: Mapping[DatasetId, Side], inputs: Sequence[Side], naming: Naming) -> Sources:
    """Group the sources of an output's columns by the dataset they are in."""
    sources: Sources = {}

    def group(ref: ColumnInput) -> tuple[DatasetId, list[ColumnPair]] | None:
        side = _side_of(ref, by_id, inputs, naming)
        if side is None or (side.id not in by_id and _no_table(side.id, output.id)):
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


def _side_of(ref: ColumnInput, by_id: Mapping[DatasetId, Side], inputs: Sequence[Side], naming: Naming) -> Side | None:
    """Find the input that a column's source names; it may use another of the dataset's names, or one not listed."""
    if not ref.name:
        return None
    name = DatasetId(ref.namespace or "", ref.name)
    if name in by_id:
        return by_id[name]
    identities = naming.identities(name.namespace, name.name)
    found = next((side for side in inputs if naming.same(side.identities, identities)), None)
    return found or _by_suffix(name, inputs) or Side(name, identities)


def _by_suffix(name: DatasetId, inputs: Sequence[Side]) -> Side | None:
    """Find the one input that a name without its database means: ``public.orders`` for ``shop.public.orders``."""
    if "." not in name.name:
        return None
    ending = f".{name.name}"
    found = [side for side in inputs if side.id.namespace == name.namespace and side.id.name.endswith(ending)]
    return found[0] if len(found) == 1 else None


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
