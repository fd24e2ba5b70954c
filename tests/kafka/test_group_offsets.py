"""Committed offsets of a group, against a broker on a socket."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError, KafkaError

OFFSET_COMMIT = 8


def test_commits_are_there_to_be_read(hook: Any, broker: Any, produce: Any) -> None:
    from confluent_kafka import Consumer, TopicPartition

    produce("events", 0, b"a", b"b")
    hook.commit({"events": {0: 2, 1: 0}})
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "openmetadata-openlineage"})
    asked = [TopicPartition("events", partition) for partition in range(3)]
    committed = {item.partition: item.offset for item in consumer.committed(asked, timeout=60)}
    consumer.close()
    assert committed[0] == 2
    assert committed[1] == 0
    assert committed[2] < 0


def test_without_a_checkpoint_reading_goes_on_at_the_committed_offset(hook: Any, produce: Any) -> None:
    produce("single", 0, b"a", b"b", b"c")
    hook.commit({"single": {0: 2}})
    assert [(item.start, item.origin) for item in hook.backlog(["single"], {}).partitions] == [(2, "group")]


@pytest.mark.parametrize("code", ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "REBALANCE_IN_PROGRESS"])
def test_a_group_with_members_is_an_error_that_says_one_group_a_dag(hook: Any, broker: Any, code: str) -> None:
    from confluent_kafka import KafkaError as Code

    broker.push_errors(OFFSET_COMMIT, *[getattr(Code, code)] * 5)
    with pytest.raises(KafkaError, match=r"group 'openmetadata-openlineage'.*give each DAG a group\.id of its own"):
        hook.commit({"single": {0: 1}})


def test_a_group_that_may_not_be_used_is_a_matter_of_rights(hook: Any, broker: Any) -> None:
    from confluent_kafka import KafkaError as Code

    broker.push_errors(OFFSET_COMMIT, *[Code.GROUP_AUTHORIZATION_FAILED] * 5)
    with pytest.raises(ConfigError, match=r"not allowed.*grant the principal.*'openmetadata-openlineage'"):
        hook.commit({"single": {0: 1}})


def test_a_commit_to_an_unreachable_broker_ends(connect: Any, dead_port: str) -> None:
    with pytest.raises(KafkaError, match=r"cannot commit offsets.*refused"):
        connect(dead_port).commit({"single": {0: 1}})
