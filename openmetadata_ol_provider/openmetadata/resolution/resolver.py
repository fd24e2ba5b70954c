"""Resolves a dataset of the plan to the one entity of the catalogue it is, or to the reason why there is none.

Identities are tried in the plan's order, and the first that resolves wins. If two entities match one identity, neither
is taken: the dataset is ambiguous, and the detail lists the candidates and the configuration that would settle it. An
entity in a service that is at another address than the dataset is no match, but the detail names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.identities import Naming, is_named_as_table
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.client.worker_pool import WorkerPool
from openmetadata_ol_provider.openmetadata.resolution.address_hints import AddressMismatch, other_address_hint
from openmetadata_ol_provider.openmetadata.resolution.assets import AssetLookup
from openmetadata_ol_provider.openmetadata.resolution.containers import ContainerLookup, unreduced_path
from openmetadata_ol_provider.openmetadata.resolution.hints import Hint, ambiguous_hint, wrong_rule_hint
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import ChosenBy, LookupScope, LookupScopes
from openmetadata_ol_provider.openmetadata.resolution.mismatches import (
    address_doubts,
    address_mismatches,
    compare_account,
)
from openmetadata_ol_provider.openmetadata.resolution.own_names import is_own
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from openmetadata_ol_provider.openmetadata.resolution.services import Service, ServiceIndex
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot, spots_of
from openmetadata_ol_provider.openmetadata.resolution.symlink_conflicts import by_certainty, conflict_hint, rival_names
from openmetadata_ol_provider.openmetadata.resolution.tables import TableLookup

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity

ResolutionOutcome = Literal["resolved", "unresolved", "ambiguous", "ignored"]


class Resolution(NamedTuple):
    """The result of resolving a dataset.

    :param outcome: outcome, also counted in the report
    :param entity: the entity, if resolved
    :param detail: how it was found, or what was tried and what would help
    :param identity: the identity that resolved or is ambiguous
    :param namespace: namespace of the dataset in its events
    :param services: names of the services that were searched; of a resolved dataset its own
    :param by: what chose the service of a resolved dataset
    :param mismatches: entities of that name in services with another address: resolved, it is one of them
    :param hint: what would help, if that can be said of the dataset alone
    :param options: namespace and service of the rules that could choose one of several services
    :param chosen: names of the services that a rule or their address chose, if it is in none of them
    :param candidates: names of the services of its type that a rule could choose, if it was not found
    """

    outcome: ResolutionOutcome
    entity: Entity | None = None
    detail: str = ""
    identity: Identity | None = None
    namespace: str = ""
    services: tuple[str, ...] = ()
    by: ChosenBy = "address"
    mismatches: tuple[AddressMismatch, ...] = ()
    hint: Hint | None = None
    options: tuple[tuple[str, str], ...] = ()
    chosen: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

    @property
    def reason(self) -> Literal["unresolved", "ambiguous", "other_address"] | None:
        """Why there is no entity, ``None`` if there is one or none is wanted."""
        if self.outcome == "ambiguous":
            return "ambiguous"
        if self.outcome != "unresolved":
            return None
        return "other_address" if any(item.at for item in self.mismatches) else "unresolved"


def entity_of(dataset: DatasetId, resolutions: Mapping[DatasetId, Resolution]) -> Entity | None:
    """Return the entity that a dataset was resolved to, ``None`` if there is none."""
    resolution = resolutions.get(dataset)
    return resolution.entity if resolution else None


class Resolver:
    """Resolves datasets against one catalogue, for the time of one publication.

    :param client: client of the catalogue
    :param config: configuration with the rules for namespaces and letter case
    :param services: services of the catalogue (default: they are read when they are first needed)
    :param finder: what was read from the catalogue (default: nothing yet)
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        config: Config,
        services: ServiceIndex | None = None,
        finder: Finder | None = None,
    ) -> None:
        self._client = client
        self._config = config
        self._services = services or ServiceIndex.from_client(client)
        self._scopes = LookupScopes(self._services, config)
        self._always = config.resolution.by_name == "always"
        self._finder = finder = finder or Finder(client)
        self._naming = Naming(config.datasets)
        self._unstripped = Naming(config.datasets.model_copy(update={"strip_partitions": False}))
        exact = config.datasets.case == "exact"
        self._tables = TableLookup(finder, exact_case=exact)
        self._containers = ContainerLookup(finder, exact_case=exact)
        self._assets = AssetLookup(finder, exact_case=exact)

    def with_rule(self, namespace: str, service: str) -> Resolver:
        """Return a resolver with one more rule, before all others; it shares what was read from the catalogue."""
        rule = NamespaceRule(namespace=namespace, service=service)
        config = self._config.model_copy(update={"namespaces": (rule, *self._config.namespaces)})
        return Resolver(self._client, config, self._services, self._finder)

    def resolve_all(self, datasets: Iterable[Dataset]) -> dict[DatasetId, Resolution]:
        """Resolve many datasets concurrently.

        :raises CatalogueAuthError: if the token may not read
        :raises CatalogueUnavailableError: if the catalogue does not answer
        """
        by_id = {dataset.id: dataset for dataset in datasets}
        self._containers.expect(identity for dataset in by_id.values() for identity in dataset.identities)
        resolved: dict[DatasetId, Resolution] = {}

        def resolve(id_: DatasetId, dataset: Dataset) -> None:
            resolved[id_] = self.resolve(dataset)

        WorkerPool(self._client.max_connections).run([partial(resolve, *item) for item in by_id.items()])
        return {id_: resolved[id_] for id_ in by_id}

    def resolve(self, dataset: Dataset) -> Resolution:
        """Resolve one dataset."""
        if dataset.ignored:
            return Resolution("ignored", detail="left out by the configuration", namespace=dataset.namespace)
        attempts: list[str] = []
        searched: dict[str, None] = {}
        ignored = 0
        elsewhere: list[tuple[Identity, LookupScope]] = []
        scopes: list[LookupScope] = []
        whole = is_named_as_table(dataset.identities)
        for identity in by_certainty(dataset, self._scopes):
            rule = self._scopes.rule(dataset, identity)
            if rule is not None and rule.ignore:
                ignored += 1
                continue
            for scope in self._scopes.for_identity(dataset, identity):
                scopes.append(scope)
                entities, attempt = self._look_up(
                    identity, scope, (unreduced_path(dataset, identity, self._unstripped), whole)
                )
                own = [entity for entity in entities if compare_account(entity, scope) is None]
                if own:
                    rivals = self._rivals(dataset, identity, scope, own[0]) if len(own) == 1 else ()
                    doubts = address_doubts(dataset, identity, scope, own[0]) if len(own) == 1 else ()
                    resolution = _resolution(dataset, identity, own, attempt, scope.by)._replace(mismatches=doubts)
                    return _conflict(dataset, own[0], rivals) or resolution
                of_accounts = {entity.service for entity in entities}
                services = (item for group in scope.services for item in group if item.name in of_accounts)
                others = (*scope.others, *services)
                if others:
                    elsewhere.append((identity, scope._replace(others=others)))
                searched.update(dict.fromkeys(scope.service_names))
                attempts.append(f"{scope.kind} {identity}: {attempt}")
        if ignored and not attempts:
            return Resolution("ignored", detail="ignored by a rule in namespaces", namespace=dataset.namespace)
        for identity, scope in elsewhere:
            path = (unreduced_path(dataset, identity, self._unstripped), whole)
            entities, attempt = self._look_up(identity, scope._replace(services=(scope.others,)), path)
            if entities:
                return self._elsewhere(dataset, identity, scope, entities, attempt)
            searched.update(dict.fromkeys(service.name for service in scope.others))
            attempts.append(f"{scope.kind} {identity}, at other addresses: {attempt}")
        detail = "; ".join(attempts) or "no identity to look for"
        chosen, candidates = self._scopes.choice(scopes)
        return Resolution(
            "unresolved",
            detail=detail,
            namespace=dataset.namespace,
            services=tuple(searched),
            hint=wrong_rule_hint(detail, scopes),
            chosen=chosen,
            candidates=candidates,
        )

    def _rivals(
        self, dataset: Dataset, identity: Identity, scope: LookupScope, entity: Entity
    ) -> Iterator[tuple[Identity, Entity]]:
        """Yield the other tables that a dataset's symlinks are as surely as one of them is ``entity``."""
        for other in rival_names(dataset, self._naming.identities(dataset.namespace, dataset.name), identity):
            rule = self._scopes.rule(dataset, other)
            scopes = () if rule and rule.ignore else self._scopes.for_identity(dataset, other)
            for entities in (self._look_up(other, one)[0] for one in scopes if one.is_certain or not scope.is_certain):
                if entities and entity not in entities:
                    yield other, entities[0]

    def _elsewhere(
        self, dataset: Dataset, identity: Identity, scope: LookupScope, entities: list[Entity], attempt: str
    ) -> Resolution:
        """Return the resolution of a dataset whose name is only in services with another address."""
        mismatches = tuple(address_mismatches(dataset, identity, scope, entities))
        if self._always:
            return _resolution(dataset, identity, entities, attempt, "name")._replace(mismatches=mismatches)
        services = tuple(dict.fromkeys(item.service for item in mismatches))
        hint = other_address_hint(mismatches)
        return Resolution(
            "unresolved",
            None,
            hint.detail,
            identity,
            dataset.namespace,
            services,
            mismatches=mismatches,
            hint=hint,
            options=tuple(
                dict.fromkeys((item.namespace, item.service) for item in mismatches if item.section == "namespaces")
            ),
        )

    def spots(self, dataset: Dataset) -> list[Spot]:
        """Return the services in which a dataset is looked for first, under each of its identities."""
        return list(spots_of(dataset, self._scopes))

    def _look_up(
        self, identity: Identity, scope: LookupScope, path: tuple[str, bool] = ("", False)
    ) -> tuple[list[Entity], str]:
        """Return the entities that an identity may be, and how they were looked for.

        :param path: path that a container's identity was reduced from, and whether only the whole path is meant
        """
        attempts: list[str] = []
        for services in scope.services:
            try:
                entities, attempt = self._look_up_in(identity, scope, services, path)
            except CatalogueRequestError as error:
                entities, attempt = [], str(error)
            attempts.append(attempt)
            if entities:
                return list(dict.fromkeys(entities)), f"{scope.why}; tried {attempt}"
        return [], f"{scope.why}; tried {', '.join(attempts)}" if attempts else scope.why

    def _look_up_in(
        self, identity: Identity, scope: LookupScope, services: tuple[Service, ...], path: tuple[str, bool]
    ) -> tuple[list[Entity], str]:
        if scope.kind in {"table", "storedProcedure"}:
            return self._tables.find(identity.name, scope, services)
        if scope.kind == "container":
            original, whole = path
            at = {pair for service in services for pair in service.hosts} if scope.is_certain else None
            return self._containers.find(identity, services, original=original, whole=whole, addresses=at)
        return self._assets.find(scope.kind, identity.name, services)


def _conflict(dataset: Dataset, entity: Entity, rivals: Iterable[tuple[Identity, Entity]]) -> Resolution | None:
    """Return the resolution of a dataset whose symlinks are different tables, ``None`` if there is no rival."""
    rivals = list(rivals)
    if not rivals:
        return None
    hint = conflict_hint(dataset, entity, rivals)
    services = tuple(dict.fromkeys((entity.service, *(rival.service for _, rival in rivals))))
    options = tuple((other.namespace, entity.service) for other, rival in rivals if rival.service != entity.service)
    return Resolution(
        "ambiguous", None, hint.detail, rivals[0][0], dataset.namespace, services, hint=hint, options=options
    )


def _resolution(dataset: Dataset, identity: Identity, entities: list[Entity], attempt: str, by: ChosenBy) -> Resolution:
    services = tuple(dict.fromkeys(entity.service for entity in entities))
    if len(entities) == 1:
        return Resolution("resolved", entities[0], attempt, identity, dataset.namespace, services, by)
    # Rules are written with the names that events have.
    name = dataset.id if is_own(dataset, identity) else identity
    hint = ambiguous_hint(name, entities)
    options = tuple((name.namespace, service) for service in services) if len(services) > 1 else ()
    return Resolution(
        "ambiguous",
        None,
        hint.detail,
        identity,
        dataset.namespace,
        services,
        hint=hint,
        options=options,
    )
