"""Reads a facet that differs from its schema item by item: a bad item costs itself, the rest of the facet is used.

What is missing must not read as "there is none", because lineage would be assumed then. An entry of a mapping whose
value cannot be read stays, without a value (a column whose sources are unknown is a column with lineage), and a list or
mapping that cannot be read is empty, not missing.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Union, get_args, get_origin

import msgspec

from openmetadata_ol_provider.openlineage.facets import (
    ColumnField,
    ColumnLineageFacet,
    LineageEntry,
    LineageInput,
    Part,
)
from openmetadata_ol_provider.openlineage.limits import MAX_DEPTH, NAMES

#: Notes one loss by its path and the reason.
Note = Callable[[str, str], None]
_ERRORS = (msgspec.ValidationError, RecursionError, OverflowError)
_fields = lru_cache(msgspec.structs.fields)
#: Parts that would be taken for datasets without their type.
_TYPED: Final = (LineageEntry, LineageInput)


class _Lost:
    """Marks an item that cannot be read."""


_LOST: Final = _Lost()


def convert_leniently(facet: Any, kind: Any, path: str, note: Note) -> Any:
    """Return a facet without the items that differ from its schema, ``None`` if nothing of it can be read.

    :param facet: facet as decoded JSON, which differs from its schema
    :param kind: type of the facet
    :param path: place of the facet in its event
    :param note: notes each loss
    """
    read = _read(facet, kind, path, note, 0)
    return None if isinstance(read, _Lost) else read


def _read(value: Any, kind: Any, path: str, note: Note, depth: int) -> Any:
    try:
        return msgspec.convert(value, kind, strict=False)
    except _ERRORS as error:
        reason = str(error)
    inner = _without_none(kind)
    if depth < MAX_DEPTH:
        if isinstance(value, dict) and isinstance(inner, type) and issubclass(inner, Part):
            return _part(value, inner, path, note, depth)
        if isinstance(value, list) and get_origin(inner) is Sequence:
            (of,) = get_args(inner)
            items = (_read(item, of, f"{path}[{index}]", note, depth + 1) for index, item in enumerate(value))
            return [item for item in items if not isinstance(item, _Lost)]
        if isinstance(value, dict) and get_origin(inner) is Mapping:
            return _mapping(value, get_args(inner)[1], path, note, depth)
    note(path, reason)
    return _LOST


def _part(value: dict[str, Any], kind: type[Part], path: str, note: Note, depth: int) -> Any:
    read: dict[str, Any] = {}
    for field in _fields(kind):
        item = value.get(field.encode_name)
        if item is None:
            # Also of a field that may not be null by its type: `_deleted`.
            continue
        converted = _read(item, field.type, f"{path}.{field.encode_name}", note, depth + 1)
        if not isinstance(converted, _Lost):
            read[field.name] = converted
        elif field.name in NAMES or (field.name == "type" and issubclass(kind, _TYPED)):
            # What a name names is lost with it.
            return _LOST
        elif kind is ColumnLineageFacet and field.name == "fields":
            read[field.name] = {"": ColumnField()}
        elif get_origin(_without_none(field.type)) is Sequence:
            read[field.name] = []
    return kind(**read)


def _mapping(value: dict[str, Any], of: Any, path: str, note: Note, depth: int) -> dict[str, Any]:
    read: dict[str, Any] = {}
    inner = _without_none(of)
    for key, item in value.items():
        converted = _read(item, of, f"{path}.{key}", note, depth + 1)
        if not isinstance(converted, _Lost):
            read[key] = converted
        elif isinstance(inner, type) and issubclass(inner, Part):
            read[key] = inner()
    return read


@lru_cache(512)
def _without_none(kind: Any) -> Any:
    """Return the only type that a value may have, except null."""
    if get_origin(kind) in (Union, types.UnionType):
        others = [item for item in get_args(kind) if item is not type(None)]
        return others[0] if len(others) == 1 else kind
    return kind
