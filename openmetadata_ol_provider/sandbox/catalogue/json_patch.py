"""JSON Patch (RFC 6902) on plain JSON values; the document itself is not changed."""

from __future__ import annotations

import copy
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError


class UnmetPatchError(ApiError):
    """Raised for a patch that does not fit the document: a path that does not exist, or a ``test`` that fails."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


def apply(document: Any, patch: Any) -> Any:
    """Return a document with a patch applied.

    :param document: any JSON value
    :param patch: list of operations
    :raises UnmetPatchError: 400 if one of its paths does not exist, or a ``test`` fails
    :raises ApiError: 400 if the patch is malformed
    """
    if not isinstance(patch, list):
        raise ApiError(400, "A JSON Patch must be an array of operations")
    result = copy.deepcopy(document)
    for operation in patch:
        result = _operate(result, operation)
    return result


def paths(patch: Any) -> set[tuple[str, ...]]:
    """Return the paths of all operations of a patch, including those that only test a value."""
    operations = patch if isinstance(patch, list) else []
    pointers = [str(item.get("path", "")) for item in operations if isinstance(item, dict)]
    return {tuple(pointer.split("/")[1:]) for pointer in pointers if pointer.startswith("/")}


def _operate(document: Any, operation: Any) -> Any:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise ApiError(400, f"Not a JSON Patch operation: {operation!r}")
    name, path = operation.get("op"), _tokens(operation["path"])
    if name in ("move", "copy"):
        source = _tokens(str(operation.get("from")))
        value = copy.deepcopy(_get(document, source))
        return _add(_remove(document, source) if name == "move" else document, path, value)
    if name == "remove":
        return _remove(document, path)
    if name not in ("add", "replace", "test") or "value" not in operation:
        raise ApiError(400, f"Not a JSON Patch operation: {operation!r}")
    value = operation["value"]
    if name == "add":
        return _add(document, path, value)
    current = _get(document, path)
    if name == "replace":
        return _add(_remove(document, path), path, value) if path else value
    if current != value:
        raise UnmetPatchError(f"The JSON Patch test at {operation['path']} failed")
    return document


def _tokens(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise ApiError(400, f"Not a JSON pointer: {pointer!r}")
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _get(document: Any, path: list[str]) -> Any:
    for key in path:
        document = _child(document, key)
    return document


def _child(document: Any, key: str) -> Any:
    if isinstance(document, dict) and key in document:
        return document[key]
    if isinstance(document, list) and key.isdigit() and int(key) < len(document):
        return document[int(key)]
    raise UnmetPatchError(f"The JSON Patch path element {key!r} does not exist")


def _add(document: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    parent, key = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[key] = value
    elif isinstance(parent, list) and (key == "-" or (key.isdigit() and int(key) <= len(parent))):
        parent.insert(len(parent) if key == "-" else int(key), value)
    else:
        raise UnmetPatchError(f"The JSON Patch path element {key!r} does not exist")
    return document


def _remove(document: Any, path: list[str]) -> Any:
    if not path:
        raise ApiError(400, "A JSON Patch cannot remove the document")
    parent, key = _get(document, path[:-1]), path[-1]
    _child(parent, key)
    del parent[int(key) if isinstance(parent, list) else key]
    return document
