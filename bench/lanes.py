"""Lanes: one to four processes, each with its share of the partitions, from Kafka to the plan.

A machine can only show gains up to its number of cores, and the broker uses the same cores. Seconds are those of the
wall clock, from the common start of all lanes to the end of the last one.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from typing import Any

from bench.broker import broker
from bench.figures import Figure, rates, ratios
from bench.planning import BATCH, BYTES, TOPIC, plan
from bench.sizes import sized
from bench.traffic import stream
from openmetadata_ol_provider.kafka.backlog import BacklogQuery
from openmetadata_ol_provider.kafka.reader import BacklogReader
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.state.lanes import Lane

LANES = (1, 2, 4)
_DURATION = 60.0


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the rates of all lanes together, and their ratios to a single lane."""
    with broker() as running:
        events = running.fill(TOPIC, stream(sized(tiny=300, usual=4 * BATCH, full=40 * BATCH)))
        seconds: dict[int, list[float]] = {lanes: [] for lanes in LANES}
        for _ in range(rounds):
            for lanes in LANES:
                seconds[lanes].append(_run(running.config, lanes, events))
    cores = os.cpu_count()
    one = rates(f"1 lane, {running.name}, {cores} cores", events, seconds[1])
    yield one
    for lanes in LANES[1:]:
        found = rates(f"{lanes} lanes together, {cores} cores", events, seconds[lanes])
        yield found
        yield ratios(f"{lanes} lanes / 1 lane", found, one)


def _run(config: dict[str, Any], lanes: int, events: int) -> float:
    """Start all lanes at the same time; return the seconds until the last one has ended."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(lanes + 1), context.Queue()
    processes = [
        context.Process(target=_lane, args=(config, Lane(number, lanes), ready, done), daemon=True)
        for number in range(lanes)
    ]
    for process in processes:
        process.start()
    ready.wait(60)
    begun = time.perf_counter()
    found = sum(done.get(timeout=_DURATION) for _ in processes)
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
    if found != events:
        raise RuntimeError(f"{lanes} lanes have read {found} events, {events} were sent")
    return seconds


def _lane(config: dict[str, Any], lane: Lane, ready: Any, done: Any) -> None:
    settings = KafkaSettings("kafka_default", config)
    with BacklogQuery(settings) as query:
        backlog = query.backlog([TOPIC], {}, partition_filter=lane.takes)
    ready.wait(60)
    with BacklogReader(settings, backlog) as reader:
        results = reader.batches(max_messages=BATCH, max_bytes=BYTES, max_duration=_DURATION)
        done.put(plan(results, cpu=False).events)
