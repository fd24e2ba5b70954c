"""The task that does all in one: it catches up, stops where it shall, and a dry run moves nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException
from steps_support import (
    EDGE,
    EXPECTED,
    TOPIC,
    Sender,
    captured,
    checkpoint,
    committed,
    consume,
    holding,
    ingest,
    lineage,
    publish,
    received,
    run_event,
    run_steps,
    state_document,
    translate,
)

from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")


@pytest.mark.parametrize("capture", EXPECTED)
def test_small_batches_catch_up_and_make_exactly_the_known_edges(
    capture: str, send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    send.events(*captured(capture))
    report = ingest(max_events=7)
    assert lineage(catalogue) == EXPECTED[capture]
    assert report["events"] == len(captured(capture))
    assert report["edges"]["failed"] == 0
    assert sum(checkpoint().values()) == len(captured(capture))
    assert committed(broker.bootstrap) == {key: offset for key, offset in checkpoint().items() if offset}


def test_it_does_the_same_as_the_three_steps(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*captured("dbt-postgres"))
    ingest()
    held = holding(catalogue)
    catalogue.reset_requests()
    run_steps(state_key="steps", kafka_config_id="kafka_other_group")
    assert catalogue.writes() == []
    assert holding(catalogue) == held


def test_it_stops_at_the_end_that_it_saw_at_the_start(send: Sender, catalogue: CatalogueServer) -> None:
    send.events(*(run_event(f"before-{number}", minute=number) for number in range(20)))
    # Something new arrives with every request to the catalogue; the task ends all the same.
    catalogue.fail("*", ".", None, times=10_000, delay=0.005)
    stop = threading.Event()

    def produce() -> None:
        while not stop.is_set():
            send.events(run_event("during"))
            stop.wait(0.005)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        report = ingest(max_events=3)
    finally:
        stop.set()
        producer.join()
    assert report["events"] >= 20
    assert sum(checkpoint().values()) == report["events"]
    assert ingest()["events"] > 0


def test_no_further_batch_is_begun_after_max_duration(
    send: Sender, catalogue: CatalogueServer, logged: Callable[[], str]
) -> None:
    send.events(*captured("dbt-postgres"))
    catalogue.fail("*", ".", None, times=10_000, delay=0.05)
    report = ingest(max_events=1, max_duration=0.2)
    done = report["events"]
    assert 0 < done < len(captured("dbt-postgres"))
    assert sum(checkpoint().values()) == done
    assert "max_duration was reached" in logged()
    catalogue.clear_faults()
    assert ingest()["events"] == len(captured("dbt-postgres")) - done
    assert lineage(catalogue) == EXPECTED["dbt-postgres"]


def test_a_dry_run_reports_what_it_would_write_and_moves_nothing(
    send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    send.events(*captured("dbt-postgres"))
    send.message(b"no event")
    for _ in range(2):
        report = ingest(dry_run=True, max_events=10)
        assert report["dry_run"]
        assert report["edges"]["published"] >= len(EXPECTED["dbt-postgres"])
        assert set(report["requests"]) == {"GET"}
    assert catalogue.writes() == []
    assert (state_document(), committed(broker.bootstrap)) == (None, {})
    assert received_topics(broker) == {TOPIC}
    assert publish(translate(consume(dead_letter_topic="none")), dry_run=True)["dry_run"]
    assert (state_document(), committed(broker.bootstrap)) == (None, {})
    assert ingest()["events"] == len(captured("dbt-postgres"))


def received_topics(broker: KafkaBroker) -> set[str]:
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "lister"})
    try:
        return set(consumer.list_topics(timeout=60).topics)
    finally:
        consumer.close()


def test_a_task_beside_which_another_works_fails_and_a_retry_goes_on(
    send: Sender, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send.events(*captured("dbt-postgres"))
    settle, others = OpenLineageKafkaHook.commit, []

    def commit(hook: OpenLineageKafkaHook, offsets: Any, owner: str = "") -> None:
        settle(hook, offsets, owner)
        if not others:
            # A try of the same task that Airflow has given up, but which is still at work.
            others.append(None)
            others.append(ingest(max_events=20)["events"])

    monkeypatch.setattr(OpenLineageKafkaHook, "commit", commit)
    with pytest.raises(AirflowException, match="another task has moved the checkpoint") as error:
        ingest(max_events=10)
    # Airflow tries it again.
    assert not isinstance(error.value, AirflowFailException)
    assert others[1] == len(captured("dbt-postgres")) - 10
    assert ingest()["events"] == 0
    assert lineage(catalogue) == EXPECTED["dbt-postgres"]


def test_dead_letters_follow_the_publication(send: Sender, catalogue: CatalogueServer, broker: KafkaBroker) -> None:
    send.message(run_event("good"))
    send.message(b"no event")
    catalogue.fail("PUT", ".", 401, times=100)
    with pytest.raises(Exception, match="401"):
        ingest()
    assert received_topics(broker) == {TOPIC}
    catalogue.clear_faults()
    ingest()
    assert len(received(broker.bootstrap, f"{TOPIC}.dead-letter")) == 1


def test_an_empty_topic_is_no_failure(catalogue: CatalogueServer) -> None:
    report = ingest()
    assert (report["events"], report["requests"]) == (0, {"GET": 2})
    assert catalogue.writes() == []


def test_a_run_that_starts_in_one_batch_and_ends_in_another_has_its_edge(
    send: Sender, catalogue: CatalogueServer
) -> None:
    send.message(run_event("r", "START", outputs=()))
    send.message(run_event("r", "RUNNING", minute=1, inputs=()))
    send.message(run_event("r", "COMPLETE", minute=2, inputs=(), outputs=()))
    assert ingest(max_events=1)["events"] == 3
    assert list(catalogue.edges()) == [EDGE]


def test_messages_that_retention_deleted_are_a_loud_warning_and_in_the_report(
    send: Sender, catalogue: CatalogueServer, caplog: pytest.LogCaptureFixture
) -> None:
    from airflow.models.variable import Variable

    send.message(run_event("a"))
    state: dict[str, Any] = {"version": 1, "checkpoint": {TOPIC: {"0": 50}}}
    Variable.set(f"openmetadata_ol.lineage.{TOPIC}", json.dumps(state))
    report = ingest()
    assert "DATA LOSS" in caplog.text
    assert [problem["where"] for problem in report["problems"] if problem["kind"] == "data_loss"] == [f"{TOPIC}[0]"]
    assert checkpoint()[0] == 1
