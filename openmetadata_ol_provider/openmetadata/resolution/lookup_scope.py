"""Where to look for a dataset: in which services, and as what kind of entity; by rule, by address, or by type."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.config import NamespaceRule
from openmetadata_ol_provider.lineage.dataset_collector import namespace_pattern
from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.lineage.systems import canonical_scheme
from openmetadata_ol_provider.openmetadata.resolution.namespaces import WEB_KINDS, Namespace, is_path, parse_namespace
from openmetadata_ol_provider.openmetadata.resolution.services import (
    KIND_OF_SERVICE,
    SERVICE_KIND,
    Service,
    ServiceIndex,
    holding,
    is_silent,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config, NamespaceRule
    from openmetadata_ol_provider.lineage.names.identity import Identity
    from openmetadata_ol_provider.lineage.plan import Dataset

#: What the ``datasetType`` facet calls each kind, without spaces, hyphens and underscores.
_TYPES: Final = {
    "TABLE": "table", "VIEW": "table", "MATERIALIZEDVIEW": "table",
    "TOPIC": "topic", "STREAM": "topic", "QUEUE": "topic",
    "FILE": "container", "DIRECTORY": "container",
    "STOREDPROCEDURE": "storedProcedure", "PROCEDURE": "storedProcedure", "ROUTINE": "storedProcedure",
    "MODEL": "mlmodel", "MLMODEL": "mlmodel",
    "DASHBOARD": "dashboard", "REPORT": "dashboard", "WORKBOOK": "dashboard",
    "INDEX": "searchIndex", "SEARCHINDEX": "searchIndex",
    "API": "apiEndpoint", "ENDPOINT": "apiEndpoint", "APIENDPOINT": "apiEndpoint",
}  # fmt: skip


class LookupScope(NamedTuple):
    """Where to look for an identity.

    :param kind: entity type to look for
    :param services: groups of services, in the order in which they are asked; a group is asked as a whole
    :param known: the services were matched, and are not just of the fitting type
    :param why: how they were matched
    """

    kind: str
    namespace: Namespace
    rule: NamespaceRule | None
    services: tuple[tuple[Service, ...], ...]
    known: bool
    why: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all its services."""
        return tuple(service.name for group in self.services for service in group)


class LookupScopes:
    """Finds the places of datasets.

    :param services: the catalogue's
    :param config: for the rules of ``namespaces``
    """

    def __init__(self, services: ServiceIndex, config: Config) -> None:
        self._services = services
        self._rules = config.namespaces

    def rule(self, dataset: Dataset, identity: Identity) -> NamespaceRule | None:
        """Return the rule for an identity.

        Rules are written with the namespace that events and reports show, which identities have normalised.
        """
        spellings = (identity.namespace, dataset.namespace) if is_own(dataset, identity) else (identity.namespace,)
        return first_rule(self._rules, *spellings)

    def of(self, dataset: Dataset, identity: Identity) -> Iterator[LookupScope]:
        """Yield the places of an identity, the likeliest first: a rule's service, or what the namespace says."""
        namespace, rule = parse_namespace(identity.namespace), self.rule(dataset, identity)
        kinds = _kinds(dataset, identity, namespace)
        if rule is not None and rule.service is not None:
            yield from self._by_rule(rule, rule.service, namespace, kinds)
            return
        web = WEB_KINDS if namespace.is_web and kinds[0] in WEB_KINDS else ()
        at = self._services.best(namespace, *dict.fromkeys((*kinds, *web)))
        for kind, services in at.items():
            groups = _preferred(services, first_words(identity.name, namespace))
            why = f"service {', '.join(service.name for service in services)} by its address"
            yield LookupScope(kind, namespace, rule, groups, True, why)
        if not at:
            for kind in kinds:
                yield self._by_type(kind, namespace, rule, identity)

    def _by_rule(
        self, rule: NamespaceRule, name: str, namespace: Namespace, kinds: tuple[str, ...]
    ) -> Iterator[LookupScope]:
        service = self._services.named(name, kinds[0])
        if service is None:
            near = difflib.get_close_matches(name, self._services.names(), n=1)
            hint = f", did you mean {near[0]!r}?" if near else ""
            yield LookupScope(kinds[0], namespace, rule, (), True, f"the rule's service {name!r} does not exist{hint}")
            return
        # A rule may say that a namespace is something else than its scheme suggests.
        fitting = [kind for kind in kinds if SERVICE_KIND.get(kind) == service.kind] or [KIND_OF_SERVICE[service.kind]]
        for kind in fitting:
            yield LookupScope(kind, namespace, rule, ((service,),), True, f"service {service.name} by rule")

    def _by_type(self, kind: str, namespace: Namespace, rule: NamespaceRule | None, identity: Identity) -> LookupScope:
        if kind not in SERVICE_KIND:
            return LookupScope(kind, namespace, rule, (), False, "names nothing that the catalogue has an entity for")
        holding = self._services.holding(namespace, kind, first_words(identity.name, namespace))
        if holding:
            why = f"service {', '.join(service.name for service in holding)} by what its connection is for"
            return LookupScope(kind, namespace, rule, (holding,), True, why)
        of_kind = self._services.of_kind(namespace, kind)
        if namespace.is_web and kind in WEB_KINDS:
            # Paths are common words: another server than the one a service says it is at is not meant.
            of_kind = tuple(service for service in of_kind if is_silent(service))
        why = "no service with that address" + ("" if of_kind else ", none of a fitting type")
        if of_kind and not any(service.hosts or service.names or service.holds for service in of_kind):
            why += " (connections show none: may the token see them?)"
        return LookupScope(kind, namespace, rule, (of_kind,) if of_kind else (), False, why)


def _kinds(dataset: Dataset, identity: Identity, namespace: Namespace) -> tuple[str, ...]:
    """Return what kinds of entity an identity may be; what the producer says counts where the namespace is silent."""
    said = _TYPES.get(re.sub(r"[\W_]", "", dataset.type or "").upper())
    kind: str = identity.kind
    if said is None or said == kind:
        return (kind,)
    silent = namespace.scheme is None or namespace.is_web
    return (said, kind) if silent or SERVICE_KIND[said] == SERVICE_KIND.get(kind) else (kind,)


def _preferred(services: tuple[Service, ...], words: tuple[str, ...]) -> tuple[tuple[Service, ...], ...]:
    """Return the services in groups: of several at one address the one for that database comes first."""
    first = holding(services, words)
    return tuple(filter(None, (first, tuple(service for service in services if service not in first))))


def is_own(dataset: Dataset, identity: Identity) -> bool:
    """Tell whether an identity is the dataset's own name in another spelling, and no symlink."""
    mine, theirs = parse_namespace(dataset.namespace), parse_namespace(identity.namespace)
    return len(dataset.identities) == 1 or (
        (mine.scheme, mine.hosts, mine.region, mine.account)
        == (theirs.scheme, theirs.hosts, theirs.region, theirs.account)
    )


def first_words(name: str, namespace: Namespace) -> tuple[str, ...]:
    """Return what a connection may be restricted to, if it is the one a name is in."""
    if is_path(namespace):
        # Azure's container@account.
        return tuple(filter(None, (namespace.raw.partition("://")[2].rpartition("@")[0],)))
    return tuple(filter(None, (split_identifier(name)[0], namespace.account)))


_compiled = lru_cache(maxsize=1024)(namespace_pattern)


def first_rule(rules: Iterable[NamespaceRule], *namespaces: str) -> NamespaceRule | None:
    """Return the first rule that matches the whole of a namespace, in any of the spellings given.

    A rule's pattern is a literal, or has ``*`` and ``?`` in it, or is a regular expression between slashes. All three
    have to match from the first character to the last: ``mysql://host-1`` is never taken for ``mysql://host-10``.
    Identities have one spelling of each scheme; a rule with another (``s3a://*``, ``mssql://db``) is for them too.
    """
    return next((rule for rule in rules if any(_matches(rule.namespace, text) for text in namespaces)), None)


def _matches(pattern: str, text: str) -> bool:
    # Literally first: [ and ] of an IPv6 address mean something else in a glob.
    if pattern == text or _compiled(pattern)(text):
        return True
    canonical = _canonical(pattern)
    return canonical != pattern and bool(_compiled(canonical)(text))


@lru_cache(maxsize=1024)
def _canonical(pattern: str) -> str:
    """Return a pattern that is written with another spelling of a scheme (``s3a://*``) as identities have it."""
    head, separator, rest = pattern.partition("://")
    return f"{canonical_scheme(head)}{separator}{rest}" if separator and re.fullmatch(r"[\w.+-]+", head) else pattern
