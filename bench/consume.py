"""From a Kafka broker to the plan, compared with the same bytes from memory.

The broker runs on the same machine and shares its cores; seconds are those of the wall clock. Both ways take turns. The
seconds of the task's own thread show only what reading adds to its work, because the client reads ahead in its own
threads.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bench.broker import Broker, broker
from bench.figures import Figure, rates, ratios
from bench.planning import BATCH, BYTES, TOPIC, plan
from bench.sizes import sized
from bench.traffic import stream
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.kafka.reader import BacklogReader

_DURATION = 60.0


class Took(NamedTuple):
    """Wall-clock seconds, and CPU seconds of the task's own thread."""

    wall: float
    own: float


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the rates of reading, of planning from memory, and of both."""
    size = sized(tiny=100, usual=BATCH)
    with broker() as running:
        events = running.fill(TOPIC, stream(sized(tiny=300, usual=10 * BATCH, full=100 * BATCH)))
        kept = list(_results(running, size))
        reading, pure, whole = [], [], []
        for _ in range(rounds):
            reading.append(_reading(running, size))
            pure.append(_planned(kept, events))
            whole.append(_planned(_results(running, size), events))
    base = rates("bytes -> plan, from memory", events, [took.wall for took in pure])
    found = rates(f"consume -> plan, {running.name}", events, [took.wall for took in whole])
    yield rates(f"consume, {running.name}", events, reading)
    yield base
    yield found
    yield ratios("consume -> plan / bytes -> plan", found, base).at_least(0.8)
    shares = tuple(one.own / other.own for one, other in zip(pure, whole, strict=True))
    yield Figure("the same in CPU time of the task's thread", "ratio", shares).at_least(0.8)


def _results(running: Broker, size: int) -> Iterator[ReadResult]:
    with BacklogReader(running.settings, running.backlog(TOPIC)) as reader:
        yield from reader.batches(max_messages=size, max_bytes=BYTES, max_duration=_DURATION)


def _reading(running: Broker, size: int) -> float:
    begun = time.perf_counter()
    for _ in _results(running, size):
        pass
    return time.perf_counter() - begun


def _planned(results: Iterable[ReadResult], events: int) -> Took:
    began, own = time.perf_counter(), time.thread_time()
    found = plan(results, cpu=False).events
    took = Took(time.perf_counter() - began, time.thread_time() - own)
    if found != events:
        raise RuntimeError(f"{found} events were read, {events} sent")
    return took
