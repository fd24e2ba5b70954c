"""What the tests of the operators share: events and their sender, the steps, and what is there afterwards."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from airflow.providers.common.compat.sdk import DAG

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy
from openmetadata_ol_provider.operators.consume import ConsumeOpenLineageOperator
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
from openmetadata_ol_provider.operators.publish import PublishLineageOperator
from openmetadata_ol_provider.operators.translate import TranslateOpenLineageOperator
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.picture import column_pairs

TOPIC = "openlineage.events"
DAG_ID = "lineage"
PARTITIONS = 3
#: Retries as many as always, without noticeable pauses.
FAST = RetryPolicy(attempts=3, base=0.001, cap=0.01, budget=30.0)

ROOT = Path(__file__).parents[2]
SEED = ROOT / "openmetadata_ol_provider" / "sandbox" / "data" / "catalogue.json"
_CAPTURES = (ROOT / "tests" / "data", ROOT / "openmetadata_ol_provider" / "sandbox" / "data")
#: capture -> "source -> target" -> column pairs
EXPECTED: dict[str, dict[str, list[list[str]]]] = json.loads(
    (ROOT / "tests" / "data" / "expected" / "sandbox-edges.json").read_text(encoding="utf-8")
)


# -- events ------------------------------------------------------------------------------------------------------------


def captured(name: str) -> list[bytes]:
    """Return the events of a capture, in order."""
    path = next(path for folder in _CAPTURES if (path := folder / f"{name}.ndjson.gz").exists())
    return gzip.decompress(path.read_bytes()).splitlines()


def run_event(
    run_id: str,
    event_type: str = "COMPLETE",
    *,
    minute: int = 0,
    job: str = "nightly.load",
    inputs: Iterable[str] = ("shop.public.customers",),
    outputs: Iterable[str] = ("shop.analytics_stg.stg_customers",),
    **facets: Any,
) -> bytes:
    """Return an event about tables of the sandbox's catalogue; by default one that makes one edge."""
    return json.dumps(
        {
            "eventTime": f"2026-05-01T10:{minute:02d}:00Z",
            "eventType": event_type,
            "producer": "https://example.com/tests",
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": run_id, "facets": facets},
            "job": {"namespace": "scheduler", "name": job, "facets": {}},
            "inputs": [{"namespace": "postgres://localhost:5433", "name": name} for name in inputs],
            "outputs": [{"namespace": "postgres://localhost:5433", "name": name} for name in outputs],
        }
    ).encode()


#: The edge of :func:`run_event`.
EDGE = ("warehouse.shop.public.customers", "warehouse.shop.analytics_stg.stg_customers")


class Sender:
    """Sends messages to a broker; each is confirmed before a call returns."""

    def __init__(self, bootstrap: str) -> None:
        from confluent_kafka import Producer

        self._producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 20_000_000, "log_level": 2})

    def events(self, *values: bytes, topic: str = TOPIC) -> None:
        """Send events as producers do: those of one run (here: of equal key) to one partition."""
        for value in values:
            document = json.loads(value)
            key = str(document.get("run", {}).get("runId", "")).encode()
            self.message(value, key=key, partition=zlib.crc32(key) % PARTITIONS, topic=topic, flush=False)
        self._flush()

    def message(
        self,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: list[tuple[str, bytes | None]] | None = None,
        partition: int = 0,
        topic: str = TOPIC,
        flush: bool = True,
    ) -> None:
        """Send one message."""
        self._producer.produce(
            topic, value, key, partition, headers=headers or [], on_delivery=lambda error, _: _refuse(error)
        )
        self._producer.poll(0)
        if flush:
            self._flush()

    def _flush(self) -> None:
        assert self._producer.flush(60) == 0


def _refuse(error: object) -> None:
    assert error is None, error


def received(bootstrap: str, topic: str) -> list[Any]:
    """Return all messages of a topic."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "fetch.message.max.bytes": 20_000_000})
    try:
        found = []
        for partition in consumer.list_topics(topic, timeout=60).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
            if high > low:
                consumer.assign([TopicPartition(topic, partition, low)])
                found += consumer.consume(high - low, timeout=60)
                consumer.unassign()
        return found
    finally:
        consumer.close()


def committed(bootstrap: str, group: str = "tests", topic: str = TOPIC) -> dict[int, int]:
    """Return the group's committed offsets by partition; those never committed are left out."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    try:
        asked = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        return {item.partition: item.offset for item in consumer.committed(asked, timeout=60) if item.offset >= 0}
    finally:
        consumer.close()


# -- steps -------------------------------------------------------------------------------------------------------------


def handed_on(value: Any) -> Any:
    """Return what the next task gets of a task's result through XCom."""
    return json.loads(json.dumps(value, allow_nan=False))


def _dag() -> DAG:
    return DAG(DAG_ID, schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc))


def consume(**parameters: Any) -> Any:
    """Execute the consume task."""
    with _dag():
        task = ConsumeOpenLineageOperator(task_id="consume", **{"topics": [TOPIC], **parameters})
    return handed_on(task.execute(context={}))


def translate(batch: Any, **parameters: Any) -> Any:
    """Execute the translate task."""
    with _dag():
        task = TranslateOpenLineageOperator(task_id="translate", batch=batch, **parameters)
    return handed_on(task.execute(context={}))


def publish(plan: Any, **parameters: Any) -> Any:
    """Execute the publish task."""
    with _dag():
        task = PublishLineageOperator(task_id="publish", plan=plan, **parameters)
    return handed_on(task.execute(context={}))


def run_steps(*, config: Any = None, **parameters: Any) -> Any:
    """Execute the three tasks of one DAG run and return the report."""
    return publish(translate(consume(**parameters), config=config), config=config)


def catch_up(**parameters: Any) -> list[Any]:
    """Execute one DAG run after the other until nothing is waiting, and return their reports."""
    reports = []
    while True:
        batch = consume(**parameters)
        reports.append(publish(translate(batch)))
        if not batch["more"]:
            return reports


def ingest(**parameters: Any) -> Any:
    """Execute the task that does all in one."""
    with _dag():
        task = IngestOpenLineageOperator(task_id="ingest", **{"topics": [TOPIC], **parameters})
    return handed_on(task.execute(context={}))


# -- what there is afterwards ------------------------------------------------------------------------------------------


def state_document(key: str = f"openmetadata_ol.{DAG_ID}.{TOPIC}") -> Any:
    """Return what the Variable holds, ``None`` when there is none."""
    from airflow.models.variable import Variable

    text = Variable.get(key, default_var=None)
    return None if text is None else json.loads(text)


def checkpoint(key: str = f"openmetadata_ol.{DAG_ID}.{TOPIC}") -> dict[int, int]:
    """Return the checkpoint of the topic by partition."""
    document = state_document(key)
    positions = {} if document is None else document["checkpoint"].get(TOPIC, {})
    return {int(partition): offset for partition, offset in positions.items()}


def lineage(catalogue: CatalogueServer) -> dict[str, list[list[str]]]:
    """Return the edges with their column pairs, in the form of :data:`EXPECTED`."""
    edges = catalogue.edges()
    return {f"{a} -> {b}": [list(pair) for pair in column_pairs(details)] for (a, b), details in edges.items()}


def asked(catalogue: CatalogueServer) -> list[str]:
    """Return the paths that were requested, without the two that a run asks that has read nothing."""
    idle = {"/api/v1/system/version", "/api/v1/users/loggedInUser"}
    return [request.path for request in catalogue.requests if request.path not in idle]


#: A table that the sandbox's catalogue does not have.
NEW_TABLE = "warehouse.shop.analytics_stg.stg_new"


def ingest_table(catalogue: CatalogueServer) -> None:
    """Do what OpenMetadata's own metadata ingestion would do."""
    with OpenMetadataClient(catalogue.url, "test-token") as client:
        schema, _, name = NEW_TABLE.rpartition(".")
        client.put("v1/tables", {"name": name, "databaseSchema": schema, "columns": []})


class Holding(NamedTuple):
    """What a catalogue holds of ours, without ids, versions and the clock's times, so that two can be compared."""

    edges: dict[tuple[str, str], Any]
    pipelines: dict[str, Any]
    statuses: dict[str, list[Any]]


def holding(catalogue: CatalogueServer) -> Holding:
    """Return what a catalogue holds."""
    pipelines = catalogue.entities("pipeline")
    names = {pipeline["id"]: pipeline["fullyQualifiedName"] for pipeline in pipelines}
    return Holding(
        {ends: _edge(details, names) for ends, details in catalogue.edges().items()},
        {pipeline["fullyQualifiedName"]: _pipeline(pipeline) for pipeline in pipelines},
        {name: _statuses(catalogue.statuses(name)) for name in names.values()},
    )


def _edge(details: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    kept = {key: value for key, value in details.items() if key not in {"createdAt", "updatedAt"}}
    return {**kept, "pipeline": names.get((details.get("pipeline") or {}).get("id", ""))}


def _pipeline(pipeline: dict[str, Any]) -> dict[str, Any]:
    own = {"id", "version", "updatedAt", "changeDescription", "incrementalChangeDescription", "service", "href"}
    kept = {key: value for key, value in pipeline.items() if key not in own}
    return {**kept, "tasks": sorted(pipeline.get("tasks") or (), key=lambda task: task["name"])}


def _statuses(statuses: list[dict[str, Any]]) -> list[Any]:
    """Return statuses without the time that keys them: that is the earliest known when a run is first published.

    Of an error only that there is one: when several tasks fail, which message is kept depends on the batches.
    """
    kept = [
        {
            **{key: value for key, value in status.items() if key != "timestamp"},
            "error": "error" in status,
            "taskStatus": sorted(status.get("taskStatus") or (), key=lambda task: task["name"]),
        }
        for status in statuses
    ]
    return sorted(kept, key=lambda status: json.dumps(status, sort_keys=True))
