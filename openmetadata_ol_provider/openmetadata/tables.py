"""Looking a table up: exact FQNs first, then the search index for another letter case or a missing part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openmetadata.candidates import Form, Tiers, free_forms, name_parts, table_forms
from openmetadata_ol_provider.openmetadata.finder import Finder, literal
from openmetadata_ol_provider.openmetadata.names import join, quote, split
from openmetadata_ol_provider.openmetadata.schemes import SINGLE_DATABASE

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import NamespaceRule
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.services import Service

#: Services searched one by one when a search over all of them had too many hits to be sure.
_MANY_SERVICES = 20
_ANY = "*"


class TableLookup:
    """Finds the tables a name may mean.

    :param finder: asks the catalogue
    :param exact_case: letter case has to be the catalogue's
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._finder = finder
        self._exact = exact_case

    def find(
        self,
        name: str,
        services: tuple[Service, ...],
        rule: NamespaceRule | None,
        *,
        known: bool,
        few: int,
        types: frozenset[str],
    ) -> tuple[list[Entity], str]:
        """Return all tables the name may mean in these services, and what was tried.

        :param known: the services are the namespace's; otherwise they are all of the fitting type
        :param few: up to so many services are asked one by one
        :param types: service types the namespace's scheme fits
        """
        parts = name_parts(name)
        tiers: dict[Service, Tiers] = {
            service: table_forms(parts, service, rule) if known else self._free(parts, service, types, rule)
            for service in services
        }
        tried: list[str] = []
        depth = max((len(forms) for forms in tiers.values()), default=0)
        if len(services) <= few:
            for level in range(depth):
                fqns = list(dict.fromkeys(_exact_fqns(tiers, level)))
                tried += fqns
                found = self._finder.confirmed("table", fqns)
                if found:
                    return found, ", ".join(tried)
        for level in range(depth):
            found = self._search(tiers, level, tried, asked=len(services) <= few)
            if found:
                return found, ", ".join(tried)
        return [], ", ".join(tried) or f"nothing: {name!r} is too short to be looked for without a service"

    @staticmethod
    def _free(parts: tuple[str, ...], service: Service, types: frozenset[str], rule: NamespaceRule | None) -> Tiers:
        """Return the readings in a service that only fits by type; a rule without service may still complete them."""
        if rule is not None and (rule.database or rule.db_schema):
            return table_forms(parts, service, rule)
        return free_forms(parts, types & {service.service_type}, single=service.service_type in SINGLE_DATABASE)

    def _search(self, tiers: dict[Service, Tiers], level: int, tried: list[str], *, asked: bool) -> list[Entity]:
        """Search all forms of one tier; with one service within it, with several over all and filtered.

        :param asked: exact FQNs have been asked for, so that only another letter case is left to find
        """
        wanted: dict[Form, list[Service]] = {}
        for service, forms in tiers.items():
            for form in forms[level] if level < len(forms) else ():
                if not (self._exact and form.exact and asked):
                    wanted.setdefault(form, []).append(service)
        found: dict[Entity, None] = {}
        for form, services in wanted.items():
            for fqn in self._proposed(form, services, tried):
                found.update(dict.fromkeys(self._finder.confirmed("table", [fqn])))
        return list(found)

    def _proposed(self, form: Form, services: list[Service], tried: list[str]) -> list[str]:
        fitting = {service.name for service in services}
        prefix = literal(services[0].fqn) if len(services) == 1 else _ANY
        pattern = f"{prefix}.{_pattern(form)}"
        tried.append(f"search {pattern}")
        hits = self._finder.search("table", "fullyQualifiedName", pattern)
        proposed = [fqn for fqn in hits.fqns if self._fits(fqn, form, fitting)]
        if hits.complete or len(services) == 1 or len(proposed) > 1:
            return proposed
        # Too many tables of that name to have seen all: ask service by service, so that "only one" is certain.
        return [
            fqn
            for service in services[:_MANY_SERVICES]
            for fqn in self._finder.search(
                "table", "fullyQualifiedName", f"{literal(service.fqn)}.{_pattern(form)}"
            ).fqns
            if self._fits(fqn, form, {service.name})
        ]

    def _fits(self, fqn: str, form: Form, services: Iterable[str]) -> bool:
        parts = split(fqn)
        if len(parts) != 4 or parts[0] not in services:
            return False
        return all(
            wanted is None or (wanted == seen if self._exact else wanted.casefold() == seen.casefold())
            for wanted, seen in zip(form, parts[1:], strict=True)
        )


def _exact_fqns(tiers: dict[Service, Tiers], level: int) -> Iterator[str]:
    for service, forms in tiers.items():
        for form in forms[level] if level < len(forms) else ():
            if form.database is not None and form.schema is not None:
                yield f"{service.fqn}.{join(form.database, form.schema, form.table)}"


def _pattern(form: Form) -> str:
    return ".".join(_ANY if part is None else literal(quote(part)) for part in form)
