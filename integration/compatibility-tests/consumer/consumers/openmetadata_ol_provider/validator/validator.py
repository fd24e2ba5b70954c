"""Sends the events of scenarios to Kafka, publishes them with the provider, and compares what OpenMetadata has then.

OpenMetadata is the stand-in of the provider's sandbox. The report has the form of OpenLineage's compatibility tests.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

NAME = "openmetadata_ol_provider"
TOPIC = "openlineage.events"
TOKEN = "compatibility-tests"  # noqa: S105 - the stand-in takes any


def events_of(scenario_dir: Path, scenario: str) -> list[bytes]:
    """Return the events of a scenario in the order of their files."""
    return [file.read_bytes() for file in sorted((scenario_dir / scenario / "events").glob("*.json"))]


def publish(events: Iterable[bytes], seed: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Publish events by way of a broker, and return what the catalogue contains, by kind of entity.

    :param seed: content of the catalogue before, as the sandbox takes it
    :param config: config document of the provider
    """
    from confluent_kafka import Producer

    from openmetadata_ol_provider.sandbox.broker import KafkaBroker
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

    with KafkaBroker({TOPIC: 1}) as broker, CatalogueServer(seed, token=TOKEN) as catalogue:
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for event in events:
            producer.produce(TOPIC, event)
        producer.flush()
        kafka = {"conn_type": "kafka", "extra": {"bootstrap.servers": broker.bootstrap}}
        openmetadata = {"conn_type": "openmetadata", "host": catalogue.url, "password": TOKEN}
        os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps(kafka)
        os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"] = json.dumps(openmetadata)
        _ingest(config)
        return dict(_state(catalogue))


def _ingest(config: Mapping[str, Any]) -> None:
    from airflow.providers.common.compat.sdk import DAG
    from airflow.utils.db import initdb

    from openmetadata_ol_provider import IngestOpenLineageOperator

    initdb()
    with DAG("compatibility_tests", schedule=None):
        ingest = IngestOpenLineageOperator(task_id="ingest", topics=TOPIC, config=dict(config))
    ingest.execute({})


def _state(catalogue: Any) -> Iterator[tuple[str, list[Any]]]:
    pipelines = catalogue.entities("pipeline")
    yield (
        "pipeline",
        [
            {"name": item["fullyQualifiedName"], "tasks": sorted(task["name"] for task in item.get("tasks") or ())}
            for item in pipelines
        ],
    )
    yield (
        "run",
        [
            {
                "pipeline": item["fullyQualifiedName"],
                "status": status["executionStatus"],
                "run_id": status.get("executionId"),
            }
            for item in pipelines
            for status in catalogue.statuses(item["fullyQualifiedName"])
        ],
    )
    yield (
        "edge",
        [
            {
                "source": source,
                "target": target,
                "columns": sorted(
                    [column, item["toColumn"]]
                    for item in details.get("columnsLineage") or ()
                    for column in item["fromColumns"]
                ),
            }
            for (source, target), details in sorted(catalogue.edges().items())
        ],
    )


def differences(expected: list[Any], actual: list[Any]) -> list[str]:
    """Return what is expected and not there, and what is there and not expected."""
    missing = [f"missing: {json.dumps(item)}" for item in expected if item not in actual]
    return missing + [f"not expected: {json.dumps(item)}" for item in actual if item not in expected]


def run_scenario(consumer_dir: Path, scenario_dir: Path, scenario: str, *, dump: bool = False) -> dict[str, Any]:
    """Run one scenario and return its part of the report.

    :param dump: ``True`` to write what the catalogue contains as the new expectation
    """
    folder = consumer_dir / "scenarios" / scenario
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    prepared = json.loads((folder / "catalogue.json").read_text(encoding="utf-8"))
    events = events_of(scenario_dir, scenario)
    if not events:
        return {
            "name": scenario,
            "status": "FAILURE",
            "tests": [_result("events", "no events are there", "openlineage", {})],
        }
    state = publish(events, prepared["seed"], prepared["config"])
    tests = []
    for test in config["tests"]:
        file = folder / test["path"]
        if dump:
            file.write_text(json.dumps(state[test["entity"]], indent=2) + "\n", encoding="utf-8")
        found = differences(json.loads(file.read_text(encoding="utf-8")), state[test["entity"]])
        tests.append(_result(test["name"], found, test["entity"], test["tags"]))
    status = "FAILURE" if any(test["status"] == "FAILURE" for test in tests) else "SUCCESS"
    return {"name": scenario, "status": status, "tests": tests}


def _result(name: str, details: Any, entity: str, tags: Mapping[str, Any]) -> dict[str, Any]:
    status = "FAILURE" if details else "SUCCESS"
    kind = "semantics" if tags else "syntax"
    return {
        "name": name, "status": status, "details": details or [], "validation_type": kind, "entity_type": entity,
        "tags": dict(tags),
    }  # fmt: skip


def main() -> int:
    """Run all scenarios of the consumer, write the report, and return 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--consumer_dir", type=Path, required=True, help="path of the consumer's folder")
    parser.add_argument("--scenario_dir", type=Path, required=True, help="path of the scenarios with their events")
    parser.add_argument("--release", required=True, help="release of OpenLineage that has made the events")
    parser.add_argument("--dump", action="store_true", help="write what the catalogue contains as expectations")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        # Airflow reads it when it is first imported.
        os.environ["AIRFLOW_HOME"] = home
        names = sorted(file.parent.name for file in (arguments.consumer_dir / "scenarios").glob("*/config.json"))
        scenarios = [
            run_scenario(arguments.consumer_dir, arguments.scenario_dir, name, dump=arguments.dump) for name in names
        ]
    report = [
        {"name": NAME, "component_type": "consumer", "openlineage_version": arguments.release, "scenarios": scenarios}
    ]
    file = Path(f"{NAME}-report.json")
    file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{file.absolute()}\n")
    return int(any(scenario["status"] == "FAILURE" for scenario in scenarios))


if __name__ == "__main__":
    sys.exit(main())
