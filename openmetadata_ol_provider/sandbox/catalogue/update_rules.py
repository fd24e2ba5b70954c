"""The merge rules of create-or-update: which stored fields a PUT preserves, and which a bot may not overwrite."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.schema_versions import property_names

Entity = dict[str, Any]

#: Fields set by the catalogue, not by create requests.
_CATALOGUE_FIELDS = ("id", "name", "fullyQualifiedName", "version", "updatedAt", "updatedBy")
#: Fields that a PUT without them does not remove.
_PRESERVED_FIELDS = ("owners", "domain", "domains", "dataProducts", "parent", "connection", "lifeCycle")
#: Fields that the PUT of a bot does not overwrite once they are set, in parts and in entities.
_PEOPLES_FIELDS = ("description", "displayName")


def merged(kind: Kind, stored: Entity, new: Entity, behaviours: Behaviours, *, is_bot: bool) -> Entity:
    """Return the entity that a PUT makes of a stored one, which is restored if it was deleted.

    Fields that no rule names are as in the request; a field missing from the request is cleared.

    :param new: entity as the request describes it
    """
    result = {**new, **_preserved(kind, stored, new), "deleted": False}
    clears_display_name = Behaviour.CLEARS_DISPLAY_NAME in behaviours
    _merge_texts_and_tags(result, stored, is_bot, ("description",) if clears_display_name else _PEOPLES_FIELDS)
    certification = Behaviour.CLEARS_CERTIFICATION if is_bot else Behaviour.PEOPLE_CLEAR_CERTIFICATION
    for key, clearing in (("certification", certification), ("entityStatus", Behaviour.RESETS_ENTITY_STATUS)):
        if clearing in behaviours:
            result.pop(key, None)
    if is_bot:
        result.pop("extension", None)
        if "extension" in stored:
            result["extension"] = stored["extension"]
    for path in (kind.parts, *kind.more_parts):
        if path:
            _merge_parts(result, stored, path, is_bot)
    if Behaviour.DROPS_TASK_OWNERS in behaviours:
        drop_task_owners(kind, result)
    return result


def _preserved(kind: Kind, stored: Entity, new: Entity) -> Entity:
    """Return the stored fields that a PUT of a new entity leaves as they are."""
    request_fields = property_names(kind.schema)
    return {
        key: value
        for key, value in stored.items()
        if key in _CATALOGUE_FIELDS
        or (key in _PRESERVED_FIELDS and not new.get(key))
        # A field that no create request has (set by PATCH or by the catalogue itself) cannot be cleared by one.
        or (key not in request_fields and key not in new)
    }


def drop_task_owners(kind: Kind, entity: Entity) -> None:
    """Remove the owners of a pipeline's tasks, in place."""
    for task in (entity.get("tasks") or ()) if kind.type == "pipeline" else ():
        task.pop("owners", None)


def _merge_texts_and_tags(
    new: Entity, stored: Entity, is_bot: bool, peoples_fields: tuple[str, ...] = _PEOPLES_FIELDS
) -> None:
    for key in peoples_fields:
        if is_bot and stored.get(key):
            new[key] = stored[key]
    if "tags" in stored:
        labels = {label["tagFQN"]: label for label in stored["tags"]}
        labels.update((label["tagFQN"], label) for label in new.get("tags", ()) if label["tagFQN"] not in labels)
        new["tags"] = list(labels.values())


def _merge_parts(new: Entity, stored: Entity, path: tuple[str, ...], is_bot: bool) -> None:
    """Merge columns, fields or tasks by name; those missing from the request are removed."""
    for key in path[:-1]:
        new, stored = new.get(key) or {}, stored.get(key) or {}
    stored_parts = {part["name"]: part for part in stored.get(path[-1]) or ()}
    for part in new.get(path[-1]) or ():
        stored_part = stored_parts.get(part["name"])
        if stored_part is not None:
            _merge_texts_and_tags(part, stored_part, is_bot)
            _merge_parts(part, stored_part, ("children",), is_bot)
