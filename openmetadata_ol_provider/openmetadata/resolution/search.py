"""Finding entities by FQN and by search, each question asked once per publication, however many datasets ask it.

The search index may lag and is case-insensitive, so it only proposes: what it proposes is confirmed by a GET.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS, Entity

#: Most hits that ``fieldQuery`` returns.
SEARCH_LIMIT = 10
#: Most hits that one search for paths returns, and most children of a container that are listed.
PATH_LIMIT = 1000
_INDEXES = {
    "storedProcedure": "stored_procedure_search_index",
    "searchIndex": "search_entity_search_index",
    "apiEndpoint": "api_endpoint_search_index",
}


class Hits(NamedTuple):
    """What a search proposed.

    :param fqns: the field that was searched, by entity FQN
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
        :param field: a field that is indexed as a whole, e.g. ``fullyQualifiedName``
        :param value: with ``*`` for anything; use :func:`literal` for the rest
        """
        return self._once(("search", type_, field, value), lambda: self._search(type_, field, value))

    def at_paths(self, pattern: str) -> Hits:
        """Return the containers whose full path a regular expression matches as a whole, in any letter case.

        :param pattern: in Lucene's syntax; use :func:`regex_literal` for names
        """
        return self._once(("paths", pattern), lambda: self._at_paths(pattern))

    def children(self, fqn: str) -> frozenset[str]:
        """Return the FQNs of what lies directly in a container, the first thousand."""
        return self._once(("children", fqn), lambda: self._children(fqn))

    def confirmed(self, type_: str, fqns: Iterable[str]) -> list[Entity]:
        """Return those of the proposed entities that exist."""
        return [entity for fqn in fqns if (entity := self.entity(type_, fqn)) is not None]

    def _get(self, type_: str, fqn: str) -> Entity | None:
        collection, fields = COLLECTIONS[type_]
        body = self._client.get(path(collection, "name", fqn), {"fields": fields} if fields else None)
        return Entity(type_, body) if body else None

    def _search(self, type_: str, field: str, value: str) -> Hits:
        index = _INDEXES.get(type_, f"{type_}_search_index")
        answer = self._client.get(
            "v1/search/fieldQuery", {"fieldName": field, "fieldValue": value, "index": index, "deleted": "false"}
        )
        return _hits(answer, field, SEARCH_LIMIT)

    def _at_paths(self, pattern: str) -> Hits:
        query = {"query": {"regexp": {"fullPath": {"value": pattern, "case_insensitive": True}}}}
        parameters = {
            "q": "",
            "index": "container_search_index",
            "size": PATH_LIMIT,
            "deleted": "false",
            "include_source_fields": ["fullyQualifiedName", "fullPath"],
            "query_filter": json.dumps(query, separators=(",", ":")),
        }
        try:
            answer = self._client.get("v1/search/query", parameters)
        except CatalogueRequestError:
            # The search engine does not take it.
            return Hits({}, complete=False)
        return _hits(answer, "fullPath", PATH_LIMIT)

    def _children(self, fqn: str) -> frozenset[str]:
        answer = self._client.get(path("v1/containers", "name", fqn) + "/children", {"limit": PATH_LIMIT})
        found = ((answer or {}).get("data")) or ()
        return frozenset(str(child["fullyQualifiedName"]) for child in found if child.get("fullyQualifiedName"))


def _hits(answer: dict[str, Any] | None, field: str, limit: int) -> Hits:
    hits = (answer or {}).get("hits") or {}
    listed = hits.get("hits") or ()
    found = {}
    for hit in listed:
        source = hit.get("_source") or {}
        fqn = source.get("fullyQualifiedName")
        if isinstance(fqn, str):
            found[fqn] = str(source.get(field) or "")
    total = hits.get("total")
    number = total.get("value") if isinstance(total, dict) else total
    seen = len(listed)
    return Hits(found, seen < limit and not (isinstance(number, int) and number > seen))


def literal(text: str) -> str:
    """Return the text with the search's own wildcards made literal."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def regex_literal(text: str) -> str:
    """Return the text with everything made literal that means something in Lucene's regular expressions."""
    return re.sub(r'([.?+*|{}\[\]()"\\#@&<>~^$-])', r"\\\1", text)


Answer = TypeVar("Answer")


class Once:
    """Calls a function once for each key, however many threads ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Future[Any]] = {}

    def __call__(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """Answer from what was asked before; a question in flight is waited for, not asked again.

        :param key: what is asked; the same key has to come with the same function
        :raises Exception: what ``ask`` raised, to all who asked
        """
        with self._lock:
            future = self._answers.get(key)
            mine = future is None
            if future is None:
                future = self._answers[key] = Future()
        if mine:
            try:
                future.set_result(ask())
            except BaseException as error:
                future.set_exception(error)
                raise
        answer: Answer = future.result()
        return answer
