"""Columns by the paths that producers write for nested fields, whatever they call the elements of lists and maps."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.entities import Entity


def column(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "dataType": "STRUCT" if children else "STRING", "children": list(children)}


COLUMNS = [
    column("items", column("sku"), column("price", column("amount"))),
    column("addr", column("city")),
    column("a.b"),
    column("tags", column("value", column("x"))),
    column("element"),
    column("Legs", column("items", column("id"))),
]
BODIES: dict[str, dict[str, Any]] = {
    "table": {"columns": COLUMNS},
    "topic": {"messageSchema": {"schemaFields": [column("record", *COLUMNS)]}},
    "container": {"dataModel": {"columns": COLUMNS}},
}

PATHS = [
    ("items.sku", "items.sku"),
    ("items.element.sku", "items.sku"),
    ("items[].sku", "items.sku"),
    ("items[*].sku", "items.sku"),
    ("items[0].sku", "items.sku"),
    ("items[][1].sku", "items.sku"),
    ("items.list.element.sku", "items.sku"),
    ("items.bag.array_element.sku", "items.sku"),
    ("items.key_value.value.sku", "items.sku"),
    ("ITEMS.Element.SKU", "items.sku"),
    ("$.items[*].price.amount", "items.price.amount"),
    ("items.array.price.item.amount", "items.price.amount"),
    ("addr.city", "addr.city"),
    ("a.b", '"a.b"'),
    ("`a.b`", '"a.b"'),
    # A column that has the name of an element is itself.
    ("tags.value.x", "tags.value.x"),
    ("tags.element.value.x", "tags.value.x"),
    ("element", "element"),
    ("legs.element.items.element.id", "Legs.items.id"),
    ("items.nothing.sku", None),
    ("list.items.sku", None),
    ("items.element.nothing", None),
    ("element.sku", None),
    ("sku", None),
]


@pytest.mark.promise("A224")
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_a_nested_field_has_one_column_however_it_is_spelled(kind: str, path: str, expected: str | None) -> None:
    entity = Entity(kind, {"id": "1", "fullyQualifiedName": "s.x", **BODIES[kind]})
    root = "s.x.record" if kind == "topic" else "s.x"
    assert entity.column(path) == (None if expected is None else f"{root}.{expected}")


def test_a_path_that_fits_two_columns_has_none() -> None:
    body = {"columns": [column("a", column("Id"), column("ID"))]}
    assert Entity("table", {"id": "1", "fullyQualifiedName": "s.d.p.t", **body}).column("a.element.id") is None


def test_a_path_of_a_thousand_elements_takes_no_time() -> None:
    entity = Entity("table", {"id": "1", "fullyQualifiedName": "s.d.p.t", "columns": COLUMNS})
    assert entity.column("items" + ".element" * 1000 + ".sku") is None
