"""Where to look for a dataset: services and kind of entity, chosen by a rule, by address, or by type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from openmetadata_ol_provider.lineage.filters import namespace_pattern
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems import canonical_scheme
from openmetadata_ol_provider.openlineage.listing import suggested
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.resolution.address_comparison import is_other_system
from openmetadata_ol_provider.openmetadata.resolution.catalog_services import (
    catalog_name,
    catalog_services,
    lies_in_files,
    own_catalog,
)
from openmetadata_ol_provider.openmetadata.resolution.database_comparison import compare_databases
from openmetadata_ol_provider.openmetadata.resolution.entity_kinds import entity_kinds
from openmetadata_ol_provider.openmetadata.resolution.own_names import address_of, is_own
from openmetadata_ol_provider.openmetadata.resolution.service_order import first_words, preferred
from openmetadata_ol_provider.openmetadata.resolution.service_types import (
    OWN_FILES_TYPES,
    WEB_KINDS,
    is_of_any_type,
    is_path,
)
from openmetadata_ol_provider.openmetadata.resolution.services import (
    KIND_OF_SERVICE,
    SERVICE_KIND,
    Service,
    ServiceIndex,
    is_silent,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, NamespaceRule
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset

#: What chooses a service: a rule, its address, the full path of a container (which has the address in it), or nothing
#: but the name of what it holds.
ChosenBy = Literal["rule", "address", "path", "name"]


#: Schemes whose names begin with a project, which is one in the world.
_WITH_PROJECTS: Final = frozenset({"bigquery", "bigtable", "gcp_lakehouse", "pubsub"})


class LookupScope(NamedTuple):
    """Where to look for an identity.

    :param kind: entity type to look for
    :param namespace: namespace of the identity
    :param rule: the configuration's rule for the namespace
    :param services: groups of services in the order in which they are searched; a group is searched as a whole
    :param by: what chose the services
    :param why: how the services were chosen, for people
    :param others: services of a fitting type whose connection names another address, or another database of the server
    :param catalog: name of the table's catalog, which its name may lack
    :param only_catalog: whether the table is in the catalog of that name and in no other
    """

    kind: str
    namespace: Namespace
    rule: NamespaceRule | None
    services: tuple[tuple[Service, ...], ...]
    by: ChosenBy
    why: str
    others: tuple[Service, ...] = ()
    catalog: str | None = None
    only_catalog: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether a rule or their address chose the services, and not just their type."""
        return self.by in {"rule", "address"}

    @property
    def service_names(self) -> tuple[str, ...]:
        """Names of all its services."""
        return tuple(service.name for group in self.services for service in group)


class LookupScopes:
    """Determines where to look for datasets.

    :param services: services of the catalogue
    :param config: configuration with the rules of ``namespaces``
    """

    def __init__(self, services: ServiceIndex, config: Config) -> None:
        self._services = services
        self._rules = config.namespaces
        self._by_name = config.resolution.by_name
        self._cache = QueryCache()

    def rule(self, dataset: Dataset, identity: Identity) -> NamespaceRule | None:
        """Return the rule for an identity, ``None`` if there is none.

        Rules are written with the namespace that events and reports show; identities have it normalised.
        """
        spellings = (identity.namespace, dataset.namespace) if is_own(dataset, identity) else (identity.namespace,)
        return first_rule(self._rules, *spellings)

    def for_identity(self, dataset: Dataset, identity: Identity) -> Iterator[LookupScope]:
        """Yield the scopes of an identity, the likeliest first: a rule's service, or those of its namespace."""
        namespace, rule = address_of(dataset, identity), self.rule(dataset, identity)
        kinds = entity_kinds(dataset, identity, namespace)
        if rule is not None and rule.service is not None:
            catalog = own_catalog(dataset, namespace) if rule.database is None else None
            for scope in self._by_rule(rule, rule.service, namespace, kinds):
                yield scope._replace(catalog=catalog, only_catalog=catalog is not None)
            return
        web_kinds = WEB_KINDS if namespace.is_web and kinds[0] in WEB_KINDS else ()
        by_kind = self._services.best(namespace, *dict.fromkeys((*kinds, *web_kinds)))
        for kind, at_address in by_kind.items():
            services, others = _without_other_databases(at_address, namespace, identity)
            groups = preferred(services, identity.name, namespace)
            why = f"service {', '.join(service.name for service in services)} by its address"
            if not services:
                why = "the services at that address are for other databases"
            yield LookupScope(kind, namespace, rule, groups, "address", why, others)
        if not by_kind:
            for kind in kinds:
                scope = self._by_type(kind, namespace, rule, identity, in_files=lies_in_files(dataset))
                yield self._in_catalog(scope, dataset) if _says_its_catalog(scope, dataset) else scope

    def choice(self, scopes: Iterable[LookupScope]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the services that a rule or their address chose, and those of a fitting type that a rule could.

        :param scopes: where a dataset was looked for
        """
        chosen, possible, unlikely = (dict[str, None]() for _ in range(3))
        for scope in scopes:
            if scope.is_certain:
                chosen.update(dict.fromkeys(scope.service_names))
            if scope.by != "rule" or not scope.services:
                of_kind = self._services.of_kind(scope.namespace, scope.kind)
                possible.update((service.name, None) for service in of_kind if service not in scope.others)
                unlikely.update((service.name, None) for service in scope.others)
        candidates = (name for name in (possible | unlikely) if name not in chosen)
        return tuple(chosen), tuple(candidates)

    def _by_rule(
        self, rule: NamespaceRule, name: str, namespace: Namespace, kinds: tuple[str, ...]
    ) -> Iterator[LookupScope]:
        service = self._services.named(name, kinds[0])
        if service is None:
            why = f"the rule's service {name!r} does not exist{suggested(name, self._services.names())}"
            yield LookupScope(kinds[0], namespace, rule, (), "rule", why)
            return
        # A rule may name a service of another kind than the scheme suggests.
        fitting = [kind for kind in kinds if SERVICE_KIND.get(kind) == service.kind] or [KIND_OF_SERVICE[service.kind]]
        for kind in fitting:
            yield LookupScope(kind, namespace, rule, ((service,),), "rule", f"service {service.name} by rule")

    def _by_type(
        self, kind: str, namespace: Namespace, rule: NamespaceRule | None, identity: Identity, *, in_files: bool
    ) -> LookupScope:
        if kind not in SERVICE_KIND:
            return LookupScope(kind, namespace, rule, (), "name", "the catalogue has no entity type for it")
        relations = partial(self._by_relation, namespace, kind, in_files=in_files)
        candidates, others = self._cache((namespace.raw, kind, in_files), relations)
        candidates, for_others = _without_other_databases(candidates, namespace, identity)
        others += for_others
        holders = self._services.holding(namespace, kind, first_words(identity.name, namespace))
        services = tuple(service for service in holders if service not in others)
        if services and (_names_one_system(namespace) or self._by_name != "never"):
            why = f"service {', '.join(service.name for service in services)} by what its connection is for"
            by: ChosenBy = "address" if _names_one_system(namespace) else "name"
            return LookupScope(kind, namespace, rule, (services,), by, why)
        if namespace.is_web and kind in WEB_KINDS:
            # Paths are common words, so a service with an address that differs from the namespace is not meant.
            candidates = tuple(service for service in candidates if is_silent(service))
        why = "no service with that address" + ("" if candidates or others else ", none of a fitting type")
        if candidates and not others and all(map(_shows_nothing, candidates)):
            why += " (connections show none: may the token see them?)"
        if kind != "container" and self._by_name == "never":
            return LookupScope(kind, namespace, rule, (), "name", f"{why}, and resolution.by_name is never")
        by = "path" if kind == "container" else "name"
        return LookupScope(kind, namespace, rule, (candidates,) if candidates else (), by, why, others)

    def _in_catalog(self, scope: LookupScope, dataset: Dataset) -> LookupScope:
        """Return a scope with the services in the order in which the event's words on the catalog put them."""
        in_lake = is_path(scope.namespace) or lies_in_files(dataset)
        services = self._services.of_kind(scope.namespace, scope.kind)
        possible = tuple(service for service in services if service not in scope.others)
        groups, at_address, others = catalog_services(possible, dataset, in_lake=in_lake)
        own = own_catalog(dataset, scope.namespace)
        scope = scope._replace(catalog=own or catalog_name(dataset), only_catalog=own is not None)
        if at_address:
            why = f"service {', '.join(service.name for service in groups[0])} by the address of the catalog"
            return scope._replace(services=groups, by="address", why=why)
        if not (scope.services or scope.others):
            return scope
        return scope._replace(services=groups if scope.services else (), others=(*scope.others, *others))

    def _by_relation(
        self, namespace: Namespace, kind: str, *, in_files: bool
    ) -> tuple[tuple[Service, ...], tuple[Service, ...]]:
        """Return the services of a fitting type that may have a namespace's address, and those that have another."""
        services = self._services.of_kind(namespace, kind)
        if in_files and is_of_any_type(namespace):
            services = tuple(service for service in services if service.service_type not in OWN_FILES_TYPES)
        if kind == "container" and not any(service.storage_account for service in services):
            return services, ()
        others = tuple(service for service in services if is_other_system(service, namespace, kind))
        return tuple(service for service in services if service not in others), others


def _says_its_catalog(scope: LookupScope, dataset: Dataset) -> bool:
    """Return whether the namespace leaves open which database service is meant, and the event may say more."""
    if scope.kind != "table" or scope.by != "name":
        return False
    says_more = dataset.catalog is not None or lies_in_files(dataset)
    return is_path(scope.namespace) or (says_more and is_of_any_type(scope.namespace))


def _names_one_system(namespace: Namespace) -> bool:
    """Return whether names themselves say which system is meant: by a project of Google, or an account of AWS.

    Databases and catalogs of the same name are in many systems.
    """
    return namespace.account is not None or namespace.scheme in _WITH_PROJECTS


def _shows_nothing(service: Service) -> bool:
    return not (service.hosts or service.names or service.holds)


def _without_other_databases(
    services: tuple[Service, ...], namespace: Namespace, identity: Identity
) -> tuple[tuple[Service, ...], tuple[Service, ...]]:
    """Return the services that may be for the database an identity names, and those that are for another one."""
    others = tuple(service for service in services if compare_databases(service, namespace, identity.name))
    return (tuple(service for service in services if service not in others) if others else services), others


_compiled = lru_cache(maxsize=1024)(namespace_pattern)


def first_rule(rules: Iterable[NamespaceRule], *namespaces: str) -> NamespaceRule | None:
    """Return the first rule that matches a namespace, ``None`` if there is none.

    A rule's pattern is a literal, or contains ``*`` and ``?``, or is a regular expression between slashes. All three
    have to match from the first character to the last: ``mysql://host-1`` never matches ``mysql://host-10``. Identities
    have one spelling of each scheme; a rule with another one (``s3a://*``, ``mssql://db``) applies to them too.

    :param rules: rules in the order of the configuration
    :param namespaces: spellings of the namespace
    """
    return next((rule for rule in rules if any(_matches(rule.namespace, text) for text in namespaces)), None)


def _matches(pattern: str, text: str) -> bool:
    # Compared literally first: [ and ] of an IPv6 address have another meaning in a glob.
    if pattern == text or _compiled(pattern)(text):
        return True
    canonical = _canonical(pattern)
    return canonical != pattern and bool(_compiled(canonical)(text))


@lru_cache(maxsize=1024)
def _canonical(pattern: str) -> str:
    """Return a pattern with the spelling of its scheme that identities have (``s3a://*`` becomes ``s3://*``)."""
    head, separator, rest = pattern.partition("://")
    return f"{canonical_scheme(head)}{separator}{rest}" if separator and re.fullmatch(r"[\w.+-]+", head) else pattern
