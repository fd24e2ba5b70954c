"""Looks up assets directly below their service: topics, search indexes, ML models, dashboards; and API endpoints.

Exact FQNs come first, then the search index for another letter case. Dashboards are named by ids in the catalogue and
by titles or addresses in events; API endpoints belong to collections, which events do not contain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.search import FEW_SERVICES, Finder, literal

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

_METHODS: Final = "get post put patch delete head options connect trace"
_ENDPOINT: Final = re.compile(rf"(?:(?P<method>{_METHODS.replace(' ', '|')})\s+)?(?P<path>\S.*)", re.IGNORECASE)
_MODEL: Final = re.compile(
    r"(?:models:/|registered[-_]models?/|model(?:-package)?s?/)?(?P<name>.+?)(?:/(?:versions?/)?\d+|/production|/staging|@[\w-]+)?",
    re.IGNORECASE,
)
# `12-sales-overview`, `/dashboard/12-sales`: the id, and the title as it was. Titles may begin with a number, too.
_SLUG: Final = re.compile(r"(?:.*?(?P<address>(?<![^/])dashboards?)?/)?(?P<id>\d+)-(?P<title>[^/]+)/?", re.IGNORECASE)


class AssetLookup:
    """Finds entities by their name in a service.

    :param finder: finder of the catalogue
    :param exact_case: ``True`` if the letter case has to be the catalogue's
    """

    def __init__(self, finder: Finder, *, exact_case: bool) -> None:
        self._finder = finder
        self._exact = exact_case

    def find(self, kind: str, name: str, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return all entities of a kind that the name may mean in these services, and what was tried."""
        if kind == "apiEndpoint":
            return self._find_endpoint(name, services)
        tried: list[str] = []
        names = tuple(stored_name(spelling) for spelling in spellings(kind, name))
        if len(services) <= FEW_SERVICES:
            for part in names:
                fqns = [f"{service.fqn}.{quote(part)}" for service in services]
                tried += fqns
                entities = self._finder.existing(kind, fqns)
                if entities:
                    return entities, ", ".join(tried)
            if self._exact and kind != "dashboard":
                return [], ", ".join(tried)
        # The name without version, path or prefix, if it has any.
        part = names[-1]
        prefix = literal(services[0].fqn) if len(services) == 1 else "*"
        pattern = f"{prefix}.{literal(quote(part))}"
        entities = self._search(kind, services, pattern, tried, fits=lambda parts: self._same(parts, (part,)))
        if not entities and kind == "dashboard":
            titled = self._search(kind, services, literal(part), tried, field="displayName.keyword")
            entities = [entity for entity in titled if self._same((str(entity.body.get("displayName")),), (part,))]
        if not entities and kind == "dashboard":
            entities = self._by_slug(name, services[:FEW_SERVICES], tried)
        return entities, ", ".join(tried)

    def _by_slug(self, name: str, services: tuple[Service, ...], tried: list[str]) -> list[Entity]:
        """Find a dashboard by id and title as its address has them; elsewhere, the title has to be the stored one."""
        slug = _SLUG.fullmatch(name)
        if slug is None:
            return []
        fqns = [f"{service.fqn}.{quote(slug['id'])}" for service in services]
        tried += fqns
        entities = self._finder.existing("dashboard", fqns)
        same = [entity for entity in entities if _words(entity.body.get("displayName")) == _words(slug["title"])]
        return entities if slug["address"] else same

    def _find_endpoint(self, name: str, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Find an endpoint by ``collection.endpoint``, the catalogue's form, or by a path with or without method."""
        tried: list[str] = []
        collection, *rest = map(stored_name, split(name))
        if rest and not re.search(r"[/\s]", collection) and len(services) <= FEW_SERVICES:
            fqns = [f"{service.fqn}.{join(collection, '.'.join(rest))}" for service in services]
            tried += fqns
            endpoints = self._finder.existing("apiEndpoint", fqns)
            if endpoints:
                return endpoints, ", ".join(tried)
        match = _ENDPOINT.fullmatch(name.strip())
        if match is None:
            return [], ", ".join(tried)
        path, method = match["path"].strip("/"), (match["method"] or "").lower()
        prefix = literal(services[0].fqn) if len(services) == 1 else "*"
        endpoints = self._search(
            "apiEndpoint",
            services,
            f"{prefix}.*{literal(path)}*",
            tried,
            fits=lambda parts: len(parts) == 2 and self._is_endpoint(parts[1], path, method),
        )
        return endpoints, ", ".join(tried)

    def _is_endpoint(self, stored: str, path: str, method: str) -> bool:
        """Return whether a stored name, a path that may end in its method, has this path and method."""
        whole = stored.strip("/")
        above, _, last = whole.rpartition("/")
        if last.lower() in _METHODS.split() and self._same((above,), (path,)):
            return not method or last.lower() == method
        return not method and self._same((whole,), (path,))

    def _search(
        self,
        kind: str,
        services: tuple[Service, ...],
        pattern: str,
        tried: list[str],
        *,
        field: str = "fullyQualifiedName",
        fits: Callable[[tuple[str, ...]], bool] = lambda _: True,
    ) -> list[Entity]:
        tried.append(f"search {pattern}")
        names = {service.name for service in services}
        hits = self._finder.search(kind, field, pattern)
        fqns = [fqn for fqn in hits.fqns if (parts := split(fqn))[0] in names and fits(parts[1:])]
        if len(fqns) == 1 and not hits.complete:
            # The hits that the search did not return may contain another one.
            return []
        return self._finder.existing(kind, fqns)

    def _same(self, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
        return first == second if self._exact else tuple(map(str.casefold, first)) == tuple(map(str.casefold, second))


def spellings(kind: str, name: str) -> tuple[str, ...]:
    """Return the names that an asset may have in the catalogue, the likeliest first.

    :param kind: entity type
    :param name: name in the event
    """
    return tuple(dict.fromkeys(filter(None, _spellings(kind, name))))


def _spellings(kind: str, name: str) -> Iterator[str]:
    yield name
    if kind == "mlmodel":
        match = _MODEL.fullmatch(name)
        if match:
            yield match["name"]
    elif kind == "dashboard":
        yield name.strip("/").rpartition("/")[2]


def _words(title: object) -> list[str]:
    """Return the words of a title, in lower case, which its address joins with hyphens."""
    return re.findall(r"\w+", str(title or "").casefold())
