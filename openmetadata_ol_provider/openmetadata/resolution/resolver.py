"""From a dataset of the plan to the one entity of the catalogue it is, or to the reason why there is none.

Identities are tried in the plan's order, and the first that resolves wins. Within one identity two entities are none:
the dataset is ambiguous, the candidates are listed, and the configuration line that would settle it is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.resolution import hints as advice
from openmetadata_ol_provider.openmetadata.resolution.assets import AssetLookup
from openmetadata_ol_provider.openmetadata.resolution.containers import ContainerLookup
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope, LookupScopes, is_own
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from openmetadata_ol_provider.openmetadata.resolution.services import Service, ServiceIndex
from openmetadata_ol_provider.openmetadata.resolution.tables import TableLookup

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, NamespaceRule
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity

Outcome = Literal["resolved", "unresolved", "ambiguous", "ignored"]
#: Services that are asked one by one before the search index is.
FEW_SERVICES: Final = 4


class Resolution(NamedTuple):
    """What became of a dataset.

    :param entity: the entity, if resolved
    :param detail: how it was found; or what was tried and what would help
    :param identity: the identity that resolved, or that is ambiguous
    :param namespace: the namespace as the event has it
    :param services: names of the services that were looked in; of a resolved dataset the one it is in
    """

    outcome: Outcome
    entity: Entity | None = None
    detail: str = ""
    identity: Identity | None = None
    namespace: str = ""
    services: tuple[str, ...] = ()


class Spot(NamedTuple):
    """Where a dataset was looked for under one of its identities.

    :param services: those that may hold it, the first group of them
    :param known: they are the dataset's by a rule or by their connection, and not just of a fitting type
    """

    identity: Identity
    services: tuple[Service, ...]
    known: bool
    rule: NamespaceRule | None = None


class Resolver:
    """Resolves datasets against one catalogue, for the time of one publication.

    :param client: the catalogue
    :param config: rules for namespaces and letter case
    """

    def __init__(self, client: OpenMetadataClient, config: Config) -> None:
        self._client = client
        self._places = LookupScopes(ServiceIndex.read(client), config)
        finder = Finder(client)
        exact = config.datasets.case == "exact"
        self._tables = TableLookup(finder, exact_case=exact, few=FEW_SERVICES)
        self._containers = ContainerLookup(finder, exact_case=exact, few=FEW_SERVICES)
        self._assets = AssetLookup(finder, exact_case=exact, few=FEW_SERVICES)

    def resolve_all(self, datasets: Iterable[Dataset]) -> dict[DatasetId, Resolution]:
        """Resolve many datasets concurrently.

        :raises CatalogueAuthError: if the token may not read
        :raises CatalogueUnavailableError: if the catalogue does not answer
        """
        todo = {DatasetId(dataset.namespace, dataset.name): dataset for dataset in datasets}
        self._containers.expect(identity for dataset in todo.values() for identity in dataset.identities)
        with ThreadPoolExecutor(self._client.max_connections, thread_name_prefix="resolve") as pool:
            try:
                return dict(zip(todo, pool.map(self.resolve, todo.values()), strict=True))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def resolve(self, dataset: Dataset) -> Resolution:
        """Resolve one dataset."""
        if dataset.ignored:
            return Resolution("ignored", detail="left out by the configuration", namespace=dataset.namespace)
        tried: list[str] = []
        services: dict[str, None] = {}
        ignored = 0
        for identity in dataset.identities:
            rule = self._places.rule(dataset, identity)
            if rule is not None and rule.ignore:
                ignored += 1
                continue
            for place in self._places.of(dataset, identity):
                found, how = self._look(identity, place)
                if found:
                    return _found(dataset, identity, found, how)
                services.update(dict.fromkeys(place.names))
                tried.append(f"{place.kind} {identity.namespace} {identity.name}: {how}")
        if ignored and not tried:
            return Resolution("ignored", detail="ignored by a rule in namespaces", namespace=dataset.namespace)
        detail = advice.unresolved(dataset, tried)
        return Resolution("unresolved", detail=detail, namespace=dataset.namespace, services=tuple(services))

    def spots(self, dataset: Dataset) -> list[Spot]:
        """Return where a dataset is looked for first under each of its identities."""
        found = []
        for identity in dataset.identities:
            place = next(self._places.of(dataset, identity))
            found.append(Spot(identity, next(iter(place.services), ()), place.known, place.rule))
        return found

    def _look(self, identity: Identity, place: LookupScope) -> tuple[list[Entity], str]:
        """Return the entities an identity may be, and how they were looked for."""
        hows: list[str] = []
        for group in place.services:
            try:
                found, how = self._look_in(identity, place, group)
            except CatalogueRequestError as error:
                found, how = [], str(error)
            hows.append(how)
            if found:
                return list(dict.fromkeys(found)), f"{place.why}; tried {how}"
        return [], f"{place.why}; tried {', '.join(hows)}" if hows else place.why

    def _look_in(
        self, identity: Identity, place: LookupScope, services: tuple[Service, ...]
    ) -> tuple[list[Entity], str]:
        if place.kind in {"table", "storedProcedure"}:
            return self._tables.find(identity.name, place, services)
        if place.kind == "container":
            return self._containers.find(identity, services)
        return self._assets.find(place.kind, identity.name, services)


def _found(dataset: Dataset, identity: Identity, found: list[Entity], how: str) -> Resolution:
    services = tuple(dict.fromkeys(entity.service for entity in found))
    if len(found) == 1:
        return Resolution("resolved", found[0], how, identity, dataset.namespace, services)
    # The configuration is written with the names that events have.
    name = DatasetId(dataset.namespace, dataset.name) if is_own(dataset, identity) else identity
    detail = advice.ambiguous(name, found)
    return Resolution("ambiguous", None, detail, identity, dataset.namespace, services)
