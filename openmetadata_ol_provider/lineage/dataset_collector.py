"""Collects the datasets of a plan, each once, with every identity seen for it and its latest facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.assertions import assertions_of
from openmetadata_ol_provider.lineage.catalog_tables import table_of_catalog
from openmetadata_ol_provider.lineage.filters import DatasetFilter
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.jobs import owners_of, tags_of
from openmetadata_ol_provider.lineage.metrics import metrics_of
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.interim_tables import is_interim
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Field
from openmetadata_ol_provider.lineage.plan_datasets import CatalogHint, Exposure, StorageHint
from openmetadata_ol_provider.lineage.run_datasets import is_pseudo
from openmetadata_ol_provider.lineage.symlinks import Aliases
from openmetadata_ol_provider.openlineage.facet_merge import FacetDraft
from openmetadata_ol_provider.openlineage.facet_times import EqualTimes
from openmetadata_ol_provider.openlineage.facets import (
    CatalogFacet,
    DatasetFacets,
    DbtExposuresFacet,
    Identifier,
    LifecycleFacet,
    SchemaField,
    StorageFacet,
    SymlinksFacet,
)
from openmetadata_ol_provider.openlineage.run_state import DatasetState


class _Entry(FacetDraft[DatasetFacets], gc=False):
    """One dataset while it is collected, with its symlinks.

    :param shown: facets that were added and are not merged yet, by their identity, each with its latest times
    :param added: facet with symlinks that was added last: mostly the next one is the same; ``UNSET``: none was
    """

    shown: dict[int, tuple[DatasetFacets, Mapping[str, int]]] = msgspec.field(default_factory=dict)
    links: dict[tuple[str, str, str], Identifier] = msgspec.field(default_factory=dict)
    added: SymlinksFacet | msgspec.UnsetType | None = msgspec.UNSET

    def show(self, facets: DatasetFacets, times: Mapping[str, int]) -> None:
        """Add the facets of a run: mostly those of another run, at later times."""
        _, earlier = self.shown.get(id(facets), (facets, times))
        # Runs are mostly added in the order of their ends.
        if earlier is not times and not _is_after(times, earlier):
            times = {name: max(at, times.get(name, 0)) for name, at in {**times, **earlier}.items()}
        self.shown[id(facets)] = facets, times

    def merge_shown(self) -> None:
        """Merge all facets that were added."""
        for facets, times in self.shown.values():
            self.merge(facets, 0, times)
        self.shown = {}


def _is_after(times: Mapping[str, int], earlier: Mapping[str, int]) -> bool:
    """Return whether the same facets are from a later event, or one at the same time."""
    if isinstance(times, EqualTimes) and isinstance(earlier, EqualTimes):
        return earlier.names == times.names and times.at >= earlier.at
    return earlier.keys() == times.keys() and min(times.values(), default=0) >= max(earlier.values(), default=0)


class DatasetCollector:
    """Collects the datasets of a batch.

    :param config: configuration with the filters
    :param naming: normaliser of dataset names
    :param aliases: names remembered from other runs
    """

    def __init__(self, config: Config, naming: Naming, aliases: Aliases) -> None:
        self._naming = naming
        self._aliases = aliases
        self._filter = DatasetFilter(config)
        # By namespace and name.
        self._entries: dict[tuple[str, str], _Entry] = {}

    def add(self, dataset: DatasetState) -> None:
        """Add a dataset with the facets that a run or a static event has for it."""
        name = (dataset.namespace, dataset.name)
        entry = self._entries.get(name)
        if entry is None:
            if is_pseudo(*name):
                return
            entry = self._entries[name] = _Entry()
        symlinks = dataset.facets.symlinks if dataset.facets is not None else None
        if symlinks is not entry.added:
            entry.added = symlinks
            for link in self._aliases.links(dataset):
                entry.links[(link.namespace or "", link.name or "", link.type or "")] = link
        if dataset.facets is not None:
            entry.show(dataset.facets, dataset.times)

    def mention(self, dataset: DatasetId) -> None:
        """Add a dataset that only column lineage names."""
        if (dataset.namespace, dataset.name) not in self._entries:
            self.add(DatasetState(namespace=dataset.namespace, name=dataset.name))

    def wanted(self, dataset: DatasetId) -> bool:
        """Tell whether a dataset takes part: it is not excluded, and not in an ignored namespace."""
        return self._filter.admits(dataset)

    def datasets(self) -> tuple[Dataset, ...]:
        """Return the datasets sorted by name, renamed ones under their previous name, too."""
        for entry in self._entries.values():
            entry.merge_shown()
        for previous in [name for entry in self._entries.values() if (name := _renamed_from(entry))]:
            self.mention(previous)
        return tuple([self._dataset(DatasetId(*name), self._entries[name]) for name in sorted(self._entries)])

    def _dataset(self, key: DatasetId, entry: _Entry) -> Dataset:
        facets = entry.facets or DatasetFacets()
        schema, documentation = facets.schema, facets.documentation
        return Dataset(
            namespace=key.namespace,
            name=key.name,
            identities=self._identities(key, entry),
            fields=_fields(schema.fields) if schema and not schema.deleted else (),
            description=documentation.description or None if documentation and not documentation.deleted else None,
            owners=owners_of(facets.ownership),
            tags=tags_of(facets.tags),
            ignored=not self.wanted(key),
            **({} if is_interim(key.name) else _changing_facts(facets)),
        )

    def _identities(self, key: DatasetId, entry: _Entry) -> tuple[Identity, ...]:
        """Return the identities of a dataset, last those of its previous name, which the catalogue may still have."""
        previous = _renamed_from(entry)
        earlier = self._own_identities(previous, self._entries[previous.namespace, previous.name]) if previous else ()
        return tuple(dict.fromkeys((*self._own_identities(key, entry), *earlier)))

    def _own_identities(self, key: DatasetId, entry: _Entry) -> tuple[Identity, ...]:
        """Return the identities by all symlinks seen, independent of their order of arrival."""
        links = [entry.links[name] for name in sorted(entry.links)]
        identities = self._naming.identities(key.namespace, key.name, links)
        facet = entry.facets.catalog if entry.facets else None
        return identities if facet is None else (*identities, *table_of_catalog(identities, _catalog(facet)))


def _changing_facts(facets: DatasetFacets) -> dict[str, Any]:
    """Return facts about the present state of a dataset, rather than its definition."""
    kind, change, version = facets.datasetType, facets.lifecycleStateChange, facets.version
    return {
        "type": kind.datasetType or None if kind else None,
        "lifecycle": change.lifecycleStateChange or None if change else None,
        "previous": _previous(change),
        "dataset_version": version.datasetVersion or None if version else None,
        "metrics": metrics_of(facets),
        "assertions": assertions_of(facets),
        "catalog": _catalog(facets.catalog),
        "storage": _storage(facets.storage),
        "exposures": tuple(dict.fromkeys(_exposures(facets.dbt_exposures))),
    }


def _previous(change: LifecycleFacet | None) -> DatasetId | None:
    previous = change.previousIdentifier if change else None
    if previous is None or not previous.name or is_interim(previous.name):
        return None
    return DatasetId(previous.namespace or "", previous.name)


def _renamed_from(entry: _Entry) -> DatasetId | None:
    change = entry.facets.lifecycleStateChange if entry.facets else None
    return _previous(change) if change and (change.lifecycleStateChange or "").upper() == "RENAME" else None


def _catalog(facet: CatalogFacet | None) -> CatalogHint | None:
    if facet is None or facet.deleted:
        return None
    hint = CatalogHint(
        facet.framework or None,
        facet.type or None,
        facet.name or None,
        facet.metadataUri or None,
        facet.warehouseUri or None,
    )
    return hint if hint != CatalogHint() else None


def _storage(facet: StorageFacet | None) -> StorageHint | None:
    if facet is None or facet.deleted:
        return None
    hint = StorageHint(facet.storageLayer or None, facet.fileFormat or None)
    return hint if hint != StorageHint() else None


def _exposures(facet: DbtExposuresFacet | None) -> Iterator[Exposure]:
    for item in facet.exposures or () if facet and not facet.deleted else ():
        if item.name:
            yield Exposure(item.name, item.type or None, item.url or None, item.unique_id or None)


def _fields(fields: Iterable[SchemaField] | None) -> tuple[Field, ...]:
    return tuple(
        Field(field.name, field.type or None, field.description or None, _fields(field.fields) if field.fields else ())
        for field in fields or ()
        if field.name
    )
