"""From a dataset of the plan to the one entity of the catalogue it is, or to the reason why there is none.

Identities are tried in the plan's order, and the first that resolves wins. Within one identity two entities are none:
the dataset is ambiguous, the candidates are listed, and the configuration line that would settle it is named.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Identity
from openmetadata_ol_provider.openmetadata.containers import ContainerLookup
from openmetadata_ol_provider.openmetadata.finder import Finder, literal
from openmetadata_ol_provider.openmetadata.names import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.rules import first_rule
from openmetadata_ol_provider.openmetadata.schemes import Namespace, parse_namespace
from openmetadata_ol_provider.openmetadata.services import SERVICE_KIND, Service, ServiceIndex
from openmetadata_ol_provider.openmetadata.tables import TableLookup

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, NamespaceRule
    from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity

Outcome = Literal["resolved", "unresolved", "ambiguous", "ignored"]
#: Services that are asked one by one before the search index is.
FEW_SERVICES = 4
_KIND_OF_SERVICE = {kind: type_ for type_, kind in SERVICE_KIND.items()}


class Resolution(NamedTuple):
    """What became of a dataset.

    :param entity: the entity, if resolved
    :param detail: how it was found; or what was tried and what would help
    :param identity: the identity that resolved
    """

    outcome: Outcome
    entity: Entity | None = None
    detail: str = ""
    identity: Identity | None = None


class Spot(NamedTuple):
    """Where a dataset was looked for under one of its identities.

    :param services: those that may hold it
    :param known: they are the dataset's by a rule or by their connection, and not just of a fitting type
    """

    identity: Identity
    services: tuple[Service, ...]
    known: bool
    rule: NamespaceRule | None = None


class _Place(NamedTuple):
    """Where to look for an identity."""

    namespace: Namespace
    rule: NamespaceRule | None
    services: tuple[Service, ...]
    known: bool  # the services were matched, and are not just of the fitting type
    why: str


class Resolver:
    """Resolves datasets against one catalogue, for the time of one publication.

    :param client: the catalogue
    :param config: rules for namespaces and letter case
    """

    def __init__(self, client: OpenMetadataClient, config: Config) -> None:
        self._client = client
        self._config = config
        self._services = ServiceIndex.read(client)
        self._finder = Finder(client)
        exact = config.datasets.case == "exact"
        self._tables = TableLookup(self._finder, exact_case=exact)
        self._containers = ContainerLookup(self._finder, exact_case=exact)
        self._exact = exact

    def resolve_all(self, datasets: Iterable[Dataset]) -> dict[DatasetId, Resolution]:
        """Resolve many datasets concurrently.

        :raises CatalogueAuthError: if the token may not read
        :raises CatalogueUnavailableError: if the catalogue does not answer
        """
        todo = {DatasetId(dataset.namespace, dataset.name): dataset for dataset in datasets}
        with ThreadPoolExecutor(self._client.max_connections, thread_name_prefix="resolve") as pool:
            try:
                return dict(zip(todo, pool.map(self.resolve, todo.values()), strict=True))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def resolve(self, dataset: Dataset) -> Resolution:
        """Resolve one dataset."""
        if dataset.ignored:
            return Resolution("ignored", detail="left out by the configuration")
        tried: list[str] = []
        ignored = 0
        for identity in dataset.identities:
            place = self._place(dataset, identity)
            if place.rule is not None and place.rule.ignore:
                ignored += 1
                continue
            try:
                found, how = self._look(identity, place)
            except CatalogueRequestError as error:
                found, how = [], str(error)
            if len(found) == 1:
                return Resolution("resolved", found[0], how, identity)
            if found:
                return Resolution("ambiguous", detail=_ambiguous(identity, found))
            tried.append(f"{identity.kind} {identity.namespace} {identity.name}: {how}")
        if ignored and not tried:
            return Resolution("ignored", detail="ignored by a rule in namespaces")
        return Resolution("unresolved", detail=self._unresolved(dataset, tried))

    def spots(self, dataset: Dataset) -> list[Spot]:
        """Return where a dataset is looked for under each of its identities."""
        places = ((identity, self._place(dataset, identity)) for identity in dataset.identities)
        return [Spot(identity, place.services, place.known, place.rule) for identity, place in places]

    def _place(self, dataset: Dataset, identity: Identity) -> _Place:
        namespace = parse_namespace(identity.namespace)
        # Rules are written with the namespace that events and reports show, which identities have normalised.
        primary = parse_namespace(dataset.namespace)
        alike = len(dataset.identities) == 1 or (primary.scheme, primary.hosts) == (namespace.scheme, namespace.hosts)
        spellings = (identity.namespace, dataset.namespace) if alike else (identity.namespace,)
        rule = first_rule(self._config.namespaces, *spellings)
        if rule is not None and rule.service is not None:
            service = self._services.named(rule.service)
            if service is not None:
                return _Place(namespace, rule, (service,), True, f"service {service.name} by rule")
            near = difflib.get_close_matches(rule.service, self._services.names(), n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            return _Place(namespace, rule, (), True, f"the rule's service {rule.service!r} does not exist{hint}")
        at = self._services.at(namespace, identity.kind)
        if at:
            return _Place(namespace, rule, at, True, f"service {', '.join(s.name for s in at)} by its address")
        of_kind = self._services.of_kind(namespace, identity.kind)
        why = "no service with that address" + ("" if of_kind else ", none of a fitting type")
        if of_kind and not any(service.hosts or service.names for service in of_kind):
            why += " (connections show none: may the token see them?)"
        return _Place(namespace, rule, of_kind, False, why)

    def _look(self, identity: Identity, place: _Place) -> tuple[list[Entity], str]:
        """Return the entities an identity may be, and how they were looked for."""
        kind: str = identity.kind
        if place.known and place.services:
            # A rule may say that a namespace is something else than its scheme suggests.
            kind = _KIND_OF_SERVICE.get(place.services[0].kind, kind)
        if not place.services:
            return [], place.why
        if kind == "table":
            found, how = self._tables.find(
                identity.name, place.services, place.rule, known=place.known, few=FEW_SERVICES,
                types=place.namespace.scheme.service_types if place.namespace.scheme else frozenset(),
            )  # fmt: skip
        elif kind == "topic":
            found, how = self._topic(identity.name, place.services)
        elif kind == "container":
            found, how = self._containers.find(identity, place.services)
        else:
            return [], "names neither a table, a topic nor a container"
        return list(dict.fromkeys(found)), f"{place.why}; tried {how}"

    def _topic(self, name: str, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        topic = stored_name(name)
        fqns = [f"{service.fqn}.{quote(topic)}" for service in services[:FEW_SERVICES]]
        found = self._finder.confirmed("topic", fqns)
        if found or (self._exact and len(services) <= FEW_SERVICES):
            return found, ", ".join(fqns)
        pattern = f"{literal(services[0].fqn)}.{literal(quote(topic))}" if len(services) == 1 else (
            f"*.{literal(quote(topic))}")  # fmt: skip
        hits = self._finder.search("topic", "fullyQualifiedName", pattern)
        fitting = {service.name for service in services}
        fqns_found = [
            fqn for fqn in hits.fqns
            if (parts := split(fqn))[0] in fitting and _same(parts[1:], (topic,), exact=self._exact)
        ]  # fmt: skip
        return self._finder.confirmed("topic", fqns_found), f"{', '.join(fqns)}, search {pattern}"

    def _unresolved(self, dataset: Dataset, tried: list[str]) -> str:
        return (
            f"{'; '.join(tried) or 'no identity to look for'}. If it is in OpenMetadata, add to `namespaces`: "
            f'{{namespace: "{dataset.namespace}", service: <its service>}}, or `ignore: true` to leave it out'
        )


def _same(mine: tuple[str, ...], theirs: tuple[str, ...], *, exact: bool) -> bool:
    return mine == theirs if exact else tuple(map(str.casefold, mine)) == tuple(map(str.casefold, theirs))


def _ambiguous(identity: Identity, found: list[Entity]) -> str:
    shown = sorted(entity.fqn for entity in found)
    first = split(shown[0])
    more = "" if len(shown) <= 10 else f" and {len(shown) - 10} more"
    services = {split(fqn)[0] for fqn in shown}
    extra = "" if len(services) > 1 or len(first) < 4 else f", database: {join(first[1])}, schema: {join(first[2])}"
    return (
        f"{identity.namespace} {identity.name} may be {', '.join(shown[:10])}{more}; settle it in `namespaces`, e.g. "
        f'{{namespace: "{identity.namespace}", service: {first[0]}{extra}}}'
    )
