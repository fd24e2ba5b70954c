"""Cost of a run: the DAG of four tasks compared with the ingest operator.

Both run in Airflow's own ``dag.test()``, one task after the other in one process, with the same events from Kafka and
into a stand-in of their own; the first run of each, which publishes what is new, is not counted. What the scheduler and
the executor take to start a task (seconds, mostly, for each of the four) comes on top and is not in these figures.
"""

from __future__ import annotations

import json
import logging
import os
import runpy
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import openmetadata_ol_provider
from bench.airflow_home import airflow_home
from bench.figures import Figure
from bench.sizes import sized
from bench.traffic import Message, stream
from openmetadata_ol_provider.cli.demo import stdout_redirected_to
from openmetadata_ol_provider.sandbox.broker import KafkaBroker
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

_PACKAGE = Path(openmetadata_ol_provider.__file__).parent
_BUNDLED = _PACKAGE.parent / "dags" / "openlineage_to_openmetadata.py"
_SEED = _PACKAGE / "sandbox" / "data" / "catalogue.json"
_TOPIC = "openlineage.events"
_ONE_TASK = """
import datetime as dt
from airflow.providers.common.compat.sdk import DAG
from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator

with DAG("all_in_one", schedule=None, start_date=dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)) as dag:
    IngestOpenLineageOperator(task_id="ingest", topics="openlineage.events")
"""
_WAYS = {"four tasks": _BUNDLED.read_text(encoding="utf-8"), "one task": _ONE_TASK}


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the seconds of a run for each way, without and with events."""
    events = sized(tiny=20, usual=500)
    seconds: dict[tuple[str, int], list[float]] = {}
    with airflow_home(database=True) as home:
        logging.disable(logging.ERROR)
        for way, text in _WAYS.items():
            # Airflow looks for a DAG that is tested among those of its folder.
            path = home / "dags" / f"{way.replace(' ', '_')}.py"
            path.write_text(text, encoding="utf-8")
            messages = stream(events * (rounds + 2), jobs=100)
            with KafkaBroker({_TOPIC: 3}) as broker, CatalogueServer(_SEED) as catalogue:
                _connect(broker, catalogue)
                dag = runpy.run_path(str(path))["dag"]
                for number in range(rounds + 1):
                    for count in (1, events):
                        took = _run(dag, broker, list(islice(messages, count)))
                        if number:
                            seconds.setdefault((way, count), []).append(took)
    for count in (1, events):
        four, one = (seconds[way, count] for way in _WAYS)
        what = "event" if count == 1 else "events"
        yield Figure(f"four tasks, {count} {what}", "s/run", tuple(four))
        yield Figure(f"one task, {count} {what}", "s/run", tuple(one))
        yield Figure(
            f"overhead of the four tasks, {count} {what}", "s/run", tuple(a - b for a, b in zip(four, one, strict=True))
        )


def _connect(broker: KafkaBroker, catalogue: CatalogueServer) -> None:
    kafka = {"bootstrap.servers": broker.bootstrap, "group.id": "bench", "auto.offset.reset": "earliest"}
    os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps({"conn_type": "kafka", "extra": kafka})
    os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"] = json.dumps({"conn_type": "openmetadata", "host": catalogue.url})
    os.environ["AIRFLOW__OPENMETADATA_OL__WAIT_TIMEOUT"] = "20"


def _run(dag: Any, broker: KafkaBroker, messages: list[Message]) -> float:
    """Send events, run a DAG on them, and return the seconds of the run."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 2})
    for message in messages:
        producer.produce(_TOPIC, message.value, message.key)
    if producer.flush(60):
        raise RuntimeError("the broker did not take all messages")
    begun = time.perf_counter()
    with Path(os.devnull).open("wb") as nothing, stdout_redirected_to(nothing.fileno()):
        run = dag.test()
    seconds = time.perf_counter() - begun
    if run.state.value != "success":
        raise RuntimeError(f"a run of {dag.dag_id} has ended as {run.state.value}")
    return seconds
