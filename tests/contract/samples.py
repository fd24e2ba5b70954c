"""Bodies made of shapes: the least and the most that fit, and many that are wrong in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import checks
from openmetadata_ol_provider.sandbox.catalogue.shapes_services import pipeline_config
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Field, Shape, Version

_FORMS = {
    "": "text",
    "uuid": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c11",
    "uri": "https://example.com/a",
    "date": "2026-11-23",
    "date-time": "2026-11-23T08:00:00Z",
    "email": "ada@example.com",
}
_WRONG_FORMS = {
    "": (),
    "uuid": ("orders", ""),
    "uri": ("example.com", "https://", ""),
    "date": ("today", "2026-13-01", ""),
    "date-time": ("today", "2026-11-23T25:00:00Z", ""),
    "email": ("ada", "ada@example"),
}
#: How deep bodies are made wrong: a body, what it holds, and what that holds.
DEPTH = 3


def least(check: Check, version: Version) -> Any:
    """Return a value that fits, with nothing in it that may be left out."""
    match check:
        case checks.Text():
            found: Any = _FORMS[check.form]
        case checks.Name():
            found = "name"
        case checks.Number():
            found = int(check.low or 1)
        case checks.OneOf():
            found = check.values(version)[0]
        case checks.ListOf():
            found = []
        case checks.AnyOf():
            found = least(check.shapes[0], version)
        case Shape():
            found = {key: least(field.check, version) for key, field in _fields(check, version) if field.required}
        case _:
            found = True if check is checks.boolean else {}
    return found


def most(check: Check, version: Version, depth: int = DEPTH) -> Any:
    """Return a value that fits, with all that can be in it down to a depth; what is in free objects is left out."""
    match check:
        case checks.ListOf():
            return [most(check.item, version, depth - 1)] if depth and not _is_free(check.item) else []
        case Shape():
            if not depth:
                return least(check, version)
            fields = [
                (key, field) for key, field in _fields(check, version) if field.required or not _is_free(field.check)
            ]
            return {key: most(field.check, version, depth - 1) for key, field in fields}
        case _:
            return least(check, version)


def wrong(check: Check, version: Version, depth: int = DEPTH) -> Iterator[Any]:
    """Yield values that are each wrong in one place."""
    match check:
        case checks.Text():
            yield from (5, [], *_WRONG_FORMS[check.form])
            yield from _out_of_bounds(check.low, check.high)
        case checks.Name():
            yield from (5, [])
            yield from _out_of_bounds(*check.bounds(version))
        case checks.Number():
            yield from ("5", True, *((1.5,) if check.whole else ()))
            yield from (bound + step for bound, step in ((check.low, -1), (check.high, 1)) if bound is not None)
        case checks.OneOf():
            yield from ("Nonsense", "", 5, check.values(version)[0].swapcase())
        case checks.ListOf():
            yield from ({}, "text", [None])
            yield from ([value] for value in wrong(check.item, version, depth)) if depth else ()
        case checks.AnyOf():
            yield from wrong(check.shapes[0], version, depth)
        case Shape():
            yield from _wrong_objects(check, version, depth)
        case _ if check is pipeline_config:
            yield from ([], "text", {"type": "OpenLineage", "colour": "red"})
        case _ if check is checks.boolean:
            yield from ("true", 0)
        case _ if check is checks.mapping:
            yield from ([], "text")


def _wrong_objects(shape: Shape, version: Version, depth: int) -> Iterator[Any]:
    yield from ([], "text")
    good = least(shape, version)
    yield {**good, "colour": "red"}
    for key, field in shape.fields.items():
        if not field.exists(version):
            yield {**good, key: least(field.check, version)}
            continue
        if field.is_required(version):
            yield {name: value for name, value in good.items() if name != key}
            yield {**good, key: None}
        if depth:
            yield from ({**good, key: value} for value in wrong(field.check, version, depth - 1))


def _out_of_bounds(low: int, high: int | None) -> Iterator[str]:
    if low:
        yield "x" * (low - 1)
    if high is not None:
        yield "x" * (high + 1)


def _fields(shape: Shape, version: Version) -> list[tuple[str, Field]]:
    return [
        (key, field._replace(required=field.is_required(version)))
        for key, field in shape.fields.items()
        if field.exists(version)
    ]


def _is_free(check: Check) -> bool:
    return check in (checks.mapping, checks.anything)
