"""The Kafka hook: its connection, ``get_conn`` and the test of the connection."""

from __future__ import annotations

import json
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


#: Airflow 2 does not read such a variable at all.
UNREADABLE = "the environment variable AIRFLOW_CONN_KAFKA_OTHER is set, but Airflow cannot read it"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"extra": {}}, r"bootstrap.servers is missing; set it in the extra, such as .*broker1:9092"),
        ({"extra": {}, "host": "b"}, r"bootstrap.servers is missing \(the field host is not read\)"),
        ({"extra": {"bootstrap.server": "b:9092"}}, "key 'bootstrap.server' instead of 'bootstrap.servers'; rename it"),
        ({"extra": {"bootstrap.servers": ["b:9092"]}}, r"bootstrap.servers is \['b:9092'\]; set a text"),
        ({"extra": {"bootstrap.servers": " "}}, "bootstrap.servers is missing"),
        ({"extra": {"bootstrap.servers": "http://b:9092"}}, "'http://b:9092'; set host:port without http://"),
        ({"extra": {"bootstrap.servers": "https://u:p@b:9092"}}, "'https://b:9092'; set host:port without https://"),
        ({"extra": "{bad"}, f"(extra is not JSON|{UNREADABLE})"),
        ({"extra": [1]}, f"(extra is a JSON list|{UNREADABLE})"),
        ({"extra": {"bootstrap.servers": "b:9092"}, "port": "x"}, UNREADABLE),
    ],
)
def test_a_wrong_extra_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], message: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_OTHER", json.dumps({"conn_type": "kafka", **fields}))
    with pytest.raises(ConfigError, match=f"'kafka_other'.*{message}"):
        _ = OpenLineageKafkaHook("kafka_other").settings


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"bootstrap.servers": "bootstrap.x.us-central1.managedkafka.p.cloud.goog:9092"}, "google provider version"),
        ({"bootstrap.servers": "b:9092", "oauth_cb": "no_such_package.token"}, "No module named 'no_such_package'"),
    ],
    ids=["cloud", "callback"],
)
def test_a_package_that_a_login_needs_and_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], message: str
) -> None:
    monkeypatch.setenv("AIRFLOW__APACHE_KAFKA__CALLBACK_ALLOWLIST", "no_such_package.token")
    monkeypatch.setenv("AIRFLOW_CONN_KAFKA_OTHER", json.dumps({"conn_type": "kafka", "extra": extra}))
    passed, text = OpenLineageKafkaHook("kafka_other").test_connection()
    assert not passed
    assert message in text
    assert "'kafka_other': " in text
    assert "install what it needs on every worker and the triggerer" in text


def test_brokers_may_be_named_with_their_protocol(connect: Any) -> None:
    assert connect("PLAINTEXT://b1:9092, b2:9092").settings.bootstrap == "PLAINTEXT://b1:9092, b2:9092"


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
