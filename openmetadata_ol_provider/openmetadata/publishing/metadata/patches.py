"""Builds the JSON Patch operations that give an entity the metadata that events carry.

The policies, for each field by itself, whether of an entity, a column or a task:

============  ==============================================  =====================================================
policy        descriptions, owners                            tags
============  ==============================================  =====================================================
``never``     left alone                                      left alone
``if_empty``  written where there is none                     set where there is none of anybody
``if_ours``   also on a stub of ours that nobody has touched  labels of our classification are added and removed
``always``    replaced                                        also labels of other classifications are added
============  ==============================================  =====================================================

The catalogue does not tell who wrote a field. A field is certainly ours only on an entity that we created (a stub,
known by its ``sourceHash``) as long as it is in its first version: after any change, the text may be somebody else's.
An owner that an entity inherits from its schema or service was somebody's decision, so the field is not empty. A label
of another classification is never removed, and never moved: labels are added and removed one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import is_ours, label

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WritePolicy
    from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import OwnerReference

Json = dict[str, Any]
#: Path to the parts of an entity that have metadata of their own, by entity type.
_PARTS = {
    "table": ("columns",),
    "topic": ("messageSchema", "schemaFields"),
    "container": ("dataModel", "columns"),
    "dashboardDataModel": ("columns",),
    "searchIndex": ("fields",),
    "mlmodel": ("mlFeatures",),
    "pipeline": ("tasks",),
}


class EntityPart(NamedTuple):
    """Something that has metadata: an entity, a column, a task.

    :param pointer: JSON pointer to it within the entity; empty for the entity itself
    :param body: JSON of the part
    """

    pointer: str
    body: Json


class FieldPatch(NamedTuple):
    """A change of one field.

    :param what: name of the field and of its part, for people
    :param operations: operations that make the change
    """

    what: str
    operations: tuple[Json, ...]


def entity_parts(type_: str, fqn: str, body: Json) -> dict[str, EntityPart]:
    """Return the parts of an entity that have metadata: itself under the empty text, columns by FQN, tasks by name."""
    container: Any = body
    path = _PARTS.get(type_, ())
    for key in path:
        container = (container or {}).get(key)
    by_name = type_ == "pipeline"
    parts = _walk(container or (), f"/{'/'.join(path)}", "" if by_name else fqn) if path else ()
    return {"": EntityPart("", body), **dict(parts)}


def _walk(parts: Iterable[Json], pointer: str, above: str) -> Iterator[tuple[str, EntityPart]]:
    for index, part in enumerate(parts):
        name, own_pointer = str(part.get("name", "")), f"{pointer}/{index}"
        fqn = str(part.get("fullyQualifiedName") or f"{above}.{quote(name)}")
        yield fqn if above else name, EntityPart(own_pointer, part)
        if above:
            yield from _walk(part.get("children") or (), f"{own_pointer}/children", fqn)


def may_write(policy: WritePolicy, current: object, *, ours: bool) -> bool:
    """Return whether a policy allows a field to be written.

    :param current: current value of the field
    :param ours: ``True`` if the value is certainly ours
    """
    return policy == "always" or (policy == "if_ours" and ours) or (policy != "never" and not current)


def description_patch(part: EntityPart, text: str) -> tuple[Json, ...]:
    """Return the operations that set a description; none if it is set already."""
    if str(part.body.get("description") or "").strip() == text.strip():
        return ()
    return ({"op": "add", "path": f"{part.pointer}/description", "value": text},)


def owners_patch(part: EntityPart, owners: Iterable[OwnerReference]) -> tuple[Json, ...]:
    """Return the operations that set owners; none if they are set already."""
    bodies = [owner.body for owner in owners]
    current = {owner.get("id") for owner in part.body.get("owners") or ()}
    if current == {body["id"] for body in bodies}:
        return ()
    return ({"op": "add", "path": f"{part.pointer}/owners", "value": bodies},)


def tags_patch(part: EntityPart, desired: Iterable[str], policy: WritePolicy) -> tuple[Json, ...]:
    """Return the operations that add tags, and remove tags of ours that events no longer carry.

    :param desired: FQNs of tags
    """
    stored = [str(one.get("tagFQN")) for one in part.body.get("tags") or ()]
    if policy == "never" or (policy == "if_empty" and stored):
        return ()
    names = list(dict.fromkeys(desired))
    pointer = f"{part.pointer}/tags"
    new = [name for name in names if name not in stored]
    if not stored:
        return ({"op": "add", "path": pointer, "value": [label(name) for name in new]},) if new else ()
    stale = [(index, name) for index, name in enumerate(stored) if is_ours(name) and name not in names]
    # All tests come first because removing shifts what follows; for the same reason the last is removed first.
    tests = [{"op": "test", "path": f"{pointer}/{index}/tagFQN", "value": name} for index, name in stale]
    removals = [{"op": "remove", "path": f"{pointer}/{index}"} for index, _ in reversed(stale)]
    return (*tests, *removals, *({"op": "add", "path": f"{pointer}/-", "value": label(name)} for name in new))
