"""The HTML encoding that later versions give the descriptions in create requests."""

from __future__ import annotations

import html
from typing import Any

_CODES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {character: f"&#{ord(character)};" for character in "'`\"=@+"}
)
#: Fields that hold parts with descriptions of their own.
_NESTED = frozenset(
    {
        "columns", "children", "tasks", "messageSchema", "schemaFields", "dataModel", "fields", "mlFeatures",
        "requestSchema", "responseSchema",
    }
)  # fmt: skip


def encoded(text: str) -> str:
    """Return a text as such a version stores it; what is encoded already stays as it is."""
    return html.unescape(text).translate(_CODES)


def with_encoded_descriptions(body: Any) -> Any:
    """Return a create request with its own description and those of its columns, fields or tasks encoded."""
    if isinstance(body, list):
        return [with_encoded_descriptions(item) for item in body]
    if not isinstance(body, dict):
        return body
    result = {key: with_encoded_descriptions(value) if key in _NESTED else value for key, value in body.items()}
    if isinstance(result.get("description"), str):
        result["description"] = encoded(result["description"])
    return result
