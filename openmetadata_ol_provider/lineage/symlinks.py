"""Remembers other names of datasets from one run to the next, because not every event repeats its symlinks.

A Delta table's Hive name is sent when the table is read, not when it is written; the inner run of a CTAS has the path
only; a DatasetEvent may name a symlink for all later events. Names are bounded in number and time; the least recently
seen are forgotten first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from openmetadata_ol_provider.lineage.hierarchy_names import name_in_hierarchy
from openmetadata_ol_provider.lineage.identities import Key, Naming, keys_of
from openmetadata_ol_provider.lineage.lake_tables import is_of_catalog_database
from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facets import (
    CatalogFacet,
    DatasetFacets,
    HierarchyFacet,
    Identifier,
    SymlinksFacet,
)
from openmetadata_ol_provider.openlineage.facets.base import Facet
from openmetadata_ol_provider.openlineage.run_state import Alias, DatasetState, name_key

#: Most datasets whose other names are remembered.
MAX_ALIASES = 5_000
#: Most other names of one dataset.
MAX_NAMES = 8
_NO_FACETS = DatasetFacets()
#: Levels of a hierarchy that lacks one.
_TWO = 2


class Aliases:
    """The other names of datasets.

    :param remembered: other names by :func:`~openmetadata_ol_provider.openlineage.run_state.name_key`
    :param naming: normaliser of dataset names
    """

    def __init__(self, remembered: Mapping[str, Alias], naming: Naming) -> None:
        self._remembered = remembered
        self._naming = naming
        # By namespace, name, and identity of the dataset's own facet, which is kept.
        self._links: dict[tuple[str, str, int, int, int], tuple[Sequence[Identifier], tuple[Facet | None, ...]]] = {}

    def links(self, dataset: DatasetState) -> Sequence[Identifier]:
        """Return the symlinks of a dataset: its own first, then those remembered."""
        facets = dataset.facets or _NO_FACETS
        facet, catalog, hierarchy = facets.symlinks, facets.catalog, facets.hierarchy
        key = (dataset.namespace, dataset.name, id(facet), id(catalog), id(hierarchy))
        known = self._links.get(key)
        if known is None:
            # Runs share equal facets, so this is mostly the first of many.
            own = (*self._in_hierarchy(dataset, hierarchy), *_identifiers(facet, catalog))
            named = (*own, *self._others(dataset.namespace, dataset.name))
            links = list({_name(item): item for item in named}.values()) if named else ()
            known = self._links[key] = links, (facet, catalog, hierarchy)
        return known[0]

    def _in_hierarchy(self, dataset: DatasetState, facet: HierarchyFacet | None) -> Iterable[Identifier]:
        """Return the name of a table with all of its levels, which its own name may lack."""
        name = name_in_hierarchy(facet)
        if name is None:
            return ()
        own = self._naming.identities(dataset.namespace, dataset.name)[0]
        # Levels without the database, or the schema, would find another table, if the dataset's own name has it.
        says_less = len(split_identifier(name)) == _TWO < len(split_identifier(own.name))
        if own.kind != "table" or says_less or own.name.casefold().endswith(f".{name.casefold()}"):
            return ()
        return (Identifier(namespace=dataset.namespace, name=name, type="TABLE"),)

    def _others(self, namespace: str, name: str) -> Iterable[Identifier]:
        """Return the remembered names of a dataset."""
        if not self._remembered:
            return ()
        alias = self._remembered.get(name_key(namespace, name))
        return (*(alias.identifiers if alias else ()), *self._in_warehouse(namespace, name))

    def _in_warehouse(self, namespace: str, name: str) -> Iterable[Identifier]:
        """Return the other names of a table in a warehouse, under whichever of its own it was seen with them.

        Spark names it by its path (``s3://lake`` + ``warehouse/sales.db/orders``), Flink by the directory of the
        warehouse and its name (``s3://lake/warehouse`` + ``sales.orders``).
        """
        if not _may_be_in_warehouse(namespace, name) or not self._of_warehouses:
            return ()
        keys = _keys(self._naming, namespace, name)
        return [item for key in keys if key in self._of_warehouses for item in self._of_warehouses[key].identifiers]

    @cached_property
    def _of_warehouses(self) -> dict[Key, Alias]:
        """The other names of tables in warehouses, by each of the keys by which such a table is compared."""
        aliases = {}
        for key, alias in self._remembered.items():
            namespace, _, name = key.partition("\x1f")
            if _may_be_in_warehouse(namespace, name):
                aliases.update(dict.fromkeys(_keys(self._naming, namespace, name), alias))
        return aliases


def _may_be_in_warehouse(namespace: str, name: str) -> bool:
    return ".db/" in name or ("." in name and "/" not in name and "/" in namespace.partition("://")[2])


def _keys(naming: Naming, namespace: str, name: str) -> list[Key]:
    """Return the keys of a table in a warehouse, none for other datasets."""
    identities = naming.identities(namespace, name)
    in_warehouse = identities[0].kind == "container" and any(identity.kind == "table" for identity in identities)
    return [key for identity in identities for key in keys_of(identity)] if in_warehouse else []


def learn_aliases(
    remembered: Mapping[str, Alias], datasets: Iterable[EventDataset], seen_at: int
) -> Mapping[str, Alias]:
    """Return the remembered names with the symlinks of datasets; a withdrawn facet forgets them.

    :param datasets: datasets with symlinks, the oldest first
    :param seen_at: time of consumption, in microseconds
    """
    aliases = dict(remembered)
    learnt: dict[str, SymlinksFacet] = {}
    for dataset in datasets:
        facet = dataset.facets.symlinks if dataset.facets else None
        if facet is None:
            continue
        key = name_key(dataset.namespace, dataset.name)
        # Removed and inserted again, because the dictionary is in the order of last use.
        alias = aliases.pop(key, None)
        if alias is not None and learnt.get(key) is facet:
            aliases[key] = alias
            continue
        learnt[key] = facet
        if facet.deleted:
            continue
        alias = alias or Alias()
        catalog = dataset.facets.catalog if dataset.facets else None
        by_name = {_name(item): item for item in (*_identifiers(facet, catalog), *alias.identifiers)}
        first = [by_name[name] for name in sorted(by_name)][:MAX_NAMES]
        aliases[key] = Alias(identifiers=first, last_seen_at=seen_at)
    for key in list(aliases)[: max(0, len(aliases) - MAX_ALIASES)]:
        del aliases[key]
    return aliases


def symlinked(events: Iterable[Event]) -> Iterator[EventDataset]:
    """Yield the datasets with symlinks in events of all kinds, the oldest first.

    A run keeps only the latest facet, but all names that its events give, one after the other, are true.
    """
    with_symlinks = [
        (event.eventTime, dataset)
        for event in events
        for side in ((event.dataset,) if event.dataset else (), event.inputs, event.outputs)
        for dataset in side or ()
        if dataset.facets and dataset.facets.symlinks
    ]
    for _, dataset in sorted(with_symlinks, key=lambda item: item[0]):
        yield dataset


def _identifiers(facet: SymlinksFacet | None, catalog: CatalogFacet | None) -> Iterable[Identifier]:
    """Return the other names that a dataset has by its own facets."""
    if facet is None or facet.deleted:
        return ()
    named = [item for item in facet.identifiers or () if item.name]
    return [item for item in named if not is_of_catalog_database(item, catalog)] if catalog is not None else named


def _name(item: Identifier) -> tuple[str, str, str]:
    return item.namespace or "", item.name or "", item.type or ""
