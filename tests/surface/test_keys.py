"""The rules by which Variables and groups are named: another name is another, empty state."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from typing import Any

import pytest

from openmetadata_ol_provider import IngestOpenLineageOperator, ReplayDeadLettersOperator
from tests.operators.steps_support import committed, consume, ingest, publish, received, run_event, translate
from tests.surface.pins import assert_pinned
from tests.surface.scenario import DAG_ID, TOPIC, World

MOST = 250
#: Topic and partition -> lane of three.
LANES = {
    f"{TOPIC} 0": 2,
    f"{TOPIC} 1": 0,
    f"{TOPIC} 2": 1,
    "wide 0": 0,
    "wide 1": 1,
    "wide 2": 2,
    "wide 3": 0,
    "wide 4": 1,
    "wide 5": 2,
    "wide 6": 0,
    "wide 7": 1,
}


def keys() -> set[str]:
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session() as session:
        return {key for (key,) in session.query(Variable.key)}


def work(topics: Collection[str], **more: Any) -> Any:
    batch = consume(topics=topics, **more)
    publish(translate(batch))
    return batch["origin"]["state_key"]


def execute(operator: Any, dag_id: str, **parameters: Any) -> Any:
    from airflow.providers.common.compat.sdk import DAG

    with DAG(dag_id, schedule=None):
        task = operator(task_id="task", **parameters)
    return task.execute({})


def new() -> bytes:
    """Return an event of a table that is not in the catalogue: something to park."""
    return run_event("r1", outputs=["shop.analytics_stg.stg_new"])


def test_the_keys_are_made_of_dag_and_topics(here: World) -> None:
    here.broker.create_topic("another")
    here.send.events(new())
    key = f"openmetadata_ol.{DAG_ID}.another+{TOPIC}"
    assert work([TOPIC, "another", TOPIC]) == key
    assert_pinned("Variables", keys(), {key, f"{key}.ledger", f"{key}.parked", f"{key}.receipts"})


def test_lanes_have_keys_of_their_own(here: World) -> None:
    here.send.events(new())
    key = f"openmetadata_ol.{DAG_ID}.{TOPIC}"
    found = [work([TOPIC], lane=lane, lanes=2) for lane in (0, 1)]
    lanes = [f"{key}.lane-0-of-2", f"{key}.lane-1-of-2"]
    assert found == lanes
    # Which of them has begun a ledger depends on where the event is.
    assert_pinned("Variables", keys() - {f"{lane}.ledger" for lane in lanes}, {
        *lanes, f"{lanes[0]}.parked", f"{lanes[1]}.parked", f"{key}.lanes", *(f"{lane}.receipts" for lane in lanes),
    })  # fmt: skip


def test_a_partition_is_always_the_same_lanes(here: World) -> None:
    # A checkpoint is stored by lane: dealt out otherwise, a lane would read what another has read.
    here.broker.create_topic("wide", 8)
    for partition in range(8):
        here.send.message(run_event("r1"), topic="wide", partition=partition)
    batches = [consume(topics=["wide", TOPIC], lane=lane, lanes=3) for lane in range(3)]
    found = {
        f"{item['topic']} {item['partition']}": lane
        for lane, batch in enumerate(batches)
        for item in batch["origin"]["ranges"]
    }
    assert_pinned("partitions of lanes", found, LANES)


def bounded(key: str) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{key[: MOST - 17]}.{digest}"


def test_a_key_that_is_too_long_is_cut(here: World) -> None:
    topic = "t" * 240
    here.broker.create_topic(topic)
    here.send.events(new(), topic=topic)
    key = bounded(f"openmetadata_ol.{DAG_ID}.{topic}")
    lane = bounded(f"{key}.lane-0-of-2")
    assert work([topic]) == key
    assert work([topic], lane=0, lanes=2) == lane
    behind = [f"{state}.{suffix}" for state in (key, lane) for suffix in ("ledger", "parked", "receipts")]
    assert_pinned("Variables", keys(), {key, lane, *map(bounded, (*behind, f"{key}.lanes"))})
    assert {len(name) for name in keys()} == {MOST}


def test_a_key_that_is_given_is_the_key(here: World) -> None:
    here.send.events(new())
    assert work([TOPIC], state_key="mine") == "mine"
    assert_pinned("Variables", keys(), {"mine", "mine.ledger", "mine.parked", "mine.receipts"})


def test_a_span_of_time_and_dead_letters_have_their_own(here: World) -> None:
    here.send.events(run_event("r1"))
    execute(IngestOpenLineageOperator, "some_dag", topics=[TOPIC], start="2026-01-01T00:00:00Z")
    assert f"openmetadata_ol.some_dag.window.{TOPIC}" in keys()
    here.send.message(b"no event")
    ingest()
    before = keys()
    execute(ReplayDeadLettersOperator, "some_dag", topics=[TOPIC])
    assert keys() - before == {f"openmetadata_ol.dead_letters.{TOPIC}.dead-letter"}


@pytest.mark.parametrize("given", [None, "letters"])
def test_dead_letters_go_to_their_topic(given: str | None, here: World) -> None:
    here.broker.create_topic("letters")
    here.send.message(b"no event")
    consume(dead_letter_topic=given)
    expected = given or f"{TOPIC}.dead-letter"
    assert [letter.topic() for letter in received(here.broker.bootstrap, expected)] == [expected]


def test_dead_letters_can_be_skipped(here: World) -> None:
    here.send.message(b"no event")
    batch = consume(dead_letter_topic="none")
    assert (batch["dead_letters"], batch["skipped"]) == (0, 1)


def test_the_group_has_a_name_by_default(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    kafka = json.loads(os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"])
    del kafka["extra"]["group.id"]
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(kafka))
    here.send.events(run_event("r1"))
    ingest()
    assert committed(here.broker.bootstrap, "openmetadata-openlineage") == {}
    assert sum(committed(here.broker.bootstrap, "openmetadata-openlineage.lineage.97463ca5").values()) == 1
