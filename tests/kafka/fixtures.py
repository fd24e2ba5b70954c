"""Fixtures: a mock broker on a real socket, a connection to it, and a function that produces messages."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.variables import delete_variables


def values(*numbers: int) -> list[bytes]:
    """Return the values of messages."""
    return [b"%d" % number for number in numbers]


@pytest.fixture
def broker() -> Iterator[KafkaBroker]:
    with KafkaBroker({"events": 3, "single": 1}) as cluster:
        yield cluster


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., OpenLineageKafkaHook]:
    """Define the connection ``kafka_default`` and return a hook for it."""

    def define(bootstrap: str, extra: dict[str, Any] | None = None, conn_id: str = "kafka_default") -> Any:
        settings = {"bootstrap.servers": bootstrap, "broker.address.family": "v4", **(extra or {})}
        document = json.dumps({"conn_type": "kafka", "extra": settings})
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", document)
        return OpenLineageKafkaHook(conn_id)

    return define


@pytest.fixture
def hook(broker: KafkaBroker, connect: Callable[..., OpenLineageKafkaHook]) -> OpenLineageKafkaHook:
    return connect(broker.bootstrap)


@pytest.fixture
def produce(broker: KafkaBroker) -> Callable[..., None]:
    """Return ``produce(topic, partition, *values, ...)``: every message is confirmed before it returns."""
    from confluent_kafka import Producer

    producer = Producer(
        {"bootstrap.servers": broker.bootstrap, "message.max.bytes": 20_000_000}, logger=logging.getLogger("producer")
    )

    def send(topic: str, partition: int, *values: bytes | None, key: bytes | None = None, **more: Any) -> None:
        failed: list[Any] = []
        for value in values:
            producer.produce(
                topic,
                value,
                key,
                partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
                **more,
            )
            producer.poll(0)
        assert producer.flush(60) == 0
        assert not failed

    return send


@pytest.fixture
def dead_port(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return an address where nobody listens; waiting for it is cut short."""
    monkeypatch.setattr("openmetadata_ol_provider.kafka.retry.REQUEST_TIMEOUT", 0.6)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def clean_variables(airflow_db: None) -> Iterator[None]:
    """Delete all Variables after the test."""
    yield
    delete_variables()
