"""Builds columns and message fields for requests from the fields that events carry.

Names are stored as connectors store them. Names that differ in letter case only are one column, in the spelling that
came first: databases distinguish them as rarely as producers spell them alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from openmetadata_ol_provider.lineage.plan import Field
from openmetadata_ol_provider.openmetadata.fqn import bounded, stored_name
from openmetadata_ol_provider.openmetadata.publishing.stubs.column_types import MAX_DEPTH, ColumnType, parse_type
from openmetadata_ol_provider.openmetadata.publishing.stubs.type_names import (
    ARRAY,
    MAP,
    MESSAGE_TYPES,
    STRUCT,
    UNION,
    UNKNOWN,
)

#: Longest name of a message's field, in characters.
_MAX_FIELD_NAME = 128
#: Names that producers give to the one field that stands for the elements of an array.
_ELEMENT = frozenset({"_element", "element", "item", "items", "array_element", "[]", "[*]"})


class _Node(NamedTuple):
    """A field that becomes a column: its type from its text, and the fields in it from the event."""

    name: str
    type: ColumnType
    fields: tuple[Field, ...] = ()
    description: str | None = None


class _Nested(NamedTuple):
    """A type and its children."""

    data_type: str
    element: str | None
    children: list[_Node]


def table_columns(fields: Iterable[Field], *, descriptions: bool = True) -> list[dict[str, Any]]:
    """Return the columns of a table or container, valid for every version of the server.

    :param descriptions: ``True`` if the columns may have descriptions
    """
    return _columns([_node(field) for field in fields], descriptions, 0)


def message_fields(fields: Iterable[Field], *, descriptions: bool = True) -> list[dict[str, Any]]:
    """Return the fields of a topic's messages, valid for every version of the server."""
    return [_message_field(column) for column in table_columns(fields, descriptions=descriptions)]


def additions(stored: list[dict[str, Any]], desired: list[dict[str, Any]], pointer: str) -> list[dict[str, Any]]:
    """Return the JSON Patch that appends missing columns; stored columns are not touched.

    :param desired: columns of the dataset
    :param pointer: JSON pointer to the stored columns
    """
    if not stored:
        return [{"op": "add", "path": pointer, "value": desired}] if desired else []
    operations: list[dict[str, Any]] = []
    positions = {_key(column): position for position, column in enumerate(stored)}
    for column in desired:
        position = positions.get(_key(column))
        if position is None:
            operations.append({"op": "add", "path": f"{pointer}/-", "value": column})
            continue
        old = stored[position]
        if old.get("dataType") == column["dataType"]:
            below = additions(old.get("children") or [], column.get("children") or [], f"{pointer}/{position}/children")
            if below:
                # The order may have changed by now.
                operations += [{"op": "test", "path": f"{pointer}/{position}/name", "value": old["name"]}, *below]
    return operations


def _key(column: dict[str, Any]) -> str:
    return str(column["name"]).casefold()


def _node(field: Field) -> _Node:
    return _Node(field.name, parse_type(field.type), field.fields, field.description)


def _columns(nodes: Iterable[_Node], descriptions: bool, depth: int) -> list[dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = {}
    for node in nodes:
        name = _stored(node.name)
        if name:
            by_name.setdefault(name.casefold(), _column(name, node, descriptions, depth))
    return list(by_name.values())


def _stored(name: str) -> str:
    """Return the name in the form in which it is stored; empty if there is none."""
    return bounded(re.sub(r"[\x00-\x1f]", "_", stored_name(name))) if name.strip() else ""


def _column(name: str, node: _Node, descriptions: bool, depth: int) -> dict[str, Any]:
    nested = _nested(node, depth)
    own = node.type if node.type.data_type == nested.data_type else ColumnType(nested.data_type)
    facts = {
        "name": name,
        "dataType": nested.data_type,
        "dataTypeDisplay": node.type.display or None,
        "dataLength": own.length,
        "precision": own.precision,
        "scale": own.scale,
        "arrayDataType": nested.element,
        "description": node.description if descriptions else None,
    }
    column: dict[str, Any] = {key: value for key, value in facts.items() if value is not None}
    children = _columns(nested.children, descriptions, depth + 1) if depth < MAX_DEPTH else []
    if children or nested.data_type == STRUCT:
        # The server refuses a struct without the list, although the list may be empty.
        column["children"] = children
    return column


def _nested(node: _Node, depth: int) -> _Nested:
    """Return the type of a field with its children: fields listed by the event count more than the type's text."""
    type_ = node.type
    if not node.fields:
        return _Nested(type_.data_type, type_.element, [_Node(name, child) for name, child in type_.children])
    children = [_node(field) for field in node.fields]
    if type_.data_type == ARRAY:
        if len(children) == 1 and children[0].name in _ELEMENT and depth < MAX_DEPTH:
            element = _nested(children[0], depth + 1)
            return _Nested(ARRAY, element.data_type, element.children)
        return _Nested(ARRAY, STRUCT if type_.element in {None, UNKNOWN} else type_.element, children)
    return _Nested(type_.data_type if type_.data_type in {MAP, UNION, STRUCT} else STRUCT, None, children)


def _message_field(column: dict[str, Any]) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": bounded(column["name"], _MAX_FIELD_NAME),
        "dataType": MESSAGE_TYPES.get(column["dataType"], UNKNOWN),
    }
    field |= {key: column[key] for key in ("dataTypeDisplay", "description") if key in column}
    if column.get("children"):
        field["children"] = [_message_field(child) for child in column["children"]]
    return field
