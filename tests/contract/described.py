"""What the stand-in takes, in the words in which the models are described, and where the two differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import checks
from openmetadata_ol_provider.sandbox.catalogue.shapes_services import pipeline_config
from openmetadata_ol_provider.sandbox.catalogue.validation import Check, Shape, Version

Node = dict[str, Any]


def node(check: Check, version: Version) -> Node:
    """Return what a check takes: its type and bounds, and what is inside as it is."""
    match check:
        case checks.Text():
            return _bounded("string", check.low or None, check.high, check.form)
        case checks.Name():
            low, high = check.bounds(version)
            return _bounded("string", low or None, high)
        case checks.Number():
            return _bounded("integer" if check.whole else "number", check.low, check.high)
        case checks.OneOf():
            found: Node = {"type": "enum", "values": sorted(check.values(version))}
        case checks.ListOf():
            found = {"type": "list", "of": check.item}
        case Shape():
            found = {"type": "object", "of": check}
        case checks.AnyOf():
            found = {"type": "union", "of": check.shapes}
        case _:
            found = {"type": {checks.boolean: "boolean", checks.mapping: "map", checks.anything: "any"}[check]}
    return found


def _bounded(kind: str, low: float | None, high: float | None, form: str = "") -> Node:
    return {"type": kind} | {
        name: value for name, value in (("low", low), ("high", high), ("form", form)) if value not in (None, "")
    }


class Comparison:
    """Compares a shape with a model, field by field and value by value.

    :param objects: the model's objects, by name
    :param version: of the catalogue
    :param free: names of fields whose content the stand-in does not look into
    """

    def __init__(self, objects: dict[str, Any], version: Version, free: frozenset[str]) -> None:
        self._objects = objects
        self._version = version
        self._free = free
        self._seen: set[tuple[int, str]] = set()

    def objects(self, shape: Shape, name: str, path: str) -> Iterator[str]:
        """Yield the differences of a shape and the model's object of a name."""
        if (id(shape), name) in self._seen:
            return
        self._seen.add((id(shape), name))
        model = self._objects[name]
        ours = {key: field for key, field in shape.fields.items() if field.exists(self._version)}
        yield from (f"{path}.{key}: only the stand-in has it" for key in sorted(ours.keys() - model.keys()))
        yield from (f"{path}.{key}: only the model has it" for key in sorted(model.keys() - ours.keys()))
        for key in sorted(ours.keys() & model.keys()):
            where = f"{path}.{key}"
            needed = ours[key].is_required(self._version)
            if needed != model[key]["required"]:
                yield f"{where}: {'only the stand-in' if needed else 'only the model'} asks for it"
            yield from self.values(ours[key].check, model[key]["is"], where)

    def values(self, check: Check, model: Node, path: str) -> Iterator[str]:
        """Yield the differences of a check and a type of the model."""
        if check is pipeline_config:
            # Of all connections only this one is looked into; the test compares it with its own model.
            return
        ours = node(check, self._version)
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
            for shape, other in zip(ours["of"], model["of"], strict=True):
                yield from self.objects(shape, other["name"], f"{path}({other['name']})")
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
