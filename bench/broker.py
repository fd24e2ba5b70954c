"""A Kafka broker for a part of the benchmark: Apache Kafka where there is Java; else, or in tests, the embedded one."""

from __future__ import annotations

import shutil
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.sizes import sized
from bench.traffic import Message
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.offsets import Backlog
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import libraries, needed

PARTITIONS = 8
#: Bytes of a partition that the embedded broker holds, less some room for everything except values.
_MOST_EMBEDDED = 4_000_000


class Broker(NamedTuple):
    """A running broker.

    :param name: description for the figures
    :param server: the broker
    """

    name: str
    server: RealKafka | KafkaBroker

    @property
    def real(self) -> bool:
        """Whether it is Apache Kafka."""
        return isinstance(self.server, RealKafka)

    @property
    def config(self) -> dict[str, Any]:
        """Settings of a connection to it."""
        return {
            "bootstrap.servers": self.server.bootstrap,
            "broker.address.family": "v4",
            "group.id": "bench",
        }

    @property
    def settings(self) -> KafkaSettings:
        """A connection to it."""
        return KafkaSettings("kafka_default", self.config)

    def fill(self, topic: str, messages: Iterable[Message], partitions: int = PARTITIONS) -> int:
        """Create a topic and fill it, messages of one key in one partition; return the number of messages.

        The embedded broker gets only as many messages as it can hold.
        """
        from confluent_kafka import Producer

        self.server.create_topic(topic, partitions)
        producer = Producer({**self._producing, "linger.ms": 20})
        refused: list[object] = []

        def told(error: object, _: object) -> None:
            if error is not None:
                refused.append(error)

        sizes, count = [0] * partitions, 0
        for key, value in messages:
            partition = zlib.crc32(key) % partitions
            sizes[partition] += len(value)
            if not self.real and sizes[partition] > _MOST_EMBEDDED:
                break
            if count % 1000 == 0:
                # Otherwise the queue would hold all messages.
                producer.flush(60)
            producer.produce(topic, value, key, partition, on_delivery=told)
            count += 1
        if producer.flush(60) or refused:
            raise RuntimeError(f"the broker did not accept all messages: {refused[:3]}")
        return count

    def backlog(self, topic: str) -> Backlog:
        """Return the backlog of everything in a topic."""
        with BacklogQuery(self.settings) as query:
            return query.backlog([topic], {})

    @property
    def _producing(self) -> dict[str, Any]:
        return {key: value for key, value in self.config.items() if key != "group.id"} | {"log_level": 2}


@contextmanager
def broker() -> Iterator[Broker]:
    """Run a broker as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder:
        kafka = _real(Path(folder))
        if kafka is None:
            with KafkaBroker() as embedded:
                yield Broker("the embedded broker, not Apache Kafka", embedded)
            return
        try:
            kafka.start()
            yield Broker("Apache Kafka", kafka)
        finally:
            kafka.kill()


def _real(folder: Path) -> RealKafka | None:
    if not sized(tiny=False, usual=True) or shutil.which("java") is None:
        return None
    try:
        return RealKafka(needed("java"), libraries("broker"), folder)
    except pytest.skip.Exception:
        # It was not fetched before and cannot be fetched now; the figures will say so.
        return None
