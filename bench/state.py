"""State: the cost of open runs, from ten to a hundred thousand.

The state is read from its Variable (in SQLite, encrypted), a batch of 6,000 further events is planned with it, and it
is written back, with ``max_open_runs`` and ``max_state_bytes`` raised so far that nothing is shed. Open runs are those
that batches with the START events of the stream leave: what can be published of them has been. Seconds are those of the
processor.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from bench.airflow_home import airflow_home
from bench.figures import Figure
from bench.planning import BATCH, TOPIC, batch, decoded
from bench.sizes import sized
from bench.traffic import stream
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.plan_envelope import translate_batch
from openmetadata_ol_provider.kafka.messages import ReadResult
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.state.document import StoredState
from openmetadata_ol_provider.state.store import StateStore

_T = TypeVar("_T")
_KEY = "bench"
#: Most microseconds of an event, by the number of open runs.
_MOST_US = {10_000: 80, 100_000: 150}
_REASON = "microseconds depend on the processor; docs/performance.md, The state, compares with earlier code"
_LIMITS = Limits(max_runs=1_000_000, max_bytes=1 << 30, max_ended=1_000_000)


def measure(rounds: int) -> Iterator[Figure]:
    """Yield the times of each step, for each number of open runs."""
    size = sized(tiny=50, usual=BATCH)
    # Other runs than the open ones: another seed.
    result = batch(stream(size, seed=2))
    with airflow_home(variables=True):
        counts = sized(tiny=(10, 20), usual=(10, 1000, 10_000, 100_000))
        for count in counts:
            StateStore(_KEY).write_state(StoredState({TOPIC: {"0": 0}}, _open_runs(count), {}), None)
            names = ("read", "translate", "write")
            seconds: dict[str, list[float]] = {name: [] for name in names}
            # The largest takes its time.
            for number in range(1 if count == max(counts) else rounds):
                for name, took in zip(names, _batch(result, number * size), strict=True):
                    seconds[name].append(took)
            for name, found in seconds.items():
                yield Figure(f"{count:,} open runs: {name} a batch", "ms", tuple(1000 * took for took in found))
            total = [sum(parts) for parts in zip(*seconds.values(), strict=True)]
            whole = Figure(f"{count:,} open runs: total", "us/event", tuple(1e6 * took / size for took in total))
            yield whole.at_most(_MOST_US[count], reason=_REASON) if count in _MOST_US else whole
            yield Figure(
                f"{count:,} open runs: size of the state", "MB", (StateStore(_KEY).read_state().stored_as.size / 1e6,)
            )


def _open_runs(count: int) -> RunState:
    """Return a state with a number of runs that have begun and not ended."""
    started = (message.value for message in stream(20 * count + 1000) if b'"eventType":"START"' in message.value)
    state = RunState()
    gc.disable()
    while len(state.runs) < count:
        events = (decode_event(value).event for value in islice(started, min(BATCH, count - len(state.runs))))
        state = translate(events, Config(), state, limits=_LIMITS).state
    gc.enable()
    return state


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    begun = time.process_time()
    return work(), time.process_time() - begun


def _batch(result: ReadResult, offset: int) -> tuple[float, float, float]:
    """Read the state, plan a batch and write the state; return the duration of each step."""
    found = decoded(result)
    moved = BatchOrigin(_KEY, "kafka_default", (OffsetRange(TOPIC, 0, offset, offset, offset + len(found.events)),))
    gc.collect()
    stored, reading = _timed(lambda: StateStore(_KEY).read_state().stored_runs)
    translated, translating = _timed(lambda: translate_batch(found, stored, Config(), _LIMITS))
    _, writing = _timed(lambda: StateStore(_KEY).advance(moved, translated.change, {}, Held()))
    return reading, translating, writing
