"""Writes entities: from request bodies to stored entities, with owners, tags, parents and other references resolved."""

from __future__ import annotations

import hashlib
import time
import uuid
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import column_lineage, qualified_names
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError, not_found
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.caller import Caller
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity, reference
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.named_parts import with_names
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import validate, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.update_rules import merged

CREATED, UPDATED, NO_CHANGE = "entityCreated", "entityUpdated", "entityNoChange"
#: Fields that requests give as FQNs, with the kind that each refers to.
_BY_NAME = {"domain": "domain", "domains": "domain", "dataProducts": "dataProduct"}
#: Fields that requests for people give as ids, with the kind that each refers to.
_BY_ID = {"user": {"teams": "team"}, "team": {"users": "user", "parents": "team", "children": "team"}}
#: Fields whose change is not a change of the entity.
_BOOKKEEPING = frozenset({"version", "updatedAt", "updatedBy"})


def now_ms() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def create(store: CatalogueStore, kind: Kind, body: Any, caller: Caller) -> Entity:
    """Create an entity (POST).

    :raises ApiError: 409 if an entity of that name exists already, even if it is deleted
    """
    with store.lock:
        entity = _from_request(store, kind, body)
        if entity["fullyQualifiedName"] in store.collection(kind.type).by_fqn:
            raise ApiError(409, "Entity already exists")
        return _add(store, kind, entity, caller)


def create_or_update(store: CatalogueStore, kind: Kind, body: Any, caller: Caller) -> tuple[Entity, str]:
    """Create an entity, or update the one of the same name (PUT).

    :returns: the entity as stored, and the kind of change
    """
    with store.lock:
        entity = _from_request(store, kind, body)
        stored = store.collection(kind.type).by_fqn.get(entity["fullyQualifiedName"])
        if stored is None:
            return _add(store, kind, entity, caller), CREATED
        changed = merged(kind, stored, entity, store.behaviours, is_bot=caller.is_bot)
        if Behaviour.REMOVED_COLUMNS_LOSE_LINEAGE in store.behaviours:
            column_lineage.forget_removed(store, kind, stored, changed)
        return replace(store, kind, stored, changed, caller)


def replace(  # noqa: PLR0917
    store: CatalogueStore, kind: Kind, stored: Entity, entity: Entity, caller: Caller, base: float | None = None
) -> tuple[Entity, str]:
    """Replace a stored entity, with a new version; do nothing if no field changed that is noticed.

    :param base: version that the new one follows, if not the stored one
    :returns: the entity as stored, and the kind of change
    """
    if _noticed(kind, stored) == _noticed(kind, entity):
        if stored.get("sourceHash") == entity.get("sourceHash"):
            return stored, NO_CHANGE
        if Behaviour.SILENT_SOURCE_HASH in store.behaviours:
            entity = {**entity, **{key: stored[key] for key in _BOOKKEEPING}}
            store.collection(kind.type).put(entity)
            return entity, NO_CHANGE
    entity = {
        **entity,
        "version": round((stored["version"] if base is None else base) + 0.1, 1),
        # Two changes never have the same time: an ETag consists of the version and the time.
        "updatedAt": max(now_ms(), stored["updatedAt"] + 1),
        "updatedBy": caller.name,
    }
    store.collection(kind.type).put(entity)
    store.blanked.discard(entity["id"])
    return entity, UPDATED


def _noticed(kind: Kind, entity: Entity) -> Entity:
    """Return the content of an entity that decides whether it has changed."""
    ignored = _BOOKKEEPING | {"sourceHash"} | set(kind.unnoticed.split())
    noticed = {key: value for key, value in entity.items() if key not in ignored and value is not None}
    if kind.unnoticed_in_parts:
        ignored = frozenset(kind.unnoticed_in_parts.split())
        # One level is enough: parts with such fields (tasks) have no children.
        parts = entity.get(kind.parts[0]) or ()
        noticed[kind.parts[0]] = [{key: value for key, value in part.items() if key not in ignored} for part in parts]
    return noticed


def exists(store: CatalogueStore, kind: Kind, body: Any) -> bool:
    """Tell whether the entity that a create request describes exists already."""
    return _from_request(store, kind, body)["fullyQualifiedName"] in store.collection(kind.type).by_fqn


def delete(store: CatalogueStore, kind: Kind, entity: Entity, caller: Caller, *, hard: bool, recursive: bool) -> Entity:
    """Delete an entity and, if requested, its content.

    :raises ApiError: 400 if it has content and ``recursive`` is false
    """
    with store.lock:
        content = [
            (collection.kind, child)
            for collection in store.collections.values()
            for child in collection.by_id.values()
            if child["fullyQualifiedName"].startswith(entity["fullyQualifiedName"] + ".")
            and (collection.kind is kind or _is_inside(child, entity["id"]))
            and (hard or not child["deleted"])
        ]
        if content and not recursive:
            raise ApiError(400, f"{kind.type} is not empty")
        for child_kind, child in content:
            _delete_one(store, child_kind, child, caller, hard)
        return _delete_one(store, kind, entity, caller, hard)


def resolve_owners(store: CatalogueStore, owners: list[Entity]) -> list[Entity]:
    """Return full references to owners.

    :raises ApiError: 404 for an owner that does not exist; 400 for a team among several owners, or for an entity that
        cannot be an owner
    """
    for owner in owners:
        if owner["type"] not in ("user", "team"):
            raise ApiError(400, f"Entity type {owner['type']} cannot be an owner")
    resolved = [(owner["type"], store.by_reference(owner)) for owner in owners]
    for entity_type, entity in resolved:
        if entity_type == "team" and entity["teamType"] != "Group":
            raise ApiError(400, f"Team of type {entity['teamType']} can't own entities, only teams of type Group can")
    if len(resolved) > 1 and any(entity_type == "team" for entity_type, _ in resolved):
        raise ApiError(400, "Only one team can be an owner, and not together with users")
    return [reference(entity_type, entity) for entity_type, entity in resolved]


def check_tags(store: CatalogueStore, labels: Any) -> None:
    """Check that the tags of labels exist and may be assigned together.

    :raises ApiError: 404 for an unknown tag; 400 for two tags of a classification that allows only one
    """
    tags_by_classification: dict[str, str] = {}
    for label in labels or ():
        name = label["tagFQN"]
        if label["source"] != "Classification":
            raise not_found("glossaryTerm", name)
        classification = store.by_reference(store.by_name("tag", name)["classification"])
        other = tags_by_classification.setdefault(classification["id"], name)
        if classification.get("mutuallyExclusive") and other != name:
            raise ApiError(400, f"Tag labels {other} and {name} are mutually exclusive and can't be assigned together")


def _from_request(store: CatalogueStore, kind: Kind, body: Any) -> Entity:
    """Validate a create request and return the entity it describes, without id and version."""
    validate(kind.schema, body, store.version)
    entity: Entity = without_nulls(body)
    if kind.type == "query":
        _complete_query(store, entity)
    is_without_domain = not entity.get("domain") and not entity.get("domains")
    if entity.get("dataProducts") and is_without_domain and Behaviour.DATA_PRODUCTS_NEED_DOMAIN in store.behaviours:
        raise ApiError(400, "Data products need a domain of the entity itself")
    prefix = _resolve_parent(store, kind, entity)
    entity["fullyQualifiedName"] = qualified_names.join(prefix, entity["name"])
    if "owners" in entity:
        entity["owners"] = resolve_owners(store, entity["owners"])
    check_tags(store, entity.get("tags"))
    for field, entity_type in {**_BY_NAME, **kind.by_name}.items():
        if field in entity:
            entity[field] = _references(store, entity_type, entity[field])
    for field, entity_type in _BY_ID.get(kind.type, {}).items():
        if field in entity:
            entity[field] = [reference(entity_type, store.by_id(entity_type, item)) for item in entity[field]]
    return with_names(kind, entity, lambda labels: check_tags(store, labels))


def _references(store: CatalogueStore, entity_type: str, fqns: str | list[str]) -> Entity | list[Entity]:
    """Return the reference to the entity of an FQN, or a list of references to several."""
    if isinstance(fqns, str):
        return reference(entity_type, store.by_name(entity_type, fqns))
    return [reference(entity_type, store.by_name(entity_type, fqn)) for fqn in fqns]


def _complete_query(store: CatalogueStore, entity: Entity) -> None:
    """Name a query after its text, unless it has a name, and look up the entities it is used in."""
    checksum = hashlib.md5(entity["query"].encode(), usedforsecurity=False).hexdigest()
    entity["checksum"] = checksum
    entity.setdefault("name", checksum)
    if "queryUsedIn" in entity:
        entity["queryUsedIn"] = [reference(item["type"], store.by_reference(item)) for item in entity["queryUsedIn"]]


def _resolve_parent(store: CatalogueStore, kind: Kind, entity: Entity) -> str | None:
    """Fill in the references to an entity's ancestors, in place, and return the FQN that its own name is appended to.

    :raises ApiError: 400 if the parent is missing or belongs to another service, 404 if it does not exist
    """
    if kind.type == "tag" and "parent" in entity:
        parent_tag = store.by_name("tag", entity["parent"])
        entity["parent"] = reference("tag", parent_tag)
        entity["classification"] = parent_tag["classification"]
        return str(parent_tag["fullyQualifiedName"])
    if kind.parent is None or kind.parent_type is None:
        return None
    if kind.parent not in entity:
        raise ApiError(400, f"[{kind.parent} must not be null]")
    parent = store.by_name(kind.parent_type, entity[kind.parent])
    entity[kind.parent] = reference(kind.parent_type, parent)
    # A table also refers to the database and the service of its schema.
    for inherited in ("database", "service", "serviceType"):
        if inherited in parent and inherited != kind.parent:
            entity[inherited] = parent[inherited]
    if kind.type == "container" and "parent" in entity:
        container = store.by_reference(entity["parent"])
        if container["service"]["id"] != parent["id"]:
            raise ApiError(400, f"container {container['fullyQualifiedName']} belongs to another service")
        entity["parent"] = reference("container", container)
        return str(container["fullyQualifiedName"])
    parent_fqn = str(parent["fullyQualifiedName"])
    return qualified_names.join(parent_fqn, kind.infix) if kind.infix else parent_fqn


def _add(store: CatalogueStore, kind: Kind, entity: Entity, caller: Caller) -> Entity:
    others = store.collection(kind.type).by_id.values() if kind.unique else ()
    if any(other[kind.unique] == entity[kind.unique] for other in others):
        raise ApiError(409, "Entity already exists")
    entity = {
        "id": str(uuid.uuid4()),
        **entity,
        "version": 0.1,
        "updatedAt": now_ms(),
        "updatedBy": caller.name,
        "deleted": False,
    }
    store.collection(kind.type).put(entity)
    return entity


def _is_inside(child: Entity, ancestor_id: str) -> bool:
    ancestors = (child.get(field) for field in ("service", "database", "databaseSchema", "classification"))
    return any(ancestor is not None and ancestor["id"] == ancestor_id for ancestor in ancestors)


def _delete_one(store: CatalogueStore, kind: Kind, entity: Entity, caller: Caller, hard: bool) -> Entity:
    if not hard:
        return replace(store, kind, entity, {**entity, "deleted": True}, caller)[0]
    store.collection(kind.type).remove(entity)
    store.edges.remove_all_of(entity["id"])
    store.statuses.pop(entity["id"], None)
    store.observability.pop(entity["id"], None)
    store.usage.pop((kind.type, entity["id"]), None)
    store.percentiles.pop((kind.type, entity["id"]), None)
    return {**entity, "deleted": True}
