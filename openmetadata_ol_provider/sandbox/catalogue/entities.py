"""Writing entities: from request bodies to stored entities, with the merge rules of create-or-update."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import fqn as names
from openmetadata_ol_provider.sandbox.catalogue.children import with_names
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError, not_found
from openmetadata_ol_provider.sandbox.catalogue.kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.merge import merged
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, Store, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import prune, validate, words

CREATED, UPDATED, NO_CHANGE = "entityCreated", "entityUpdated", "entityNoChange"
#: Fields that requests give by FQN, and fields of people that they give by id, and which kind each is of.
_BY_NAME = {"domain": "domain", "domains": "domain", "dataProducts": "dataProduct"}
_BY_ID = {"user": {"teams": "team"}, "team": {"users": "user", "parents": "team", "children": "team"}}
#: What a change of content is not.
_BOOKKEEPING = frozenset({"version", "updatedAt", "updatedBy"})


@dataclass(frozen=True)
class Caller:
    """Who sends a request.

    :param name: user name
    :param is_bot: bots do not overwrite what people wrote
    """

    name: str = "ingestion-bot"
    is_bot: bool = True


def now_ms() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def create(store: Store, kind: Kind, body: Any, caller: Caller) -> Entity:
    """Create an entity (POST).

    :raises ApiError: 409 if there is one of that name already, deleted or not
    """
    with store.lock:
        entity = _from_request(store, kind, body)
        if entity["fullyQualifiedName"] in store.collection(kind.type).by_fqn:
            raise ApiError(409, "Entity already exists")
        return _add(store, kind, entity, caller)


def create_or_update(store: Store, kind: Kind, body: Any, caller: Caller) -> tuple[Entity, str]:
    """Create an entity or update that of the same name (PUT).

    :returns: the entity as stored, and which change this was
    """
    with store.lock:
        entity = _from_request(store, kind, body)
        stored = store.collection(kind.type).by_fqn.get(entity["fullyQualifiedName"])
        if stored is None:
            return _add(store, kind, entity, caller), CREATED
        return replace(store, kind, stored, merged(kind, stored, entity, caller.is_bot), caller)


def replace(store: Store, kind: Kind, stored: Entity, entity: Entity, caller: Caller) -> tuple[Entity, str]:
    """Put a new state in the place of a stored one; only a change that is noticed is one, and gets a new version."""
    if _noticed(kind, stored) == _noticed(kind, entity):
        return stored, NO_CHANGE
    entity = {
        **entity,
        "version": round(stored["version"] + 0.1, 1),
        "updatedAt": now_ms(),
        "updatedBy": caller.name,
    }
    store.collection(kind.type).put(entity)
    return entity, UPDATED


def _noticed(kind: Kind, entity: Entity) -> Entity:
    """Return what of an entity is compared to find out whether it has changed."""
    blind = _BOOKKEEPING | words(kind.unnoticed)
    seen = {key: value for key, value in entity.items() if key not in blind and value is not None}
    if kind.unnoticed_in_parts:
        blind = words(kind.unnoticed_in_parts)
        # One level only: what has such fields (tasks) has no children.
        parts = entity.get(kind.parts[0]) or ()
        seen[kind.parts[0]] = [{key: value for key, value in part.items() if key not in blind} for part in parts]
    return seen


def exists(store: Store, kind: Kind, body: Any) -> bool:
    """Tell whether a create request is about an entity that is there already."""
    return _from_request(store, kind, body)["fullyQualifiedName"] in store.collection(kind.type).by_fqn


def delete(store: Store, kind: Kind, entity: Entity, caller: Caller, *, hard: bool, recursive: bool) -> Entity:
    """Delete an entity and, if asked, what it holds.

    :raises ApiError: 400 if it holds something and ``recursive`` was not asked for
    """
    with store.lock:
        inside = [
            (collection.kind, child)
            for collection in store.collections.values()
            for child in collection.by_id.values()
            if child["fullyQualifiedName"].startswith(entity["fullyQualifiedName"] + ".")
            and (collection.kind is kind or _is_held_by(child, entity["id"]))
            and (hard or not child["deleted"])
        ]
        if inside and not recursive:
            raise ApiError(400, f"{kind.type} is not empty")
        for child_kind, child in inside:
            _delete_one(store, child_kind, child, caller, hard)
        return _delete_one(store, kind, entity, caller, hard)


def resolve_owners(store: Store, owners: list[Entity]) -> list[Entity]:
    """Return full references to owners.

    :raises ApiError: 404 for one that does not exist, 400 for a team among several owners, or what cannot own
    """
    for owner in owners:
        if owner["type"] not in ("user", "team"):
            raise ApiError(400, f"Entity type {owner['type']} cannot be an owner")
    everyone = [(owner["type"], store.by_reference(owner)) for owner in owners]
    for entity in (entity for kind, entity in everyone if kind == "team" and entity["teamType"] != "Group"):
        raise ApiError(400, f"Team of type {entity['teamType']} can't own entities, only teams of type Group can")
    found = [reference(kind, entity) for kind, entity in everyone]
    if len(found) > 1 and any(owner["type"] == "team" for owner in found):
        raise ApiError(400, "Only one team can be an owner, and not beside users")
    return found


def check_tags(store: Store, labels: Any) -> None:
    """Check that the tags of labels exist.

    :raises ApiError: 404 for one that does not; 400 for two tags of a classification that allows one
    """
    exclusive: dict[str, str] = {}
    for label in labels or ():
        name = label["tagFQN"]
        if label["source"] != "Classification":
            raise not_found("glossaryTerm", name)
        classification = store.by_reference(store.by_name("tag", name)["classification"])
        other = exclusive.setdefault(classification["id"], name)
        if classification.get("mutuallyExclusive") and other != name:
            raise ApiError(400, f"Tag labels {other} and {name} are mutually exclusive and can't be assigned together")


def _from_request(store: Store, kind: Kind, body: Any) -> Entity:
    """Validate a create request and return the entity it describes, without id and version."""
    validate(kind.shape, body, store.version)
    entity: Entity = prune(body)
    if kind.type == "query":
        _complete_query(store, entity)
    prefix = _place(store, kind, entity)
    entity["fullyQualifiedName"] = names.join(prefix, entity["name"])
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


def _references(store: Store, entity_type: str, names_: str | list[str]) -> Entity | list[Entity]:
    """Return references to what a request names by FQN: one, or a list."""
    if isinstance(names_, str):
        return reference(entity_type, store.by_name(entity_type, names_))
    return [reference(entity_type, store.by_name(entity_type, name)) for name in names_]


def _complete_query(store: Store, entity: Entity) -> None:
    """Name a query after its text, unless it has a name, and look up what it is used in."""
    checksum = hashlib.md5(entity["query"].encode(), usedforsecurity=False).hexdigest()
    entity["checksum"] = checksum
    entity.setdefault("name", checksum)
    if "queryUsedIn" in entity:
        entity["queryUsedIn"] = [reference(item["type"], store.by_reference(item)) for item in entity["queryUsedIn"]]


def _place(store: Store, kind: Kind, entity: Entity) -> str | None:
    """Fill in the references to what holds an entity, and return the name its own name is appended to."""
    if kind.type == "tag" and "parent" in entity:
        parent = store.by_name("tag", entity["parent"])
        entity["parent"] = reference("tag", parent)
        entity["classification"] = parent["classification"]
        return str(parent["fullyQualifiedName"])
    if kind.parent is None or kind.parent_type is None:
        return None
    if kind.parent not in entity:
        raise ApiError(400, f"[{kind.parent} must not be null]")
    holder = store.by_name(kind.parent_type, entity[kind.parent])
    entity[kind.parent] = reference(kind.parent_type, holder)
    # A table is also in its schema's database and service.
    for inherited in ("database", "service", "serviceType"):
        if inherited in holder and inherited != kind.parent:
            entity[inherited] = holder[inherited]
    if kind.type == "container" and "parent" in entity:
        container = store.by_reference(entity["parent"])
        if container["service"]["id"] != holder["id"]:
            raise ApiError(400, f"container {container['fullyQualifiedName']} is of another service")
        entity["parent"] = reference("container", container)
        return str(container["fullyQualifiedName"])
    return (
        names.join(str(holder["fullyQualifiedName"]), kind.infix) if kind.infix else str(holder["fullyQualifiedName"])
    )


def _add(store: Store, kind: Kind, entity: Entity, caller: Caller) -> Entity:
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


def _is_held_by(child: Entity, holder_id: str) -> bool:
    holders = (child.get(field) for field in ("service", "database", "databaseSchema", "classification"))
    return any(holder is not None and holder["id"] == holder_id for holder in holders)


def _delete_one(store: Store, kind: Kind, entity: Entity, caller: Caller, hard: bool) -> Entity:
    if not hard:
        return replace(store, kind, entity, {**entity, "deleted": True}, caller)[0]
    store.collection(kind.type).remove(entity)
    store.edges.remove_all_of(entity["id"])
    store.statuses.pop(entity["id"], None)
    store.usage.pop((kind.type, entity["id"]), None)
    store.percentiles.pop((kind.type, entity["id"]), None)
    return {**entity, "deleted": True}
