"""The named parts of entities (columns, message fields, tasks): their FQNs, and which of them lineage may name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import qualified_names
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind

Entity = dict[str, Any]


def with_names(kind: Kind, entity: Entity, check_tags: Callable[[Any], None]) -> Entity:
    """Fill in the FQNs of an entity's parts, in place, and return the entity.

    :param check_tags: function that is called with the tag labels of each part
    """
    for path in (kind.parts, *kind.more_parts):
        prefix = (entity["fullyQualifiedName"], *_infix(kind, path))
        _name_parts(_parts(path, entity), ".".join(prefix), check_tags)
    return entity


def lineage_names(kind: Kind, entity: Entity) -> set[str]:
    """Return the names, relative to the entity, that column lineage may use."""
    if kind.type == "pipeline":
        return set()
    if kind.type == "mlmodel":
        return {qualified_names.quote(feature["name"]) for feature in entity.get("mlFeatures", ())}
    if kind.type == "dashboard":
        return {qualified_names.quote(chart["name"]) for chart in entity.get("charts", ())}
    return {
        ".".join((*_infix(kind, path), name))
        for path in (kind.parts, *kind.more_parts)
        for name in _relative_names(_parts(path, entity), None)
    }


def _infix(kind: Kind, path: tuple[str, ...]) -> tuple[str, ...]:
    """Return what comes between the FQN of an entity and the names of its parts, if anything."""
    return path[:1] if path in kind.more_parts else ()


def _parts(path: tuple[str, ...], entity: Entity) -> list[Entity]:
    if not path:
        return []
    value: Any = entity
    for key in path:
        value = value.get(key) or {}
    return value if isinstance(value, list) else []


def _name_parts(parts: list[Entity], prefix: str, check_tags: Callable[[Any], None]) -> None:
    for part in parts:
        fqn = part["fullyQualifiedName"] = qualified_names.join(prefix, part["name"])
        if "tags" in part:
            check_tags(part["tags"])
        if "children" in part:
            _name_parts(part["children"], fqn, check_tags)


def _relative_names(parts: list[Entity], prefix: str | None) -> Iterator[str]:
    for part in parts:
        name = qualified_names.join(prefix, part["name"])
        yield name
        yield from _relative_names(part.get("children") or [], name)
