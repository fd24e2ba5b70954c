"""Searches entities by wildcard terms, regardless of case except in paths.

The index contains every entity at once, except those that a test lists in ``CatalogueStore.unindexed``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from openmetadata_ol_provider.sandbox.catalogue import qualified_names
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Collection, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS

_EVERYTHING = ("all", "dataAsset")
_TEXT_FIELDS = ("name", "displayName", "fullyQualifiedName", "description")
_PARTS = ("columns", "tasks", "messageSchema", "dataModel", "connection", "extension")
_KEYWORD_LENGTH = 256
#: Fields that a bulk status may blank in a pipeline's document.
_BLANKED = ("owners", "domain", "domains", "tags", "certification")
_TERM = re.compile(r'(?:(?P<field>[\w.]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s"\\]|\\.)+))(?:\s+|$)')


class Term(NamedTuple):
    """A wildcard pattern on one field, or on all text fields if ``field`` is empty."""

    field: str
    pattern: str


class Hit(NamedTuple):
    """An entity that matches a search."""

    entity_type: str
    index_name: str
    entity: Entity


def parse(query: str) -> list[Term]:
    """Parse a query: ``*``, or terms ``field:value``, ``field:"va lue"``, ``value``, joined by ``AND``.

    :raises ApiError: 400 for any other query
    """
    terms, position, expects_term = [], 0, True
    query = query.strip()
    while position < len(query):
        match = _TERM.match(query, position)
        if match is None:
            raise ApiError(400, f"q: this sandbox cannot parse {query[position:]!r}")
        position = match.end()
        bare = match["bare"]
        if match["field"] is None and bare in ("AND", "OR", "NOT"):
            if bare != "AND" or expects_term:
                raise ApiError(400, f"q: this sandbox supports only terms joined by AND, not {query!r}")
            expects_term = True
            continue
        if not expects_term:
            raise ApiError(400, f"q: this sandbox supports only terms joined by AND, not {query!r}")
        expects_term = False
        # Within quotes, wildcard characters are literal.
        pattern = bare if bare is not None else re.sub(r"(?<!\\)([*?])", r"\\\1", match["quoted"])
        terms.append(Term(match["field"] or "", pattern))
    return [term for term in terms if term != Term("", "*")]


def find(store: CatalogueStore, index: str, terms: list[Term], *, deleted: bool | None) -> Iterator[Hit]:
    """Yield the entities that match all terms, sorted by FQN.

    :param deleted: whether to search deleted entities or others; ``None`` for both
    :raises ApiError: 500 for an index that does not exist
    """
    tests = [(term.field, matcher(term.pattern, is_exact=is_exact(store, term.field))) for term in terms]
    for collection in _collections(store, index):
        with store.lock:
            candidates = list(_candidates(collection, terms))
        for entity in candidates:
            is_searched = entity["fullyQualifiedName"] not in store.unindexed and deleted in (None, entity["deleted"])
            if is_searched and all(_matches(entity, collection.kind.type, *test) for test in tests):
                yield Hit(collection.kind.type, collection.kind.index or "", entity)


def document(store: CatalogueStore, hit: Hit) -> Entity:
    """Return an entity as the search index contains it."""
    missing = (*_PARTS, *_BLANKED) if hit.entity["id"] in store.blanked else _PARTS
    source = {key: value for key, value in hit.entity.items() if key not in missing}
    source["entityType"] = hit.entity_type
    if hit.entity_type == "table":
        source["columnNames"] = [column["name"] for column in hit.entity["columns"]]
    return source


def is_exact(store: CatalogueStore, field: str) -> bool:
    """Tell whether a field is compared with its case."""
    return field == "fullPath" and Behaviour.PATH_IS_CASE_SENSITIVE in store.behaviours


def matcher(pattern: str, *, is_exact: bool = False) -> Callable[[str], bool]:
    """Return the test of a wildcard pattern with ``*`` and ``?``, either of which a backslash makes literal.

    :param is_exact: ``True`` if case matters
    """
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    expression = "".join(".*" if part == "*" else "." if part == "?" else re.escape(part[-1]) for part in parts)
    compiled = re.compile(expression, re.DOTALL if is_exact else re.DOTALL | re.IGNORECASE)
    return lambda value: compiled.fullmatch(value) is not None


def _collections(store: CatalogueStore, index: str) -> list[Collection]:
    names = index.split(",")
    collections = [
        store.collection(kind.type)
        for kind in KINDS
        if kind.index and (kind.index in names or kind.type in names or any(name in _EVERYTHING for name in names))
    ]
    if not collections:
        raise ApiError(500, f"An exception with message [no such index [{index}]] was thrown while processing request.")
    return collections


def _candidates(collection: Collection, terms: list[Term]) -> Iterator[Entity]:
    """Yield the entities that may match; a literal path or a literal last part of the FQN makes a scan unnecessary."""
    for term in terms:
        field, pattern = term.field.removesuffix(".keyword"), term.pattern.lower()
        if field == "fullPath" and not re.search(r"[*?\\]", pattern):
            return collection.at_path(pattern)
        last = _literal_last_part(pattern) if field == "fullyQualifiedName" else None
        if last is not None:
            return collection.ending_in(last)
    return collection.after(None)


def _literal_last_part(pattern: str) -> str | None:
    if "\\" in pattern:
        return None
    wildcard = max(pattern.rfind("*"), pattern.rfind("?"))
    tail = pattern[wildcard + 1 :]
    last = qualified_names.last_part(tail)
    complete = wildcard < 0 or tail[: len(tail) - len(last)].endswith(".")
    return last if complete and last else None


def _matches(entity: Entity, entity_type: str, field: str, test: Callable[[str], bool]) -> bool:
    if field:
        return any(test(value) for value in values(entity, entity_type, field))
    words = [word for key in _TEXT_FIELDS for word in re.split(r"[\s.]+", str(entity.get(key, "")))]
    return any(test(word) for word in words) or any(test(str(entity.get(key, ""))) for key in _TEXT_FIELDS)


def values(entity: Entity, entity_type: str, field: str) -> Iterator[str]:
    """Yield the values that the index contains for a field of an entity, as text."""
    path = field.removesuffix(".keyword")
    if path == "entityType":
        yield entity_type
    elif path == "columnNames":
        yield from (column["name"] for column in entity.get("columns", ()))
    else:
        found: list[Any] = [entity]
        for key in path.split("."):
            nested = [item.get(key) for item in found if isinstance(item, dict)]
            found = [part for item in nested for part in (item if isinstance(item, list) else [item])]
        length = _KEYWORD_LENGTH if field == "displayName.keyword" else None
        yield from (text_of(item)[:length] for item in found if item is not None and not isinstance(item, dict))


def text_of(value: Any) -> str:
    """Return a value of a document as the index compares it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
