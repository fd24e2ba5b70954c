"""An entity of the catalogue as lineage needs it: reference, FQN, and columns in the catalogue's own spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.fqn import quote, split

#: REST collection and requested fields by entity type.
COLLECTIONS = {
    "table": ("v1/tables", "columns,owners,tags,sourceHash"),
    "topic": ("v1/topics", "owners,tags,sourceHash"),
    "container": ("v1/containers", "dataModel,owners,tags,sourceHash"),
    "dashboard": ("v1/dashboards", "charts,owners,tags,sourceHash"),
    "mlmodel": ("v1/mlmodels", "mlFeatures,owners,tags,sourceHash"),
    "searchIndex": ("v1/searchIndexes", "fields,owners,tags,sourceHash"),
    "storedProcedure": ("v1/storedProcedures", "owners,tags,sourceHash"),
    "apiEndpoint": ("v1/apiEndpoints", "requestSchema,responseSchema,owners,tags,sourceHash"),
}
#: Path segments that mean an element of a list or an entry of a map in nested column paths.
_ELEMENTS = frozenset({
    "element", "list", "array", "array_element", "item", "items", "member", "bag", "value", "values", "key", "keys",
    "key_value", "entry", "entries",
})  # fmt: skip
#: Brackets that mean any element, or the one with that number.
_BRACKETS = re.compile(r"(?:\[\s*(?:\d+|\*)?\s*\])+$")
#: Deepest nesting of columns that is followed.
_MAX_DEPTH = 64


class Entity:
    """A table, topic, container or another data asset found in the catalogue.

    :param type_: entity type, e.g. ``table``; one of :data:`COLLECTIONS`
    :param body: JSON of the entity
    """

    def __init__(self, type_: str, body: dict[str, Any]) -> None:
        self.type = type_
        self.id = str(body["id"])
        self.fqn = str(body["fullyQualifiedName"])
        self.full_path = body.get("fullPath")
        self.body = body

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entity) and (self.type, self.id) == (other.type, other.id)

    def __hash__(self) -> int:
        return hash((self.type, self.id))

    def __repr__(self) -> str:
        return f"Entity({self.type} {self.fqn})"

    @property
    def ref(self) -> str:
        """Type and id as one key, ``<type>:<id>``."""
        return f"{self.type}:{self.id}"

    @property
    def reference(self) -> dict[str, str]:
        """Entity reference for requests."""
        return {"id": self.id, "type": self.type}

    @cached_property
    def service(self) -> str:
        """Name of its service."""
        return split(self.fqn)[0]

    @cached_property
    def columns(self) -> dict[tuple[str, ...], str]:
        """FQN of every column, nested ones included, by its path of plain names."""
        columns: dict[tuple[str, ...], str] = {}
        for path, fqn in self._walked:
            columns.setdefault(path, fqn)
        top = list(_children(self.type, self.body))
        if self.type == "topic" and len(top) == 1 and top[0].get("children"):
            # The single root of an Avro or Protobuf schema is the record itself, which events leave out.
            for path, fqn in self._walked:
                columns.setdefault(path[1:] or path, fqn)
        if self.type == "dashboard":
            # Charts are named by their ids.
            for chart in top:
                columns.setdefault((str(chart.get("displayName")),), columns[str(chart.get("name", "")),])
        return columns

    @cached_property
    def column_fqns(self) -> frozenset[str]:
        """FQNs of all columns."""
        return frozenset(fqn for _, fqn in self._walked)

    @cached_property
    def _walked(self) -> list[tuple[tuple[str, ...], str]]:
        return list(_walk(_children(self.type, self.body), (), self.fqn))

    @cached_property
    def _spellings(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        spellings: dict[str, tuple[tuple[str, ...], ...]] = {}
        for path in self.columns:
            key = ".".join(path).casefold()
            spellings[key] = (*spellings.get(key, ()), path)
        return spellings

    @cached_property
    def _children_of(self) -> dict[tuple[str, ...], set[str]]:
        children: dict[tuple[str, ...], set[str]] = {}
        for path in self.columns:
            children.setdefault(path[:-1], set()).add(path[-1])
        return children

    def column(self, field: str) -> str | None:
        """Return the FQN of the column for a field of an event, ``None`` if there is none or more than one.

        The exact spelling comes first, then any other letter case; ``a.b`` is a nested field or a name with a dot.
        Elements of lists and entries of maps have no column of their own: ``items.element.sku`` and ``items[].sku``
        are ``items.sku``.
        """
        for path in (split_identifier(field), (field,)):
            if path in self.columns:
                return self.columns[path]
            alike = self._spellings.get(".".join(path).casefold(), ())
            exact = [names for names in alike if ".".join(names) == ".".join(path)]
            only = exact if len(exact) == 1 else list({self.columns[names]: names for names in alike}.values())
            if len(only) == 1:
                return self.columns[only[0]]
        columns = {self.columns[path] for path in self._without_elements((), column_parts(field), 0)}
        return columns.pop() if len(columns) == 1 else None

    def _without_elements(self, above: tuple[str, ...], parts: tuple[str, ...], depth: int) -> set[tuple[str, ...]]:
        """Return the columns that a path may mean if words for elements of lists and maps are left out.

        :param above: column under which the parts are looked for
        :param depth: number of columns and words passed so far
        """
        if not parts:
            return {above} if above else set()
        if depth > _MAX_DEPTH:
            return set()
        children = self._children_of.get(above, set())
        for length in range(min(len(parts), _MAX_DEPTH), 0, -1):
            name = ".".join(parts[:length])
            named = [name] if name in children else [own for own in children if own.casefold() == name.casefold()]
            paths = {path for own in named for path in self._without_elements((*above, own), parts[length:], depth + 1)}
            if paths:
                return paths
        if above and parts[0].casefold() in _ELEMENTS:
            return self._without_elements(above, parts[1:], depth + 1)
        return set()


def column_parts(field: str) -> tuple[str, ...]:
    """Return the parts of a nested field's path, without the brackets of lists and the ``$`` of JSONPath."""
    text = field[1:].lstrip(".") if field.startswith(("$.", "$[")) else field
    return tuple(filter(None, (_BRACKETS.sub("", part) for part in split_identifier(text))))


#: Paths of the columns in the JSON of an entity; for an API the response comes before the request.
_COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "table": (("columns",),),
    "topic": (("messageSchema", "schemaFields"),),
    "container": (("dataModel", "columns"),),
    "dashboard": (("charts",),),
    "mlmodel": (("mlFeatures",),),
    "searchIndex": (("fields",),),
    "apiEndpoint": (("responseSchema", "schemaFields"), ("requestSchema", "schemaFields")),
}


def _children(type_: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for keys in _COLUMNS.get(type_, ()):
        value: Any = body
        for key in keys:
            value = value.get(key) or {}
        yield from (item for item in value or () if isinstance(item, dict))


def _walk(
    columns: Iterable[dict[str, Any]], path: tuple[str, ...], parent: str
) -> Iterator[tuple[tuple[str, ...], str]]:
    for column in columns:
        name = str(column.get("name", ""))
        fqn = str(column.get("fullyQualifiedName") or f"{parent}.{quote(name)}")
        yield (*path, name), fqn
        yield from _walk(column.get("children") or (), (*path, name), fqn)
