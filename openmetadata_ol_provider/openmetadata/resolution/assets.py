"""Looking up what lies directly in its service: topics, search indexes, ML models, dashboards; and API endpoints.

Exact FQNs first, then the search index for another letter case. Dashboards are named by ids in the catalogue and by
titles or addresses in events, API endpoints lie in collections that events do not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.fqn import join, quote, split, stored_name
from openmetadata_ol_provider.openmetadata.resolution.search import Finder, literal

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

_METHODS: Final = "get post put patch delete head options connect trace"
_ENDPOINT: Final = re.compile(rf"(?:(?P<method>{_METHODS.replace(' ', '|')})\s+)?(?P<path>\S.*)", re.IGNORECASE)
_MODEL: Final = re.compile(
    r"(?:models:/|registered[-_]models?/|model(?:-package)?s?/)?(?P<name>.+?)(?:/(?:versions?/)?\d+|/production|/staging|@[\w-]+)?",
    re.IGNORECASE,
)
# `12-sales-overview`: the id, and the title as an address has it.
_SLUG: Final = re.compile(r"(?P<id>\d+)-.*")


class AssetLookup:
    """Finds entities by their name in a service.

    :param finder: asks the catalogue
    :param exact_case: letter case has to be the catalogue's
    :param few: up to so many services are asked one by one
    """

    def __init__(self, finder: Finder, *, exact_case: bool, few: int) -> None:
        self._finder = finder
        self._exact = exact_case
        self._few = few

    def find(self, kind: str, name: str, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Return all entities of a kind that the name may mean in these services, and what was tried."""
        if kind == "apiEndpoint":
            return self._endpoint(name, services)
        tried: list[str] = []
        names = tuple(stored_name(spelling) for spelling in spellings(kind, name))
        if len(services) <= self._few:
            for part in names:
                fqns = [f"{service.fqn}.{quote(part)}" for service in services]
                tried += fqns
                found = self._finder.confirmed(kind, fqns)
                if found:
                    return found, ", ".join(tried)
            if self._exact and kind != "dashboard":
                return [], ", ".join(tried)
        # Without what is around it, if anything is.
        part = names[min(1, len(names) - 1)]
        prefix = literal(services[0].fqn) if len(services) == 1 else "*"
        pattern = f"{prefix}.{literal(quote(part))}"
        found = self._searched(kind, services, pattern, tried, fits=lambda parts: self._same(parts, (part,)))
        if not found and kind == "dashboard":
            titled = self._searched(kind, services, literal(part), tried, field="displayName.keyword")
            found = [entity for entity in titled if self._same((str(entity.body.get("displayName")),), (part,))]
        return found, ", ".join(tried)

    def _endpoint(self, name: str, services: tuple[Service, ...]) -> tuple[list[Entity], str]:
        """Find an endpoint: ``collection.endpoint`` as the catalogue has it, or a path with or without its method."""
        tried: list[str] = []
        collection, *rest = map(stored_name, split(name))
        if rest and not re.search(r"[/\s]", collection) and len(services) <= self._few:
            fqns = [f"{service.fqn}.{join(collection, '.'.join(rest))}" for service in services]
            tried += fqns
            found = self._finder.confirmed("apiEndpoint", fqns)
            if found:
                return found, ", ".join(tried)
        match = _ENDPOINT.fullmatch(name.strip())
        if match is None:
            return [], ", ".join(tried)
        path, method = match["path"].strip("/"), (match["method"] or "").lower()
        prefix = literal(services[0].fqn) if len(services) == 1 else "*"
        found = self._searched(
            "apiEndpoint",
            services,
            f"{prefix}.*{literal(path)}*",
            tried,
            fits=lambda parts: len(parts) == 2 and self._is_endpoint(parts[1], path, method),
        )
        return found, ", ".join(tried)

    def _is_endpoint(self, stored: str, path: str, method: str) -> bool:
        """Tell whether a stored name, a path that may end in its method, is the one that is looked for."""
        whole = stored.strip("/")
        above, _, last = whole.rpartition("/")
        if last.lower() in _METHODS.split() and self._same((above,), (path,)):
            return not method or last.lower() == method
        return not method and self._same((whole,), (path,))

    def _searched(
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
        fitting = {service.name for service in services}
        hits = self._finder.search(kind, field, pattern)
        fqns = [fqn for fqn in hits.fqns if (parts := split(fqn))[0] in fitting and fits(parts[1:])]
        if len(fqns) == 1 and not hits.complete:
            # Among more than the search shows there may be another one.
            return []
        return self._finder.confirmed(kind, fqns)

    def _same(self, mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        return mine == theirs if self._exact else tuple(map(str.casefold, mine)) == tuple(map(str.casefold, theirs))


def spellings(kind: str, name: str) -> tuple[str, ...]:
    """Return the names by which a catalogue may know what an event calls so, the likeliest first."""
    return tuple(dict.fromkeys(filter(None, _spellings(kind, name))))


def _spellings(kind: str, name: str) -> Iterator[str]:
    yield name
    if kind == "mlmodel":
        match = _MODEL.fullmatch(name)
        if match:
            yield match["name"]
    elif kind == "dashboard":
        last = name.strip("/").rpartition("/")[2]
        yield last
        slug = _SLUG.fullmatch(last)
        if slug:
            yield slug["id"]
