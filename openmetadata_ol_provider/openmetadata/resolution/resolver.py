"""Resolves a dataset of the plan to the one entity of the catalogue it is, or to the reason why there is none.

Identities are tried in the plan's order, and the first that resolves wins. If two entities match one identity, neither
is taken: the dataset is ambiguous, and the detail lists the candidates and the configuration that would settle it.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.resolution.assets import AssetLookup
from openmetadata_ol_provider.openmetadata.resolution.containers import ContainerLookup
from openmetadata_ol_provider.openmetadata.resolution.hints import ambiguous_hint, unresolved_hint
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope, LookupScopes, is_own
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from openmetadata_ol_provider.openmetadata.resolution.services import Service, ServiceIndex
from openmetadata_ol_provider.openmetadata.resolution.tables import TableLookup

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, NamespaceRule
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity

ResolutionOutcome = Literal["resolved", "unresolved", "ambiguous", "ignored"]
#: Up to this many services are asked one by one before the search index is.
FEW_SERVICES: Final = 4


class Resolution(NamedTuple):
    """The result of resolving a dataset.

    :param outcome: outcome, also counted in the report
    :param entity: the entity, if resolved
    :param detail: how it was found, or what was tried and what would help
    :param identity: the identity that resolved or is ambiguous
    :param namespace: namespace of the dataset in its events
    :param services: names of the services that were searched; of a resolved dataset its own
    """

    outcome: ResolutionOutcome
    entity: Entity | None = None
    detail: str = ""
    identity: Identity | None = None
    namespace: str = ""
    services: tuple[str, ...] = ()


class Spot(NamedTuple):
    """The services in which a dataset is looked for first, under one of its identities.

    :param identity: identity of the dataset
    :param services: first group of services that may hold it
    :param known: ``True`` if a rule or their address chose them, and not just their type
    :param rule: the configuration's rule for its namespace
    """

    identity: Identity
    services: tuple[Service, ...]
    known: bool
    rule: NamespaceRule | None = None


class Resolver:
    """Resolves datasets against one catalogue, for the time of one publication.

    :param client: client of the catalogue
    :param config: configuration with the rules for namespaces and letter case
    """

    def __init__(self, client: OpenMetadataClient, config: Config) -> None:
        self._client = client
        self._scopes = LookupScopes(ServiceIndex.from_client(client), config)
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
        by_id = {DatasetId(dataset.namespace, dataset.name): dataset for dataset in datasets}
        self._containers.expect(identity for dataset in by_id.values() for identity in dataset.identities)
        with ThreadPoolExecutor(self._client.max_connections, thread_name_prefix="resolve") as pool:
            try:
                return dict(zip(by_id, pool.map(self.resolve, by_id.values()), strict=True))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def resolve(self, dataset: Dataset) -> Resolution:
        """Resolve one dataset."""
        if dataset.ignored:
            return Resolution("ignored", detail="left out by the configuration", namespace=dataset.namespace)
        attempts: list[str] = []
        searched: dict[str, None] = {}
        ignored = 0
        for identity in dataset.identities:
            rule = self._scopes.rule(dataset, identity)
            if rule is not None and rule.ignore:
                ignored += 1
                continue
            for scope in self._scopes.for_identity(dataset, identity):
                entities, attempt = self._look_up(identity, scope)
                if entities:
                    return _resolution(dataset, identity, entities, attempt)
                searched.update(dict.fromkeys(scope.service_names))
                attempts.append(f"{scope.kind} {identity.namespace} {identity.name}: {attempt}")
        if ignored and not attempts:
            return Resolution("ignored", detail="ignored by a rule in namespaces", namespace=dataset.namespace)
        detail = unresolved_hint(dataset, attempts)
        return Resolution("unresolved", detail=detail, namespace=dataset.namespace, services=tuple(searched))

    def spots(self, dataset: Dataset) -> list[Spot]:
        """Return the services in which a dataset is looked for first, under each of its identities."""
        spots = []
        for identity in dataset.identities:
            scope = next(self._scopes.for_identity(dataset, identity))
            spots.append(Spot(identity, next(iter(scope.services), ()), scope.known, scope.rule))
        return spots

    def _look_up(self, identity: Identity, scope: LookupScope) -> tuple[list[Entity], str]:
        """Return the entities that an identity may be, and how they were looked for."""
        attempts: list[str] = []
        for services in scope.services:
            try:
                entities, attempt = self._look_up_in(identity, scope, services)
            except CatalogueRequestError as error:
                entities, attempt = [], str(error)
            attempts.append(attempt)
            if entities:
                return list(dict.fromkeys(entities)), f"{scope.why}; tried {attempt}"
        return [], f"{scope.why}; tried {', '.join(attempts)}" if attempts else scope.why

    def _look_up_in(
        self, identity: Identity, scope: LookupScope, services: tuple[Service, ...]
    ) -> tuple[list[Entity], str]:
        if scope.kind in {"table", "storedProcedure"}:
            return self._tables.find(identity.name, scope, services)
        if scope.kind == "container":
            return self._containers.find(identity, services)
        return self._assets.find(scope.kind, identity.name, services)


def _resolution(dataset: Dataset, identity: Identity, entities: list[Entity], attempt: str) -> Resolution:
    services = tuple(dict.fromkeys(entity.service for entity in entities))
    if len(entities) == 1:
        return Resolution("resolved", entities[0], attempt, identity, dataset.namespace, services)
    # Rules are written with the names that events have.
    name = DatasetId(dataset.namespace, dataset.name) if is_own(dataset, identity) else identity
    detail = ambiguous_hint(name, entities)
    return Resolution("ambiguous", None, detail, identity, dataset.namespace, services)
