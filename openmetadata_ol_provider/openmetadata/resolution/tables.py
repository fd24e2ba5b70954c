"""Looks up tables and stored procedures: exact FQNs first, then the search index for names that are incomplete."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.database_comparison import BY_ACCOUNT
from openmetadata_ol_provider.openmetadata.resolution.search import FEW_SERVICES, Finder, Hits, literal
from openmetadata_ol_provider.openmetadata.resolution.service_types import scheme_of
from openmetadata_ol_provider.openmetadata.resolution.table_candidates import (
    Form,
    Tiers,
    free_forms,
    name_parts,
    table_forms,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.lookup_scope import LookupScope
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

#: Most services that are searched one by one after a search over all of them had too many hits.
_MANY_SERVICES: Final = 50
_ANY: Final = "*"
#: Service types whose databases are the catalogs that events name.
_WITH_CATALOGS: Final = frozenset({"Databricks", "UnityCatalog"})
#: Schemes whose names of tables may have slashes: ``database/table``.
_WITH_SLASHES: Final = frozenset({"glue", "hive", "impala", "azurekusto", "spanner", "azurecosmos"})


class TableLookup:
    """Finds the tables a name may mean.

    :param finder: finder of the catalogue
    :param exact_case: ``True`` if the letter case has to be the catalogue's
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._finder = finder
        self._exact = exact_case

    def find(self, name: str, scope: LookupScope, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return all tables the name may mean in these services, and what was tried.

        :param name: name of the dataset
        :param scope: scope of kind ``table`` or ``storedProcedure``
        :param services: services to search
        """
        parts = name_parts(name, slashes=_splits_at_slashes(scope))
        all_single = _are_databases_certain(services, scope)
        tiers = {service: _tiers(parts, service, scope, all_single=all_single) for service in services}
        tried: list[str] = []
        depth = max((len(forms) for forms in tiers.values()), default=0)
        if len(services) <= FEW_SERVICES:
            for level in range(depth):
                fqns = list(dict.fromkeys(_exact_fqns(tiers, level)))
                tried += fqns
                tables = self._finder.existing(scope.kind, fqns)
                if tables:
                    return tables, ", ".join(tried)
        search = _Search(self._finder, scope.kind, exact_case=self._exact, tried=tried)
        for level in range(depth):
            tables = search.find(tiers, level, asked=len(services) <= FEW_SERVICES)
            if tables:
                return tables, ", ".join(tried)
        return [], ", ".join(tried) or f"nothing: {name!r} is too short to be looked for without a service"


class _Search:
    """The searches for one name.

    :param finder: finder of the catalogue
    :param kind: entity type
    :param exact_case: ``True`` if the letter case has to be the catalogue's
    :param tried: list to which each search is appended
    """

    def __init__(self, finder: Finder, kind: str, *, exact_case: bool, tried: list[str]) -> None:
        self._finder = finder
        self._kind = kind
        self._exact = exact_case
        self._tried = tried

    def find(self, tiers: dict[Service, Tiers], level: int, *, asked: bool) -> list[Entity]:
        """Search all readings of one tier, in the service if there is only one, else in all with a filter.

        :param tiers: readings of the name by service
        :param level: index of the tier
        :param asked: ``True`` if exact FQNs have been tried, so that only another letter case remains
        """
        open_forms = _by_form(tiers, level, keep=lambda form: not (self._exact and form.exact and asked))
        tables: dict[Entity, None] = {}
        for form, services in open_forms.items():
            for fqn in self._proposed(form, services, tiers):
                tables.update(dict.fromkeys(self._finder.existing(self._kind, [fqn])))
        return list(tables)

    def _proposed(self, form: Form, services: list[Service], tiers: dict[Service, Tiers]) -> list[str]:
        if len(tiers) == 1 and sum(map(len, tiers[services[0]])) > 1:
            # One search for the table's name answers all readings at once, unless it has too many hits.
            hits = self._search(f"{literal(services[0].fqn)}.{_ANY}.{literal(quote(form.table))}")
            if hits.complete:
                return self._fitting(hits, form, services)
        prefix = literal(services[0].fqn) if len(services) == 1 else _ANY
        hits = self._search(f"{prefix}.{_pattern(form)}")
        proposed = self._fitting(hits, form, services)
        if hits.complete or len(proposed) > 1 or (form.exact and len(services) == 1):
            return proposed
        # The search did not return all tables of that name: service by service it is certain that there is only one.
        if len(services) == 1 or len(services) > _MANY_SERVICES:
            return []
        return [fqn for service in services for fqn in self._proposed(form, [service], {service: ()})]

    def _fitting(self, hits: Hits, form: Form, services: list[Service]) -> list[str]:
        names = {service.name for service in services}
        return [fqn for fqn in hits.fqns if self._fits(fqn, form, names)]

    def _search(self, pattern: str) -> Hits:
        if (words := f"search {pattern}") not in self._tried:
            self._tried.append(words)
        return self._finder.search(self._kind, "fullyQualifiedName", pattern)

    def _fits(self, fqn: str, form: Form, services: Iterable[str]) -> bool:
        parts = split(fqn)
        if len(parts) != 4 or parts[0] not in services:
            return False
        return all(
            expected is None or (expected == actual if self._exact else expected.casefold() == actual.casefold())
            for expected, actual in zip(form, parts[1:], strict=True)
        )


def _tiers(parts: tuple[str, ...], service: Service, scope: LookupScope, *, all_single: bool) -> Tiers:
    """Return the readings in a service; if only its type fits, a rule without service may still complete them."""
    tiers = _tiers_in(parts, service, scope, all_single=all_single)
    if scope.catalog and len(parts) == 2 and not service.single:
        # The event names the catalog apart from the table: unity's `main` and `sales.orders`.
        named = (Form(stored_name(scope.catalog), *parts),)
        return (named,) if scope.only_catalog and service.service_type in _WITH_CATALOGS else (named, *tiers)
    return tiers


def _tiers_in(parts: tuple[str, ...], service: Service, scope: LookupScope, *, all_single: bool) -> Tiers:
    rule, account = scope.rule, scope.namespace.account
    if scope.is_certain or (rule is not None and (rule.database or rule.db_schema)):
        return table_forms(parts, service, rule, account)
    scheme = scheme_of(scope.namespace)
    types = scheme.service_types if scheme is not None else frozenset()
    return free_forms(parts, service, types, all_single=all_single, account=account)


def _are_databases_certain(services: tuple[Service, ...], scope: LookupScope) -> bool:
    """Return whether names without a database have only certain databases, so that no search has to go through all.

    Crawlers of Glue name databases by accounts. Next to another service, the certain databases of that one must not
    come first.
    """
    if len(services) > 1 and not scope.namespace.account and any(one.service_type in BY_ACCOUNT for one in services):
        return False
    return all(service.single for service in services)


def _splits_at_slashes(scope: LookupScope) -> bool:
    """Return whether slashes separate the parts of a name: if a rule says so, or the system's own names have them."""
    has_service = scope.rule is not None and scope.rule.service is not None
    return has_service or scope.namespace.scheme in _WITH_SLASHES


def _by_form(tiers: dict[Service, Tiers], level: int, keep: Callable[[Form], bool]) -> dict[Form, list[Service]]:
    services: dict[Form, list[Service]] = {}
    for service, forms in tiers.items():
        for form in forms[level] if level < len(forms) else ():
            if keep(form):
                services.setdefault(form, []).append(service)
    return services


def _exact_fqns(tiers: dict[Service, Tiers], level: int) -> Iterator[str]:
    for service, forms in tiers.items():
        for form in forms[level] if level < len(forms) else ():
            if form.database is not None and form.schema is not None:
                yield f"{service.fqn}.{join(form.database, form.schema, form.table)}"


def _pattern(form: Form) -> str:
    return ".".join(_ANY if part is None else literal(quote(part)) for part in form)
