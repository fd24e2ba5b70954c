"""Other names of datasets, remembered from one run to the next: producers do not send a symlink with every event.

A Delta table's Hive name comes when the table is read, not when it is written; the inner run of a CTAS has the path
only; a DatasetEvent may name a symlink for all that follows. Bounded in number and time; the least recently seen go
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facets import Identifier, SymlinksFacet
from openmetadata_ol_provider.openlineage.run_state import Alias, DatasetState, RunState

#: Datasets whose other names are remembered.
MAX_ALIASES = 5_000
#: Other names of one dataset.
MAX_NAMES = 8


class Aliases:
    """The remembered names of a state.

    :param state: keeps them; changed in place
    :param touched: time of consumption, microseconds
    """

    def __init__(self, state: RunState, touched: int) -> None:
        self._kept = state.aliases
        self._touched = touched

    def learn(self, datasets: Iterable[EventDataset]) -> None:
        """Remember the symlinks that datasets carry; a withdrawn facet makes forget."""
        learnt: dict[str, SymlinksFacet] = {}
        for dataset in datasets:
            facet = dataset.facets.symlinks if dataset.facets else None
            if facet is None:
                continue
            key = _key(dataset)
            if learnt.get(key) is facet:
                continue
            learnt[key] = facet
            # Taken out and put in again: the dictionary's order is that of use.
            known = self._kept.pop(key, None) or Alias()
            if facet.deleted:
                continue
            names = {_name(item): item for item in (*_identifiers(facet), *known.identifiers)}
            latest = [names[name] for name in sorted(names)][:MAX_NAMES]
            self._kept[key] = Alias(identifiers=latest, touched=self._touched)
        for key in list(self._kept)[: max(0, len(self._kept) - MAX_ALIASES)]:
            del self._kept[key]

    def links(self, dataset: DatasetState) -> list[Identifier]:
        """Return the symlinks of a dataset: its own first, then those remembered."""
        facet = dataset.facets.symlinks if dataset.facets else None
        known = self._kept.get(_key(dataset))
        if facet is None and known is None:
            return []
        names = {_name(item): item for item in (*_identifiers(facet), *(known.identifiers if known else ()))}
        return list(names.values())


def symlinked(events: Iterable[Event]) -> Iterator[EventDataset]:
    """Yield what events of all kinds say of datasets with symlinks, the oldest first.

    A run keeps the latest facet only, but names that its events give one after the other are all true.
    """
    found = [
        (event.eventTime, dataset)
        for event in events
        for dataset in (*([event.dataset] if event.dataset else ()), *(event.inputs or ()), *(event.outputs or ()))
        if dataset.facets and dataset.facets.symlinks
    ]
    for _, dataset in sorted(found, key=lambda item: item[0]):
        yield dataset


def _identifiers(facet: SymlinksFacet | None) -> Iterable[Identifier]:
    return [item for item in facet.identifiers or () if item.name] if facet and not facet.deleted else ()


def _name(item: Identifier) -> tuple[str, str, str]:
    return item.namespace or "", item.name or "", item.type or ""


def _key(dataset: DatasetState | EventDataset) -> str:
    return f"{dataset.namespace}\x1f{dataset.name}"
