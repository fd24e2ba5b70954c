"""Everything in an event is bounded; what is too much costs itself, little around it, and is reported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import Decoded, decode_event
from openmetadata_ol_provider.openlineage.limits import (
    CUT_OFF,
    MAX_ASKED,
    MAX_DEPTH,
    MAX_EVENT_BYTES,
    MAX_ITEMS,
    MAX_KEPT_BYTES,
    MAX_LOSSES,
    MAX_NAME,
    MAX_TEXT,
)
from openmetadata_ol_provider.openlineage.serialization import pack
from tests.openlineage.mutations import nested
from tests.support import Json, columns, dataset, dataset_event, run_event

TOO_LONG = "n" * (MAX_NAME + 1)
#: A facet that is none, so that the strict and the lenient decoder are both tried.
WAYS = pytest.mark.parametrize("spoilt", [{}, {"ownership": 5}], ids=["strict", "lenient"])


def decoded(event: Json) -> Decoded:
    return decode_event(json.dumps(event).encode(), "here")


def kinds(found: Decoded) -> list[str]:
    return [problem.kind for problem in found.problems if problem.kind != "bad_facet"]


def table(spoilt: Json, **facets: Any) -> Json:
    return dataset("a", **spoilt, **facets)


# -- the whole event ---------------------------------------------------------------------------------------------------


def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedEventError, match="too large: 16777217 bytes"):
        decode_event(b" " * (MAX_EVENT_BYTES + 1))


def test_an_event_may_be_large_because_of_what_is_not_read() -> None:
    plan = {"plan": "x" * (MAX_KEPT_BYTES + 1)}
    found = decoded(run_event(run_facets={"spark.logicalPlan": plan}, inputs=["a"]))
    assert (found.problems, len(found.event.inputs or ())) == ((), 1)


def test_what_is_kept_of_an_event_is_bounded_whatever_it_is() -> None:
    inputs = [dataset(f"{number}{'n' * 4000}") for number in range(MAX_KEPT_BYTES // 4000 + 1)]
    with pytest.raises(MalformedEventError, match=r"too large: what is read of it has \d+ bytes"):
        decoded(run_event(inputs=inputs))


@pytest.mark.parametrize("depth", [200, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"run":{"facets":{"parent":'])
def test_deep_nesting_is_refused_or_passed_over(opening: str, depth: int) -> None:
    value = b'{"eventTime":"2026-11-23T08:00:00Z","job":{"name":"a"},"x":' + opening.encode() * depth
    with pytest.raises(MalformedEventError):
        decode_event(value)


@pytest.mark.parametrize("place", [("run", "runId"), ("job", "name"), ("job", "namespace")])
@pytest.mark.parametrize("name", [TOO_LONG, "a\x00b"], ids=["too long", "NUL"])
def test_an_event_whose_run_or_job_cannot_be_named_is_refused(place: tuple[str, str], name: str) -> None:
    event = run_event()
    event[place[0]][place[1]] = name
    with pytest.raises(MalformedEventError, match="its run, job or dataset cannot be named"):
        decoded(event)
    with pytest.raises(MalformedEventError):
        decoded(dataset_event(dataset(name)))


# -- its parts ---------------------------------------------------------------------------------------------------------


@WAYS
@pytest.mark.parametrize("name", [TOO_LONG, "a\x00b"], ids=["too long", "NUL"])
def test_a_dataset_that_cannot_be_named_costs_that_dataset(name: str, spoilt: Json) -> None:
    inputs = [table(spoilt), dataset(name), dataset("b", namespace=name), dataset("c")]
    found = decoded(run_event(inputs=inputs))
    assert [item.name for item in found.event.inputs or ()] == ["a", "c"]
    assert kinds(found) == ["unfit_name", "unfit_name"]
    assert [problem.where for problem in found.problems][-1] == "here inputs[2].namespace"


@WAYS
def test_of_too_many_datasets_the_first_are_read(spoilt: Json) -> None:
    found = decoded(run_event(inputs=[table(spoilt), *(dataset(str(number)) for number in range(MAX_ITEMS))]))
    assert len(found.event.inputs or ()) == MAX_ITEMS
    assert kinds(found) == ["too_many"]


@WAYS
def test_a_column_that_cannot_be_named_costs_that_column(spoilt: Json) -> None:
    lineage = columns(id=[("s.a", "id"), ("s.b", TOO_LONG)], **{TOO_LONG: [("s.a", "id")]})
    schema = {"fields": [{"name": "id"}, {"name": TOO_LONG}, {"name": "x", "fields": [{"name": TOO_LONG}]}]}
    found = decoded(run_event(outputs=[table(spoilt, schema=schema, columnLineage=lineage)]))
    [facets] = [item.facets for item in found.event.outputs or ()]
    assert facets is not None
    assert facets.schema is not None
    assert facets.columnLineage is not None
    assert [(field.name, field.fields) for field in facets.schema.fields or ()] == [("id", None), ("x", [])]
    [(target, column)] = (facets.columnLineage.fields or {}).items()
    assert (target, [source.field for source in column.inputFields or ()]) == ("id", ["id"])
    assert kinds(found) == ["unfit_name"] * 4


def test_a_parent_that_cannot_be_named_costs_the_parent() -> None:
    facet = {"run": {"runId": "r"}, "job": {"namespace": "n", "name": TOO_LONG}}
    found = decoded(run_event(run_facets={"parent": facet}, inputs=["a"]))
    assert found.event.run is not None
    assert found.event.run.facets is not None
    assert found.event.run.facets.parent is not None
    assert found.event.run.facets.parent.job is None
    assert kinds(found) == ["unfit_name"]


@WAYS
def test_of_too_many_columns_the_first_are_read(spoilt: Json) -> None:
    schema = {"fields": [{"name": str(number)} for number in range(MAX_ITEMS + 1)]}
    lineage = columns(**{str(number): [("s.a", "id")] for number in range(MAX_ITEMS + 1)})
    found = decoded(run_event(outputs=[table(spoilt, schema=schema, columnLineage=lineage)]))
    [facets] = [item.facets for item in found.event.outputs or ()]
    assert facets is not None
    assert facets.schema is not None
    assert facets.columnLineage is not None
    assert len(facets.schema.fields or ()) == len(facets.columnLineage.fields or ()) == MAX_ITEMS
    assert kinds(found) == ["too_many", "too_many"]


@pytest.mark.parametrize(("name", "most"), MAX_ASKED.items())
def test_of_what_costs_questions_only_few_are_read(name: str, most: int) -> None:
    items = [{"namespace": "n", "name": str(number)} for number in range(most + 1)]
    facets = {"identifiers": "symlinks", "owners": "ownership"}
    found = decoded(run_event(inputs=[dataset("a", **{facets[name]: {name: items}})]))
    [item] = found.event.inputs or ()
    assert len(getattr(getattr(item.facets, facets[name]), name)) == most
    assert kinds(found) == ["too_many"]


@pytest.mark.parametrize("depth", [20, 40, 300])
def test_columns_within_columns_end_somewhere(depth: int) -> None:
    found = decoded(run_event(inputs=[dataset("a", schema={"fields": [nested(depth, "fields")]})]))
    [item] = found.event.inputs or ()
    assert item.facets is not None
    assert item.facets.schema is not None
    fields, levels = item.facets.schema.fields, 0
    while fields:
        fields, levels = fields[0].fields, levels + 1
    assert levels == min(depth + 1, (MAX_DEPTH - 4) // 2)
    assert kinds(found) == (["too_deep"] if depth > 30 else [])
    assert pack(found.event)


@WAYS
def test_a_text_that_is_too_long_is_cut(spoilt: Json) -> None:
    text = "x" * (MAX_TEXT + 1)
    event = run_event(
        "FAIL",
        run_facets={"errorMessage": {"message": text, "programmingLanguage": "JAVA"}},
        job_facets={"sql": {"query": text}, "documentation": {"description": text}},
        inputs=[table(spoilt, schema={"fields": [{"name": "a", "type": text, "description": text}]})],
    )
    found = decoded(event)
    assert found.event.run is not None
    assert found.event.job is not None
    run, job = found.event.run.facets, found.event.job.facets
    assert run is not None
    assert run.errorMessage is not None
    assert job is not None
    assert job.sql is not None
    assert run.errorMessage.message == "x" * MAX_TEXT
    assert job.sql.query == "x" * (MAX_TEXT - len(CUT_OFF)) + CUT_OFF
    assert kinds(found) == ["too_long"] * 5


def test_nul_characters_in_texts_are_replaced() -> None:
    found = decoded(run_event(job_facets={"sql": {"query": "a\x00b"}}, inputs=[dataset("a\\u0000b")]))
    assert found.event.job is not None
    assert found.event.job.facets is not None
    assert found.event.job.facets.sql is not None
    assert found.event.job.facets.sql.query == "a\ufffdb"
    assert [item.name for item in found.event.inputs or ()] == ["a\\u0000b"]
    assert found.problems == ()


def test_losses_of_one_event_are_reported_one_by_one_up_to_a_bound() -> None:
    found = decoded(run_event(inputs=[dataset(TOO_LONG + str(number)) for number in range(MAX_LOSSES + 10)]))
    assert len(found.problems) == MAX_LOSSES + 1
    assert (found.problems[-1].kind, found.problems[-1].detail) == (
        "more_losses",
        "10 more parts of this event were lost",
    )


# -- addresses, descriptions, credentials ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://git.example.com/r/blob/a.py#L1", "https://git.example.com/r/blob/a.py#L1"),
        ("HTTP://git.example.com", "HTTP://git.example.com"),
        ("https://etl:p4ss@git.example.com/r", "https://git.example.com/r"),
        *(
            (url, None)
            for url in ("javascript:alert(1)//x", "data:text/html,abc", "file:///etc/passwd", "//example.com/x")
        ),
        ("https://" + "a" * MAX_NAME, None),
    ],
)
def test_only_addresses_of_the_web_are_linked_to(url: str, kept: str | None) -> None:
    found = decoded(run_event(job_facets={"sourceCodeLocation": {"type": "git", "url": url}}))
    assert found.event.job is not None
    assert found.event.job.facets is not None
    assert found.event.job.facets.sourceCodeLocation is not None
    assert found.event.job.facets.sourceCodeLocation.url == kept
    assert kinds(found) == ([] if kept else ["unfit_url"])


def test_descriptions_are_harmless_and_expressions_stay_as_they_are() -> None:
    expression = "CASE WHEN a<b THEN 'x' END"
    lineage = columns(id=[("s.a", "id")])
    lineage["fields"]["id"]["inputFields"][0]["transformations"] = [{"type": "DIRECT", "description": expression}]
    documentation = {"description": "<script>x</script>\x1b **bold**\n"}
    found = decoded(run_event(outputs=[dataset("a", documentation=documentation, columnLineage=lineage)]))
    [facets] = [item.facets for item in found.event.outputs or ()]
    assert facets is not None
    assert facets.documentation is not None
    assert facets.documentation.description == "&lt;script>x&lt;/script> **bold**\n"
    assert facets.columnLineage is not None
    [source] = (facets.columnLineage.fields or {})["id"].inputFields or ()
    assert [item.description for item in source.transformations or ()] == [expression]


def test_names_are_the_same_with_and_without_credentials() -> None:
    plain = run_event(inputs=[dataset("a", namespace="postgres://db:5432")], outputs=["b"])
    secret = run_event(inputs=[dataset("a", namespace="postgres://etl:p4ss@db:5432")], outputs=["b"])
    assert decoded(secret) == decoded(plain)


def test_nothing_of_an_ordinary_event_is_touched() -> None:
    event = run_event(inputs=[dataset("db.s.a", schema={"fields": [{"name": "a", "type": "struct<b:int>"}]})])
    assert decoded(event).problems == ()
