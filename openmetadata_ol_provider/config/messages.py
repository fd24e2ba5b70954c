"""The sentences for what is wrong in a configuration document."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

#: The name of a limit and the words for it, by the error's type.
_LIMITS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "of at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "of at most"),
}
#: What is expected, by the beginning of the error's type.
_EXPECTED = {
    "bool": "true or false",
    "dict": "a mapping",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "a mapping",
    "string": "a text",
    "tuple": "a list",
}


def error_messages(error: ValidationError, model: type[BaseModel]) -> Iterator[str]:
    """Return a sentence for each error, with the key, what is expected there, and the value seen.

    :param error: error of the validation
    :param model: model of the whole document
    """
    either = _texts_or_mappings(error)
    for item in error.errors():
        location, expected = item["loc"], _expected(item)
        if location[:-1] in either and location[-1] == "str":
            # What is wrong in a mapping has an error of its own.
            if isinstance(item["input"], Mapping):
                continue
            location, expected = location[:-1], "a text or a mapping is expected"
        elif location[:-1] in either and item["type"] == "dict_type":
            continue
        location = tuple(part for part in location if not _is_mapping(part))
        path = ".".join(map(str, location))
        if item["type"] == "extra_forbidden":
            yield f"unknown key {path!r}{_suggestion(location, model)}"
        elif item["type"] == "missing":
            yield f"key {path!r} is missing (seen: {item['input']!r})"
        else:
            yield f"{path or 'document'}: {expected} (seen: {item['input']!r})"


def _texts_or_mappings(error: ValidationError) -> set[tuple[int | str, ...]]:
    """Return the places of values that may be a text or a mapping: each gives an error for either."""
    return {
        item["loc"][:index] for item in error.errors() for index, part in enumerate(item["loc"]) if _is_mapping(part)
    }


def _is_mapping(part: int | str) -> bool:
    return isinstance(part, str) and part.startswith("dict[")


def _expected(item: Any) -> str:
    kind, context = str(item["type"]), item.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        return f"{context['expected']} is expected"
    if kind in _LIMITS:
        limit, words = _LIMITS[kind]
        return f"a number {words} {context[limit]:g} is expected"
    expected = _EXPECTED.get(kind.partition("_")[0])
    return f"{expected} is expected" if expected else str(item["msg"])


def _suggestion(location: tuple[int | str, ...], model: type[BaseModel]) -> str:
    valid_keys = sorted(_keys(model, location[:-1]))
    closest = difflib.get_close_matches(str(location[-1]), valid_keys, n=1)
    return f", did you mean {closest[0]!r}?" if closest else f" (known: {', '.join(valid_keys)})"


def _keys(model: Any, path: tuple[int | str, ...]) -> set[str]:
    """Return the keys of the section at ``path``."""
    for part in path:
        if isinstance(part, int):
            continue
        fields = {(field.alias or name): field for name, field in model.model_fields.items()}
        annotation = fields[part].annotation
        # A list of sections is annotated tuple[Section, ...]: go on with the section.
        model = next((a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")), annotation)
    return {field.alias or name for name, field in model.model_fields.items()}
