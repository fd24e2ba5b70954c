"""An entity of the catalogue as lineage needs it: reference, FQN, and columns in the catalogue's own spelling. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from openmetadata_ol_provider.lineage.names.identifiers import split_identifier
from openmetadata_ol_provider.openmetadata.fqn import quote, split

#: REST collection and the fields to ask for, by entity type.
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
#: Path segments that stand for "any element" in nested column paths.
_ELEMENTS = frozenset({"element", "[]", "[*]", "array_element", "items"})


class Entity:
    """A table, topic, container or another data asset found in the catalogue.

    :param type_: entity type, e.g. ``table``; one of :data:`COLLECTIONS`
    :param body: the entity's JSON
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
        """Type and id in one word."""
        return f"{self.type}:{self.id}"

    @property
    def reference(self) -> dict[str, str]:
        """The entity reference that requests carry."""
        return {"id": self.id, "type": self.type}

    @property
    def service(self) -> str:
        """Name of the service it is in."""
        return split(self.fqn)[0]

    @cached_property
    def columns(self) -> dict[tuple[str, ...], str]:
        """FQN of every column, nested ones included, by path of plain names."""
        columns: dict[tuple[str, ...], str] = {}
        for path, fqn in self._walked:
            columns.setdefault(path, fqn)
        top = list(_children(self.type, self.body))
        if self.type == "topic" and len(top) == 1 and top[0].get("children"):
            # The one root of an Avro or Protobuf schema is the record itself, which events do not name.
            for path, fqn in self._walked:
                columns.setdefault(path[1:] or path, fqn)
        if self.type == "dashboard":
            # Charts are named by their ids.
            for chart in top:
                columns.setdefault((str(chart.get("displayName")),), columns[str(chart.get("name", "")),])
        return columns

    @cached_property
    def column_fqns(self) -> frozenset[str]:
        """All column FQNs."""
        return frozenset(fqn for _, fqn in self._walked)

    @cached_property
    def _walked(self) -> list[tuple[tuple[str, ...], str]]:
        return list(_walk(_children(self.type, self.body), (), self.fqn))

    @cached_property
    def _spellings(self) -> dict[str, tuple[str, ...]]:
        spellings: dict[str, tuple[str, ...]] = {}
        for path, fqn in self.columns.items():
            key = ".".join(path).casefold()
            spellings[key] = tuple(dict.fromkeys((*spellings.get(key, ()), fqn)))
        return spellings

    def column(self, field: str) -> str | None:
        """Return the FQN of the column an event's field means, ``None`` if there is none or it is not clear which.

        The exact spelling comes first, then the same in another letter case; ``a.b`` is a nested field or a name with
        a dot in it.
        """
        parts = split_identifier(field)
        for path in (tuple(parts), (field,), tuple(part for part in parts if part.lower() not in _ELEMENTS)):
            if path in self.columns:
                return self.columns[path]
            found = self._spellings.get(".".join(path).casefold(), ())
            exact = [fqn for known, fqn in self.columns.items() if ".".join(known) == ".".join(path)]
            if len(exact) == 1:
                return exact[0]
            if len(found) == 1:
                return found[0]
        return None


#: Where column lineage finds the columns of an entity; of an API what it answers comes before what it is asked.
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
        found: Any = body
        for key in keys:
            found = found.get(key) or {}
        yield from (item for item in found or () if isinstance(item, dict))


def _walk(
    columns: Iterable[dict[str, Any]], path: tuple[str, ...], parent: str
) -> Iterator[tuple[tuple[str, ...], str]]:
    for column in columns:
        name = str(column.get("name", ""))
        fqn = str(column.get("fullyQualifiedName") or f"{parent}.{quote(name)}")
        yield (*path, name), fqn
        yield from _walk(column.get("children") or (), (*path, name), fqn)
