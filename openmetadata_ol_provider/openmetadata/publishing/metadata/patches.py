"""What has to change in an entity so that it has the facts that events state, as operations of a JSON Patch. Pure.

The policies, for each field by itself, whether of an entity, a column or a task:

============  ==============================================  =====================================================
policy        descriptions, owners                            tags
============  ==============================================  =====================================================
``never``     left alone                                      left alone
``if_empty``  written where there is none                     set where there is none of anybody
``if_ours``   also on a stub of ours that nobody has touched  labels of our classification are added and removed
``always``    replaced                                        also labels of other classifications are added
============  ==============================================  =====================================================

The catalogue does not say who wrote a field. A field is ours for certain only on an entity that we created (a stub,
known by its ``sourceHash``) as long as it is in its first version: whoever changes it after that, the text may be
theirs. An owner that an entity inherits from its schema or service was somebody's decision, so the field is not empty.
A label of another classification is never removed, and never moved: labels are added and removed one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.publishing.metadata.tags import is_ours, label

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import WritePolicy
    from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import Reference

Json = dict[str, Any]
#: Where the parts of an entity are that have facts of their own.
_PARTS = {
    "table": ("columns",),
    "topic": ("messageSchema", "schemaFields"),
    "container": ("dataModel", "columns"),
    "dashboardDataModel": ("columns",),
    "searchIndex": ("fields",),
    "mlmodel": ("mlFeatures",),
    "pipeline": ("tasks",),
}


class Holder(NamedTuple):
    """Something that has facts: an entity, a column, a task.

    :param pointer: JSON pointer to it within the entity; empty for the entity itself
    :param guards: operations that fail if something else is there by now
    """

    pointer: str
    body: Json
    guards: tuple[Json, ...] = ()


class Change(NamedTuple):
    """A change of one fact.

    :param what: fact and whose it is, for people
    :param guards: operations that fail if the place is another's by now
    """

    what: str
    guards: tuple[Json, ...]
    operations: tuple[Json, ...]


def holders(type_: str, fqn: str, body: Json) -> dict[str, Holder]:
    """Return what has facts in an entity: itself under the empty text, columns by FQN, tasks by name."""
    found: Any = body
    path = _PARTS.get(type_, ())
    for key in path:
        found = (found or {}).get(key)
    by_name = type_ == "pipeline"
    parts = _walk(found or (), f"/{'/'.join(path)}", "" if by_name else fqn, ()) if path else ()
    return {"": Holder("", body), **dict(parts)}


def _walk(parts: Iterable[Json], pointer: str, above: str, guards: tuple[Json, ...]) -> Iterator[tuple[str, Holder]]:
    for index, part in enumerate(parts):
        name, place = str(part.get("name", "")), f"{pointer}/{index}"
        fqn = str(part.get("fullyQualifiedName") or f"{above}.{quote(name)}")
        own = (*guards, {"op": "test", "path": f"{place}/name", "value": part.get("name")})
        yield fqn if above else name, Holder(place, part, own)
        if above:
            yield from _walk(part.get("children") or (), f"{place}/children", fqn, own)


def may_write(policy: WritePolicy, current: object, *, ours: bool) -> bool:
    """Tell whether a policy lets a field be written.

    :param current: the field's value
    :param ours: whether the value is ours for certain
    """
    return policy == "always" or (policy == "if_ours" and ours) or (policy != "never" and not current)


def lock(body: Json) -> tuple[Json, ...]:
    """Return operations that fail if somebody has changed the entity since it was read."""
    # If-Match would do, but servers then lose what is changed in columns.
    return ({"op": "test", "path": "/updatedAt", "value": body["updatedAt"]},) if "updatedAt" in body else ()


def description_change(holder: Holder, text: str) -> tuple[Json, ...]:
    """Return the operations that give a holder a description, none if it has it."""
    if str(holder.body.get("description") or "").strip() == text.strip():
        return ()
    return ({"op": "add", "path": f"{holder.pointer}/description", "value": text},)


def owners_change(holder: Holder, owners: Iterable[Reference]) -> tuple[Json, ...]:
    """Return the operations that give a holder owners, none if it has just these."""
    bodies = [owner.body for owner in owners]
    current = {owner.get("id") for owner in holder.body.get("owners") or ()}
    if current == {body["id"] for body in bodies}:
        return ()
    return ({"op": "add", "path": f"{holder.pointer}/owners", "value": bodies},)


def tags_change(holder: Holder, wanted: Iterable[str], policy: WritePolicy) -> tuple[Json, ...]:
    """Return the operations that give a holder tags and take from it those of ours that events no longer name.

    :param wanted: FQNs of tags
    """
    stored = [str(one.get("tagFQN")) for one in holder.body.get("tags") or ()]
    if policy == "never" or (policy == "if_empty" and stored):
        return ()
    names = list(dict.fromkeys(wanted))
    place = f"{holder.pointer}/tags"
    new = [name for name in names if name not in stored]
    if not stored:
        return ({"op": "add", "path": place, "value": [label(name) for name in new]},) if new else ()
    stale = [(index, name) for index, name in enumerate(stored) if is_ours(name) and name not in names]
    # All tests first, as removing shifts what comes after; for the same reason the last goes first.
    tests = [{"op": "test", "path": f"{place}/{index}/tagFQN", "value": name} for index, name in stale]
    removals = [{"op": "remove", "path": f"{place}/{index}"} for index, _ in reversed(stale)]
    return (*tests, *removals, *({"op": "add", "path": f"{place}/-", "value": label(name)} for name in new))
