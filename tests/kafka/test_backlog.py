"""Backlogs of a broker on a socket: what is to be read, and where reading starts."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError, UnknownTopicError
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.kafka.fixtures import values

BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 10_000_000, "max_duration": 20}


def test_a_backlog_names_every_partition_and_counts(hook: Any, produce: Any) -> None:
    produce("events", 0, *values(0, 1, 2))
    produce("events", 2, *values(0))
    backlog = hook.backlog(["events", "single"], {"events": {"0": 1}})
    assert [(item.topic, item.partition, item.start, item.high) for item in backlog.partitions] == [
        ("events", 0, 1, 3),
        ("events", 1, 0, 0),
        ("events", 2, 0, 1),
        ("single", 0, 0, 0),
    ]
    assert backlog.events == 3


def test_asking_for_the_backlog_commits_nothing_and_joins_no_group(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(0, 1))
    first = hook.backlog(["single"], {})
    assert hook.read(first, **BOUNDS).messages
    assert hook.backlog(["single"], {}) == first


def test_a_cluster_without_controller_is_not_asked_for_ids(hook: Any, produce: Any) -> None:
    produce("single", 0, *values(0, 1))
    begun = time.monotonic()
    (item,) = hook.backlog(["single"], {"single": {"0": 1}}, topic_ids={"single": "of before"}).partitions
    assert (item.start, item.reset, item.topic_id) == (1, False, "")
    # It would be waited for.
    assert time.monotonic() - begun < REQUEST_TIMEOUT


@pytest.mark.parametrize("policy", ["latest", "largest", "end"])
def test_with_latest_a_first_batch_keeps_the_position(broker: Any, connect: Any, produce: Any, policy: str) -> None:
    hook = connect(broker.bootstrap, {"auto.offset.reset": policy})
    produce("single", 0, *values(0, 1))
    backlog = hook.backlog(["single"], {})
    assert backlog.events == 0
    assert backlog.ready()
    assert hook.read(backlog, **BOUNDS) == ([], (OffsetRange("single", 0, None, 2, 2),), False)
    produce("single", 0, b"2")
    assert hook.backlog(["single"], {"single": {"0": 2}}).events == 1


@pytest.mark.parametrize("checkpoint", [{}, {"single": {"0": 7}}], ids=["no position", "beyond the end"])
def test_with_error_a_jump_is_refused(broker: Any, connect: Any, produce: Any, checkpoint: Any) -> None:
    hook = connect(broker.bootstrap, {"auto.offset.reset": "error"})
    produce("single", 0, *values(0, 1))
    with pytest.raises(KafkaError, match=r"'single', partition 0.*auto\.offset\.reset"):
        hook.backlog(["single"], checkpoint)


def test_a_pattern_matches_topics_but_neither_dead_letters_nor_excluded(broker: Any, hook: Any) -> None:
    for name in ("ol.a", "ol.b", "ol.a.dead-letter", "ol-dlq", "ol.b.DLQ", "ol.mine", "xol"):
        broker.create_topic(name, 1)
    backlog = hook.backlog(["^ol[.-]"], {}, exclude=["ol.mine"])
    assert [item.topic for item in backlog.partitions] == ["ol.a", "ol.b"]


def test_a_missing_topic_is_named(hook: Any) -> None:
    with pytest.raises(UnknownTopicError, match=r"'kafka_default'.*topic 'nowhere' does not exist; create it") as error:
        hook.backlog(["events", "nowhere"], {})
    assert not error.value.retriable


def test_a_pattern_without_a_match_is_named(hook: Any) -> None:
    with pytest.raises(UnknownTopicError, match=r"no topic matches '\^nothing'"):
        hook.backlog(["^nothing"], {})
    with pytest.raises(ConfigError, match=r"'\^\(' cannot be used as a pattern"):
        hook.backlog(["^("], {})


def test_an_unreachable_broker_is_one_clear_error(connect: Any, dead_port: str) -> None:
    hook = connect(dead_port)
    with pytest.raises(KafkaError, match=rf"'kafka_default' \(bootstrap\.servers='{dead_port}'\).*refused.*check"):
        hook.backlog(["events"], {})


def test_hundreds_of_partitions_take_two_requests_of_each_broker() -> None:
    asked: Counter[str] = Counter()

    def count(text: str) -> None:
        asked.clear()
        for broker in json.loads(text)["brokers"].values():
            asked.update(broker["req"])

    with KafkaBroker({"wide": 240}, brokers=3) as cluster:
        settings = {"bootstrap.servers": cluster.bootstrap, "statistics.interval.ms": 50, "stats_cb": count}
        with BacklogQuery(KafkaSettings("kafka_default", settings)) as query:
            backlog = query.backlog(["wide"], {"wide": {"7": 0}})
            query.partition_statuses(["wide"])
            while asked["ListOffsets"] < 2 * 2 * 3:
                query._consumer.poll(0.1)
    assert [(item.partition, item.low, item.high) for item in backlog.partitions] == [(p, 0, 0) for p in range(240)]
    assert asked["ListOffsets"] == 2 * 2 * 3
