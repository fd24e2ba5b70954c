"""Finding entities by FQN and by search, each question asked once per publication, however many datasets ask it.

The search index may lag and is case-insensitive, so it only proposes: what it proposes is confirmed by a GET.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS, Entity
from openmetadata_ol_provider.openmetadata.once import Once

#: Most hits that ``fieldQuery`` returns.
SEARCH_LIMIT = 10


class Hits(NamedTuple):
    """What a search proposed.

    :param fqns: FQNs (or full paths) in the index, by entity FQN
    :param complete: whether there cannot be more than these
    """

    fqns: dict[str, str]
    complete: bool


class Finder:
    """Asks the catalogue, remembering each answer for the time of one publication.

    :param client: the catalogue
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._once = Once()

    def entity(self, type_: str, fqn: str) -> Entity | None:
        """Return the entity with exactly this FQN, or ``None``."""
        return self._once(("entity", type_, fqn), lambda: self._get(type_, fqn))

    def search(self, type_: str, field: str, value: str) -> Hits:
        """Return what the search index has for a wildcard expression.

        :param type_: entity type
        :param field: ``fullyQualifiedName`` or ``fullPath``
        :param value: with ``*`` for anything; use :func:`literal` for the rest
        """
        return self._once(("search", type_, field, value), lambda: self._search(type_, field, value))

    def confirmed(self, type_: str, fqns: Iterable[str]) -> list[Entity]:
        """Return those of the proposed entities that exist."""
        return [entity for fqn in fqns if (entity := self.entity(type_, fqn)) is not None]

    def _get(self, type_: str, fqn: str) -> Entity | None:
        collection, fields = COLLECTIONS[type_]
        body = self._client.get(path(collection, "name", fqn), {"fields": fields} if fields else None)
        return Entity(type_, body) if body else None

    def _search(self, type_: str, field: str, value: str) -> Hits:
        answer = self._client.get(
            "v1/search/fieldQuery",
            {"fieldName": field, "fieldValue": value, "index": f"{type_}_search_index", "deleted": "false"},
        )
        hits = (answer or {}).get("hits") or {}
        found = {}
        for hit in hits.get("hits") or ():
            source = hit.get("_source") or {}
            fqn = source.get("fullyQualifiedName")
            if isinstance(fqn, str):
                found[fqn] = str(source.get(field) or "")
        total = hits.get("total")
        number = total.get("value") if isinstance(total, dict) else total
        seen = len(hits.get("hits") or ())
        return Hits(found, seen < SEARCH_LIMIT and not (isinstance(number, int) and number > seen))


def literal(text: str) -> str:
    """Return the text with the search's own wildcards made literal."""
    return re.sub(r"([\\*?])", r"\\\1", text)
