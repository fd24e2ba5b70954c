"""The Kafka hook: its connection, ``get_conn`` and the test of the connection."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import ConfigError
from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook


def test_a_missing_connection_says_how_to_create_it() -> None:
    with pytest.raises(ConfigError, match=r"'nowhere' does not exist; create it: airflow connections add nowhere"):
        OpenLineageKafkaHook("nowhere").backlog(["events"], {})


def test_missing_bootstrap_servers_are_named(connect: Any) -> None:
    with pytest.raises(ConfigError, match=r"'kafka_default'.*bootstrap\.servers"):
        _ = connect("").settings


def test_get_conn_is_a_consumer_that_knows_the_cluster(hook: Any) -> None:
    consumer = hook.get_conn
    try:
        assert set(consumer.list_topics(timeout=60).topics) == {"events", "single"}
        assert consumer.assignment() == []
    finally:
        consumer.close()


def test_the_connection_test_tells_what_is_wrong(hook: Any, connect: Any, dead_port: str) -> None:
    good, text = hook.test_connection()
    assert good
    assert "2 topics" in text
    bad, text = connect(dead_port, {"enable.auto.commit": True}).test_connection()
    assert not bad
    assert "enable.auto.commit" in text


OFFSET_FETCH = 9


def test_the_connection_test_says_which_rights_the_groups_need(broker: Any, connect: Any) -> None:
    good, text = connect(broker.bootstrap).test_connection()
    assert good
    assert "each DAG commits to a group of its own, whose name begins with 'openmetadata-openlineage.'" in text
    assert "READ on groups with that prefix" in text
    good, text = connect(broker.bootstrap, {"group.id": "mine"}).test_connection()
    assert good
    assert "Group 'mine' (group.id) is used by all DAGs with this connection" in text


def test_a_refused_group_fails_the_connection_test(broker: Any, connect: Any) -> None:
    from confluent_kafka import KafkaError as Code

    broker.push_errors(OFFSET_FETCH, *[Code.GROUP_AUTHORIZATION_FAILED] * 5)
    good, text = connect(broker.bootstrap).test_connection()
    assert not good
    assert "groups whose names begin with 'openmetadata-openlineage.' may not be used" in text
    assert "grant the principal READ on groups with that prefix" in text
    assert "or set group.id to one that it may use" in text
