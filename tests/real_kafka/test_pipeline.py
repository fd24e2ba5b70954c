"""The whole way on a real broker: official producers -> sensor -> operators -> catalogue, dead letters, commit."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import TaskDeferred

from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sensors.openlineage import OpenLineageSensor
from openmetadata_ol_provider.triggers.openlineage import OpenLineageActivityTrigger
from tests.operators.steps_support import (
    EDGE,
    EXPECTED,
    captured,
    holding,
    ingest,
    lineage,
    run_event,
    run_steps,
    state_document,
)
from tests.real_kafka.cluster import RealKafka
from tests.real_kafka.fetching import HERE, libraries, needed

pytestmark = pytest.mark.usefixtures("airflow_db", "connections")

NAMESPACE = "postgres://localhost:5433"
SOURCE, TARGET = "shop.public.customers", "shop.analytics_stg.stg_customers"
BOUNDS: dict[str, Any] = {"max_messages": 1000, "max_bytes": 50_000_000, "max_duration": 30}


def checkpoint(topic: str) -> dict[str, int]:
    """Return where the checkpoint of the DAG of the tests stands."""
    found: dict[str, int] = state_document(f"openmetadata_ol.lineage.{topic}")["checkpoint"][topic]
    return found


def messages(hook: Any, topic: str) -> list[Any]:
    found: list[Any] = hook.read(hook.backlog([topic], {topic: {0: 0}}), **BOUNDS).messages
    return found


# -- official producers ------------------------------------------------------------------------------------------------


def send_by_python(kafka: RealKafka, topic: str, run_id: str) -> None:
    """Emit START and COMPLETE of a run by the Python client's Kafka transport."""
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

    transport = KafkaTransport(KafkaConfig(config=dict(kafka.settings), topic=topic, flush=True))
    client = OpenLineageClient(transport=transport)
    for minute, state in enumerate((RunState.START, RunState.COMPLETE)):
        client.emit(
            RunEvent(
                eventType=state,
                eventTime=dt.datetime(2026, 5, 1, 10, minute, tzinfo=dt.timezone.utc).isoformat(),
                run=Run(runId=run_id),
                job=Job(namespace="scheduler", name="python.load"),
                producer="https://example.com/python",
                inputs=[InputDataset(namespace=NAMESPACE, name=SOURCE)],
                outputs=[OutputDataset(namespace=NAMESPACE, name=TARGET)],
            )
        )


def send_by_java(kafka: RealKafka, topic: str, run_id: str, folder: Path) -> None:
    """Emit START and COMPLETE of a run by the Java client's Kafka transport."""
    classpath = f"{libraries('producer')}/*"
    source = HERE / "java" / "producer" / "Emit.java"
    subprocess.run([needed("javac"), "-cp", classpath, "-d", str(folder), str(source)], check=True, timeout=100)
    command = [needed("java"), "-cp", f"{folder}:{classpath}", "Emit"]
    subprocess.run([*command, kafka.bootstrap, topic, run_id, NAMESPACE, SOURCE, TARGET], check=True, timeout=100)


def arrives_in_order_and_makes_the_edge(hook: Any, topic: str, key: bytes, catalogue: CatalogueServer) -> None:
    """Check a run's two messages: one key, so one partition, and lineage after the steps."""
    found = hook.read(hook.backlog([topic], {}), **BOUNDS).messages
    assert [message.key for message in found] == [key, key]
    assert len({message.partition for message in found}) == 1
    assert [decode_event(message.value).event.eventType for message in found] == ["START", "COMPLETE"]
    report = run_steps(topics=[topic])
    assert (report["events"], report["runs"], report["dead_letters"]) == (2, 1, 0)
    assert list(catalogue.edges()) == [EDGE]


def test_events_of_the_python_clients_kafka_transport_become_lineage(
    hook: Any, kafka: RealKafka, topic: Any, catalogue: CatalogueServer
) -> None:
    name = topic(3)
    send_by_python(kafka, name, str(uuid.uuid4()))
    arrives_in_order_and_makes_the_edge(hook, name, b"run:scheduler/python.load", catalogue)


def test_events_of_the_java_clients_kafka_transport_become_lineage(
    hook: Any, kafka: RealKafka, topic: Any, catalogue: CatalogueServer, tmp_path: Path
) -> None:
    name = topic(3)
    send_by_java(kafka, name, str(uuid.uuid4()), tmp_path)
    arrives_in_order_and_makes_the_edge(hook, name, b"run:scheduler/java.load", catalogue)


# -- operators ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capture", ["spark-1.53.0", "dbt-postgres"])
def test_batches_from_a_real_broker_make_exactly_the_known_edges(
    capture: str, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(3)
    for number, event in enumerate(captured(capture)):
        produce(name, event, partition=number % 3)
    report = ingest(topics=[name], max_events=7)
    assert report["events"] == len(captured(capture))
    assert lineage(catalogue) == EXPECTED[capture]
    assert sum(checkpoint(name).values()) == report["events"]
    held = holding(catalogue)
    catalogue.reset_requests()
    assert run_steps(topics=[name], state_key=f"again.{name}")["events"] == 0
    assert (catalogue.writes(), holding(catalogue)) == ([], held)


def test_the_checkpoint_covers_what_a_transaction_leaves_behind(
    hook: Any, kafka: RealKafka, topic: Any, catalogue: CatalogueServer
) -> None:
    from confluent_kafka import Producer

    name = topic()
    producer = Producer({**kafka.settings, "transactional.id": name})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce(name, run_event("aborted", outputs=("shop.public.orders",)))
    producer.flush(10)
    producer.abort_transaction(20)
    producer.begin_transaction()
    producer.produce(name, run_event("committed"))
    producer.commit_transaction(20)
    assert run_steps(topics=[name])["events"] == 1
    assert list(catalogue.edges()) == [EDGE]
    assert checkpoint(name) == {"0": 4}
    assert hook.backlog([name], {}).partitions[0].start == 4
    assert ingest(topics=[name])["events"] == 0


def test_what_cannot_be_used_goes_to_the_dead_letter_topic_untouched(
    hook: Any, kafka: RealKafka, topic: Any, produce: Any, catalogue: CatalogueServer
) -> None:
    name = topic(max_message_bytes=10_000_000)
    kafka.create_topic(f"{name}.dead-letter", max_message_bytes=10_000_000)
    headers = [("trace", b"1"), ("trace", b"2"), ("nothing", None)]
    now = int(time.time() * 1000)
    bad: list[bytes | None] = [None, b"{", b"\xff" * 5_000_000]
    for number, value in enumerate(bad):
        produce(name, run_event(f"good-{number}", minute=number))
        produce(name, value, key=b"key", headers=headers, timestamp=now)
    report = run_steps(topics=[name])
    assert (report["events"], report["dead_letters"]) == (3, 3)
    letters = messages(hook, f"{name}.dead-letter")
    assert [letter.value for letter in letters] == bad
    assert {(letter.key, letter.headers[:3]) for letter in letters} == {(b"key", tuple(headers))}
    origins = [dict(letter.headers)["openlineage.dead_letter.offset"] for letter in letters]
    assert origins == [b"1", b"3", b"5"]


def test_a_run_over_many_partitions_is_one_run(topic: Any, produce: Any, catalogue: CatalogueServer) -> None:
    name = topic(12)
    for number in range(60):
        produce(name, run_event(f"run-{number}", "START", minute=0, outputs=()), partition=number % 12)
        produce(name, run_event(f"run-{number}", minute=1, inputs=()), partition=(number + 5) % 12)
    report = ingest(topics=[name], max_events=25)
    assert report["events"] == 120
    (pipeline,) = holding(catalogue).statuses.values()
    assert Counter(status["executionStatus"] for status in pipeline) == {"Successful": len(pipeline)}
    assert list(catalogue.edges()) == [EDGE]


# -- waiting -----------------------------------------------------------------------------------------------------------


async def test_a_deferred_sensor_wakes_up_when_events_arrive(topic: Any, produce: Any) -> None:
    name = topic(2)
    sensor = OpenLineageSensor(task_id="wait", topics=[name], state_key=f"waiting.{name}", deferrable=True, timeout=60)
    with pytest.raises(TaskDeferred) as deferral:
        sensor.execute({})
    await asyncio.to_thread(produce, name, b"{}", b"{}", partition=1)
    trigger: Any = deferral.value.trigger
    async for event in trigger.run():
        found = sensor.execute_complete({}, event.payload)
        assert found["events"] == 2
        assert json.loads(json.dumps(found)) == found


async def test_a_watcher_announces_a_burst_once_and_what_a_batch_left(hook: Any, topic: Any, produce: Any) -> None:
    name = topic(2)
    trigger = OpenLineageActivityTrigger([name], poll_interval=0.2, settle=0.5)
    payloads: asyncio.Queue[Any] = asyncio.Queue()

    async def watch() -> None:
        async for event in trigger.run():
            await payloads.put(event.payload)

    watching = asyncio.create_task(watch())
    await asyncio.to_thread(produce, name, *[b"{}"] * 10)
    assert await asyncio.wait_for(payloads.get(), 30) == {"topics": {name: {"0": 10, "1": 0}}, "new": 10}
    await asyncio.to_thread(hook.commit, {name: {0: 4}})
    assert await asyncio.wait_for(payloads.get(), 30) == {"topics": {name: {"0": 10, "1": 0}}, "new": 0, "left": 6}
    await asyncio.to_thread(hook.commit, {name: {0: 10}})
    await asyncio.sleep(1)
    watching.cancel()
    await asyncio.wait([watching])
    assert payloads.empty()
