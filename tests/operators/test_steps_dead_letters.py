"""Messages that are no OpenLineage events: kept untouched on the dead-letter topic, counted, never in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from steps_support import (
    EDGE,
    TOPIC,
    Sender,
    checkpoint,
    consume,
    ingest,
    publish,
    received,
    run_event,
    run_steps,
    translate,
)

from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

pytestmark = pytest.mark.usefixtures("connections")
PRODUCE = 0
OWN_HEADERS = [("trace", b"1"), ("trace", b"2"), ("empty", None)]

#: name -> (value, what the reason says)
BAD: dict[str, tuple[bytes | None, str]] = {
    "undecodable": (b"\xff\xfe\x00Avro?", "not "),
    "cut off": (run_event("r")[:-20], "not JSON"),
    "tombstone": (None, "tombstone"),
    "empty value": (b"", "tombstone"),
    "empty object": (b"{}", "neither run, job nor dataset"),
    "array": (b"[" + run_event("r") + b"]", "a JSON list, not an object"),
    "number": (b"17", "a JSON int, not an object"),
    "null": (b"null", "not an object"),
    "foreign JSON": (b'{"order_id": 5, "amount": 3.5}', "neither run, job nor dataset"),
    "framed Avro": (b"\x00\x00\x00\x00\x11\x0a\x06orders", "framed for a schema registry (magic byte 0, schema id 17)"),
    "AWS Glue": (b"\x03\x00" + bytes(16) + run_event("r"), "AWS Glue schema registry"),
    "no run id": (json.dumps({**json.loads(run_event("r")), "run": {}}).encode(), "run.runId"),
    "no job": (json.dumps({**json.loads(run_event("r")), "job": None}).encode(), "without job"),
    "no job name": (json.dumps({**json.loads(run_event("r")), "job": {"namespace": "a"}}).encode(), "job.name"),
    "no time": (json.dumps({**json.loads(run_event("r")), "eventTime": None}).encode(), "eventTime"),
}


@pytest.fixture
def mixed(send: Sender) -> int:
    """Send the bad messages, each between two good ones; the number of good ones."""
    good = 0
    for number, (value, _) in enumerate(BAD.values()):
        send.message(run_event(f"good-{number}", minute=number))
        send.message(value, key=b"key-%d" % number, headers=OWN_HEADERS)
        good += 1
    send.message(run_event("last", minute=59))
    return good + 1


def headers_of(message: Any) -> dict[str, str]:
    prefix = "openlineage.dead_letter."
    return {key.removeprefix(prefix): value.decode() for key, value in message.headers() if key.startswith(prefix)}


def untouched(letters: list[Any]) -> None:
    """Check that all bad messages are there as they were sent, with the reason and where they are from."""
    found = {message.key(): message for message in letters}
    assert len(letters) == len(found) == len(BAD)
    for number, (value, reason) in enumerate(BAD.values()):
        letter = found[b"key-%d" % number]
        # librdkafka gives an empty value and none back alike, on every topic.
        assert letter.value() == value or not (letter.value() or value)
        assert letter.headers()[: len(OWN_HEADERS)] == OWN_HEADERS
        said = headers_of(letter)
        assert reason in said["reason"]
        assert (said["topic"], said["partition"], said["offset"]) == (TOPIC, "0", str(2 * number + 1))


@pytest.mark.promise("A58")
@pytest.mark.parametrize("work", [run_steps, ingest, lambda: ingest(max_events=9)], ids=["steps", "ingest", "batches"])
def test_bad_messages_go_to_the_dead_letter_topic_and_good_ones_arrive(
    work: Callable[[], Any], mixed: int, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    report = work()
    untouched(received(broker.bootstrap, f"{TOPIC}.dead-letter"))
    assert (report["events"], report["runs"], report["dead_letters"]) == (mixed, mixed, len(BAD))
    malformed = [problem["where"] for problem in report["problems"] if problem["kind"] == "malformed"]
    assert malformed == [f"{TOPIC}[0]@{2 * number + 1}" for number in range(len(BAD))]
    assert list(catalogue.edges()) == [EDGE]
    assert checkpoint()[0] == mixed + len(BAD)


def test_the_batch_counts_them(mixed: int) -> None:
    batch = consume()
    assert (batch["count"], batch["dead_letters"], batch["skipped"]) == (mixed, len(BAD), 0)
    assert translate(batch)["dead_letters"] == len(BAD)


def test_they_may_go_to_a_topic_of_ones_own(mixed: int, broker: KafkaBroker) -> None:
    run_steps(dead_letter_topic="bad.things")
    untouched(received(broker.bootstrap, "bad.things"))


def test_the_topic_may_be_set_in_airflows_configuration(
    mixed: int, broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__OPENMETADATA_OL__DEAD_LETTER_TOPIC", "bad.configured")
    ingest()
    untouched(received(broker.bootstrap, "bad.configured"))


@pytest.mark.parametrize("topic", [None, "openlineage.bad"])
def test_a_pattern_of_topics_does_not_read_dead_letters_back(
    topic: str | None, mixed: int, broker: KafkaBroker
) -> None:
    where = {"topics": "^openlineage\\..*", "dead_letter_topic": topic}
    assert ingest(**where)["dead_letters"] == len(BAD)
    again = ingest(**where)
    assert (again["events"], again["dead_letters"]) == (0, 0)
    assert consume(**where)["origin"]["ranges"] == []
    untouched(received(broker.bootstrap, topic or f"{TOPIC}.dead-letter"))


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_none_skips_them_and_says_where_each_was(
    work: Callable[..., Any], mixed: int, broker: KafkaBroker, caplog: pytest.LogCaptureFixture
) -> None:
    report = work(dead_letter_topic="none")
    assert (report["events"], report["dead_letters"]) == (mixed, 0)
    assert sum(problem["kind"] == "malformed" for problem in report["problems"]) == len(BAD)
    lines = [record.getMessage() for record in caplog.records if "skipped" in record.getMessage()]
    for number, (_, reason) in enumerate(BAD.values()):
        assert any(f"{TOPIC}[0]@{2 * number + 1}" in line and reason in line for line in lines)
    assert checkpoint()[0] == mixed + len(BAD)
    assert consume(dead_letter_topic="none")["skipped"] == 0


def test_skipped_messages_are_counted_in_the_batch(mixed: int) -> None:
    batch = consume(dead_letter_topic="none")
    assert (batch["skipped"], batch["dead_letters"]) == (len(BAD), 0)


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_a_dead_letter_topic_that_refuses_fails_the_task_before_the_checkpoint_moves(
    work: Callable[[], Any], mixed: int, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    from confluent_kafka import KafkaError

    broker.push_errors(PRODUCE, *[KafkaError.TOPIC_AUTHORIZATION_FAILED] * 20)
    with pytest.raises(AirflowException, match="dead-letter") as error:
        work()
    assert "dead_letter_topic" in str(error.value)
    assert f"{TOPIC}.dead-letter" in str(error.value)
    assert checkpoint() == {}
    broker.push_errors(PRODUCE)


def test_a_refused_dead_letter_is_sent_by_the_next_try_and_nothing_is_written_twice(
    mixed: int, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    from confluent_kafka import KafkaError

    broker.create_topic("letters", 1)
    broker.push_errors(PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    with pytest.raises(AirflowException, match="dead_letter_topic"):
        ingest(dead_letter_topic="letters")
    assert list(catalogue.edges()) == [EDGE]
    catalogue.reset_requests()
    assert ingest(dead_letter_topic="letters")["dead_letters"] == len(BAD)
    assert catalogue.writes() == []
    untouched(received(broker.bootstrap, "letters"))


def test_an_event_of_five_megabytes_is_read_like_any_other(
    send: Sender, broker: KafkaBroker, catalogue: CatalogueServer
) -> None:
    plan = {"_producer": "x", "_schemaURL": "x", "plan": "p" * 5_000_000}
    send.message(run_event("large", spark_logicalPlan=plan))
    send.message(run_event("small", minute=1), partition=1)
    batch = consume()
    assert len(json.dumps(batch)) < 10_000
    assert publish(translate(batch))["events"] == 2
    assert list(catalogue.edges()) == [EDGE]


def test_a_bad_message_of_four_megabytes_fits_the_dead_letter_topic(send: Sender, broker: KafkaBroker) -> None:
    value = b"x" * 4_000_000
    send.message(value)
    assert ingest()["dead_letters"] == 1
    (letter,) = received(broker.bootstrap, f"{TOPIC}.dead-letter")
    assert letter.value() == value


# -- the same events read again ----------------------------------------------------------------------------------------


@pytest.mark.promise("A294")
@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_reading_again_writes_no_letter_again(
    work: Callable[..., Any], mixed: int, send: Sender, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    work()
    letters = received(broker.bootstrap, f"{TOPIC}.dead-letter")
    assert len(letters) == len(BAD)
    send.message(b"new rubbish")
    assert work(replay_from="earliest")["dead_letters"] == len(BAD) + 1
    assert len(received(broker.bootstrap, f"{TOPIC}.dead-letter")) == len(BAD) + 1


@pytest.mark.promise("A294")
def test_batches_of_one_task_write_each_letter_once(
    mixed: int, catalogue: CatalogueServer, broker: KafkaBroker
) -> None:
    ingest(max_events=4)
    ingest(max_events=3, replay_from="earliest")
    assert len(received(broker.bootstrap, f"{TOPIC}.dead-letter")) == len(BAD)
