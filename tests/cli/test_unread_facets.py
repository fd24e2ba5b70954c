"""Facets that are not read are counted by section, name and producer; the values are never kept."""

from __future__ import annotations

import json

import pytest

from openmetadata_ol_provider.cli.unread_facets import UnreadFacet, UnreadFacets
from tests.support import CAPTURES, WRITTEN, Json, captured, dataset, dataset_event, job_event, run_event

PRODUCER = "https://example.com/producer"


def unread(*events: Json | bytes | str) -> dict[UnreadFacet, int]:
    facets = UnreadFacets()
    for event in events:
        facets.add(json.dumps(event) if isinstance(event, dict) else event)
    return facets.counts()


def test_an_event_whose_facets_are_all_read_counts_nothing() -> None:
    event = run_event(
        inputs=[dataset("a", schema={}, symlinks={}) | {"inputFacets": {"inputStatistics": {}}}],
        outputs=[dataset("b", columnLineage={}) | {"outputFacets": {"outputStatistics": {}}}],
        run_facets={"parent": {}, "nominalTime": {}},
        job_facets={"sql": {}, "jobType": {}, "lineage": {}},
    )
    assert unread(event) == {}


def test_each_section_of_an_event_is_looked_at() -> None:
    event = run_event(
        inputs=[dataset("a", dataSource={}) | {"inputFacets": {"scanReport": {}}}],
        outputs=[dataset("b", partition={}) | {"outputFacets": {"icebergCommitReport": {}}}],
        run_facets={"spark_properties": {}},
        job_facets={"gcp_lineage": {}},
    )
    assert unread(event) == {
        ("run", "spark_properties", PRODUCER): 1,
        ("job", "gcp_lineage", PRODUCER): 1,
        ("dataset", "dataSource", PRODUCER): 1,
        ("dataset", "scanReport", PRODUCER): 1,
        ("dataset", "partition", PRODUCER): 1,
        ("dataset", "icebergCommitReport", PRODUCER): 1,
    }


@pytest.mark.parametrize(
    ("event", "section"),
    [(job_event(job_facets={"x": {}}), "job"), (dataset_event(dataset("t", x={})), "dataset")],
    ids=["job", "dataset"],
)
def test_events_without_a_run_count_too(event: Json, section: str) -> None:
    assert unread(event) == {(section, "x", PRODUCER): 1}


def test_the_same_facet_is_counted_up_for_each_producer_apart() -> None:
    event = run_event(run_facets={"x": {}}, inputs=[dataset("a", x={}), dataset("b", x={})])
    other = event | {"producer": "https://example.com/other"}
    nameless = {key: value for key, value in event.items() if key != "producer"}
    assert unread(event, event, other, nameless) == {
        ("run", "x", PRODUCER): 2,
        ("dataset", "x", PRODUCER): 4,
        ("run", "x", "https://example.com/other"): 1,
        ("dataset", "x", "https://example.com/other"): 2,
        ("run", "x", "?"): 1,
        ("dataset", "x", "?"): 2,
    }


def test_facets_that_are_null_or_no_objects_are_counted_by_name_all_the_same() -> None:
    assert unread(run_event(run_facets={"x": None, "y": 3})) == {("run", "x", PRODUCER): 1, ("run", "y", PRODUCER): 1}


@pytest.mark.parametrize(
    "value", [b"", b"nonsense", b"[]", b"\xff", b"[" * 100_000, b'{"run": 3}', b'{"inputs": [null]}', '{"producer": 1}']
)
def test_what_cannot_be_read_that_way_is_not_counted_and_raises_nothing(value: bytes | str) -> None:
    assert unread(value) == {}


@pytest.mark.parametrize("name", [*CAPTURES, *WRITTEN])
def test_every_event_of_a_real_producer_can_be_counted(name: str) -> None:
    lines = captured(name)
    marked = []
    for line in lines:
        event = json.loads(line)
        for owner in (event.get("run"), event.get("job"), event.get("dataset"), *event.get("inputs", ())):
            if owner:
                owner.setdefault("facets", {})["unheard_of"] = {}
        marked.append(event)
    expected = sum(json.dumps(event).count('"unheard_of"') for event in marked)
    assert sum(count for (_, facet, _), count in unread(*marked).items() if facet == "unheard_of") == expected > 0
