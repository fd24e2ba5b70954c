"""Sends captured events as their producers do: with the Kafka transport of the official OpenLineage client."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

#: Files with real events that were captured for this package, by producer; see data/README.md.
CAPTURES = {
    "Apache Spark 3.5.9 (openlineage-spark 1.53.0)": "spark-1.53.0.ndjson.gz",
    "Apache Airflow 3.3.2 (provider 2.20.3)": "airflow-scheduler.ndjson.gz",
    "dbt on PostgreSQL (openlineage-dbt 1.54.0)": "dbt-postgres.ndjson.gz",
    "tests of a dbt build, one fails (1.54.0)": "dbt-tests.ndjson.gz",
}


def captured(name: str) -> Iterator[dict[str, Any]]:
    """Yield the events of a capture.

    :param name: file name in :data:`CAPTURES`
    """
    data = (files("openmetadata_ol_provider.sandbox") / "data" / name).read_bytes()
    for line in gzip.decompress(data).splitlines():
        yield json.loads(line)


def feed(bootstrap: str, topic: str, events: Iterator[dict[str, Any]]) -> int:
    """Send RunEvents to Kafka with ``openlineage-python``.

    :param bootstrap: ``host:port`` of a broker
    :return: number of events sent
    :raises TimeoutError: if the broker did not accept them all within 30 seconds
    """
    from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

    config = {"bootstrap.servers": bootstrap, "compression.type": "gzip"}
    transport = KafkaTransport(KafkaConfig(config=config, topic=topic, flush=False))
    count = 0
    for document in events:
        transport.emit(client_event(document))
        count += 1
    if not transport.wait_for_completion(timeout=30):
        raise TimeoutError(f"broker {bootstrap} did not accept all events for topic {topic!r} within 30 s")
    return count


def client_event(document: dict[str, Any]) -> Any:
    """Return a captured RunEvent as the client's own class, from which the transport derives the message key."""
    from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
    from openlineage.client.facet_v2 import parent_run

    run_facets = dict(document["run"].get("facets") or {})
    parent = run_facets.get("parent")
    if parent:
        root = parent.get("root")
        run_facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=parent["run"]["runId"]),
            job=parent_run.Job(namespace=parent["job"]["namespace"], name=parent["job"]["name"]),
            root=root
            and parent_run.Root(
                run=parent_run.RootRun(runId=root["run"]["runId"]),
                job=parent_run.RootJob(namespace=root["job"]["namespace"], name=root["job"]["name"]),
            ),
        )
    job = document["job"]
    return RunEvent(
        eventTime=document["eventTime"],
        eventType=RunState[document["eventType"]],
        producer=document["producer"],
        run=Run(runId=document["run"]["runId"], facets=run_facets),
        job=Job(namespace=job["namespace"], name=job["name"], facets=job.get("facets") or {}),
        inputs=[InputDataset(**_dataset(dataset, "inputFacets")) for dataset in document.get("inputs") or ()],
        outputs=[OutputDataset(**_dataset(dataset, "outputFacets")) for dataset in document.get("outputs") or ()],
    )


def _dataset(dataset: dict[str, Any], own_facets: str) -> dict[str, Any]:
    return {
        "namespace": dataset["namespace"],
        "name": dataset["name"],
        "facets": dataset.get("facets") or {},
        own_facets: dataset.get(own_facets) or {},
    }
