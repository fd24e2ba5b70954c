"""From a Kafka broker to the plan, against the same bytes out of memory.

The broker runs on the same machine and shares its cores; seconds are those of the wall clock. Both ways take turns.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from bench.broker import Broker, broker
from bench.figures import Figure, rates, ratios
from bench.planning import BATCH, BYTES, TOPIC, Work, plan
from bench.sizes import sized
from bench.traffic import stream
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.kafka.reader import BacklogReader

_DURATION = 60.0


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the rates of reading, of planning what lies in memory, and of both."""
    size = sized(tiny=100, usual=BATCH)
    with broker() as running:
        events = running.fill(TOPIC, stream(sized(tiny=300, usual=10 * BATCH, full=100 * BATCH)))
        kept = list(_results(running, size))
        reading, pure, whole = [], [], []
        for _ in range(rounds):
            reading.append(_reading(running, size))
            pure.append(_planned(plan(kept, cpu=False), events))
            whole.append(_planned(plan(_results(running, size), cpu=False), events))
    base = rates("bytes -> plan, out of memory", events, pure)
    found = rates(f"consume -> plan, {running.name}", events, whole)
    yield rates(f"consume, {running.name}", events, reading)
    yield base
    yield found
    yield ratios("consume -> plan / bytes -> plan", found, base).at_least(0.8)


def _results(running: Broker, size: int) -> Iterator[ReadResult]:
    with BacklogReader(running.settings, running.backlog(TOPIC)) as reader:
        yield from reader.batches(max_messages=size, max_bytes=BYTES, max_duration=_DURATION)


def _reading(running: Broker, size: int) -> float:
    begun = time.perf_counter()
    for _ in _results(running, size):
        pass
    return time.perf_counter() - begun


def _planned(work: Work, events: int) -> float:
    if work.events != events:
        raise RuntimeError(f"{work.events} events were read, {events} sent")
    return work.seconds
