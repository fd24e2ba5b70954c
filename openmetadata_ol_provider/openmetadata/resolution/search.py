"""Finds entities by FQN and through the search index; each request is sent once per publication.

The search index may lag behind and ignores letter case, so it only proposes: a GET confirms each of its hits.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.entities import COLLECTIONS, Entity

log = logging.getLogger(__name__)
#: Most services that are asked one by one, before or instead of a search over all of them.
FEW_SERVICES: Final = 4
#: Most hits that ``fieldQuery`` returns.
SEARCH_LIMIT = 10
#: Most hits of one search for paths, and most children of a container that are listed.
PATH_LIMIT = 1000
#: Search indexes that are not named ``<entity type>_search_index``.
_INDEXES = {
    "storedProcedure": "stored_procedure_search_index",
    "searchIndex": "search_entity_search_index",
    "apiEndpoint": "api_endpoint_search_index",
}


class Hits(NamedTuple):
    """The hits of a search.

    :param fqns: value of the searched field by entity FQN
    :param complete: ``True`` if there cannot be further hits
    """

    fqns: dict[str, str]
    complete: bool


class Finder:
    """Finds entities of one catalogue and remembers each result for the time of one publication.

    :param client: client of the catalogue
    """

    def __init__(self, client: OpenMetadataClient) -> None:
        self._client = client
        self._cache = QueryCache()

    def entity(self, type_: str, fqn: str) -> Entity | None:
        """Return the entity with exactly this FQN, or ``None``."""
        return self._cache(("entity", type_, fqn), lambda: self._get(type_, fqn))

    def search(self, type_: str, field: str, value: str) -> Hits:
        """Return the hits of a wildcard expression.

        :param type_: entity type
        :param field: field that is indexed as a whole, e.g. ``fullyQualifiedName``
        :param value: wildcard expression with ``*`` for any text; escape other text with :func:`literal`
        """
        return self._cache(("search", type_, field, value), lambda: self._search(type_, field, value))

    def containers_at(self, pattern: str) -> Hits:
        """Return the containers whose whole full path matches a regular expression, in any letter case.

        :param pattern: regular expression in Lucene's syntax; escape names with :func:`regex_literal`
        """
        return self._cache(("paths", pattern), lambda: self._containers_at(pattern))

    def children(self, fqn: str) -> frozenset[str]:
        """Return the FQNs of a container's direct children, at most a thousand."""
        return self._cache(("children", fqn), lambda: self._children(fqn))

    def existing(self, type_: str, fqns: Iterable[str]) -> list[Entity]:
        """Return the entities with these FQNs that exist."""
        return [entity for fqn in fqns if (entity := self.entity(type_, fqn)) is not None]

    def _get(self, type_: str, fqn: str) -> Entity | None:
        collection, fields = COLLECTIONS[type_]
        body = self._client.get(path(collection, "name", fqn), {"fields": fields} if fields else None)
        return Entity(type_, body) if body else None

    def _search(self, type_: str, field: str, value: str) -> Hits:
        index = _INDEXES.get(type_, f"{type_}_search_index")
        body = self._client.get(
            "v1/search/fieldQuery", {"fieldName": field, "fieldValue": value, "index": index, "deleted": "false"}
        )
        return _hits(body, field, SEARCH_LIMIT)

    def _containers_at(self, pattern: str) -> Hits:
        # From 2.0 on, only the filter leaves deleted entities out; before, the parameter is needed too.
        conditions = [
            {"regexp": {"fullPath": {"value": pattern, "case_insensitive": True}}},
            {"term": {"deleted": False}},
        ]
        parameters = {
            "q": "",
            "index": "container_search_index",
            "size": PATH_LIMIT,
            "deleted": "false",
            "include_source_fields": ["fullyQualifiedName", "fullPath", "deleted"],
            "query_filter": json.dumps({"query": {"bool": {"must": conditions}}}, separators=(",", ":")),
        }
        try:
            body = self._client.get("v1/search/query", parameters)
        except CatalogueRequestError:
            # Not every search engine supports the expression.
            return Hits({}, complete=False)
        except CatalogueAuthError as error:
            if error.status != 403:
                raise
            # Not every firewall lets the expression pass.
            log.warning("the search for containers is refused; each path is looked up instead: %s", error)
            return Hits({}, complete=False)
        hits = _hits(body, "fullPath", PATH_LIMIT)
        # A filter that the server cannot parse is ignored, and everything comes back.
        matches = re.compile(pattern, re.IGNORECASE).fullmatch
        kept = {fqn: full_path for fqn, full_path in hits.fqns.items() if matches(full_path)}
        if len(kept) < len(hits.fqns):
            log.warning("the search for containers ignores its filter; what it does not find is looked up path by path")
        return Hits(kept, hits.complete)

    def _children(self, fqn: str) -> frozenset[str]:
        body = self._client.get(path("v1/containers", "name", fqn) + "/children", {"limit": PATH_LIMIT})
        children = ((body or {}).get("data")) or ()
        return frozenset(str(child["fullyQualifiedName"]) for child in children if child.get("fullyQualifiedName"))


def _hits(body: dict[str, Any] | None, field: str, limit: int) -> Hits:
    hits = (body or {}).get("hits") or {}
    documents = hits.get("hits") or ()
    values = {}
    for document in documents:
        source = document.get("_source") or {}
        fqn = source.get("fullyQualifiedName")
        if isinstance(fqn, str) and source.get("deleted") is not True:
            values[fqn] = str(source.get(field) or "")
    total = hits.get("total")
    number = total.get("value") if isinstance(total, dict) else total
    returned = len(documents)
    return Hits(values, returned < limit and not (isinstance(number, int) and number > returned))


def literal(text: str) -> str:
    """Escape the wildcards of a search expression."""
    return re.sub(r"([\\*?])", r"\\\1", text)


def regex_literal(text: str) -> str:
    """Escape everything that has a meaning in Lucene's regular expressions."""
    return re.sub(r'([.?+*|{}\[\]()"\\#@&<>~^$-])', r"\\\1", text)
