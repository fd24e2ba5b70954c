"""Four lanes in a real Airflow, with a real Kafka and PostgreSQL, while what they run on is killed around them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.live.lanes_support import COUNT, DAG_ID, Live, assert_like_one_task, needs_machine, running, send

#: Messages that come while the first run waits.
FIRST = 2_000

pytestmark = needs_machine


@pytest.fixture
def live() -> Iterator[Live]:
    with running() as everything:
        yield everything


def test_lanes_work_through_a_backlog_while_triggerer_and_scheduler_are_killed(
    live: Live, monkeypatch: pytest.MonkeyPatch, airflow_db: None
) -> None:
    airflow, kafka = live.airflow, live.kafka

    # The triggerer is killed while a run is deferred, and events come while there is none.
    run = airflow.trigger(DAG_ID)
    airflow.wait(lambda: airflow.states(DAG_ID, run, "wait") == ["deferred"], "the sensor is deferred", 180)
    airflow.parts["triggerer"].kill()
    live.say("the triggerer is killed while a run is deferred")
    send(kafka, 0, FIRST)
    time.sleep(5)
    assert airflow.states(DAG_ID, run, "wait") == ["deferred"]
    airflow.parts["triggerer"].start()
    assert live.wait_for(run, "success", "failed") == "success"
    assert live.done() == FIRST
    live.say("another triggerer has woken it, and its four lanes have ingested %d messages", FIRST)

    # The scheduler is killed while four lanes work through the backlog.
    send(kafka, FIRST, COUNT)
    live.say("%d more messages are waiting", COUNT - FIRST)
    live.catalogue.reset_requests()
    begun = time.monotonic()
    run = airflow.trigger(DAG_ID)
    airflow.wait(
        lambda: airflow.states(DAG_ID, run, "ingest").count("running") >= 2 and live.done() > FIRST + COUNT // 50,
        "lanes are at work",
        300,
    )
    airflow.parts["scheduler"].kill()
    live.say("the scheduler is killed at %d messages", live.done())
    time.sleep(5)
    airflow.parts["scheduler"].start()
    runs = live.work_until(COUNT, run)
    live.report(COUNT - FIRST, time.monotonic() - begun, runs, live.positions()[1])
    assert_like_one_task(live, monkeypatch)
