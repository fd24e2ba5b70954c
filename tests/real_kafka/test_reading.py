"""Backlog and bounded reading of topics as only a real broker has them: compacted, transactional, cut by retention."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import KafkaError, UnknownTopicError
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.messages import RawMessage, ReadResult
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.kafka.start_position import EARLIEST
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from tests.real_kafka.cluster import wait

BOUNDS: dict[str, Any] = {"max_messages": 10_000, "max_bytes": 50_000_000, "max_duration": 30}


def read(hook: Any, topic: str, checkpoint: dict[int, int] | None = None) -> ReadResult:
    """Read all there is after a checkpoint."""
    result: ReadResult = hook.read(hook.backlog([topic], {topic: checkpoint or {}}), **BOUNDS)
    return result


def values(messages: list[RawMessage]) -> list[bytes | None]:
    return [message.value for message in messages]


def test_every_message_of_many_partitions_is_read_once_and_the_ranges_join(hook: Any, topic: Any, produce: Any) -> None:
    name, count = topic(24), 24
    for partition in range(count):
        produce(name, *(b"%d" % number for number in range(20 + partition)), partition=partition)
    position = dict.fromkeys(range(count), 0)
    seen: Counter[tuple[int, int]] = Counter()
    with hook.reader(hook.backlog([name], {})) as reader:
        for result in reader.batches(**{**BOUNDS, "max_messages": 100}):
            assert len(result.messages) <= 100
            for item in result.ranges:
                assert item.start == position[item.partition]
                position[item.partition] = item.end
            seen.update((message.partition, message.offset) for message in result.messages)
    assert position == {partition: 20 + partition for partition in range(count)}
    assert seen == Counter((partition, offset) for partition in position for offset in range(20 + partition))


def test_hundreds_of_partitions_take_two_requests_of_the_broker(kafka: Any, topic: Any, produce: Any) -> None:
    name, asked = topic(240), Counter[str]()

    def count(text: str) -> None:
        asked.clear()
        for broker in json.loads(text)["brokers"].values():
            asked.update(broker["req"])

    produce(name, *[b"x"] * 5, partition=7)
    produce(name, *[b"x"] * 3, partition=239)
    kafka.delete_records(name, {7: 2})
    settings = {**kafka.settings, "statistics.interval.ms": 50, "stats_cb": count}
    with BacklogQuery(KafkaSettings("kafka_default", settings)) as query:
        backlog = query.backlog([name], {name: {"7": 1, "239": 1}}, start=EARLIEST)
        while asked["ListOffsets"] < 2:
            query._consumer.poll(0.1)
    found = {item.partition: (item.low, item.high, item.lost) for item in backlog.partitions}
    assert found == {**dict.fromkeys(range(240), (0, 0, 0)), 7: (2, 5, 1), 239: (0, 3, 0)}
    assert asked["ListOffsets"] == 2


def test_a_partition_added_later_is_noticed_and_read_from_its_beginning(
    connect: Any, kafka: Any, topic: Any, produce: Any
) -> None:
    from confluent_kafka.admin import NewPartitions

    hook, name = connect(extra={"auto.offset.reset": "latest"}), topic(1)
    produce(name, b"before")
    # Kept open, as triggers keep theirs.
    with hook.query() as query:
        assert len(query.backlog([name], {name: {0: 1}}).partitions) == 1
        admin = kafka.admin()
        admin.create_partitions([NewPartitions(name, 2)])[name].result(timeout=10)
        wait(lambda: len(query.backlog([name], {name: {0: 1}}).partitions) == 2)
        produce(name, b"in the new one", partition=1)
        assert query.backlog([name], {name: {0: 1}}).events == 1
    assert values(read(hook, name, {0: 1}).messages) == [b"in the new one"]


def test_a_compacted_topic_is_read_over_its_gaps_to_the_end(hook: Any, kafka: Any, topic: Any, produce: Any) -> None:
    name = topic(
        cleanup_policy="compact", min_cleanable_dirty_ratio=0.01, segment_ms=100, min_compaction_lag_ms=0,
        max_compaction_lag_ms=100, delete_retention_ms=0,
    )  # fmt: skip
    for number in range(30):
        produce(name, b"%d" % number, key=b"key-%d" % (number % 3))
    # The cleaner leaves the open segment alone: a later message closes it.
    wait(lambda: len(_rolled(hook, name, produce)) < 20, timeout=30)
    result = read(hook, name)
    _, high = kafka.watermarks(name)
    assert [message.key for message in result.messages if message.key != b"roll"][-3:] == [b"key-0", b"key-1", b"key-2"]
    assert result.messages[0].offset > 0
    assert result.ranges == (OffsetRange(name, 0, None, 0, high),)
    assert not result.more
    assert read(hook, name, {0: high}) == ([], (), False)


def _rolled(hook: Any, name: str, produce: Any) -> list[RawMessage]:
    produce(name, b"-", key=b"roll")
    return read(hook, name).messages


def test_offsets_that_retention_deleted_are_counted_and_loud(
    hook: Any, kafka: Any, topic: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic()
    produce(name, *(b"%d" % number for number in range(10)))
    kafka.delete_records(name, {0: 7})
    with caplog.at_level(logging.WARNING):
        result = read(hook, name, {0: 2})
    assert values(result.messages) == [b"7", b"8", b"9"]
    assert result.ranges == (OffsetRange(name, 0, 2, 7, 10, lost=5),)
    assert f"topic {name!r}, partition 0: 5 offsets are LOST" in caplog.text


def test_so_are_those_that_a_short_retention_takes_away(
    hook: Any, kafka: Any, topic: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic(retention_ms=1000, segment_ms=200)
    produce(name, *[b"old"] * 5)
    hook.commit({name: {0: 1}})
    wait(lambda: kafka.watermarks(name)[0] == 5, timeout=30)
    produce(name, b"new")
    with caplog.at_level(logging.WARNING):
        # Without a checkpoint the group's position is the one that is overtaken.
        result = read(hook, name)
    assert values(result.messages) == [b"new"]
    assert (result.ranges[0].start, result.ranges[0].end, result.ranges[0].lost) == (5, 6, 4)
    assert "4 offsets are LOST" in caplog.text


def test_so_are_those_deleted_between_the_look_and_the_read(
    hook: Any, kafka: Any, topic: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic()
    produce(name, *(b"%d" % number for number in range(10)))
    backlog = hook.backlog([name], {name: {0: 0}})
    kafka.delete_records(name, {0: 6})
    with caplog.at_level(logging.WARNING):
        result = hook.read(backlog, **BOUNDS)
    assert values(result.messages) == [b"6", b"7", b"8", b"9"]
    assert result.ranges == (OffsetRange(name, 0, 0, 0, 10, lost=6),)
    assert "6 offsets are LOST" in caplog.text


def test_with_reset_policy_error_a_loss_ends_the_read(connect: Any, kafka: Any, topic: Any, produce: Any) -> None:
    hook, name = connect(extra={"auto.offset.reset": "error"}), topic()
    produce(name, *[b"x"] * 5)
    kafka.delete_records(name, {0: 3})
    with pytest.raises(KafkaError, match=r"position 1 is not within the retained offsets 3 to 5"):
        read(hook, name, {0: 1})


def test_a_topic_recreated_starts_over_loudly(
    hook: Any, kafka: Any, topic: Any, produce: Any, caplog: pytest.LogCaptureFixture
) -> None:
    name = topic()
    produce(name, *[b"first life"] * 10)
    kafka.delete_topic(name)
    kafka.create_topic(name)
    produce(name, b"second life")
    with caplog.at_level(logging.WARNING):
        result = read(hook, name, {0: 10})
    assert values(result.messages) == [b"second life"]
    assert result.ranges == (OffsetRange(name, 0, 10, 0, 1, reset=True),)
    assert "recreated or truncated" in caplog.text


@contextmanager
def transaction(kafka: Any, name: str) -> Iterator[Any]:
    from confluent_kafka import Producer

    producer = Producer({**kafka.settings, "transactional.id": name}, logger=logging.getLogger("producer"))
    producer.init_transactions(20)
    producer.begin_transaction()
    yield producer
    producer.flush(10)


def test_aborted_messages_are_not_seen_and_the_end_is_reached_over_control_records(
    hook: Any, kafka: Any, topic: Any, produce: Any
) -> None:
    name = topic()
    produce(name, b"before")
    with transaction(kafka, name) as producer:
        for number in range(3):
            producer.produce(name, b"aborted %d" % number)
    producer.abort_transaction(20)
    producer.begin_transaction()
    producer.produce(name, b"committed")
    producer.commit_transaction(20)
    backlog = hook.backlog([name], {})
    result = hook.read(backlog, **BOUNDS)
    assert values(result.messages) == [b"before", b"committed"]
    # One message, three aborted ones and their marker, one committed and its marker.
    assert backlog.events == 7
    assert result.ranges == (OffsetRange(name, 0, None, 0, 7),)
    assert not result.more


def test_an_open_transaction_is_waited_for_and_nothing_of_it_is_lost(
    hook: Any, kafka: Any, topic: Any, produce: Any
) -> None:
    name = topic()
    produce(name, b"before")
    with transaction(kafka, name) as producer:
        producer.produce(name, b"late 1")
        producer.flush(10)
        produce(name, b"after")
        first = read(hook, name)
        assert values(first.messages) == [b"before"]
        assert (first.ranges, first.more) == ((OffsetRange(name, 0, None, 0, 1),), False)
        # Nothing can be read yet, so nothing is to be done.
        assert hook.backlog([name], {name: {0: 1}}).events == 0
        producer.produce(name, b"late 2")
    producer.commit_transaction(20)
    wait(lambda: hook.backlog([name], {name: {0: 1}}).events == 4)
    assert values(read(hook, name, {0: 1}).messages) == [b"late 1", b"after", b"late 2"]


def test_uncommitted_messages_are_read_only_when_asked_for(connect: Any, kafka: Any, topic: Any) -> None:
    name = topic()
    with transaction(kafka, name) as producer:
        producer.produce(name, b"aborted")
    producer.abort_transaction(20)
    assert values(read(connect(), name).messages) == []
    assert values(read(connect(extra={"isolation.level": "read_uncommitted"}), name).messages) == [b"aborted"]


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd", "snappy"])
def test_compressed_batches_are_read(hook: Any, topic: Any, produce: Any, codec: str) -> None:
    name = topic()
    sent = [b'{"number": %d, "padding": "%s"}' % (number, b"x" * 500) for number in range(200)]
    produce(name, *sent, settings={"compression.type": codec, "linger.ms": 50})
    result = read(hook, name)
    assert values(result.messages) == sent
    assert result.ranges[0].end == 200


def test_messages_of_five_megabytes_are_read_whatever_the_bound(hook: Any, topic: Any, produce: Any) -> None:
    name = topic(max_message_bytes=10_000_000)
    sent = [bytes([number]) * 5_000_000 for number in range(3)]
    produce(name, *sent)
    with hook.reader(hook.backlog([name], {})) as reader:
        batches = [values(result.messages) for result in reader.batches(**{**BOUNDS, "max_bytes": 1000})]
    assert batches == [[value] for value in sent]


def test_keys_headers_and_tombstones_arrive_untouched(hook: Any, topic: Any, produce: Any) -> None:
    name = topic(retention_ms=-1)
    headers = [("trace", b"1"), ("trace", b"2"), ("nothing", None), ("empty", b"")]
    produce(name, b"\x00\xff", key=b"run:1", headers=headers, timestamp=1_700_000_000_123)
    produce(name, None, key=b"run:1")
    first, second = read(hook, name).messages
    assert (first.key, first.value, list(first.headers)) == (b"run:1", b"\x00\xff", headers)
    assert first.timestamp_ms == 1_700_000_000_123
    assert (second.key, second.value, second.headers) == (b"run:1", None, ())


def test_with_log_append_time_the_brokers_time_counts(hook: Any, topic: Any, produce: Any) -> None:
    name = topic(message_timestamp_type="LogAppendTime")
    produce(name, b"x", timestamp=1_000)
    (message,) = read(hook, name).messages
    assert message.timestamp_ms is not None
    assert message.timestamp_ms > 1_700_000_000_000


def test_a_pattern_matches_topics_but_neither_dead_letters_nor_internal_ones(
    hook: Any, kafka: Any, topic: Any, produce: Any
) -> None:
    name = topic(prefix="pattern")
    kafka.create_topic(f"{name}.dead-letter")
    assert [item.topic for item in hook.backlog(["^pattern"], {}).partitions] == [name]
    with pytest.raises(UnknownTopicError, match="no topic matches"):
        hook.backlog(["^__consumer"], {})


def test_a_missing_topic_is_named_and_not_made_by_asking(hook: Any, kafka: Any) -> None:
    with pytest.raises(UnknownTopicError, match=r"topic 'nowhere' does not exist; create it"):
        hook.backlog(["nowhere"], {})
    assert "nowhere" not in kafka.admin().list_topics(timeout=10).topics


def test_commits_are_there_for_lag_tools_and_give_the_start(hook: Any, group: str, kafka: Any, topic: Any) -> None:
    from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

    name = topic(2)
    hook.commit({name: {0: 0, 1: 0}})
    admin = kafka.admin()
    asked = [ConsumerGroupTopicPartitions(group, [TopicPartition(name, partition) for partition in range(2)])]
    answer = admin.list_consumer_group_offsets(asked)[group].result(timeout=10)
    assert [item.offset for item in answer.topic_partitions] == [0, 0]
    assert {item.origin for item in hook.backlog([name], {}).partitions} == {"group"}


def test_a_group_with_members_is_an_error_that_says_one_group_a_dag(
    hook: Any, group: str, kafka: Any, topic: Any, produce: Any
) -> None:
    from confluent_kafka import Consumer

    name = topic()
    produce(name, b"x")
    member = Consumer(
        {**kafka.settings, "group.id": group, "auto.offset.reset": "earliest"}, logger=logging.getLogger("member")
    )
    try:
        member.subscribe([name])
        wait(lambda: member.poll(0.5) is not None)
        with pytest.raises(KafkaError, match=r"give each DAG a group\.id of its own"):
            hook.commit({name: {0: 1}})
    finally:
        member.close()
