"""The embedded broker behaves as the tests and the demo need it."""

from __future__ import annotations

import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from openmetadata_ol_provider.exceptions import KafkaError
from openmetadata_ol_provider.sandbox import broker as broker_module
from openmetadata_ol_provider.sandbox.broker import KafkaBroker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Consumer, Message, TopicPartition

QUIET = {"log_level": 0, "broker.address.family": "v4"}
OFFSET_COMMIT = 8


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    with KafkaBroker({"events": 3}) as running:
        yield running


def produce(bootstrap: str, topic: str, *values: bytes | None, partition: int = 0, **options: object) -> list[object]:
    """Produce messages and return their delivery reports (``None`` for a delivered message)."""
    from confluent_kafka import Producer

    reports: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "message.timeout.ms": 20_000, **QUIET})
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda e, _m: reports.append(e), **options)
    assert producer.flush(25) == 0
    return reports


def partition_offset(topic: str, partition: int = 0, offset: int = -1001) -> TopicPartition:
    from confluent_kafka import TopicPartition

    return TopicPartition(topic, partition, offset)


def consumer(bootstrap: str, **settings: object) -> Consumer:
    from confluent_kafka import Consumer

    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"g-{uuid.uuid4()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            **QUIET,
            **settings,
        }
    )


def read(bootstrap: str, topic: str, count: int, partition: int = 0) -> list[Message]:
    client = consumer(bootstrap)
    client.assign([partition_offset(topic, partition, 0)])
    try:
        return client.consume(count, timeout=60)
    finally:
        client.close()


def test_topics_have_the_requested_partitions(broker: KafkaBroker) -> None:
    broker.create_topic("narrow", 1)
    client = consumer(broker.bootstrap)
    topics = client.list_topics(timeout=60).topics
    client.close()
    assert {name: len(topic.partitions) for name, topic in topics.items()} == {"events": 3, "narrow": 1}


def test_messages_come_back_with_key_headers_and_tombstones_untouched(broker: KafkaBroker) -> None:
    headers = [("a", b"1"), ("a", b"2"), ("none", None)]
    assert produce(broker.bootstrap, "events", b"v", None, key=b"k", headers=headers) == [None, None]
    messages = read(broker.bootstrap, "events", 2)
    assert [(m.key(), m.value(), m.headers(), m.offset()) for m in messages] == [
        (b"k", b"v", headers, 0),
        (b"k", None, headers, 1),
    ]


def test_watermarks_and_committed_offsets_of_a_group_are_stored(broker: KafkaBroker) -> None:
    produce(broker.bootstrap, "events", b"1", b"2", b"3", partition=1)
    first = consumer(broker.bootstrap, **{"group.id": "lag"})
    assert first.get_watermark_offsets(partition_offset("events", 1), timeout=60) == (0, 3)
    first.commit(offsets=[partition_offset("events", 1, 2)], asynchronous=False)
    first.close()
    second = consumer(broker.bootstrap, **{"group.id": "lag"})
    assert [p.offset for p in second.committed([partition_offset("events", 1)], timeout=60)] == [2]
    second.close()


def test_a_group_can_subscribe_and_read(broker: KafkaBroker) -> None:
    produce(broker.bootstrap, "events", b"hello", partition=2)
    client = consumer(broker.bootstrap)
    client.subscribe(["events"])
    messages = client.consume(1, timeout=60)
    client.close()
    assert [m.value() for m in messages] == [b"hello"]


def test_other_processes_reach_the_broker(broker: KafkaBroker) -> None:
    script = (
        "import sys; from confluent_kafka import Producer;"
        "p = Producer({'bootstrap.servers': sys.argv[1]}); p.produce('events', b'from afar', partition=0);"
        "sys.exit(p.flush(20))"
    )
    subprocess.run([sys.executable, "-c", script, broker.bootstrap], check=True, timeout=300)
    assert [m.value() for m in read(broker.bootstrap, "events", 1)] == [b"from afar"]


def test_an_injected_error_affects_a_single_request(broker: KafkaBroker) -> None:
    from confluent_kafka import KafkaError as Code
    from confluent_kafka import KafkaException

    client = consumer(broker.bootstrap)
    offsets = [partition_offset("events", 0, 1)]
    broker.push_errors(OFFSET_COMMIT, Code.GROUP_AUTHORIZATION_FAILED)
    with pytest.raises(KafkaException, match=r"(?i)authorization"):
        client.commit(offsets=offsets, asynchronous=False)
    client.commit(offsets=offsets, asynchronous=False)
    assert [p.offset for p in client.committed([partition_offset("events", 0)], timeout=60)] == [1]
    client.close()


def test_a_broker_that_is_down_does_not_respond_until_it_is_up(broker: KafkaBroker) -> None:
    from confluent_kafka import KafkaException

    broker.set_down(1)
    client = consumer(broker.bootstrap)
    with pytest.raises(KafkaException):
        client.list_topics(timeout=0.5)
    broker.set_down(1, False)
    assert "events" in client.list_topics(timeout=60).topics
    client.close()


def test_several_brokers_are_all_named_in_bootstrap() -> None:
    with KafkaBroker({"t": 1}, brokers=3) as cluster:
        assert len(cluster.bootstrap.split(",")) == 3
        client = consumer(cluster.bootstrap)
        assert sorted(client.list_topics(timeout=60).brokers) == [1, 2, 3]
        client.close()


def test_a_topic_is_not_created_twice(broker: KafkaBroker) -> None:
    with pytest.raises(KafkaError, match="'events'"):
        broker.create_topic("events", 1)


def test_a_closed_broker_reports_that_and_may_be_closed_twice() -> None:
    broker = KafkaBroker()
    broker.close()
    broker.close()
    with pytest.raises(KafkaError, match="closed"):
        broker.create_topic("t", 1)
    assert "closed" in repr(broker)


def test_without_the_symbols_the_public_setting_is_used(caplog: pytest.LogCaptureFixture) -> None:
    cluster = broker_module._PublicCluster(1)
    cluster.create_topic("t", 2)
    assert "partitions of topic 't': 4, not 2" in caplog.text
    assert produce(cluster.bootstrap, "t", b"v") == [None]
    assert [m.value() for m in read(cluster.bootstrap, "t", 1)] == [b"v"]
    with pytest.raises(KafkaError, match="symbols"):
        cluster.push_errors(OFFSET_COMMIT, (1,))
    with pytest.raises(KafkaError, match="symbols"):
        cluster.set_down(1, True)
    cluster.close()
