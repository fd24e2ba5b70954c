"""Resolves ``request_schemas.json`` for one version of OpenMetadata, into plain JSON Schema.

The file describes all versions at once. Its extension keywords, whose versions are :data:`~.versions.Marks`:

- ``x-extends``: the definition whose properties and required names come first
- ``x-since``, ``x-until``: versions from which a property exists, or no longer exists
- ``x-optional-since``: versions from which a required property may be left out
- ``x-enum-since``, ``x-enum-until``: versions from which values are accepted, or no longer accepted
- ``x-changes``: keywords that replace the schema's own from some versions on; ``null`` removes one
- ``x-rule``: a rule of :mod:`~.column_rules` that JSON Schema cannot express; it stays in the resolved schema
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.versions import Version, is_reached, parse_marks

Schema = dict[str, Any]
_FILE = Path(__file__).with_name("request_schemas.json")
_RULE = "x-rule"
#: Keywords whose value is a schema itself.
_NESTED = ("items", "then")


@cache
def all_definitions() -> dict[str, Schema]:
    """Return the definitions for all versions, by name, including the definitions they extend."""
    definitions: dict[str, Schema] = msgspec.json.decode(_FILE.read_bytes())["$defs"]
    return {name: _extended(schema, definitions) for name, schema in definitions.items()}


@cache
def property_names(name: str) -> frozenset[str]:
    """Return the properties that an object has in any version.

    :param name: definition of the object, e.g. ``CreateTable``
    """
    return frozenset(all_definitions()[name]["properties"])


@cache
def definitions_of(version: Version) -> dict[str, Schema]:
    """Return the definitions of one version, by name, as plain JSON Schema."""
    return {name: _resolved(schema, version) for name, schema in all_definitions().items()}


def has_property(schema: Schema, version: Version) -> bool:
    """Tell whether a version has a property.

    :param schema: schema of the property, not resolved
    """
    since, until = schema.get("x-since"), schema.get("x-until", "")
    return (since is None or is_reached(parse_marks(since), version)) and not is_reached(parse_marks(until), version)


def _extended(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    if "x-extends" not in schema:
        return schema
    base = _extended(definitions[schema["x-extends"]], definitions)
    return {
        **base,
        **{keyword: value for keyword, value in schema.items() if keyword != "x-extends"},
        "properties": {**base["properties"], **schema["properties"]},
        "required": [*base.get("required", ()), *schema.get("required", ())],
    }


def _resolved(schema: Schema, version: Version) -> Schema:
    resolved = {key: value for key, value in schema.items() if not key.startswith("x-") or key == _RULE}
    for change in schema.get("x-changes", ()):
        if is_reached(parse_marks(change["since"]), version):
            resolved |= {key: value for key, value in change.items() if key != "since"}
    resolved = {key: value for key, value in resolved.items() if value is not None}
    for key in _NESTED:
        if key in resolved:
            resolved[key] = _resolved(resolved[key], version)
    if "anyOf" in schema:
        resolved["anyOf"] = [_resolved(alternative, version) for alternative in schema["anyOf"]]
    if "enum" in schema:
        resolved["enum"] = _values(schema, version)
    if "properties" in schema:
        resolved |= _resolved_properties(schema, version)
    return resolved


def _values(schema: Schema, version: Version) -> list[str]:
    """Return the values of an enumeration that a version accepts."""
    values: list[str] = list(schema["enum"])
    for marks, added in schema.get("x-enum-since", {}).items():
        if is_reached(parse_marks(marks), version):
            values += added
    for marks, removed in schema.get("x-enum-until", {}).items():
        if is_reached(parse_marks(marks), version):
            values = [value for value in values if value not in removed]
    return values


def _resolved_properties(schema: Schema, version: Version) -> Schema:
    """Return the keywords of an object that knows its properties; all others are refused."""
    properties = {name: item for name, item in schema["properties"].items() if has_property(item, version)}
    required = set(schema.get("required", ()))
    return {
        "properties": {name: _resolved(item, version) for name, item in properties.items()},
        "required": [
            name
            for name, item in properties.items()
            if name in required and not is_reached(parse_marks(item.get("x-optional-since", "")), version)
        ],
        "additionalProperties": False,
    }
