"""Facets that differ from their schema: an item that is null or of another type costs itself, and is reported."""

from __future__ import annotations

import copy
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.openlineage.decode import Decoded, decode_event
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.limits import MAX_LOSSES
from tests.openlineage.mutations import FUZZ
from tests.support import Json, arrows, column_arrows, columns, dataset, plan_of, run_event

OWNERS: dict[str, type[Part]] = {"run": RunFacets, "job": JobFacets, "dataset": DatasetFacets}
FACETS = [(owner, field.encode_name) for owner, kind in OWNERS.items() for field in msgspec.structs.fields(kind)]
#: Neither a text, a number, a list, a mapping nor an object of named values may be one of these.
INTRUDERS = (None, "text", 5, True, [[]], {"name": []})
DEEPEST = 3
Path = tuple[Any, ...]


def of(kind: Any) -> Any:
    """Return the type of a value apart from null."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(item for item in get_args(kind) if item is not type(None))
    return kind


def good(kind: Any, depth: int = 0) -> Any:
    """Return a value of a type, with everything that it may have."""
    kind = of(kind)
    if get_origin(kind) is Sequence:
        return [good(get_args(kind)[0], depth + 1) for _ in range(2)]
    if get_origin(kind) is Mapping:
        return {key: good(get_args(kind)[1], depth + 1) for key in ("a", "b")}
    if isinstance(kind, type) and issubclass(kind, Part):
        fields = [field for field in msgspec.structs.fields(kind) if not field.encode_name.startswith("_")]
        nested = [field for field in fields if depth < DEEPEST or of(field.type) in (str, int, float, bool)]
        return {field.encode_name: good(field.type, depth + 1) for field in nested}
    return {str: "DATASET", int: 1, float: 1.5, bool: True, Any: "DATASET"}[kind]


def containers(value: Any, kind: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the places of all lists and mappings in a facet, with the type of their items."""
    kind = of(kind)
    if get_origin(kind) is Sequence:
        yield path, get_args(kind)[0]
        for index, item in enumerate(value):
            yield from containers(item, get_args(kind)[0], (*path, index))
    elif get_origin(kind) is Mapping:
        yield path, get_args(kind)[1]
        for key, item in value.items():
            yield from containers(item, get_args(kind)[1], (*path, key))
    elif isinstance(kind, type) and issubclass(kind, Part):
        for field in msgspec.structs.fields(kind):
            if field.encode_name in value:
                yield from containers(value[field.encode_name], field.type, (*path, field.encode_name))


def facet_type(owner: str, facet: str) -> Any:
    return next(field.type for field in msgspec.structs.fields(OWNERS[owner]) if field.encode_name == facet)


def decoded(owner: str, facet: str, value: Any) -> tuple[Any, Decoded]:
    """Return a facet after decoding, and all that was decoded."""
    facets = {facet: value}
    event = run_event(
        outputs=[dataset("t", **facets if owner == "dataset" else {})],
        run_facets=facets if owner == "run" else None,
        job_facets=facets if owner == "job" else None,
    )
    found = decode_event(json.dumps(event).encode(), "here")
    [output] = found.event.outputs or ()
    part = {"run": found.event.run, "job": found.event.job, "dataset": output}[owner]
    name = next(field.name for field in msgspec.structs.fields(OWNERS[owner]) if field.encode_name == facet)
    return getattr(part.facets, name), found  # type: ignore[union-attr]


def inner(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.promise("A203")
@pytest.mark.parametrize(("owner", "facet"), FACETS)
def test_a_bad_item_of_a_list_or_mapping_costs_that_item(owner: str, facet: str) -> None:
    kind = facet_type(owner, facet)
    whole = good(kind)
    expected, before = decoded(owner, facet, whole)
    assert before.problems == ()
    for path, item_type in containers(whole, kind):
        for intruder in (intruder for intruder in INTRUDERS if not fits(intruder, item_type)):
            spoilt, mended = copy.deepcopy(whole), copy.deepcopy(whole)
            container = inner(spoilt, path)
            if isinstance(container, list):
                container.insert(1, intruder)
                if isinstance(intruder, dict):
                    continue
            else:
                container["bad"] = intruder
                if isinstance(of(item_type), type) and issubclass(of(item_type), Part):
                    # What the key names is known, but nothing about it.
                    inner(mended, path)["bad"] = {}
            found, after = decoded(owner, facet, spoilt)
            assert found == decoded(owner, facet, mended)[0], (path, intruder)
            assert {problem.kind for problem in after.problems} == {"bad_item"}, (path, intruder)
            assert len(after.problems) == 1, (path, intruder)
    assert expected == decoded(owner, facet, whole)[0]


@FUZZ
@given(st.data())
def test_bad_values_anywhere_in_a_facet_cost_no_other_facet(data: st.DataObject) -> None:
    owner, facet = data.draw(st.sampled_from(FACETS))
    spoilt = good(facet_type(owner, facet))
    for _ in range(data.draw(st.integers(1, 3))):
        value = spoilt
        while True:
            keys = range(len(value)) if isinstance(value, list) else sorted(value)
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if not isinstance(value[key], list | dict) or data.draw(st.booleans()):
                value[key] = copy.deepcopy(data.draw(st.sampled_from(INTRUDERS)))
                break
            value = value[key]
    others = {"documentation": {"description": "kept"}} if facet != "documentation" else {"tags": {"tags": []}}
    event = run_event(
        outputs=[dataset("t", **others, **{facet: spoilt} if owner == "dataset" else {})],
        run_facets={"nominalTime": {"nominalStartTime": "x"}} | ({facet: spoilt} if owner == "run" else {}),
        job_facets={**others, **({facet: spoilt} if owner == "job" else {})},
    )
    found = decode_event(json.dumps(event).encode()).event
    assert decode_event(msgspec.json.encode(found)).event == found
    for kept in ("documentation", "tags"):
        if kept in others:
            assert getattr(found.outputs[0].facets, kept) is not None  # type: ignore[index]
            assert getattr(found.job.facets, kept) is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("facet", ["schema", "columnLineage", "symlinks", "tags", "ownership", "datasetType"])
def test_deleted_null_is_not_deleted_and_no_loss(facet: str) -> None:
    whole = good(facet_type("dataset", facet))
    found, after = decoded("dataset", facet, whole | {"_deleted": None})
    assert (found, after.problems) == (decoded("dataset", facet, whole)[0], ())


@pytest.mark.parametrize("name", ["namespace", "name", "field"])
def test_a_source_column_is_lost_with_its_name_and_never_becomes_another(name: str) -> None:
    source: Json = {"namespace": "n", "name": "t", "field": "c"}
    facet = {"fields": {"x": {"inputFields": [source | {name: 5}, source]}}}
    found, after = decoded("dataset", "columnLineage", facet)
    assert [item.field for item in found.fields["x"].inputFields] == ["c"]
    assert [problem.where for problem in after.problems] == [
        f"here outputs[0].facets.columnLineage.fields.x.inputFields[0].{name}"
    ]


def test_a_source_that_may_be_a_job_is_no_dataset() -> None:
    source = {"namespace": "n", "name": "j", "type": ["JOB"]}
    found, after = decoded("job", "lineage", {"entries": [{"namespace": "n", "name": "t", "inputs": [source]}]})
    assert [entry.inputs for entry in found.entries] == [[]]
    assert [problem.kind for problem in after.problems] == ["bad_item"]


@pytest.mark.parametrize("fields", ["text", [None], {"x": None}, {"x": {"inputFields": [None, 5]}}])
def test_an_output_whose_column_lineage_is_unreadable_gets_no_product(fields: Any) -> None:
    plan = plan_of(
        run_event(
            inputs=["d.s.a", "d.s.b"],
            outputs=[dataset("d.s.x", columnLineage={"fields": fields}), dataset("d.s.y")],
        )
    )
    assert arrows(plan) == ["d.s.a -> d.s.y", "d.s.b -> d.s.y"]


def test_explicit_lineage_that_is_unreadable_is_not_replaced_by_a_guess() -> None:
    plan = plan_of(run_event(inputs=["d.s.a"], outputs=["d.s.x"], job_facets={"lineage": {"entries": "text"}}))
    assert arrows(plan) == []


def test_the_good_columns_of_a_facet_give_their_pairs() -> None:
    facet = columns(x=[("d.s.a", "c")])
    facet["fields"]["y"] = None
    facet["fields"]["x"]["inputFields"].append(None)
    plan = plan_of(run_event(inputs=["d.s.a"], outputs=[dataset("d.s.x", columnLineage=facet)]))
    assert column_arrows(plan.edges) == ["d.s.a.c -> d.s.x.x"]


def test_of_many_losses_the_first_are_reported_one_by_one() -> None:
    _, after = decoded("dataset", "schema", {"fields": [None] * (MAX_LOSSES + 7)})
    assert [problem.kind for problem in after.problems] == ["bad_item"] * MAX_LOSSES + ["more_losses"]
    assert after.problems[-1].count == 7


def test_a_facet_nested_without_end_is_cut_off_where_it_is_too_deep() -> None:
    field: Json = {"name": "x", "type": []}
    for _ in range(200):
        field = {"name": "x", "fields": [field]}
    found, after = decoded("dataset", "schema", {"fields": [field, {"name": "y"}]})
    assert [item.name for item in found.fields] == ["x", "y"]
    assert [problem.kind for problem in after.problems] == ["bad_item", "too_deep"]
