"""Prints the page of supported versions: ``python -m tests.contract.page > docs/contract.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from openmetadata_ol_provider.sandbox.catalogue.schema_versions import Schema, all_definitions
from tests.contract.releases import PACKAGE, RELEASES
from tests.contract.samples import definition
from tests.contract.test_shapes import SHAPES

_HEAD = f"""\
# Supported versions of OpenMetadata

The provider asks the server for its version (`GET /v1/system/version`) and sends only fields that this version knows:
OpenMetadata refuses a request body with an unknown field, so a body that fits one version may not fit an earlier or
later one.

`tests/contract` checks this against OpenMetadata's own published models. The package `{PACKAGE}` contains
classes generated from the server's schemas. The tests use these classes from the first release of each minor version,
which accepts the least, and from the last one if the models changed in between:

    {{versions}}

The wheels are downloaded once (`pip download --no-deps`), and only the generated classes are kept, in `.contract/`.
Nothing in them is installed; each release is loaded in a separate process. Without access to PyPI these tests are
skipped with a reason; in a build (`CI=true`) they fail.

Checked are:

- *Requests.* Captured events of all producers are published to a stand-in of each version, with the default
  configuration and with one that enables every write. Each body must fit the model of exactly that version; a body sent
  to a route that is missing in `tests/contract/routes.py` fails the test. At the end of a run of all tests, the bodies
  that the other tests sent are checked, too.
- *The stand-in* (`openmetadata_ol_provider.sandbox.catalogue`). It knows the same fields and values and requires the
  same ones, it refuses what the models refuse (tested with bodies that are wrong in one place), and the models can
  parse its responses.

The server also enforces rules that are not in the models:

- From 2.0 on names must not contain `>`, `"` or control characters; before, only `::` is forbidden.
- Columns of type `VARCHAR`, `CHAR`, `BINARY` and `VARBINARY` need a `dataLength`, `ARRAY` an `arrayDataType`, `STRUCT`
  its `children`.
- A run status needs `taskStatus`, which may be empty, and names only tasks that the pipeline has.
- Before 1.10 one unknown column makes the server refuse the whole edge; later versions drop the column.
- `PUT /v1/pipelines/{{fqn}}/status/bulk` exists from 1.12 on, lineage routes by name from 2.0 on.

The tables are generated from the stand-in's schemas: `python -m tests.contract.page > docs/contract.md`. "From 1.11.12,
1.12.2, 1.13 on" means that the change of 1.13 was backported: 1.11.14 has it, 1.12.0 does not. A patch version is the
first of the examined ones that has the change.
"""
_MANY = 3


def page() -> str:
    """Return the page in Markdown."""
    versions = ", ".join(release.version for release in RELEASES)
    fields, values = _table(_changed_fields()), _table(_changed_values())
    lines = [
        _HEAD.replace("{versions}", versions),
        "## Added and removed fields",
        "",
        "| Field | Schema | Known |",
        "|---|---|---|",
        *(f"| `{name}` | {_of(shapes)} | {known} |" for (name, known), shapes in fields.items()),
        "",
        "## Added and removed values",
        "",
        "| Value | Field | Known |",
        "|---|---|---|",
        *(f"| `{name}` | {_of(shapes)} | {known} |" for (name, known), shapes in values.items()),
    ]
    return "\n".join(lines) + "\n"


def _table(rows: Iterator[tuple[str, str, str]]) -> dict[tuple[str, str], list[str]]:
    """Return where each change is, by what it is."""
    table: dict[tuple[str, str], list[str]] = {}
    for where, name, known in rows:
        table.setdefault((name, known), []).append(where)
    return dict(sorted(table.items()))


def _of(places: list[str]) -> str:
    places = sorted(set(places))
    return ", ".join(places) if len(places) <= _MANY else f"{places[0]} and {len(places) - 1} more"


def _changed_fields() -> Iterator[tuple[str, str, str]]:
    for name in _objects():
        for key, schema in all_definitions()[name]["properties"].items():
            if "x-since" in schema or "x-until" in schema:
                yield name, key, _known(schema.get("x-since"), schema.get("x-until"))
            if "x-optional-since" in schema:
                yield name, key, f"optional {_from(schema['x-optional-since'])}"
            target = _target(schema)
            for change in target.get("x-changes", ()):
                if change.get("maxLength", target) is None:
                    yield name, key, f"may be longer than {target['maxLength']} {_from(change['since'])}"


def _changed_values() -> Iterator[tuple[str, str, str]]:
    for name in _objects():
        for key, schema in all_definitions()[name]["properties"].items():
            target = _target(schema)
            target = _target(target["items"]) if target.get("type") == "array" else target
            came, went = (_marks_by_value(target.get(keyword, {})) for keyword in ("x-enum-since", "x-enum-until"))
            for value in {**came, **went}:
                yield f"{name}.{key}", value, _known(came.get(value), went.get(value))


def _marks_by_value(values_by_marks: dict[str, list[str]]) -> dict[str, str]:
    return {value: marks for marks, values in values_by_marks.items() for value in values}


def _objects() -> list[str]:
    """Return the definitions of all objects, each once, in the order in which they are met."""
    found: dict[str, None] = {}
    waiting: list[Schema] = [definition(name) for name, _ in SHAPES.values()]
    while waiting:
        schema = waiting.pop(0)
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name not in found:
                found[name] = None
                waiting.append(all_definitions()[name])
        waiting += [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
        waiting += [schema["items"]] if "items" in schema else []
    return [name for name in found if "properties" in all_definitions()[name]]


def _target(schema: Schema) -> Schema:
    """Return what a schema refers to, or the schema itself."""
    return _target(all_definitions()[schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else schema


def _known(since: str | None, until: str | None) -> str:
    parts = [_from(since)] if since else []
    parts += [f"removed in {_versions(until)}"] if until else []
    return ", ".join(parts)


def _from(marks: str) -> str:
    """Return versions in words: ``from 1.11.12, 1.12.2, 1.13 on``."""
    return f"from {_versions(marks)} on"


def _versions(marks: str) -> str:
    return ", ".join(marks.split())


if __name__ == "__main__":
    sys.stdout.write(page())
