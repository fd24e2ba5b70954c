"""What the stand-in takes, in the words in which the models are described, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.schema_versions import Schema, definitions_of
from openmetadata_ol_provider.sandbox.catalogue.versions import Version

Node = dict[str, Any]
_DEFINITIONS = "#/$defs/"
_BOUNDS = {"minLength": "low", "maxLength": "high", "minimum": "low", "maximum": "high", "format": "form"}
#: A format of the stand-in's own, which the models do not have.
_OWN_FORMAT = "quotable-name"


def node(schema: Schema, version: Version) -> Node:
    """Return what a schema takes: its type and bounds, and what is inside as it is."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_DEFINITIONS)
        target = definitions_of(version)[name]
        return {"type": "object", "of": name} if "properties" in target else node(target, version)
    if "enum" in schema:
        return {"type": "enum", "values": sorted(schema["enum"])}
    if "anyOf" in schema:
        return {"type": "union", "of": [item["$ref"].removeprefix(_DEFINITIONS) for item in schema["anyOf"]]}
    if "if" in schema:
        return {"type": "conditional"}
    kind = schema.get("type", "any")
    if kind == "array":
        return {"type": "list", "of": schema["items"]}
    bounds = {_BOUNDS[key]: value for key, value in schema.items() if key in _BOUNDS and value != _OWN_FORMAT}
    return {"type": "map" if kind == "object" else kind} | bounds


class Comparison:
    """Compares a definition of the stand-in with a model, field by field and value by value.

    :param objects: the model's objects, by name
    :param version: version of the catalogue
    :param free: names of fields whose content the stand-in does not look into
    """

    def __init__(self, objects: dict[str, Any], version: Version, free: frozenset[str]) -> None:
        self._objects = objects
        self._version = version
        self._free = free
        self._seen: set[tuple[str, str]] = set()

    def objects(self, ours: str, name: str, path: str) -> Iterator[str]:
        """Yield the differences of a definition and the model's object of a name."""
        if (ours, name) in self._seen:
            return
        self._seen.add((ours, name))
        model = self._objects[name]
        schema = definitions_of(self._version)[ours]
        properties = schema["properties"]
        yield from (f"{path}.{key}: only the stand-in has it" for key in sorted(properties.keys() - model.keys()))
        yield from (f"{path}.{key}: only the model has it" for key in sorted(model.keys() - properties.keys()))
        for key in sorted(properties.keys() & model.keys()):
            where = f"{path}.{key}"
            needed = key in schema["required"]
            if needed != model[key]["required"]:
                yield f"{where}: {'only the stand-in' if needed else 'only the model'} asks for it"
            yield from self.values(properties[key], model[key]["is"], where)

    def values(self, schema: Schema, model: Node, path: str) -> Iterator[str]:
        """Yield the differences of a schema and a type of the model."""
        ours = node(schema, self._version)
        if ours["type"] == "conditional":
            # A connection: only that of OpenLineage is looked into; the test compares it with its own model.
            return
        if ours["type"] in ("map", "any") and (
            model["type"] in ("map", "any") or path.rpartition(".")[2] in self._free
        ):
            return
        if ours["type"] != model["type"]:
            yield f"{path}: {ours['type']} to the stand-in, {model['type']} to the model"
        elif ours["type"] == "object":
            yield from self.objects(ours["of"], model["name"], path)
        elif ours["type"] == "list":
            yield from self.values(ours["of"], model["of"], f"{path}[]")
        elif ours["type"] == "union":
            for name, other in zip(ours["of"], model["of"], strict=True):
                yield from self.objects(name, other["name"], f"{path}({other['name']})")
        elif ours["type"] == "enum":
            yield from (f"{path}: only the stand-in takes {value}" for value in _more(ours, model))
            yield from (f"{path}: only the model takes {value}" for value in _more(model, ours))
        else:
            yield from self._bounds(ours, model, path)

    @staticmethod
    def _bounds(ours: Node, model: Node, path: str) -> Iterator[str]:
        """Yield where the model is stricter: where the stand-in is, a client that pleases it pleases both."""
        if ours.get("low", 0) < model.get("low", 0) or ours.get("high", float("inf")) > model.get("high", float("inf")):
            yield f"{path}: the stand-in takes {_range(ours)}, the model {_range(model)}"
        if model.get("form") not in (None, "password", ours.get("form")):
            yield f"{path}: {model['form']} to the model, {ours.get('form', 'any text')} to the stand-in"


def _more(one: Node, other: Node) -> list[str]:
    return sorted(set(one["values"]) - set(other["values"]))


def _range(of: Node) -> str:
    return f"{of.get('low', '')}..{of.get('high', '')}"
