"""End to end: IngestOpenLineageOperator, from a Kafka broker to a catalogue that responds in 5 ms.

Cold is the first time that anything is seen of 500 jobs and 1,000 tables; repeated are new runs of the same jobs, a
task later. Broker, catalogue (the sandbox's stand-in) and task share the cores of one machine; Variables are in SQLite.
The incumbent is OpenMetadata's own OpenLineage connector, measured in the same setting: 24 events a second, 12.5 calls
an event cold and 5.1 repeated.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from bench import warehouse
from bench.airflow_home import airflow_home
from bench.broker import broker
from bench.figures import Figure, rates
from bench.sizes import sized
from bench.standin import StandIn, standin

LATENCY = 0.005
COLD_CALLS, REPEATED_CALLS = 12.5 / 20, 5.1 / 20

_REASON = (
    "the CPU time of one Python process is the limit (next rows), and it depends on the processor "
    "(docs/performance.md, Publishing)"
)


class Way(NamedTuple):
    """The cost of one task.

    :param seconds: wall-clock seconds of the operator alone
    :param cpu: CPU seconds of the task's process
    :param theirs: CPU seconds of the stand-in
    :param calls: calls of the catalogue
    """

    events: int
    seconds: float
    cpu: float
    theirs: float
    calls: int


def measure(rounds: int) -> Iterator[Figure]:
    """Yield rates and calls, cold and repeated."""
    jobs, tables = sized(tiny=(20, 40), usual=(500, 1000))
    lengths = sized(tiny=(200, 200), usual=(10_000, 40_000), full=(10_000, 1_000_000))
    cold: list[Way] = []
    repeated: list[Way] = []
    with airflow_home(variables=True), broker() as running:
        logging.disable(logging.ERROR)
        os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps({"conn_type": "kafka", "extra": running.config})
        for number in range(rounds):
            with standin(warehouse.seed(tables), LATENCY) as server:
                for when, (found, events) in enumerate(zip((cold, repeated), lengths, strict=True)):
                    first_run = when * lengths[0] // 2
                    topic, traffic = f"way.{number}.{when}", warehouse.stream(events, jobs, tables, first_run)
                    found.append(_ingest(topic, running.fill(topic, traffic), f"way.{number}", server))
        name = running.name
    yield from _figures(f"{lengths[0]:,} cold, {name}", cold, 1200, COLD_CALLS)
    yield from _figures(f"{lengths[1]:,} repeated, {name}", repeated, 5000, REPEATED_CALLS)


def _figures(name: str, ways: list[Way], events: float, calls: float) -> Iterator[Figure]:
    one = ways[0]
    yield rates(name, one.events, [way.seconds for way in ways]).at_least(events, reason=_REASON)
    found = Figure(f"{name}: calls", "calls/event", tuple(way.calls / way.events for way in ways))
    yield found.at_most(calls, f"at most {calls:.3f}, a twentieth of the incumbent's")
    yield Figure(f"{name}: CPU of the task", "us/event", tuple(1e6 * way.cpu / way.events for way in ways))
    yield Figure(f"{name}: CPU of the stand-in", "us/event", tuple(1e6 * way.theirs / way.events for way in ways))


def _ingest(topic: str, sent: int, state_key: str, server: StandIn) -> Way:
    from airflow.providers.common.compat.sdk import DAG

    from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator

    os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"] = json.dumps({"conn_type": "openmetadata", "host": server.url})
    with DAG("way", schedule=None):
        task = IngestOpenLineageOperator(
            task_id="ingest", topics=topic, state_key=state_key, start_from="earliest", max_duration=3600
        )
    theirs, cpu, begun = server.cpu(), time.process_time(), time.perf_counter()
    report: dict[str, Any] = task.execute({})
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    if report["events"] != sent or report["problems"]:
        raise RuntimeError(f"{report['events']} of {sent} events; {report['problems'][:3]}")
    return Way(sent, seconds, cpu, server.cpu() - theirs, sum(report["requests"].values()))
