"""Parses producers' type texts, such as ``array<struct<a:int,b:string>>``, recursively.

One grammar for all producers: words, then arguments in any brackets, then more words. The words before the brackets
decide how the text inside them is read. An unknown text gives the type ``UNKNOWN``, never an error.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from openmetadata_ol_provider.openmetadata.publishing.stubs.type_names import (
    ARRAY,
    STRUCT,
    TYPES,
    UNION,
    UNKNOWN,
    WITH_LENGTH,
    WITH_PRECISION,
)

#: Longest text of a type that is shown, in characters.
MAX_DISPLAY = 1000
#: Deeper nesting, and longer texts (in characters), are shown but not parsed.
MAX_DEPTH = 16
_MAX_TEXT = 20_000
_MAX_WORDS = 8
_MAX_INT = 2**31 - 1
_OPEN, _CLOSE = "<([{", ">)]}"
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_COMMENT = re.compile(r"\s+comment\s+''|\s+options\s*\([^()]*\)", re.IGNORECASE)
_DIMENSIONS = re.compile(r"\[\d*\]\s*$")
_NAMED = re.compile(r"""("(?:[^"]|"")*"|`(?:[^`]|``)*`|[^\s<(\[]+)\s+(.+)""", re.DOTALL)
#: Words around a type that are not types themselves.
_WRAPPERS = frozenset({"nullable", "frozen", "optional"})


class ColumnType(NamedTuple):
    """A type in OpenMetadata's terms.

    :param data_type: value of OpenMetadata's enumeration
    :param display: text for people: the producer's, in lower case
    :param length: length of texts and bytes, in the source's unit
    :param element: data type of an array's elements
    :param children: names and types of the fields of a struct, or of the structs in an array
    """

    data_type: str
    display: str = ""
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    element: str | None = None
    children: tuple[tuple[str, ColumnType], ...] = ()


class _Shape(NamedTuple):
    """A text split at its first bracket; ``inside`` is ``None`` if it has no bracket."""

    words: str
    inside: str | None


@lru_cache(maxsize=4096)
def parse_type(text: str | None) -> ColumnType:
    """Return the type that a producer's text stands for.

    :param text: type in the syntax of any database, engine, file format or library
    """
    shown = " ".join((text or "").split())
    parsed = _parse_json(shown) if shown[:1] in {"{", "[", '"'} else _parse(shown, 0)
    return parsed._replace(display=_cut(shown))


def _cut(text: str) -> str:
    text = text.lower()
    return text if len(text) <= MAX_DISPLAY else f"{text[: MAX_DISPLAY - 3]}..."


# -- texts -----------------------------------------------------------------------------------------------------------


def _parse(text: str, depth: int) -> ColumnType:
    if not text or depth > MAX_DEPTH or len(text) > _MAX_TEXT:
        data_type = _known(re.split(r"[<(\[]", text, maxsplit=1)[0])
        return ColumnType(data_type or UNKNOWN, _cut(text), element=UNKNOWN if data_type == ARRAY else None)
    if depth == 0:
        # Neither the values of an enumeration nor comments matter for the type.
        text = _COMMENT.sub("", _QUOTED.sub("''", text))
    return _read(text, depth)._replace(display=_cut(text))


def _read(text: str, depth: int) -> ColumnType:
    elements = _elements(text)
    if elements:
        return _array(_parse(elements, depth + 1))
    shape = _shape(text)
    word = shape.words.split(" ")[0]
    arguments = _split(shape.inside, ",") if shape.inside is not None else []
    if word in _WRAPPERS and arguments:
        return _parse(arguments[0], depth + 1)
    data_type = _known(shape.words) or UNKNOWN
    if data_type == ARRAY:
        return _array(_parse(_unnamed(arguments[0]), depth + 1) if arguments else ColumnType(UNKNOWN))
    if data_type == STRUCT or (word == "object" and arguments):
        return ColumnType(STRUCT, children=_members(arguments, depth + 1))
    if data_type == UNION:
        return _union([_parse(_unnamed(argument), depth + 1) for argument in arguments])
    return _with_numbers(data_type, shape)


def _elements(text: str) -> str | None:
    """Return the element type of an array that is written after or before it: ``int[]``, ``_int4``."""
    dimensions = _DIMENSIONS.search(text)
    if dimensions and _known(text[: dimensions.start()]) != "BINARY":
        return text[: dimensions.start()].strip()
    if text.lower().endswith(" array"):
        return text[: -len(" array")].strip()
    if text.startswith("_") and _known(text[1:]):
        return text[1:]
    return None


def _array(element: ColumnType) -> ColumnType:
    return ColumnType(ARRAY, element=element.data_type, children=element.children)


def _union(members: list[ColumnType]) -> ColumnType:
    """Return the type of a union; a union of one type and null is that type."""
    some = [member for member in members if member.data_type != "NULL"]
    return some[0] if len(some) == 1 else ColumnType(UNION)


def _members(arguments: list[str], depth: int) -> tuple[tuple[str, ColumnType], ...]:
    """Return the fields of a struct: ``a:int``, ``a: int``, ``a int`` or just ``int``."""
    members = []
    for position, argument in enumerate(arguments):
        *names, type_ = _split(argument, ":")
        name = ":".join(names)
        named = _NAMED.match(argument)
        if not names and named and _known(_shape(argument).words, whole=True) is None:
            name, type_ = named.groups()
        members.append((_bare(name) or f"field{position}", _parse(type_, depth)))
    return tuple(members)


def _with_numbers(data_type: str, shape: _Shape) -> ColumnType:
    numbers = [int(number) for number in re.findall(r"-?\d+", shape.inside or "")[:2] if len(number) <= 10]
    if data_type in WITH_LENGTH:
        length = numbers[0] if numbers and numbers[0] > 0 else 1
        return ColumnType(data_type, length=min(length, _MAX_INT))
    # The one number of ``Decimal64(2)`` is its scale.
    if data_type in WITH_PRECISION and numbers and not (shape.words[-1:].isdigit() and len(numbers) == 1):
        precision, scale = numbers[0], numbers[1] if len(numbers) > 1 else None
        # The server requires 0 <= scale <= precision, which not every database does.
        if 0 < precision <= _MAX_INT and (scale is None or 0 <= scale <= precision):
            return ColumnType(data_type, precision=precision, scale=scale)
    return ColumnType(data_type)


def _known(words: str, *, whole: bool = False) -> str | None:
    """Return the data type of a phrase, or of the longest beginning of it that is known (``bigint not null``).

    :param whole: ``True`` if the whole phrase has to be known
    """
    parts = re.sub(r"\s+not null$", "", words.strip().lower()).split()[:_MAX_WORDS]
    for end in range(len(parts), len(parts) - 1 if whole else 0, -1):
        phrase = " ".join(parts[:end])
        # ``io.debezium.time.Date`` and ``StringType``: the last part, without what all such names end in.
        last = phrase.rpartition(".")[2]
        for spelling in (phrase, last, last.removesuffix("type")):
            if spelling in TYPES:
                return TYPES[spelling]
    return None


# -- splitting texts -------------------------------------------------------------------------------------------------


def _shape(text: str) -> _Shape:
    """Return the words of a type, including those after its arguments, and its arguments."""
    start = next((at for at, character in enumerate(text) if character in _OPEN), len(text))
    end = next((at for at, character, depth in _outline(text) if character in _CLOSE and depth == 0), len(text))
    if start == len(text):
        return _Shape(text.strip().lower(), None)
    # Of ``interval day(3) to second(6)`` only the words count.
    behind = re.sub(r"\([^()]*\)", "", text[end + 1 :])
    return _Shape(" ".join(f"{text[:start]} {behind}".lower().split()), text[start + 1 : end])


def _split(text: str, separator: str) -> list[str]:
    """Return the parts of a text that the separator separates outside of brackets and quotes; empty ones are none."""
    cuts = [at for at, character, depth in _outline(text) if character == separator and depth == 0]
    starts, ends = [0, *(cut + 1 for cut in cuts)], [*cuts, len(text)]
    return [part for start, end in zip(starts, ends, strict=True) if (part := text[start:end].strip())]


def _outline(text: str) -> list[tuple[int, str, int]]:
    """Return position, character and bracket depth outside of quotes; a closing bracket counts as outside its pair."""
    outline, depth, quote = [], 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in {'"', "`"}:
            quote = character
        else:
            depth = max(0, depth - (character in _CLOSE))
            outline.append((at, character, depth))
            depth += character in _OPEN
    return outline


def _unnamed(argument: str) -> str:
    """Return the type of an argument that may have a name before it, as Arrow's ``item: int64`` has."""
    parts = _split(argument, ":")
    return parts[-1] if parts else argument


def _bare(name: str) -> str:
    name = name.strip()
    mark = name[:1]
    if len(name) > 1 and mark in {'"', "`"} and name.endswith(mark):
        return name[1:-1].replace(mark * 2, mark)
    return name


# -- schemas in JSON -------------------------------------------------------------------------------------------------


def _parse_json(text: str) -> ColumnType:
    """Return the type of an Avro (or Spark) schema in JSON."""
    if len(text) > _MAX_TEXT:
        return ColumnType(UNKNOWN)
    try:
        return _schema(json.loads(text), 0)
    except (ValueError, RecursionError):
        return _parse(text.strip('[]"'), 0)


def _schema(schema: Any, depth: int) -> ColumnType:
    if depth > MAX_DEPTH or schema is None:
        return ColumnType(UNKNOWN)
    if isinstance(schema, list):
        return _union([_schema(member, depth + 1) for member in schema])
    if not isinstance(schema, dict):
        return _parse(str(schema), depth + 1)
    logical, plain = schema.get("logicalType"), schema.get("type")
    kind = logical if isinstance(logical, str) and _known(logical) else plain
    return _complex(kind, schema, depth + 1) if isinstance(kind, str) else _schema(kind, depth + 1)


def _complex(kind: str, schema: dict[str, Any], depth: int) -> ColumnType:
    if kind == "array":
        return _array(_schema(schema.get("items", schema.get("elementType")), depth))
    if kind in {"record", "struct"}:
        fields = [field for field in schema.get("fields") or () if isinstance(field, dict) and field.get("name")]
        children = tuple((str(field["name"]), _schema(field.get("type"), depth)) for field in fields)
        return ColumnType(STRUCT, kind, children=children)
    numbers = ",".join(str(schema[key]) for key in ("precision", "scale") if key in schema)
    return _parse(f"{kind}({numbers})" if numbers else kind, depth)
