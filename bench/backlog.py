"""Backlogs of different lengths: time per event and memory of one task.

IngestOpenLineageOperator from Kafka into the sandbox's stand-in for OpenMetadata, which runs in a process of its own,
as the task does. The jobs are those of the captures; what the stand-in does not know is parked, as ever. Memory is what
the task's process has had at most, less what it has once Airflow is imported and has read and written a Variable: with
the first one Airflow loads its models, 18 MB. A million events (five minutes, 5 GB in a temporary folder) show whether
memory grows with the backlog: the events are made as they are sent, and nothing of this benchmark is in the task's
process.
"""

from __future__ import annotations

import gc
import json
import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import openmetadata_ol_provider
from bench.airflow_home import airflow_home
from bench.broker import broker
from bench.figures import Figure
from bench.sizes import sized
from bench.standin import standin
from bench.traffic import stream

_SEED = Path(openmetadata_ol_provider.__file__).parent / "sandbox" / "data" / "catalogue.json"
_JOBS = 186
_MOST_MB = 150
#: From this many events on, everything that a task remembers should be as large as it gets.
_FULL = 100_000
#: Most megabytes that each further 100,000 events may take: the noise of the measurement.
_MOST_GROWTH_MB = 1.0
_REASON = (
    "jobs that never end, parked items and facts of the ledger are remembered up to their limits, and Python's heap "
    "has gaps (docs/performance.md, Memory of a task)"
)


class Task(NamedTuple):
    """The time and memory that a task took.

    :param seconds: wall-clock seconds of the operator alone
    :param own: megabytes of its process once Airflow is imported and has used a Variable
    :param most: peak megabytes of its process
    """

    events: int
    seconds: float
    own: float
    most: float


def measure(rounds: int) -> Iterator[Figure]:
    """Yield time and memory for each length; the longest backlog is processed only once."""
    lengths = sized(tiny=(50, 100), usual=(1000, 10_000, 100_000, 1_000_000))
    peaks: dict[int, float] = {}
    with broker() as running:
        for length in lengths:
            topic = f"backlog.{length}"
            sent = running.fill(topic, stream(length, jobs=_JOBS))
            tasks = [_task(running.config, topic, sent) for _ in range(1 if length == max(lengths) else rounds)]
            name = f"{sent:,} events, {running.name}"
            yield Figure(name, "us/event", tuple(1e6 * task.seconds / task.events for task in tasks))
            above = Figure(f"{sent:,} events: memory beyond Airflow's own", "MB", tuple(t.most - t.own for t in tasks))
            yield above.at_most(_MOST_MB)
            peaks[sent] = above.median
            yield Figure(f"{sent:,} events: Airflow's own", "MB", tuple(task.own for task in tasks))
    full = sorted(sent for sent in peaks if sent >= _FULL)
    for fewer, more in pairwise(full):
        growth = (peaks[more] - peaks[fewer]) / (more - fewer) * 100_000
        name = f"from {fewer:,} to {more:,} events: memory for each 100,000"
        yield Figure(name, "MB", (growth,)).at_most(_MOST_GROWTH_MB, reason=_REASON)


def _task(config: dict[str, Any], topic: str, events: int) -> Task:
    """Run the task in a process of its own, and the stand-in in another one."""
    context = multiprocessing.get_context("spawn")
    result, told = context.Pipe(duplex=False)
    with standin(_SEED) as server:
        task = context.Process(target=_ingest, args=(config, topic, server.url, told), daemon=True)
        task.start()
        # Only the task has this end, so that its death is the end.
        told.close()
        try:
            found = Task(*result.recv())
        finally:
            task.join()
    if found.events != events:
        raise RuntimeError(f"{found.events} events were read, {events} were sent")
    return found


def _ingest(config: dict[str, Any], topic: str, url: str, result: Any) -> None:
    os.environ["AIRFLOW_CONN_KAFKA_DEFAULT"] = json.dumps({"conn_type": "kafka", "extra": config})
    os.environ["AIRFLOW_CONN_OPENMETADATA_DEFAULT"] = json.dumps({"conn_type": "openmetadata", "host": url})
    with airflow_home(variables=True):
        logging.disable(logging.ERROR)
        from airflow.providers.common.compat.sdk import DAG, BaseOperator

        from openmetadata_ol_provider.operators.ingest import IngestOpenLineageOperator
        from openmetadata_ol_provider.version_compat import get_variable, set_variable

        with DAG("bench"):
            BaseOperator(task_id="nothing")
        set_variable("bench", "", "")
        get_variable("bench")
        gc.collect()
        own = _resident("VmRSS")
        with DAG("bench", schedule=None):
            # Not where the group stands: an earlier round has read all of it.
            operator = IngestOpenLineageOperator(
                task_id="ingest", topics=topic, start_from="earliest", max_duration=3600
            )
        begun = time.perf_counter()
        report = operator.execute({})
        seconds = time.perf_counter() - begun
        result.send((report["events"], seconds, own, _resident("VmHWM")))


def _resident(name: str) -> float:
    """Return the resident memory of this process, in megabytes.

    :param name: ``VmRSS``: now; ``VmHWM``: at most, without what the process that started this one has had
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
