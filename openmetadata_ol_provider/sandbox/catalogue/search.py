"""Searching entities by wildcard terms, without regard to case; the index is up to date but for what is held back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from openmetadata_ol_provider.sandbox.catalogue import fqn as names
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import KINDS
from openmetadata_ol_provider.sandbox.catalogue.store import Collection, Entity, Store

_EVERYTHING = ("all", "dataAsset")
_TEXT_FIELDS = ("name", "displayName", "fullyQualifiedName", "description")
_PARTS = ("columns", "tasks", "messageSchema", "dataModel", "connection", "extension")
_TERM = re.compile(r'(?:(?P<field>[\w.]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>(?:[^\s"\\]|\\.)+))(?:\s+|$)')


class Term(NamedTuple):
    """A wildcard pattern on one field; on the text fields if ``field`` is empty."""

    field: str
    pattern: str


class Hit(NamedTuple):
    """An entity that was found."""

    entity_type: str
    index_name: str
    entity: Entity


def parse(query: str) -> list[Term]:
    """Read a query: ``*``, or terms ``field:value``, ``field:"va lue"``, ``value``, joined by ``AND``.

    :raises ApiError: 400 for anything else
    """
    terms, position, joined = [], 0, True
    query = query.strip()
    while position < len(query):
        match = _TERM.match(query, position)
        if match is None:
            raise ApiError(400, f"q: this sandbox cannot read {query[position:]!r}")
        position = match.end()
        bare = match["bare"]
        if match["field"] is None and bare in ("AND", "OR", "NOT"):
            if bare != "AND" or joined:
                raise ApiError(400, f"q: this sandbox joins terms by AND only, not {query!r}")
            joined = True
            continue
        if not joined:
            raise ApiError(400, f"q: this sandbox joins terms by AND only, not {query!r}")
        joined = False
        # Within quotes wildcards stand for themselves.
        pattern = bare if bare is not None else re.sub(r"(?<!\\)([*?])", r"\\\1", match["quoted"])
        terms.append(Term(match["field"] or "", pattern))
    return [term for term in terms if term != Term("", "*")]


def find(store: Store, index: str, terms: list[Term], *, deleted: bool) -> Iterator[Hit]:
    """Yield what matches all terms, in order of names.

    :raises ApiError: 500 for an index that does not exist
    """
    tests = [(term.field, matcher(term.pattern)) for term in terms]
    for collection in _collections(store, index):
        with store.lock:
            candidates = list(_candidates(collection, terms))
        for entity in candidates:
            indexed = entity["fullyQualifiedName"] not in store.unindexed
            if indexed and entity["deleted"] == deleted and all(_matches(entity, collection, *test) for test in tests):
                yield Hit(collection.kind.type, collection.kind.index or "", entity)


def document(hit: Hit) -> Entity:
    """Return an entity as the search index holds it."""
    source = {key: value for key, value in hit.entity.items() if key not in _PARTS}
    source["entityType"] = hit.entity_type
    if hit.entity_type == "table":
        source["columnNames"] = [column["name"] for column in hit.entity["columns"]]
    return source


def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a test for a wildcard pattern: ``*``, ``?``, and a backslash before either."""
    parts = re.findall(r"\\.|.", pattern.lower(), re.DOTALL)
    expression = "".join(".*" if part == "*" else "." if part == "?" else re.escape(part[-1]) for part in parts)
    compiled = re.compile(expression, re.DOTALL)
    return lambda value: compiled.fullmatch(value.lower()) is not None


def _collections(store: Store, index: str) -> list[Collection]:
    wanted = index.split(",")
    found = [
        store.collection(kind.type)
        for kind in KINDS
        if kind.index and (kind.index in wanted or kind.type in wanted or any(name in _EVERYTHING for name in wanted))
    ]
    if not found:
        raise ApiError(500, f"An exception with message [no such index [{index}]] was thrown while processing request.")
    return found


def _candidates(collection: Collection, terms: list[Term]) -> Iterator[Entity]:
    """Yield what may match; paths without wildcards and names that end in a known last part need no scan."""
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
    last = names.last_part(tail)
    complete = wildcard < 0 or tail[: len(tail) - len(last)].endswith(".")
    return last if complete and last else None


def _matches(entity: Entity, collection: Collection, field: str, test: Callable[[str], bool]) -> bool:
    if field:
        return any(test(value) for value in _values(entity, collection, field.removesuffix(".keyword")))
    words = [word for key in _TEXT_FIELDS for word in re.split(r"[\s.]+", str(entity.get(key, "")))]
    return any(test(word) for word in words) or any(test(str(entity.get(key, ""))) for key in _TEXT_FIELDS)


def _values(entity: Entity, collection: Collection, path: str) -> Iterator[str]:
    if path == "entityType":
        yield collection.kind.type
    elif path == "columnNames":
        yield from (column["name"] for column in entity.get("columns", ()))
    else:
        found: list[Any] = [entity]
        for key in path.split("."):
            inner = [item.get(key) for item in found if isinstance(item, dict)]
            found = [part for item in inner for part in (item if isinstance(item, list) else [item])]
        yield from (str(item) for item in found if item is not None and not isinstance(item, dict))
