"""The owners and domains that an entity has from its parent: shown with it, never stored with it."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE, Kind

_FIELDS = ("owners", "domain", "domains")
#: Kinds whose parent is a grouping, not an ancestor that owns them.
_NOT_HEIRS = frozenset({"query", "tag"})


def with_inherited(store: CatalogueStore, kind: Kind, entity: Entity) -> Entity:
    """Return an entity with the references that it inherits, each of them marked as inherited."""
    if Behaviour.INHERITS_REFERENCES not in store.behaviours or kind.parent_type is None or kind.type in _NOT_HEIRS:
        return entity
    missing = [name for name in _FIELDS if not entity.get(name)]
    parent = _parent(store, kind, entity) if missing else None
    return entity if parent is None else {**entity, **{key: _marked(parent[key]) for key in missing if parent.get(key)}}


def without_inherited(entity: Entity) -> Entity:
    """Return an entity without the references that are marked as inherited."""
    result = dict(entity)
    for key in _FIELDS:
        value = result.pop(key, None)
        own = [item for item in value if not item.get("inherited")] if isinstance(value, list) else value
        if own and not (isinstance(own, dict) and own.get("inherited")):
            result[key] = own
    return result


def _parent(store: CatalogueStore, kind: Kind, entity: Entity) -> Entity | None:
    parent_type, reference = str(kind.parent_type), entity.get(kind.parent or "")
    if kind.type == "container" and "parent" in entity:
        parent_type, reference = "container", entity["parent"]
    parent = store.collection(parent_type).by_id.get(reference["id"]) if reference else None
    return None if parent is None else with_inherited(store, BY_TYPE[parent_type], parent)


def _marked(value: Any) -> Any:
    if isinstance(value, list):
        return [{**item, "inherited": True} for item in value]
    return {**value, "inherited": True}
