"""docs/facets.md lists exactly the facets and fields that the code reads."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import msgspec
import pytest

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets

DOCUMENT = Path(__file__).parents[2] / "docs" / "facets.md"


def documented(section: str) -> dict[str, list[str]]:
    text = DOCUMENT.read_text(encoding="utf-8").split(f"## {section} facets", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([\w-]+)` \| (.*?) \|", text, re.MULTILINE)
    return {facet: re.findall(r"`([\w-]+)`", fields) for facet, fields in rows}


def read(kind: type[Part]) -> dict[str, list[str]]:
    found = {}
    for facet in msgspec.structs.fields(kind):
        type_ = next(item for item in typing.get_args(facet.type) if item is not type(None))
        names = [field.encode_name for field in msgspec.structs.fields(type_)]
        found[facet.encode_name] = [name for name in names if not name.startswith("_")]
    return found


@pytest.mark.promise("A109")
@pytest.mark.parametrize(
    ("section", "kind"),
    [("Run", RunFacets), ("Job", JobFacets), ("Dataset", DatasetFacets)],
    ids=["run", "job", "dataset"],
)
def test_the_table_names_every_facet_and_field_that_is_read(section: str, kind: type[Part]) -> None:
    assert documented(section) == read(kind)
