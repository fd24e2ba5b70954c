"""Looks up the tables that runs have written, among them those that this publication had no need to resolve."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.core.ledger import digest
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolver

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class TableRef(NamedTuple):
    """A table of the catalogue."""

    id: str
    fqn: str


def written_tables(
    context: PublishContext, ids: Iterable[DatasetId], resolutions: Mapping[DatasetId, Resolution]
) -> dict[DatasetId, TableRef]:
    """Return the tables among datasets; those that are not in the catalogue, or no tables, are left out.

    The edges and facts of a dataset may all be current, so that nothing else resolves it. The ledger therefore
    remembers its entity, and a request is needed only where it has none.

    :param ids: datasets of the plan
    :param resolutions: what this publication has resolved
    """
    selection = context.selection
    tables: dict[DatasetId, TableRef] = {}
    rest: list[Dataset] = []
    for id_ in dict.fromkeys(ids):
        dataset = selection.plan_datasets.get(id_)
        resolution = resolutions.get(id_)
        if dataset is None:
            continue
        if resolution is not None:
            tables.update(_remembered(context, dataset, resolution.entity))
        elif selection.outcomes.get(id_) == "resolved":
            key, content = _key(id_), digest(dataset.identities)
            fact = context.recorder.fact(key)
            if fact is None or not context.recorder.is_current(key, content, context.config.ledger):
                rest.append(dataset)
            elif (table := _read(fact.note)) is not None:
                tables[id_] = table
    if rest:
        resolved = Resolver(context.client, context.config).resolve_all(rest)
        for dataset in rest:
            tables.update(_remembered(context, dataset, resolved[dataset.id].entity))
    return tables


def forget_tables(context: PublishContext, tables: Mapping[DatasetId, TableRef], gone: Collection[str]) -> None:
    """Drop tables from the ledger that the catalogue no longer has, so that their datasets are resolved again.

    :param gone: ids of these tables
    """
    for id_, table in tables.items():
        if table.id in gone:
            context.recorder.drop_fact(_key(id_))


def _remembered(
    context: PublishContext, dataset: Dataset, entity: Entity | None
) -> Iterator[tuple[DatasetId, TableRef]]:
    if entity is None:
        return
    context.recorder.record_fact(_key(dataset.id), digest(dataset.identities), f"{entity.ref} {entity.fqn}")
    if entity.type == "table":
        yield dataset.id, TableRef(entity.id, entity.fqn)


def _key(id_: DatasetId) -> int:
    return digest("entity", id_)


def _read(note: str) -> TableRef | None:
    """Return the table that a note names, ``None`` if it names another kind of entity."""
    ref, _, fqn = note.partition(" ")
    type_, _, id_ = ref.partition(":")
    return TableRef(id_, fqn) if type_ == "table" and fqn else None
