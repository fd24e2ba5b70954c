"""Prints the page of supported versions: ``python -m tests.contract.page > docs/contract.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from openmetadata_ol_provider.sandbox.catalogue.schema_versions import Schema, all_definitions
from tests.contract import behaviours_table
from tests.contract.releases import COMPARED, PACKAGE, RELEASES
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

Later releases that were compared once and differ in nothing else:

    {{compared}}

Each run asks the package index for the newest patch of every minor version. One that is newer than all of these is
compared and reported in the summary of the run; it never makes a build fail.

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

The server also enforces rules that are not in the models, in addition to those of the next section:

- From 2.0 on names must not contain `>`, `"` or control characters; before, only `::` is forbidden.
  An entity that has such a name from before refuses its next PUT or PATCH.
- Columns of type `VARCHAR`, `CHAR`, `BINARY` and `VARBINARY` need a `dataLength`, `ARRAY` an `arrayDataType`, `STRUCT`
  its `children`.
- A run status needs `taskStatus`, which may be empty, and names only tasks that the pipeline has.

The tables are generated from the stand-in's schemas and behaviours: `python -m tests.contract.page > docs/contract.md`.
"From 1.11.12, 1.12.2, 1.13 on" means that the change of 1.13 was backported: 1.11.14 has it, 1.12.0 does not. A patch
version is the first of the examined ones that has the change.

## On a real server

`tests/real_openmetadata` checks on any server what this page and [the catalogue](catalogue.md) say: the whole way
of a publication, what must survive it, and what the server is believed to do. It creates services of its own (and
domains, a data product, a team and a classification), whose names begin with `oltest_...`, deletes them at the end, and
prints a table. Never point it at a server in production.

    make test-openmetadata OPENMETADATA_URL=http://localhost:8585 OPENMETADATA_JWT_TOKEN=... NAME=oltest_kit

Without `NAME` it asks for one. Exit code 1 means that something does not hold (a bug of this package), that the server
differs from the table below (a bug of the stand-in; please report the line), or that something could not be deleted,
which is then listed. Endpoints that fail for ever cannot be had from a server that works, nor can a lost race: only the
tests on the stand-in cover these. What a server refuses to a steward (a custom property that nobody has declared, a
status that its version lacks) is left out, and the table says so.

A server for it comes from the compose file of an OpenMetadata release, `docker-compose.yml` (MySQL) or
`docker-compose-postgres.yml`, under <https://github.com/open-metadata/OpenMetadata/releases>. It needs about 6 GB of
memory; its admin (`admin@open-metadata.org`, password `admin`) creates a bot under Settings > Bots, whose page shows
the token. The kit itself is tested on the stand-in (`tests/test_real_openmetadata_kit.py`).

## Behaviour beyond the schemas

Read in OpenMetadata's source and documentation, not seen on a running server; the stand-in plays it for 1.8 to 2.1.
Where a version is uncertain, it plays what is harder for a client. `CatalogueServer(behaviours={{"...": False}})`
switches a behaviour off, or on, but for the last two, which are in the schemas. 2.1 is known from the documentation of
its release candidates only.

"""
_MANY = 3


def page() -> str:
    """Return the page in Markdown."""
    versions = ", ".join(release.version for release in RELEASES)
    compared = ", ".join(release.package for release in COMPARED)
    fields, values = _table(_changed_fields()), _table(_changed_values())
    lines = [
        _HEAD.replace("{versions}", versions).replace("{compared}", compared) + "\n".join(behaviours_table.table()),
        "",
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
