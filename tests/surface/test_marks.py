"""The marks by which what is ours is known again: in OpenMetadata, and on dead letters.

They lie in catalogues and topics of users, so they are written here as they are there, not taken from the code.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from openmetadata_ol_provider import ReplayDeadLettersOperator
from tests.operators.steps_support import consume, publish, received, run_event, translate
from tests.surface.pins import assert_pinned
from tests.surface.scenario import DAG_ID, NEW, TOPIC, World, call

CREATING = {"write": {"create_datasets": True, "create_tags": True, "queries": True}}
SQL = "select * from customers"
#: The name that the server itself would give the query.
MD5 = hashlib.md5(SQL.encode(), usedforsecurity=False).hexdigest()
PIPELINE = 'openlineage."scheduler:nightly.load"'
OURS = {"source": "Classification", "labelType": "Automated", "state": "Confirmed"}
DEAD_LETTER = {
    "openlineage.dead_letter.offset",
    "openlineage.dead_letter.partition",
    "openlineage.dead_letter.reason",
    "openlineage.dead_letter.timestamp",
    "openlineage.dead_letter.topic",
}
REPLAYED = "openlineage.dead_letter.replays"


def event(run_id: str = "r1", **options: Any) -> bytes:
    """Return an event with tags and SQL that writes a table which the catalogue does not have."""
    document = json.loads(run_event(run_id, outputs=[NEW], **options))
    document["job"]["facets"] = {"tags": {"tags": [{"key": "tier", "value": "gold"}]}, "sql": {"query": SQL}}
    document["outputs"][0]["facets"] = {"tags": {"tags": [{"key": "pii"}]}}
    return json.dumps(document).encode()


def work(here: World, *events: bytes, config: Any = None) -> Any:
    here.send.events(*events)
    return publish(translate(consume(), config=config), config=config)


def entity(here: World, kind: str, fqn: str) -> dict[str, Any]:
    (found,) = (item for item in here.catalogue.entities(kind) if item["fullyQualifiedName"] == fqn)
    return found


# -- written -----------------------------------------------------------------------------------------------------------


def test_what_is_created_has_the_marks(here: World) -> None:
    assert work(here, event(), config=CREATING)["stubs"]["created"] == 1
    table = entity(here, "table", f"warehouse.{NEW}")
    assert table["sourceHash"] == "openmetadata-ol-provider"
    assert table["tags"] == [{"tagFQN": "OpenLineage.Stub", **OURS}, {"tagFQN": "OpenLineage.pii", **OURS}]
    pipeline = entity(here, "pipeline", PIPELINE)
    assert pipeline["sourceHash"].startswith("openlineage-")
    assert len(pipeline["sourceHash"]) == 32
    assert pipeline["tags"] == [{"tagFQN": "OpenLineage.tier:gold", **OURS}]
    assert [item["name"] for item in here.catalogue.entities("classification")] == ["OpenLineage"]
    (service,) = here.catalogue.entities("pipelineService")
    assert (service["name"], service["serviceType"]) == ("openlineage", "OpenLineage")
    assert [item["name"] for item in here.catalogue.entities("query")] == [MD5]


def test_an_edge_says_who_wrote_it(here: World) -> None:
    work(here, event(), config=CREATING)
    (details,) = here.catalogue.edges().values()
    assert details["source"] == "OpenLineage"
    assert details["description"] == f"Written by OpenLineage jobs: {PIPELINE}"


def test_requests_name_the_package(here: World) -> None:
    work(here, event())
    assert {sent.agent for sent in here.catalogue.bodies} == {"openmetadata-ol-provider"}


# -- known again -------------------------------------------------------------------------------------------------------


def test_a_stub_is_known_again_and_loses_its_tag_once_it_was_ingested(here: World) -> None:
    work(here, event(), config=CREATING)
    # What an ingestion does: its own hash in place of ours.
    stub = entity(here, "table", f"warehouse.{NEW}")
    patch = [{"op": "replace", "path": "/sourceHash", "value": "of an ingestion"}]
    call(here, "PATCH", f"tables/{stub['id']}", patch, "application/json-patch+json")
    report = work(here, event("r2", job="nightly.other"), config=CREATING)
    assert report["stubs"] == {"created": 0, "updated": 1, "failed": 0}
    tags = [tag["tagFQN"] for tag in entity(here, "table", f"warehouse.{NEW}")["tags"]]
    assert tags == ["OpenLineage.pii"]


@pytest.mark.parametrize(("mark", "ours"), [("openlineage-0123456789abcdef0123", True), ("of-an-ingestion", False)])
def test_a_pipeline_of_ours_is_known_by_its_hash(here: World, mark: str, ours: bool) -> None:
    call(here, "PUT", "services/pipelineServices", {"name": "openlineage", "serviceType": "OpenLineage"})
    body = {"name": "scheduler:nightly.load", "service": "openlineage", "sourceHash": mark}
    call(here, "PUT", "pipelines", body)
    work(here, run_event("r1"))
    assert (entity(here, "pipeline", PIPELINE)["sourceHash"] != mark) is ours


@pytest.mark.parametrize(
    ("description", "source", "after"),
    [
        (
            'Written by OpenLineage jobs: openlineage."scheduler:other"',
            "OpenLineage",
            f'Written by OpenLineage jobs: {PIPELINE}; openlineage."scheduler:other"',
        ),
        ("By hand.", "Manual", "By hand."),
    ],
    ids=["ours", "by hand"],
)
def test_an_edge_of_ours_is_known_by_its_description(here: World, description: str, source: str, after: str) -> None:
    ends = [
        entity(here, "table", f"warehouse.shop.{name}") for name in ("public.customers", "analytics_stg.stg_orders")
    ]
    edge = {
        "fromEntity": {"id": ends[0]["id"], "type": "table"},
        "toEntity": {"id": ends[1]["id"], "type": "table"},
        "lineageDetails": {"source": source, "description": description},
    }
    call(here, "PUT", "lineage", {"edge": edge})
    work(here, run_event("r1", outputs=["shop.analytics_stg.stg_orders"]))
    (details,) = here.catalogue.edges().values()
    assert (details["source"], details["description"]) == (source, after)


# -- dead letters ------------------------------------------------------------------------------------------------------


def replay() -> Any:
    from airflow.providers.common.compat.sdk import DAG

    with DAG(DAG_ID, schedule=None):
        task = ReplayDeadLettersOperator(task_id="replay", topics=[TOPIC])
    return task.execute({})


def test_a_dead_letter_has_its_headers(here: World) -> None:
    here.send.message(b"no event", key=b"k", headers=[("own", b"1")])
    assert consume()["dead_letters"] == 1
    (letter,) = received(here.broker.bootstrap, f"{TOPIC}.dead-letter")
    headers = dict(letter.headers())
    assert_pinned("headers of a dead letter", set(headers), {*DEAD_LETTER, "own"})
    assert headers["openlineage.dead_letter.topic"] == TOPIC.encode()
    assert headers["openlineage.dead_letter.partition"] == headers["openlineage.dead_letter.offset"] == b"0"
    assert (letter.key(), letter.value()) == (b"k", b"no event")
    report = replay()
    keys = {"exhausted", "foreign", "left", "lost", "more", "read", "repeated", "replayed"}
    assert_pinned("keys of the report of a replay", set(report), keys)
    _, back = received(here.broker.bootstrap, TOPIC)
    assert back.headers() == [("own", b"1"), (REPLAYED, b"1")]


def test_a_letter_that_an_earlier_version_wrote_goes_back(here: World) -> None:
    ours = {"reason": b"not JSON", "topic": TOPIC.encode(), "partition": b"2", "offset": b"7", "timestamp": b"1"}
    headers = [("own", b"1"), *((f"openlineage.dead_letter.{name}", value) for name, value in ours.items())]
    here.broker.create_topic(f"{TOPIC}.dead-letter")
    here.send.message(b"no event", headers=[*headers, (REPLAYED, b"2")], topic=f"{TOPIC}.dead-letter")
    here.send.message(b"no event", headers=[*headers, (REPLAYED, b"3")], topic=f"{TOPIC}.dead-letter")
    report = replay()
    assert (report["read"], report["replayed"], report["exhausted"]) == (2, 1, 1)
    (back,) = received(here.broker.bootstrap, TOPIC)
    assert (back.partition(), back.headers()) == (2, [("own", b"1"), (REPLAYED, b"3")])
