"""Runs apart, with the models of one release on its path, and answers what they take.

Two releases cannot be in one interpreter. Reads one JSON document a line from stdin, answers one a line:
``{"validate": [[model, JSON text], ...]}`` and ``{"patch": [[model, JSON Patch], ...]}`` with a list of complaints for
each pair; ``{"describe": [model, ...]}`` with what each model's fields are. A model is ``module.Class`` below
``metadata.generated.schema``, or ``list of module.Class``.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import types
import typing
from typing import Annotated, Any

import pydantic

_SCHEMA = "metadata.generated.schema"
_BOUNDS = {"minLength": "low", "maxLength": "high", "minimum": "low", "maximum": "high", "format": "form"}


def _named(name: str) -> Any:
    if name.startswith("list of "):
        return list[_named(name.removeprefix("list of "))]
    module, _, class_name = name.rpartition(".")
    return getattr(importlib.import_module(f"{_SCHEMA}.{module}"), class_name)


# -- validating ------------------------------------------------------------------------------------------------------


@functools.cache
def _adapter(name: str) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(_named(name))


def _complaints(adapter: pydantic.TypeAdapter[Any], text: str) -> list[str]:
    try:
        # Strict: a number is no text, and a text no number.
        adapter.validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        return [
            f"{'.'.join(map(str, item['loc'])) or 'the body'}: {item['msg']} (seen: {str(item['input'])[:200]!r})"
            for item in error.errors(include_url=False)
        ]
    return []


def _patch_complaints(kind: Any, operations: Any) -> list[str]:
    found = []
    for operation in operations:
        path = operation["path"]
        try:
            at = _at(kind, [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]])
        except KeyError as error:
            found.append(f"{path}: there is no {error.args[0]}")
            continue
        if operation["op"] in ("add", "replace", "test"):
            found += [
                f"{path}: {text}" for text in _complaints(pydantic.TypeAdapter(at), json.dumps(operation["value"]))
            ]
    return found


def _at(kind: Any, path: list[str]) -> Any:
    """Return the type that a JSON pointer leads to."""
    kind = _plain(kind)
    if not path:
        return kind
    step, rest = path[0], path[1:]
    if typing.get_origin(kind) is list:
        if step != "-" and not step.isdigit():
            raise KeyError(step)
        return _at(typing.get_args(kind)[0], rest)
    fields = getattr(kind, "model_fields", None)
    if fields is None:
        # An object or a union that may hold anything.
        return Any
    names = {field.alias or name: field.annotation for name, field in fields.items()}
    if step not in names:
        raise KeyError(step)
    return _at(names[step], rest)


def _plain(kind: Any) -> Any:
    """Return a type without what is around it: optional, annotated, a root model."""
    while True:
        if typing.get_origin(kind) is Annotated:
            kind = typing.get_args(kind)[0]
        elif typing.get_origin(kind) in (typing.Union, types.UnionType):
            inner = [item for item in typing.get_args(kind) if item is not type(None)]
            if len(inner) != 1:
                return Any
            kind = inner[0]
        elif isinstance(kind, type) and issubclass(kind, pydantic.RootModel):
            inside = kind.model_fields["root"].annotation
            if typing.get_origin(_bare(inside)) is not list:
                return kind
            kind = inside
        else:
            return kind


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind


# -- describing ------------------------------------------------------------------------------------------------------


class _Describer:
    """Turns JSON schemas of models into what can be compared: one node for each type, objects by name."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self.objects: dict[str, Any] = {}

    def node(self, schema: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in schema:
            return self._referred(schema["$ref"].rpartition("/")[2])
        if "anyOf" in schema:
            inner = [self.node(item) for item in schema["anyOf"] if item.get("type") != "null"]
            inner = [item for index, item in enumerate(inner) if item not in inner[:index]]
            return inner[0] if len(inner) == 1 else {"type": "union", "of": inner}
        if "enum" in schema or "const" in schema:
            return {"type": "enum", "values": sorted(schema.get("enum") or [schema["const"]])}
        kind = schema.get("type", "any")
        if kind == "array":
            return {"type": "list", "of": self.node(schema.get("items", {}))}
        if kind == "object":
            return {"type": "map"}
        return {"type": kind} | {name: schema[key] for key, name in _BOUNDS.items() if key in schema}

    def _referred(self, name: str) -> dict[str, Any]:
        schema = self._definitions[name]
        if schema.get("type") == "object" and "properties" in schema:
            self.add(name, schema)
            return {"type": "object", "name": name}
        return self.node(schema)

    def add(self, name: str, schema: dict[str, Any]) -> None:
        if name not in self.objects:
            self.objects[name] = {}
            required = schema.get("required", ())
            self.objects[name] = {
                key: {"required": key in required, "is": self.node(item)}
                for key, item in schema.get("properties", {}).items()
            }


def _described(name: str) -> dict[str, Any]:
    model = _named(name)
    schema = model.model_json_schema(by_alias=True)
    describer = _Describer(schema.pop("$defs", {}))
    describer.add(model.__name__, schema)
    return {"root": model.__name__, "objects": describer.objects}


# -- the loop --------------------------------------------------------------------------------------------------------


def _answer(request: dict[str, Any]) -> Any:
    if "describe" in request:
        return {name: _described(name) for name in request["describe"]}
    if "patch" in request:
        return [_patch_complaints(_named(name), operations) for name, operations in request["patch"]]
    return [_complaints(_adapter(name), text) for name, text in request["validate"]]


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
