"""From bytes to the plan: throughput of one core with events of all producers.

Decoding, assembling the runs and translating, in batches of 6,000 as the operators do it, with the state of the runs
carried on. Seconds are those of the processor, so that others on the machine are not measured.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import statistics
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

import openmetadata_ol_provider
from bench.figures import Figure, rates, ratios
from bench.planning import BATCH, LIMITS, Work, batches, decoded, plan
from bench.sizes import sized
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, StoredRuns, fit_to_size
from openmetadata_ol_provider.openlineage.times import parse_time

_NOW = parse_time("2026-11-25T00:00:00Z")
_PACKAGE = Path(openmetadata_ol_provider.__file__).parent
#: Batches of which it is measured what they allocate.
_MEASURED = {0: "the first batch", 3: "the fourth"}
_REASON = (
    "decoding an event, merging it into its run, the run's record and the state's text take as long as the target "
    "allows for everything, and a third of untyped decoding needs compiled code (docs/performance.md, From bytes to "
    "the plan)"
)
#: Modules that the profile names.
_NAMED = 10


def measure(rounds: int) -> Iterator[Figure]:
    """Yield rates, shares of the stages, shares of the modules, and what is allocated."""
    size = sized(tiny=100, usual=BATCH)
    events = sized(tiny=200, usual=4 * BATCH, full=20 * BATCH)
    results = list(batches(events, size=size))
    floor, works = [], []
    for _ in range(rounds):
        floor.append(_floor(results))
        works.append(plan(results))
    pure = rates("bytes -> plan", events, [work.seconds for work in works]).at_least(50_000, reason=_REASON)
    base = rates("untyped decoding of the same bytes", events, floor)
    yield base
    yield pure
    yield ratios("bytes -> plan / untyped decoding", pure, base).at_least(1 / 3, "at least 1/3", reason=_REASON)
    yield Figure("edges in the plans", "edges", (works[0].edges,))
    yield from _shares(works, results)
    yield from _profile(results)
    yield from _allocated(size)


def _floor(results: list[ReadResult]) -> float:
    decode = msgspec.json.Decoder().decode
    gc.collect()
    begun = time.process_time()
    for result in results:
        for message in result.messages:
            decode(message.value or b"")
    return time.process_time() - begun


def _shares(works: list[Work], results: list[ReadResult]) -> Iterator[Figure]:
    total = statistics.median(work.seconds for work in works)
    decoding = statistics.median(work.decoding for work in works)
    assembling, writing = _parts_of_translating(results)
    stages = {
        "decode": decoding,
        "assemble": assembling,
        "translate": total - decoding - assembling - writing,
        "write down what has changed in the state": writing,
    }
    for name, seconds in stages.items():
        yield Figure(f"share of the time: {name}", "%", (100 * seconds / total,))


def _parts_of_translating(results: list[ReadResult]) -> tuple[float, float]:
    """Return the seconds spent on assembling the runs, and on the text of what has changed in them."""
    state, assembling, writing = RunState(), 0.0, 0.0
    for result in results:
        events = decoded(result).events
        begun = time.process_time()
        before, state = state, assemble(events, state, _NOW).state
        between = time.process_time()
        fit_to_size(StoredRuns(before, StoredAs("bench")), state, LIMITS.max_bytes)
        assembling += between - begun
        writing += time.process_time() - between
    return assembling, writing


def _profile(results: list[ReadResult]) -> Iterator[Figure]:
    """Yield the most expensive modules, by their own time and that of the built-in functions they call."""
    profile = cProfile.Profile()
    profile.enable()
    plan(results[:1])
    profile.disable()
    seconds: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if file != "~":
            seconds[_module(file)] += own
            continue
        for (caller, _, _), (_, _, spent, _) in callers.items():
            seconds[_module(caller)] += spent
    total = sum(seconds.values())
    for name, spent in seconds.most_common(_NAMED):
        yield Figure(f"share under the profiler: {name}", "%", (100 * spent / total,))


def _module(file: str) -> str:
    path = Path(file)
    return path.relative_to(_PACKAGE).as_posix() if path.is_relative_to(_PACKAGE) else "others"


def _allocated(size: int) -> Iterator[Figure]:
    """Yield the peak allocation beyond the messages, for the first batch and for the one after three others."""
    state = RunState()
    for number, result in enumerate(batches(4 * size, size=size)):
        which = _MEASURED.get(number)
        if which is not None:
            gc.collect()
            tracemalloc.start()
            state = plan([result], state).state
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            yield Figure(f"peak allocation, {which} (of {size})", "MB", (peak / 1e6,))
        else:
            state = plan([result], state).state
