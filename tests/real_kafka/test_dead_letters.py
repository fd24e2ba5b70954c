"""Dead letters on a real broker: the whole loop of failing and being put back, times, and rights."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowException, AirflowFailException

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.exceptions import DeadLetterError
from openmetadata_ol_provider.kafka.dead_letters import REPLAYS_HEADER
from openmetadata_ol_provider.kafka.messages import DeadLetter, RawMessage
from openmetadata_ol_provider.kafka.start_position import EARLIEST
from openmetadata_ol_provider.openlineage.limits import MAX_EVENT_BYTES
from openmetadata_ol_provider.operators.replay import ReplayDeadLettersOperator
from tests.operators.steps_support import EDGE, ingest, run_event, run_steps
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import libraries, needed

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")
BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 30}
HEADERS = [("trace", b"1"), ("trace", b"2"), ("nothing", None)]


def replay(topic: str, **more: Any) -> dict[str, Any]:
    report: dict[str, Any] = ReplayDeadLettersOperator(task_id="replay", topics=[topic], **more).execute(context={})
    return report


def lying_on(hook: Any, topic: str) -> list[RawMessage]:
    found: list[RawMessage] = hook.read(hook.backlog([topic], {}, start=EARLIEST), **BOUNDS).messages
    return sorted(found, key=lambda message: (message.partition, message.offset))


def test_poison_is_put_back_three_times_and_the_good_goes_through(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, catalogue: Any
) -> None:
    name = topic(3)
    dead = kafka.create_topic(f"{name}.dead-letter", 2)
    now = int(time.time() * 1000) - 5000
    produce(name, b"{poison", partition=2, key=b"run:1", headers=HEADERS, timestamp=now)
    for count in range(1, 4):
        assert run_steps(topics=[name])["dead_letters"] == 1
        assert replay(name)["replayed"] == 1
        assert dict(lying_on(hook, name)[-1].headers)[REPLAYS_HEADER] == b"%d" % count
    assert run_steps(topics=[name])["dead_letters"] == 1
    report = replay(name)
    assert (report["read"], report["replayed"], report["exhausted"]) == (1, 0, 1)
    assert run_steps(topics=[name])["dead_letters"] == 0
    # Every time it was what it had been: on its partition, with its key, headers and time.
    came = [message for message in lying_on(hook, name) if message.key == b"run:1"]
    assert [message.partition for message in came] == [2, 2, 2, 2]
    assert {(message.value, message.timestamp_ms, message.headers[:3]) for message in came} == {
        (b"{poison", now, tuple(HEADERS))
    }
    assert len(lying_on(hook, dead)) == 4
    produce(name, run_event("good"))
    assert run_steps(topics=[name])["dead_letters"] == 0
    assert list(catalogue.edges()) == [EDGE]


def test_the_list_can_begin_at_a_time(
    hook: Any, kafka: RealKafka, topic: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    name = topic()
    dead = kafka.create_topic(f"{name}.dead-letter")
    letters = [DeadLetter(RawMessage(name, 0, number, value=b"{"), f"reason {number}") for number in range(2)]
    hook.dead_letter(letters[:1], dead)
    time.sleep(0.01)
    between = dt.datetime.now(dt.timezone.utc)
    time.sleep(0.01)
    hook.dead_letter(letters[1:], dead)

    def listed(*arguments: str) -> list[str]:
        capsys.readouterr()
        assert main(["dlq", "list", "--topics", name, "--json", *arguments]) == 0
        return [row["reason"] for row in json.loads(capsys.readouterr().out)]

    assert listed() == ["reason 0", "reason 1"]
    assert listed("--since", between.isoformat()) == ["reason 1"]
    assert listed("--since", "2100-01-01T00:00:00Z") == []
    assert main(["dlq", "list", "--topics", name, "--since", "yesterday"]) == 2
    assert "--since is 'yesterday'; give a time such as" in capsys.readouterr().err


def test_a_topic_that_may_not_be_written_stops_the_replay_where_it_stands(
    hook: Any, kafka: RealKafka, topic: Any, connect: Any
) -> None:
    name = topic()
    dead = kafka.create_topic(f"{name}.dead-letter")
    hook.dead_letter([DeadLetter(RawMessage(name, 0, 0, value=b"{"), "not JSON")], dead)
    kafka.allow("lineage", "TOPIC", name, "READ", "DESCRIBE")
    kafka.allow("lineage", "TOPIC", dead, "READ", "DESCRIBE")
    user = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "lineage"}
    connect("sasl", {**user, "sasl.password": "lineage-password"})
    with pytest.raises(AirflowFailException, match=f"grant the principal WRITE and DESCRIBE on the topic '{name}'"):
        replay(name)
    kafka.allow("lineage", "TOPIC", name, "WRITE")
    assert replay(name)["replayed"] == 1


def test_letters_of_five_megabytes_go_back(hook: Any, kafka: RealKafka, topic: Any) -> None:
    name = topic(max_message_bytes=10_000_000)
    dead = kafka.create_topic(f"{name}.dead-letter", max_message_bytes=10_000_000)
    values = [bytes([number]) * 5_000_000 for number in range(3)]
    hook.dead_letter([DeadLetter(RawMessage(name, 0, 0, value=value), "not JSON") for value in values], dead)
    assert replay(name, max_bytes=6_000_000)["replayed"] == 3
    assert [message.value for message in lying_on(hook, name)] == values


def test_letters_that_retention_took_away_are_counted(
    hook: Any, kafka: RealKafka, topic: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    name = topic()
    dead = kafka.create_topic(f"{name}.dead-letter")
    letter = DeadLetter(RawMessage(name, 0, 0, value=b"{"), "not JSON")
    hook.dead_letter([letter], dead)
    assert replay(name)["replayed"] == 1
    hook.dead_letter([letter] * 4, dead)
    kafka.delete_records(dead, {0: 4})
    capsys.readouterr()
    assert main(["dlq", "replay", "--topics", name]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["replayed"], report["lost"]) == (1, 3)


def test_a_topic_that_does_not_exist_is_made_and_written_at_the_first_try(hook: Any, kafka: RealKafka) -> None:
    letter = DeadLetter(RawMessage("events", 0, 0, value=b"{"), "not JSON")
    # The broker says for a moment that it does not know the topic, more often than not.
    names = [f"fresh-{uuid.uuid4().hex[:8]}" for _ in range(20)]
    assert [hook.dead_letter([letter], name) for name in names] == [1] * 20
    assert {kafka.watermarks(name) for name in names} == {(0, 1)}


@pytest.fixture
def strict(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealKafka]:
    """Run a broker that creates no topics, and lead the connection to it."""
    folder = tmp_path_factory.mktemp("strict")
    broker = RealKafka(needed("java"), libraries("broker"), folder, {"auto.create.topics.enable": "false"})
    broker.start()
    settings = {**broker.settings, "group.id": "strict"}
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps({"conn_type": "kafka", "extra": settings}))
    yield broker
    broker.kill()
    shutil.rmtree(folder / "data")


@pytest.mark.parametrize("work", [run_steps, ingest], ids=["steps", "ingest"])
def test_where_the_broker_creates_no_topics_a_missing_one_stops_the_task_until_it_is_made(
    work: Any, strict: RealKafka, catalogue: Any
) -> None:
    from confluent_kafka import Producer

    name = strict.create_topic(f"events.{uuid.uuid4().hex[:8]}")
    producer = Producer(strict.settings)
    for value in (run_event("good"), b"{"):
        producer.produce(name, value)
    assert producer.flush(20) == 0
    said = rf"1 message could not be put on the dead-letter topic '{name}\.dead-letter' .*; create the topic"
    for _ in range(2):
        # Somebody may create it before the next try.
        with pytest.raises((AirflowException, DeadLetterError), match=said) as caught:
            work(topics=[name])
        assert not isinstance(caught.value, AirflowFailException)
    dead = strict.create_topic(f"{name}.dead-letter")
    report = work(topics=[name])
    assert (report["events"], report["dead_letters"]) == (1, 1)
    assert list(catalogue.edges()) == [EDGE]
    assert strict.watermarks(dead) == (0, 1)
    assert work(topics=[name])["events"] == 0


def test_messages_as_large_as_can_be_are_read_and_larger_ones_are_dead_letters(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, catalogue: Any
) -> None:
    name = topic(max_message_bytes=20_000_000)
    dead = kafka.create_topic(f"{name}.dead-letter", max_message_bytes=20_000_000)
    settings = {"message.max.bytes": 20_000_000}
    for size in (MAX_EVENT_BYTES, MAX_EVENT_BYTES + 1):
        event = run_event("large")
        produce(name, event[:-1] + b" " * (size - len(event)) + b"}", settings=settings)
    produce(name, run_event("small", minute=1))
    report = ingest(topics=[name])
    assert (report["events"], report["dead_letters"]) == (2, 1)
    assert list(catalogue.edges()) == [EDGE]
    (letter,) = lying_on(hook, dead)
    assert len(letter.value) == MAX_EVENT_BYTES + 1
    assert dict(letter.headers)["openlineage.dead_letter.offset"] == b"1"


def test_a_dead_letter_topic_that_takes_less_than_the_source_is_reported_and_not_tried_again(
    kafka: RealKafka, topic: Any, produce: Any
) -> None:
    name = topic(max_message_bytes=20_000_000)
    kafka.create_topic(f"{name}.dead-letter")
    produce(name, b"x" * (MAX_EVENT_BYTES + 1), settings={"message.max.bytes": 20_000_000})
    with pytest.raises(AirflowFailException, match=r"create the topic \(max.message.bytes as large as the source"):
        run_steps(topics=[name])
    assert kafka.watermarks(f"{name}.dead-letter") == (0, 0)
