"""Looking a table, or a stored procedure, up: exact FQNs first, then the search index for what is left open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split
from openmetadata_ol_provider.openmetadata.resolution.search import Finder, Hits, literal
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

#: Services searched one by one when a search over all of them had too many hits to be sure.
_MANY_SERVICES: Final = 50
_ANY: Final = "*"


class TableLookup:
    """Finds the tables a name may mean.

    :param finder: asks the catalogue
    :param exact_case: letter case has to be the catalogue's
    :param few: up to so many services are asked one by one
    """

    def __init__(self, finder: Finder, *, exact_case: bool, few: int) -> None:
        self._finder = finder
        self._exact = exact_case
        self._few = few

    def find(self, name: str, place: LookupScope, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return all tables the name may mean in these services, and what was tried.

        :param place: what is known of the namespace; its kind is ``table`` or ``storedProcedure``
        """
        parts = name_parts(name)
        all_single = all(service.single for service in services)
        tiers = {service: _tiers(parts, service, place, all_single=all_single) for service in services}
        tried: list[str] = []
        depth = max((len(forms) for forms in tiers.values()), default=0)
        if len(services) <= self._few:
            for level in range(depth):
                fqns = list(dict.fromkeys(_exact_fqns(tiers, level)))
                tried += fqns
                found = self._finder.confirmed(place.kind, fqns)
                if found:
                    return found, ", ".join(tried)
        search = _Search(self._finder, place.kind, exact_case=self._exact, tried=tried)
        for level in range(depth):
            found = search.find(tiers, level, asked=len(services) <= self._few)
            if found:
                return found, ", ".join(tried)
        return [], ", ".join(tried) or f"nothing: {name!r} is too short to be looked for without a service"


class _Search:
    """The searches for one name.

    :param tried: gets what was searched for
    """

    def __init__(self, finder: Finder, kind: str, *, exact_case: bool, tried: list[str]) -> None:
        self._finder = finder
        self._kind = kind
        self._exact = exact_case
        self._tried = tried

    def find(self, tiers: dict[Service, Tiers], level: int, *, asked: bool) -> list[Entity]:
        """Search all forms of one tier; with one service within it, with several over all and filtered.

        :param asked: exact FQNs have been asked for, so that only another letter case is left to find
        """
        open_forms = _by_form(tiers, level, keep=lambda form: not (self._exact and form.exact and asked))
        found: dict[Entity, None] = {}
        for form, services in open_forms.items():
            for fqn in self._proposed(form, services, tiers):
                found.update(dict.fromkeys(self._finder.confirmed(self._kind, [fqn])))
        return list(found)

    def _proposed(self, form: Form, services: list[Service], tiers: dict[Service, Tiers]) -> list[str]:
        if len(tiers) == 1 and sum(map(len, tiers[services[0]])) > 1:
            # One search for all that has the table's name tells all readings at once, unless there is too much of it.
            hits = self._search(f"{literal(services[0].fqn)}.{_ANY}.{literal(quote(form.table))}")
            if hits.complete:
                return self._fitting(hits, form, services)
        prefix = literal(services[0].fqn) if len(services) == 1 else _ANY
        hits = self._search(f"{prefix}.{_pattern(form)}")
        proposed = self._fitting(hits, form, services)
        if hits.complete or len(proposed) > 1 or (form.exact and len(services) == 1):
            return proposed
        # Too many tables of that name to have seen all: ask service by service, so that "only one" is certain.
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
            wanted is None or (wanted == seen if self._exact else wanted.casefold() == seen.casefold())
            for wanted, seen in zip(form, parts[1:], strict=True)
        )


def _tiers(parts: tuple[str, ...], service: Service, place: LookupScope, *, all_single: bool) -> Tiers:
    """Return the readings in a service; in one that only fits by type a rule without service may complete them."""
    rule, account = place.rule, place.namespace.account
    if place.known or (rule is not None and (rule.database or rule.db_schema)):
        return table_forms(parts, service, rule, account)
    scheme = place.namespace.scheme
    types = scheme.service_types if scheme is not None else frozenset()
    return free_forms(parts, service, types, all_single=all_single, account=account)


def _by_form(tiers: dict[Service, Tiers], level: int, keep: Callable[[Form], bool]) -> dict[Form, list[Service]]:
    found: dict[Form, list[Service]] = {}
    for service, forms in tiers.items():
        for form in forms[level] if level < len(forms) else ():
            if keep(form):
                found.setdefault(form, []).append(service)
    return found


def _exact_fqns(tiers: dict[Service, Tiers], level: int) -> Iterator[str]:
    for service, forms in tiers.items():
        for form in forms[level] if level < len(forms) else ():
            if form.database is not None and form.schema is not None:
                yield f"{service.fqn}.{join(form.database, form.schema, form.table)}"


def _pattern(form: Form) -> str:
    return ".".join(_ANY if part is None else literal(quote(part)) for part in form)
