"""Lanes: one to four processes, each with its share of the partitions, from Kafka to the plan.

Twice: reading from the broker meanwhile, by the wall clock from the common start of all lanes to the end of the last
one, which can only show gains up to the number of cores that the broker and other work leave; and with all messages
read before the start, by CPU time, which is what each lane takes on a core of its own. Keys decide how many events a
lane gets, and the busiest lane decides when all are done, so this is also shown for lanes with equal shares: the number
of lanes times the CPU time of a single lane, divided by that of all lanes together.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

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


class Lanes(NamedTuple):
    """The cost of all lanes.

    :param wall: seconds from the common start until the last one has ended
    :param own: CPU seconds of each lane; zeros where they read meanwhile
    :param events: number of events of each lane
    """

    wall: float
    own: tuple[float, ...]
    events: tuple[int, ...]


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the rates of all lanes together, and their ratios to a single lane."""
    with broker() as running:
        events = running.fill(TOPIC, stream(sized(tiny=300, usual=4 * BATCH, full=40 * BATCH)))
        reading: dict[int, list[Lanes]] = {lanes: [] for lanes in LANES}
        kept: dict[int, list[Lanes]] = {lanes: [] for lanes in LANES}
        for _ in range(rounds):
            for lanes in LANES:
                reading[lanes].append(_run(running.config, lanes, events, kept=False))
                kept[lanes].append(_run(running.config, lanes, events, kept=True))
    how = f"{running.name}, {os.cpu_count()} cores"
    yield from _rates(how, events, {lanes: [one.wall for one in found] for lanes, found in reading.items()})
    how = "messages in memory, CPU time"
    yield from _rates(how, events, {lanes: [max(one.own) for one in found] for lanes, found in kept.items()})
    for lanes in LANES[1:]:
        busiest = max(kept[lanes][0].events) / events
        yield Figure(f"{lanes} lanes: the busiest one's share of the events", "ratio", (busiest,))
        equal = tuple(lanes * sum(one.own) / sum(all_.own) for one, all_ in zip(kept[1], kept[lanes], strict=True))
        figure = Figure(f"{lanes} lanes / 1 lane, {how}, equal shares", "ratio", equal)
        yield figure.at_least(0.9 * lanes)


def _rates(how: str, events: int, seconds: dict[int, list[float]]) -> Iterator[Figure]:
    one = rates(f"1 lane, {how}", events, seconds[1])
    yield one
    for lanes in LANES[1:]:
        together = rates(f"{lanes} lanes together, {how}", events, seconds[lanes])
        yield together
        yield ratios(f"{lanes} lanes / 1 lane, {how}", together, one)


def _run(config: dict[str, Any], lanes: int, events: int, *, kept: bool) -> Lanes:
    """Start all lanes at the same time, and wait for the last one.

    :param kept: ``True`` to read all messages before the start
    """
    context = multiprocessing.get_context("spawn")
    ready, done = context.Barrier(lanes + 1), context.Queue()
    processes = [
        context.Process(target=_lane, args=(config, Lane(number, lanes), ready, done, kept), daemon=True)
        for number in range(lanes)
    ]
    for process in processes:
        process.start()
    ready.wait(2 * _DURATION)
    begun = time.perf_counter()
    results: list[tuple[int, float]] = [done.get(timeout=2 * _DURATION) for _ in processes]
    seconds = time.perf_counter() - begun
    for process in processes:
        process.join()
    read, own = zip(*results, strict=True)
    if sum(read) != events:
        raise RuntimeError(f"{lanes} lanes have read {sum(read)} events, {events} were sent")
    return Lanes(seconds, own, read)


def _lane(config: dict[str, Any], lane: Lane, ready: Any, done: Any, kept: bool) -> None:
    settings = KafkaSettings("kafka_default", config)
    with BacklogQuery(settings) as query:
        backlog = query.backlog([TOPIC], {}, partition_filter=lane.takes)
    if not kept:
        ready.wait(2 * _DURATION)
    with BacklogReader(settings, backlog) as reader:
        results = reader.batches(max_messages=BATCH, max_bytes=BYTES, max_duration=_DURATION)
        if kept:
            results = iter(list(results))
        else:
            done.put((plan(results, cpu=False).events, 0.0))
            return
    ready.wait(2 * _DURATION)
    work = plan(results)
    done.put((work.events, work.seconds))
