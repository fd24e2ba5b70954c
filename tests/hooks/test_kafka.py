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
        assert set(consumer.list_topics(timeout=10).topics) == {"events", "single"}
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
