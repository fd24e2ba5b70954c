"""A lane of the simulation: real decoding, translation, selection and bookkeeping; waiting times from a model."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench import warehouse
from bench.scenario import Scenario
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.batch_size import first_size, next_size
from openmetadata_ol_provider.lineage.plan import JobId
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredAs, StoredRuns, fit_to_size
from openmetadata_ol_provider.openlineage.segments.state_text import whole_text
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import LedgerTarget, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection, select
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

MAX_STATE_BYTES = 8_388_608
#: Seconds of a call beside the catalogue's own: the client, the network, the wait for a thread's turn.
CALL_SECONDS = 0.0022
#: Seconds to read an event from Kafka, and to write a megabyte of the state into Variables and read it again.
READ_SECONDS = 20e-6
STATE_SECONDS = 0.06
#: Size of the state, in parts of what it was when it was written whole, at which it is written whole again.
_JOINED = 1.5


class Step(NamedTuple):
    """A batch of the sample, which represents :attr:`batches` batches of the lane.

    :param begun: second of the day
    :param seconds: duration
    :param events: number of events in the sample
    :param batches: number of real batches; 1 unless they are too small for a sample
    :param reads: number of requests that read in the sample
    :param writes: number of requests that write in the sample
    :param lag: seconds from its oldest event to its end
    :param state_bytes: size of the sample's state, packed
    :param facts: number of facts in the sample's ledger
    """

    begun: float
    seconds: float
    events: int
    batches: int
    reads: int
    writes: int
    lag: float
    state_bytes: int
    facts: int


class Lane:
    """The state of one lane between tasks.

    :param fraction: share of its jobs that is played
    :param scenario: the deployment
    """

    def __init__(self, fraction: float, scenario: Scenario) -> None:
        self._fraction = fraction
        self._scenario = scenario
        self._max_facts = max(1, int(scenario.max_facts * fraction))
        self._limits = Limits(
            max_runs=max(1, int(scenario.max_runs * fraction)),
            max_bytes=max(1, int(MAX_STATE_BYTES * fraction)),
            max_ended=max(1, int(Limits().max_ended * fraction)),
        )
        self._config = Config()
        self._history = History()
        self._runs = StoredRuns(stored_as=StoredAs("simulated"))
        #: what is in the catalogue, by key and content
        self._published: set[object] = set()
        self._cpu, self._events, self._whole = 0.0, 0, 0

    def work(self, waiting: Sequence[tuple[float, bytes]], now: float) -> Iterator[Step]:
        """Process the backlog until it is empty or the time is over.

        :param now: second of the day at which the task begins
        """
        # A task may work until the next one is due.
        most, duration = self._scenario.max_events, 60.0 * self._scenario.every
        size, done, ends = first_size(most), 0, now + duration
        left_over = 0.0
        seen: set[JobId] = set()
        while done < len(waiting) and now < ends:
            left_over += size * self._fraction
            count = max(1, int(left_over))
            batch = waiting[done : done + count]
            left_over -= len(batch)
            step = self._step(batch, now, seen)
            yield step
            done += len(batch)
            now += step.seconds
            read = min(size, round(len(batch) / self._fraction))
            size = next_size(size, read, step.seconds, duration, most)

    def _step(self, batch: Sequence[tuple[float, bytes]], now: float, seen: set[JobId]) -> Step:
        began = time.process_time()
        at = warehouse.BEGIN + dt.timedelta(seconds=now)
        events = [decode_event(value).event for _, value in batch]
        translated = translate(events, self._config, self._runs.state, now=at, limits=self._limits)
        changed = self._remember(translated.state)
        todo = select(translated.plan, self._history, self._config, at.timestamp())
        reads, writes = self._calls(todo, seen)
        self._record(todo, at.timestamp())
        self._cpu += time.process_time() - began
        self._events += len(batch)
        whole = len(batch) / self._fraction
        seconds = whole * (self._cpu / self._events + READ_SECONDS)
        each = (self._scenario.latency + CALL_SECONDS) / self._scenario.connections
        seconds += (reads + writes) / self._fraction * each
        seconds += STATE_SECONDS * changed / self._fraction / 1e6
        facts = len(self._history.ledger.facts) + len(self._history.ledger.edges)
        state = self._runs.stored_as.size
        return Step(now, seconds, len(batch), 1, reads, writes, now + seconds - batch[0][0], state, facts)

    def _remember(self, state: RunState) -> int:
        """Store a state like the operators, and return the bytes that are written."""
        base, size = self._runs.stored_as
        fitted = fit_to_size(self._runs, state, self._limits.max_bytes)
        written = len(fitted.change.text)
        size = written + (size if fitted.change.base else 0)
        if size > _JOINED * self._whole:
            # What is joined in time is written once more.
            self._whole = size = len(whole_text(fitted.state))
            written += size
        self._runs = StoredRuns(fitted.state, StoredAs(base, size))
        return written

    def _calls(self, todo: Selection, seen: set[JobId]) -> tuple[int, int]:
        """Return the number of calls that a publication takes, as measured by :mod:`bench.publish`.

        :param seen: pipelines that the task has read before
        """
        edges = {edge_key(edge) for edge in todo.edges}
        with_runs = {run.pipeline for run in todo.runs}
        counted = {run.pipeline for run in todo.runs if run.new and self._scenario.usage}
        shared = self._scenario.lanes > 1
        looked_at = todo.pipelines if shared else todo.changed | (todo.pipelines - seen)
        reads = len(todo.datasets) + len(edges) + len(looked_at)
        facts: set[object] = {(key, todo.entries[key].digest) for key in edges}
        facts |= {(job.id, todo.entries[job.id].digest) for job in todo.jobs.values() if job.pipeline in todo.changed}
        new = len(facts - self._published)
        writes = new + len(with_runs) + len(counted)
        if shared:
            # Statuses are read before and after they are written, and what was written is looked at again.
            reads += new + 2 * len(with_runs)
        self._published |= facts
        seen |= todo.pipelines
        return reads, writes

    def _record(self, todo: Selection, now: float) -> None:
        recorder = LedgerRecorder(self._history.ledger, todo, now)
        recorder.record_jobs(todo.jobs.values())
        recorder.record_runs(todo.runs)
        recorder.record_datasets({id_: Resolution("resolved") for id_ in todo.datasets}, ())
        recorder.record_idle_edges({edge_key(edge) for edge in todo.edges})
        ledger = self._history.ledger
        changes = recorder.changes(
            LedgerTarget(ledger.catalogue, ledger.config), trusted=True, max_facts=self._max_facts
        )
        self._history = self._history._replace(ledger=ledger.updated(changes))
