"""Shared by the parts that turn bytes into plans: the stream as batches, and the steps that process them."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from bench.traffic import Message, stream
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.consume import decode_batch
from openmetadata_ol_provider.ingestion.plan_envelope import PlanEnvelope, translate_batch
from openmetadata_ol_provider.kafka.messages import RawMessage, ReadResult
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, StoredRuns

TOPIC = "openlineage.events"
#: The defaults of ``max_bytes`` and ``max_state_bytes``, and the number of events that have about so many bytes.
BATCH = 6000
BYTES = 32 << 20
LIMITS = Limits(max_bytes=8 << 20)


class Work(NamedTuple):
    """The result and the cost of turning bytes into plans.

    :param events: number of decoded events
    :param edges: number of edges in the plans
    :param seconds: seconds from the first batch to the last plan, on the clock that was chosen
    :param decoding: part of ``seconds`` that decoding took
    :param state: the runs at the end
    """

    events: int
    edges: int
    seconds: float
    decoding: float
    state: RunState


def batches(events: int, jobs: int = 1000, size: int = BATCH) -> Iterator[ReadResult]:
    """Yield the stream in batches, in the form that the consumer returns."""
    messages, offset = stream(events, jobs), 0
    while part := list(islice(messages, size)):
        yield batch(part, offset)
        offset += len(part)


def batch(messages: Iterable[Message], offset: int = 0) -> ReadResult:
    """Return messages as one batch of a single partition."""
    raw = [RawMessage(TOPIC, 0, offset + at, 0, message.key, message.value) for at, message in enumerate(messages)]
    return ReadResult(raw, (OffsetRange(TOPIC, 0, offset, offset, offset + len(raw)),), more=True)


def decoded(result: ReadResult) -> EventBatch:
    """Decode a batch like the operators."""
    return decode_batch([result], BatchOrigin("bench", "kafka_default"), None).batch


def plan(results: Iterable[ReadResult], state: RunState | None = None, *, cpu: bool = True) -> Work:
    """Turn bytes into plans, batch after batch, like the operators; the plans are discarded.

    :param state: runs of earlier batches; default: none
    :param cpu: ``True`` to count the CPU seconds of this process; ``False``: those of the wall clock, with waiting
    """
    clock = time.process_time if cpu else time.perf_counter
    config, stored = Config(), StoredRuns(state or RunState(), StoredAs("bench"))
    events = edges = 0
    decoding = waiting = 0.0
    gc.collect()
    begun = started = clock()
    for result in results:
        # Creating the batch is not part of the measured work.
        waiting += clock() - started if cpu else 0.0
        started = clock()
        found = decoded(result)
        decoding += clock() - started
        translated = translate_batch(found, stored, config, LIMITS)
        stored = stored_after(stored, translated)
        events += len(found.events)
        edges += len(translated.plan.edges)
        started = clock()
    return Work(events, edges, clock() - begun - waiting, decoding, stored.state)


def stored_after(stored: StoredRuns, translated: PlanEnvelope) -> StoredRuns:
    """Return what is remembered after a batch, as if the change that it has made were stored behind the others."""
    base, size = stored.stored_as
    change = translated.change
    return stored.after(translated.runs, StoredAs(base, (size if change.base else 0) + len(change.text)))
