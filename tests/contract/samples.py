"""Bodies made of the stand-in's schemas: the least and the most that fit, and many that are wrong in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.schema_versions import Schema, all_definitions, definitions_of
from openmetadata_ol_provider.sandbox.catalogue.versions import Version

_DEFINITIONS = "#/$defs/"
_FORMS = {
    "": "text",
    "quotable-name": "name",
    "entity-link": "<#E::table::pg.shop.public.orders::columns::id>",
    "uuid": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c11",
    "uri": "https://example.com/a",
    "date": "2026-11-23",
    "date-time": "2026-11-23T08:00:00Z",
    "email": "ada@example.com",
}
_WRONG_FORMS = {
    "uuid": ("orders", ""),
    "uri": ("example.com", "https://", ""),
    "date": ("today", "2026-13-01", ""),
    "date-time": ("today", "2026-11-23T25:00:00Z", ""),
    "email": ("ada", "ada@example"),
}
#: How deep bodies are made wrong: a body, what it holds, and what that holds.
DEPTH = 3


def definition(name: str) -> Schema:
    """Return the schema that refers to a definition."""
    return {"$ref": f"{_DEFINITIONS}{name}"}


def least(schema: Schema, version: Version) -> Any:
    """Return a value that fits, with nothing in it that may be left out."""
    name, schema = _resolved(schema, version)
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return least(schema["anyOf"][0], version)
    if name:
        return {key: least(schema["properties"][key], version) for key in schema["required"]}
    if schema.get("type") == "string":
        return _FORMS[schema.get("format", "")]
    number = int(schema.get("minimum") or 1)
    return {"integer": number, "number": number, "array": [], "boolean": True}.get(schema.get("type", ""), {})


def most(schema: Schema, version: Version, depth: int = DEPTH) -> Any:
    """Return a value that fits, with all that can be in it down to a depth; what is in free objects is left out."""
    name, resolved = _resolved(schema, version)
    if resolved.get("type") == "array":
        item = resolved["items"]
        return [most(item, version, depth - 1)] if depth and not _is_free(item, version) else []
    if not name or not depth:
        return least(schema, version)
    return {
        key: most(item, version, depth - 1)
        for key, item in resolved["properties"].items()
        if key in resolved["required"] or not _is_free(item, version)
    }


def wrong(schema: Schema, version: Version, depth: int = DEPTH) -> Iterator[Any]:
    """Yield values that are each wrong in one place."""
    name, schema = _resolved(schema, version)
    if "enum" in schema:
        yield from ("Nonsense", "", 5, schema["enum"][0].swapcase())
    elif "anyOf" in schema:
        yield from wrong(schema["anyOf"][0], version, depth)
    elif "if" in schema:
        yield from ([], "text", {"type": "OpenLineage", "colour": "red"})
    elif name:
        yield from _wrong_objects(name, schema, version, depth)
    else:
        yield from _wrong_values(schema, version, depth)


def _wrong_values(schema: Schema, version: Version, depth: int) -> Iterator[Any]:
    match schema.get("type"):
        case "string":
            yield from (5, [], *_WRONG_FORMS.get(schema.get("format", ""), ()))
            yield from _out_of_bounds(schema.get("minLength", 0), schema.get("maxLength"))
        case "integer" | "number" as kind:
            yield from ("5", True, *((1.5,) if kind == "integer" else ()))
            bounds = ((schema.get("minimum"), -1), (schema.get("maximum"), 1))
            yield from (bound + step for bound, step in bounds if bound is not None)
        case "array":
            # Where anything may be an item, whether null may is not said.
            yield from ({}, "text", *([[None]] if schema["items"] else ()))
            yield from ([value] for value in wrong(schema["items"], version, depth)) if depth else ()
        case "boolean":
            yield from ("true", 0)
        case "object":
            yield from ([], "text")


def _wrong_objects(name: str, schema: Schema, version: Version, depth: int) -> Iterator[Any]:
    yield from ([], "text")
    good = least(definition(name), version)
    yield {**good, "colour": "red"}
    for key, in_some_version in all_definitions()[name]["properties"].items():
        if key not in schema["properties"]:
            yield {**good, key: least(in_some_version, version)}
            continue
        if key in schema["required"]:
            yield {other: value for other, value in good.items() if other != key}
            yield {**good, key: None}
        if depth:
            yield from ({**good, key: value} for value in wrong(schema["properties"][key], version, depth - 1))


def _out_of_bounds(low: int, high: int | None) -> Iterator[str]:
    if low:
        yield "x" * (low - 1)
    if high is not None:
        yield "x" * (high + 1)


def _resolved(schema: Schema, version: Version) -> tuple[str, Schema]:
    """Return what a schema refers to, and its name if it is an object with properties."""
    name = ""
    while "$ref" in schema:
        name = schema["$ref"].removeprefix(_DEFINITIONS)
        schema = definitions_of(version)[name]
    return name if "properties" in schema else "", schema


def _is_free(schema: Schema, version: Version) -> bool:
    """Tell whether a schema takes an object, or any value, with any content."""
    _, schema = _resolved(schema, version)
    return not schema or schema == {"type": "object"}
