"""Remembers other names of datasets from one run to the next, because not every event repeats its symlinks.

A Delta table's Hive name is sent when the table is read, not when it is written; the inner run of a CTAS has the path
only; a DatasetEvent may name a symlink for all later events. Names are bounded in number and time; the least recently
seen are forgotten first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facets import Identifier, SymlinksFacet
from openmetadata_ol_provider.openlineage.run_state import Alias, DatasetState, name_key

#: Most datasets whose other names are remembered.
MAX_ALIASES = 5_000
#: Most other names of one dataset.
MAX_NAMES = 8


class Aliases:
    """The other names of datasets.

    :param remembered: other names by :func:`~openmetadata_ol_provider.openlineage.run_state.name_key`
    """

    def __init__(self, remembered: Mapping[str, Alias]) -> None:
        self._remembered = remembered

    def links(self, dataset: DatasetState) -> list[Identifier]:
        """Return the symlinks of a dataset: its own first, then those remembered."""
        facet = dataset.facets.symlinks if dataset.facets else None
        alias = self._remembered.get(name_key(dataset.namespace, dataset.name))
        if facet is None and alias is None:
            return []
        by_name = {_name(item): item for item in (*_identifiers(facet), *(alias.identifiers if alias else ()))}
        return list(by_name.values())


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
        by_name = {_name(item): item for item in (*_identifiers(facet), *alias.identifiers)}
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
        for dataset in (*([event.dataset] if event.dataset else ()), *(event.inputs or ()), *(event.outputs or ()))
        if dataset.facets and dataset.facets.symlinks
    ]
    for _, dataset in sorted(with_symlinks, key=lambda item: item[0]):
        yield dataset


def _identifiers(facet: SymlinksFacet | None) -> Iterable[Identifier]:
    return [item for item in facet.identifiers or () if item.name] if facet and not facet.deleted else ()


def _name(item: Identifier) -> tuple[str, str, str]:
    return item.namespace or "", item.name or "", item.type or ""
