"""The merge rules of create-or-update: what a PUT leaves of the stored entity, and what a bot may not overwrite."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.kinds import Kind

Entity = dict[str, Any]

#: Set by the catalogue, not by create requests.
_OWN = ("id", "name", "fullyQualifiedName", "version", "updatedAt", "updatedBy")
#: A PUT without these does not remove them.
_KEPT = ("owners", "domain", "domains", "dataProducts", "parent", "connection", "lifeCycle")
#: A bot's PUT does not overwrite these once they are set.
_PEOPLES = ("description", "displayName")


def merged(kind: Kind, stored: Entity, new: Entity, is_bot: bool) -> Entity:
    """Return the entity that a PUT makes of a stored one; a deleted one comes back.

    Everything not named in the rules is as the request says; what it leaves out is cleared.
    """
    result = {**new, **{key: stored[key] for key in _OWN}, "deleted": False}
    for key in _KEPT:
        if key in stored and not new.get(key):
            result[key] = stored[key]
    for key in stored.keys() - result.keys():
        # What no create request can say (set by PATCH or by the catalogue itself) is no request's to clear.
        if key not in kind.shape.fields:
            result[key] = stored[key]
    _merge_texts_and_tags(result, stored, is_bot)
    if is_bot and "extension" in stored:
        result["extension"] = stored["extension"]
    elif is_bot:
        result.pop("extension", None)
    for path in (kind.parts, *kind.more_parts):
        if path:
            _merge_parts(result, stored, path, is_bot)
    return result


def _merge_texts_and_tags(new: Entity, stored: Entity, is_bot: bool) -> None:
    for key in _PEOPLES:
        if is_bot and stored.get(key):
            new[key] = stored[key]
    if "tags" in stored:
        labels = {label["tagFQN"]: label for label in stored["tags"]}
        labels.update((label["tagFQN"], label) for label in new.get("tags", ()) if label["tagFQN"] not in labels)
        new["tags"] = list(labels.values())


def _merge_parts(new: Entity, stored: Entity, path: tuple[str, ...], is_bot: bool) -> None:
    """Merge columns, fields or tasks by name; those the request leaves out are gone."""
    for key in path[:-1]:
        new, stored = new.get(key) or {}, stored.get(key) or {}
    before = {part["name"]: part for part in stored.get(path[-1]) or ()}
    for part in new.get(path[-1]) or ():
        old = before.get(part["name"])
        if old is not None:
            _merge_texts_and_tags(part, old, is_bot)
            _merge_parts(part, old, ("children",), is_bot)
