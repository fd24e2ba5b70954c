"""Messages: what is read in spite of its faults, and what is refused for which reason."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import Decoded, decode_event
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import BASE, PG, Json, columns, dataset, dataset_event, job_event, run_event


def decoded(event: Any) -> Decoded:
    return decode_event(json.dumps(event).encode(), "topic[0]@7")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, "tombstone", id="tombstone"),
        pytest.param(b"", "no value", id="empty"),
        pytest.param(b"  \n", "not JSON", id="blank"),
        pytest.param(b"\xff\xfe\x00garbage", "not JSON", id="undecodable bytes"),
        pytest.param(b'{"eventTime": "\xc3\x28"}', "not UTF-8", id="broken UTF-8"),
        pytest.param(b'{"eventTime": "2026', "not JSON", id="cut off"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="bottomless"),
        pytest.param(b"[]", "JSON list", id="a list"),
        pytest.param(b'"text"', "JSON str", id="a text"),
        pytest.param(b"42", "JSON int", id="a number"),
        pytest.param(b"null", "JSON NoneType", id="null"),
        pytest.param(b"{}", "neither run, job nor dataset", id="empty object"),
        pytest.param(b'{"id": 1, "payload": {}}', "neither run, job nor dataset", id="foreign JSON"),
        pytest.param(b'{"run": null, "job": null, "dataset": null}', "neither run, job nor dataset", id="all null"),
        pytest.param(b'{"schema": {}, "payload": {}}', "envelope of Kafka Connect", id="envelope"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(value: bytes | None, reason: str) -> None:
    with pytest.raises(MalformedEventError, match=reason):
        decode_event(value)


def without(event: Json, *path: str) -> Json:
    inner = event
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return event


def with_value(event: Json, *path: Any) -> Json:
    *keys, last, value = path
    inner = event
    for key in keys:
        inner = inner[key]
    inner[last] = value
    return event


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        pytest.param(without(run_event(), "run", "runId"), "run.runId is missing", id="no run id"),
        pytest.param(with_value(run_event(), "run", "runId", ""), "run.runId is missing", id="empty run id"),
        pytest.param(with_value(run_event(), "run", "runId", True), "run.runId is missing", id="boolean run id"),
        pytest.param(with_value(run_event(), "run", []), "run is not an object", id="run is a list"),
        pytest.param(with_value(run_event(), "run", "run-1"), "run is not an object", id="run is a text"),
        pytest.param(without(run_event(), "job"), "RunEvent without job", id="no job"),
        pytest.param(without(run_event(), "job", "name"), "job.name is missing", id="no job name"),
        pytest.param(with_value(run_event(), "job", "name", ""), "job.name is missing", id="empty job name"),
        pytest.param(without(run_event(), "eventTime"), "eventTime is missing", id="no time"),
        pytest.param(without(dataset_event(dataset("t")), "dataset", "name"), "dataset has no name", id="no name"),
    ],
)
def test_an_event_that_cannot_be_placed_is_refused_with_the_reason(event: Json, reason: str) -> None:
    with pytest.raises(MalformedEventError, match=reason):
        decoded(event)


@pytest.mark.parametrize("namespace", ["s3://lake", "gs://lake", "abfss://c@a.dfs.core.windows.net"])
def test_an_empty_name_is_that_of_a_whole_bucket(namespace: str) -> None:
    read = decoded(run_event(inputs=[dataset("", namespace)], outputs=["x"]))
    assert ([item.name for item in read.event.inputs], read.problems) == (["/"], ())


@pytest.mark.parametrize("namespace", ["postgres://db:5432", "s3://", "s3://lake/orders", ""])
def test_nothing_else_has_an_empty_name(namespace: str) -> None:
    read = decoded(run_event(inputs=[dataset("", namespace)], outputs=["x"]))
    assert ([*read.event.inputs], [problem.kind for problem in read.problems]) == ([], [ProblemKind.BAD_DATASET])


@pytest.mark.parametrize("missing", ["inputs", "outputs", "eventType", "producer", "schemaURL"])
def test_everything_but_time_run_and_job_is_optional(missing: str) -> None:
    event = run_event(inputs=["a"], outputs=["b"])
    del event[missing]
    assert decoded(event).event.run.runId == "run-1"
    assert decoded(event | {missing: None}).event.job.name == "job"


@pytest.mark.parametrize("value", [None, {}])
@pytest.mark.parametrize("owner", ["run", "job"])
def test_facets_may_be_null_or_missing(owner: str, value: Any) -> None:
    event = run_event(inputs=[{"namespace": PG, "name": "a", "facets": value}])
    event[owner]["facets"] = value
    found = decoded(event)
    assert found.problems == ()
    assert found.event.inputs[0].name == "a"


def test_null_inside_a_facet_is_no_information() -> None:
    facets = {"schema": {"fields": None}, "columnLineage": {"fields": None}, "symlinks": {"identifiers": None}}
    found = decoded(run_event(outputs=[dataset("t", **facets, documentation=None)]))
    assert found.problems == ()
    assert found.event.outputs[0].facets.documentation is None
    assert found.event.outputs[0].facets.schema.fields is None


def test_run_ids_need_not_be_uuids() -> None:
    assert decoded(run_event(run_id="scheduled__2026")).event.run.runId == "scheduled__2026"
    assert decoded(run_event(run_id=4711)).event.run.runId == "4711"  # type: ignore[arg-type]


def test_a_bad_dataset_costs_that_dataset_alone() -> None:
    inputs = [None, 5, dataset("good"), {"namespace": PG}, {"namespace": ["x"], "name": "t"}, dataset("better")]
    found = decoded(run_event() | {"inputs": inputs, "outputs": [dataset("out"), "text"]})
    assert [item.name for item in found.event.inputs] == ["good", "better"]
    assert [item.name for item in found.event.outputs] == ["out"]
    assert [problem.where for problem in found.problems] == [
        "topic[0]@7 inputs[0]",
        "topic[0]@7 inputs[1]",
        "topic[0]@7 inputs[3]",
        "topic[0]@7 inputs[4]",
        "topic[0]@7 outputs[1]",
    ]
    assert {problem.kind for problem in found.problems} == {"bad_dataset"}


@pytest.mark.parametrize("side", ["inputs", "outputs"])
@pytest.mark.parametrize("value", ["text", 3, {"name": "t"}, True])
def test_a_side_that_is_no_list_is_reported_and_left_out(side: str, value: Any) -> None:
    found = decoded(run_event(inputs=["a"], outputs=["b"]) | {side: value})
    assert [problem.kind for problem in found.problems] == ["bad_value"]
    assert len(found.event.inputs) + len(found.event.outputs) == 1


BAD_FACETS = {
    "schema": [{"name": "id", "type": {"nested": 1}}],
    "columnLineage": "a from b",
    "symlinks": "hive",
    "documentation": 5 * [None],
    "ownership": [{"name": "x"}],
    "tags": True,
    "lifecycleStateChange": 1,
}


@pytest.mark.parametrize("bad", BAD_FACETS)
def test_a_bad_dataset_facet_costs_that_facet_alone(bad: str) -> None:
    good = {"schema": {"fields": [{"name": "id"}]}, "documentation": {"description": "what it is"}}
    item = dataset("t", **good | {bad: BAD_FACETS[bad]})
    found = decoded(run_event(inputs=["other"], outputs=[item]))
    facets = found.event.outputs[0].facets
    assert [(problem.kind, problem.where) for problem in found.problems] == [
        ("bad_facet", f"topic[0]@7 outputs[0].facets.{bad}")
    ]
    assert getattr(facets, bad) is None
    assert [name for name in good if name != bad and getattr(facets, name) is None] == []
    assert [side.name for side in found.event.inputs] == ["other"]


def test_bad_run_and_job_facets_cost_those_facets_alone() -> None:
    found = decoded(
        run_event(
            run_facets={"parent": "someone", "nominalTime": {"nominalStartTime": "2026-11-23T00:00:00Z"}},
            job_facets={"jobType": [], "sql": {"query": "select 1"}},
        )
    )
    assert [problem.where for problem in found.problems] == [
        "topic[0]@7 run.facets.parent",
        "topic[0]@7 job.facets.jobType",
    ]
    assert found.event.run.facets.nominalTime.nominalStartTime == "2026-11-23T00:00:00Z"
    assert found.event.job.facets.sql.query == "select 1"


def test_numbers_that_json_does_not_have_cost_nothing() -> None:
    event = run_event(inputs=[dataset("t", dataQualityMetrics={"columnMetrics": {"x": {"min": float("nan")}}})])
    assert b"NaN" in json.dumps(event).encode()
    assert decoded(event).event.inputs[0].name == "t"


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode_event(b"\xef\xbb\xbf" + json.dumps(run_event()).encode()).event.job.name == "job"


def test_events_are_told_apart_by_shape_whatever_their_schema_url_says() -> None:
    lie = {"schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent"}
    assert decoded(run_event() | lie).event.kind == "run"
    assert decoded(job_event() | lie).event.kind == "job"
    assert decoded(job_event() | {"run": None}).event.kind == "job"
    assert decoded(dataset_event(dataset("t"))).event.kind == "dataset"
    assert decoded(run_event() | {"dataset": dataset("t")}).event.kind == "run"
    assert decoded(job_event() | {"dataset": dataset("t")}).event.kind == "job"


@pytest.mark.parametrize("slow", [False, True], ids=["sound event", "event with a bad facet"])
def test_column_lineage_in_output_facets_is_moved_where_it_belongs(slow: bool) -> None:
    output = dataset("t", **{"schema": 1} if slow else {})
    output["outputFacets"] = {"columnLineage": columns(a=[("s", "b")]), "outputStatistics": {"rowCount": 1}}
    found = decoded(run_event(outputs=[output])).event.outputs[0]
    assert found.facets.columnLineage.fields["a"].inputFields[0].field == "b"
    assert not hasattr(found, "outputFacets")


def test_column_lineage_in_facets_wins_over_the_misplaced_one() -> None:
    output = dataset("t", columnLineage=columns(a=[("s", "right")]))
    output["outputFacets"] = {"columnLineage": columns(a=[("s", "wrong")])}
    found = decoded(run_event(outputs=[output])).event.outputs[0]
    assert found.facets.columnLineage.fields["a"].inputFields[0].field == "right"


@pytest.mark.parametrize("slow", [False, True], ids=["sound event", "event with a bad facet"])
def test_secrets_and_query_plans_do_not_survive_decoding(slow: bool) -> None:
    secret = "hunter2"
    loose = {"_producer": "p", "password": secret}
    event = run_event(
        inputs=[dataset("t", dataSource=loose) | {"inputFacets": {"x": loose}}],
        outputs=[dataset("u", storage=loose) | {"outputFacets": {"x": loose}}],
        run_facets={
            "debezium_config": {"configs": [{"name": "database.password", "value": secret}]},
            "environmentVariables": {"environmentVariables": [{"name": "TOKEN", "value": secret}]},
            "spark_properties": {"properties": {"spark.jdbc.password": secret}},
            "spark.logicalPlan": {"plan": [secret]},
            "errorMessage": {"message": "it broke", "stackTrace": secret},
            "parent": {"run": {"runId": "p", "facets": {"x": loose}}, "job": {"namespace": "n", "name": "p"}},
            "nominalTime": 1 if slow else {},
        },
        job_facets={"sourceCode": {"language": "python", "sourceCode": secret}},
    )
    event["secret"] = secret
    encoded = msgspec.json.encode(decoded(event).event)
    assert secret.encode() not in encoded
    assert b"it broke" in encoded


def test_the_reason_of_a_refusal_tells_types_not_contents() -> None:
    with pytest.raises(MalformedEventError) as refused:
        decoded(run_event() | {"eventTime": {"password": "hunter2"}})
    assert "hunter2" not in str(refused.value)


def test_an_event_of_five_megabytes_is_read_and_small_afterwards() -> None:
    event = run_event(inputs=["a"], outputs=["b"], run_facets={"spark.logicalPlan": {"plan": ["x" * 1000] * 5000}})
    assert len(json.dumps(event)) > 5_000_000
    assert len(msgspec.json.encode(decoded(event).event)) < 1000


def test_a_decoded_event_encodes_to_openlineage_again() -> None:
    facets = {"schema": {"fields": [{"name": "a"}]}, "columnLineage": columns(a=[("s", "b")])}
    first = decoded(
        run_event(inputs=["s"], outputs=[dataset("t", **facets)], job_facets={"sql": {"query": "select 1"}})
    )
    again = decode_event(msgspec.json.encode(first.event))
    assert again == first
    assert again.event.eventTime == BASE


@pytest.mark.parametrize("namespace", [None, 7, ["ns"]])
def test_a_job_without_a_namespace_is_read_with_a_line(namespace: object) -> None:
    event = run_event()
    event["job"]["namespace"] = namespace
    decoded = decode_event(json.dumps(event).encode(), "t[0]@1")
    assert decoded.event.job is not None
    assert decoded.event.job.namespace == ""
    (problem,) = decoded.problems
    assert (problem.kind, problem.where) == ("bad_value", "t[0]@1 job.namespace")
    assert "namespace without a name" in problem.detail


def test_a_job_whose_namespace_is_empty_is_as_its_producer_says() -> None:
    assert decode_event(json.dumps(run_event(namespace="")).encode()).problems == ()
