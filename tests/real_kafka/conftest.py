"""One real broker for the whole session, a connection to it as a test wants it, and a few words for producing."""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.hooks.kafka import OpenLineageKafkaHook
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import libraries, needed

_RUNNING: list[RealKafka] = []


@pytest.fixture(scope="session")
def broker_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKafka]:
    """Start Kafka once; skipped, with a reason, where there is no Java."""
    folder = tmp_path_factory.mktemp("kafka")
    kafka = RealKafka(needed("java"), libraries("broker"), folder)
    kafka.start()
    _RUNNING.append(kafka)
    yield kafka
    _RUNNING.remove(kafka)
    kafka.kill()
    shutil.rmtree(folder / "data")


@pytest.fixture
def kafka(broker_process: RealKafka) -> RealKafka:
    """Return the broker, running whatever the test before has done to it."""
    if not broker_process.running:
        broker_process.start()
    return broker_process


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show the end of the broker's log with a failure."""
    report: pytest.TestReport = yield
    if report.failed:
        report.sections += [("Kafka's log", kafka.tail()) for kafka in _RUNNING]
    return report


@pytest.fixture
def topic(kafka: RealKafka) -> Callable[..., str]:
    """Return ``topic(partitions=1, **config)``: makes a topic that no other test knows and returns its name."""

    def create(partitions: int = 1, prefix: str = "events", **config: Any) -> str:
        return kafka.create_topic(f"{prefix}.{uuid.uuid4().hex[:8]}", partitions, **config)

    return create


@pytest.fixture
def group() -> str:
    """Return a consumer group that has committed nothing."""
    return f"lineage-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def connect(kafka: RealKafka, group: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., OpenLineageKafkaHook]:
    """Define the connection ``kafka_default`` to a listener, with more settings, and return a hook for it."""

    def define(listener: str = "plain", extra: dict[str, Any] | None = None) -> OpenLineageKafkaHook:
        settings = {"bootstrap.servers": kafka.address(listener), "broker.address.family": "v4", "group.id": group}
        document = {"conn_type": "kafka", "extra": {**settings, **(extra or {})}}
        monkeypatch.setenv("AIRFLOW_CONN_KAFKA_DEFAULT", json.dumps(document))
        return OpenLineageKafkaHook()

    return define


@pytest.fixture
def hook(connect: Callable[..., OpenLineageKafkaHook]) -> OpenLineageKafkaHook:
    """Return a hook for the listener without protection."""
    return connect()


@pytest.fixture
def produce(kafka: RealKafka) -> Callable[..., None]:
    """Return ``produce(topic, *values, partition=0, settings={}, ...)``: all are confirmed before it returns."""
    from confluent_kafka import Producer

    def send(
        topic: str, *values: bytes | None, partition: int = 0, settings: dict[str, Any] | None = None, **more: Any
    ) -> None:
        failed: list[Any] = []
        config = {**kafka.settings, "message.max.bytes": 10_000_000, "linger.ms": 5, **(settings or {})}
        producer = Producer(config, logger=logging.getLogger("producer"))
        for value in values:
            producer.produce(
                topic,
                value,
                partition=partition,
                on_delivery=lambda error, _: failed.append(error) if error else None,
                **more,
            )
            producer.poll(0)
        assert producer.flush(20) == 0
        assert not failed

    return send


@pytest.fixture
def connections(hook: OpenLineageKafkaHook, catalogue: CatalogueServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point Airflow's two default connections at the broker (as ``hook`` does) and the sandbox's catalogue."""
    openmetadata = {"conn_type": "openmetadata", "host": catalogue.url, "password": "test-token"}
    monkeypatch.setenv("AIRFLOW_CONN_OPENMETADATA_DEFAULT", json.dumps(openmetadata))
