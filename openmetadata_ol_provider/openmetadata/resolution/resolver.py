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
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.client.worker_pool import WorkerPool
from openmetadata_ol_provider.openmetadata.resolution.address_hints import AddressMismatch, other_address_hint
from openmetadata_ol_provider.openmetadata.resolution.attempts import Attempts
from openmetadata_ol_provider.openmetadata.resolution.entity_lookup import EntityLookup, PathHint
from openmetadata_ol_provider.openmetadata.resolution.hints import Hint, ambiguous_hint, wrong_rule_hint
from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import ChosenBy, LookupScope, LookupScopes
from openmetadata_ol_provider.openmetadata.resolution.mismatches import (
    address_doubts,
    address_mismatches,
    compare_account,
)
from openmetadata_ol_provider.openmetadata.resolution.own_names import is_own
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from openmetadata_ol_provider.openmetadata.resolution.services import ServiceIndex
from openmetadata_ol_provider.openmetadata.resolution.spot import Spot, spots_of
from openmetadata_ol_provider.openmetadata.resolution.symlink_conflicts import by_certainty, conflict_hint, rival_names

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
        self._finder = finder or Finder(client)
        self._naming = Naming(config.datasets)
        self._unstripped = Naming(config.datasets.model_copy(update={"strip_partitions": False}))
        self._lookup = EntityLookup(self._finder, exact_case=config.datasets.case == "exact")

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
        self._lookup.expect(identity for dataset in by_id.values() for identity in dataset.identities)
        resolved: dict[DatasetId, Resolution] = {}

        def resolve(id_: DatasetId, dataset: Dataset) -> None:
            resolved[id_] = self.resolve(dataset)

        WorkerPool(self._client.threads).run([partial(resolve, *item) for item in by_id.items()])
        return {id_: resolved[id_] for id_ in by_id}

    def resolve(self, dataset: Dataset) -> Resolution:
        """Resolve one dataset."""
        if dataset.ignored:
            return Resolution("ignored", detail="left out by the configuration", namespace=dataset.namespace)
        attempts = Attempts(dataset, self._unstripped)
        resolution = self._resolve_in_scopes(dataset, attempts)
        if resolution is None and attempts.is_ignored:
            return Resolution("ignored", detail="ignored by a rule in namespaces", namespace=dataset.namespace)
        return resolution or self._resolve_elsewhere(dataset, attempts) or self._unresolved(dataset, attempts)

    def _resolve_in_scopes(self, dataset: Dataset, attempts: Attempts) -> Resolution | None:
        """Look for a dataset in the services that its namespaces may be, and return ``None`` if it is in none."""
        for identity in by_certainty(dataset, self._scopes):
            rule = self._scopes.rule(dataset, identity)
            if rule is not None and rule.ignore:
                attempts.has_ignored = True
                continue
            for scope in self._scopes.for_identity(dataset, identity):
                entities, attempt = self._lookup.find(identity, scope, attempts.path_hint(identity))
                own = [entity for entity in entities if compare_account(entity, scope) is None]
                if own:
                    return self._resolution_in(scope, dataset, identity, own, attempt)
                attempts.add(identity, scope, entities, attempt)
        return None

    def _resolution_in(
        self, scope: LookupScope, dataset: Dataset, identity: Identity, entities: list[Entity], attempt: str
    ) -> Resolution:
        """Return the resolution of a dataset that is in the services of a scope, unless its symlinks contradict it."""
        resolution = _resolution(dataset, identity, entities, attempt, scope.by)
        if len(entities) > 1:
            return resolution
        (entity,) = entities
        conflict = _conflict(dataset, entity, self._rivals(dataset, identity, scope, entity))
        return conflict or resolution._replace(mismatches=address_doubts(dataset, identity, scope, entity))

    def _resolve_elsewhere(self, dataset: Dataset, attempts: Attempts) -> Resolution | None:
        """Look for a dataset in services at other addresses, and return ``None`` if it is in none."""
        for identity, scope in attempts.elsewhere:
            others = scope._replace(services=(scope.others,))
            entities, attempt = self._lookup.find(identity, others, attempts.path_hint(identity))
            if entities:
                return self._elsewhere(dataset, identity, scope, entities, attempt)
            attempts.add_elsewhere(identity, scope, attempt)
        return None

    def _unresolved(self, dataset: Dataset, attempts: Attempts) -> Resolution:
        chosen, candidates = self._scopes.choice(attempts.scopes)
        return Resolution(
            "unresolved",
            detail=attempts.detail,
            namespace=dataset.namespace,
            services=tuple(attempts.services),
            hint=wrong_rule_hint(attempts.detail, attempts.scopes),
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
            for one in scopes:
                if scope.is_certain and not one.is_certain:
                    continue
                entities, _ = self._lookup.find(other, one, PathHint())
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
