"""A lane of the simulation: real decoding, translation, publishing and ledger; times from a model."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import NamedTuple

from typing_extensions import Self

from bench import warehouse
from bench.scenario import Scenario
from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.ingestion.batch_size import first_size, next_size
from openmetadata_ol_provider.ingestion.loop import HOLD_SECONDS
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.run_assembler import Limits
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.state.store import apply

#: Seconds of a call beside the catalogue's own: the client, the network, the wait for a thread's turn (``publish``).
CALL_SECONDS = 0.0022
#: Seconds to read an event from Kafka, to decode and to translate it (``consume``), and to store the state (``state``).
EVENT_SECONDS = 90e-6
#: Seconds to read a remembered run, once per task, and its size in the Variables, in bytes (``state``).
RUN_SECONDS = 10e-6
RUN_BYTES = 55
#: Seconds for a fact of the ledger, once per task (``ledger``).
FACT_SECONDS = 10e-6
#: Parts of the paths of requests whose number does not depend on the number of jobs: they are not counted.
_FIXED = ("/v1/services/", "/v1/system/", "/compute.percentile/")


class Step(NamedTuple):
    """A batch of the sample, which represents :attr:`batches` batches of the lane.

    :param begun: second of the day
    :param seconds: duration
    :param events: number of events in the sample
    :param batches: number of real batches; 1 unless they are too small for a sample
    :param reads: number of requests that read in the sample
    :param writes: number of requests that write in the sample
    :param lag: seconds from its oldest event to its end
    :param runs: number of runs remembered of the sample
    :param facts: number of facts in the sample's ledger
    """

    begun: float
    seconds: float
    events: int
    batches: int
    reads: int
    writes: int
    lag: float
    runs: int
    facts: int


class Lane:
    """One lane and its catalogue, the sandbox's; a context manager.

    :param jobs: number of jobs that are played
    :param fraction: share of its jobs that is played
    :param scenario: the deployment
    """

    def __init__(self, jobs: int, fraction: float, scenario: Scenario) -> None:
        self._fraction = fraction
        self._scenario = scenario
        self._limits = Limits(
            max_runs=max(1, int(scenario.max_runs * fraction)),
            # What a sample takes says nothing about the whole: names are stored once.
            max_bytes=None,
            max_ended=max(1, int(Limits().max_ended * fraction)),
            max_starts=max(1, int(Limits().max_starts * fraction)),
        )
        self._config = Config.model_validate(
            {
                "ledger": {"max_facts": max(1, int(scenario.max_facts * fraction))},
                "write": {
                    "usage": "always" if scenario.usage else "never",
                    "observability": bool(scenario.observability),
                },
            }
        )
        self._catalogue = CatalogueServer(seed=warehouse.seed(warehouse.tables(jobs)))
        self._history = History()
        self._runs = RunState()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._catalogue)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def work(self, waiting: Sequence[tuple[float, bytes]], now: float) -> Iterator[Step]:
        """Process the backlog until it is empty or the time is over.

        :param now: second of the day at which the task begins
        """
        # A task may work until the next one is due.
        most, duration = self._scenario.max_events, 60.0 * self._scenario.every
        size, done, ends = first_size(most), 0, now + duration
        left_over, written_at = 0.0, now
        task, cache = self._task_seconds(), SessionCache()
        while done < len(waiting) and now < ends:
            left_over += size * self._fraction
            count = max(1, int(left_over))
            batch = waiting[done : done + count]
            left_over -= len(batch)
            hold = done + len(batch) < len(waiting) and now - written_at < HOLD_SECONDS
            step = self._step(batch, now + task, cache, hold=hold)
            yield step._replace(begun=now, seconds=task + step.seconds)
            done += len(batch)
            now += task + step.seconds
            task, written_at = 0.0, written_at if hold else now
            read = min(size, round(len(batch) / self._fraction))
            size = next_size(size, read, step.seconds, duration, most)

    def _task_seconds(self) -> float:
        """Return the seconds that a task needs for state and ledger, whatever the number of its batches."""
        return (RUN_SECONDS * len(self._runs.runs) + FACT_SECONDS * self._facts) / self._fraction

    @property
    def _facts(self) -> int:
        return len(self._history.ledger.facts) + len(self._history.ledger.edges)

    def _step(self, batch: Sequence[tuple[float, bytes]], now: float, cache: SessionCache, *, hold: bool) -> Step:
        at = warehouse.BEGIN + dt.timedelta(seconds=now)
        events = [decode_event(value).event for _, value in batch]
        translated = translate(events, self._config, self._runs, now=at, limits=self._limits)
        self._runs = translated.state
        calls = self._publish(translated.plan, at.timestamp(), cache, hold=hold)
        each = (self._scenario.latency + CALL_SECONDS) / self._scenario.connections
        seconds = (EVENT_SECONDS * len(batch) + each * calls.total()) / self._fraction
        return Step(
            begun=now,
            seconds=seconds,
            events=len(batch),
            batches=1,
            reads=calls["GET"],
            writes=calls.total() - calls["GET"],
            lag=now + seconds - batch[0][0],
            runs=len(self._runs.runs),
            facts=self._facts,
        )

    def _publish(self, plan: LineagePlan, now: float, cache: SessionCache, *, hold: bool) -> Counter[str]:
        """Publish a plan, and return the number of requests by method.

        :param cache: what the task has read and written itself
        :param hold: ``True`` if the task has more batches, which may replace rows of observability
        """
        self._catalogue.reset_requests()
        with OpenMetadataClient(self._catalogue.url, max_connections=self._scenario.connections) as client:
            publication = publish_plan(
                plan,
                client,
                self._config,
                self._history,
                concurrent=self._scenario.lanes > 1,
                hold=hold,
                cache=cache,
                now=now,
            )
        failed = [problem for problem in publication.report.problems if problem.kind != ProblemKind.STATE_TRIMMED]
        if failed:
            raise RuntimeError(f"not everything was published: {failed[:3]}")
        self._history = apply(self._history, publication)
        return Counter(
            request.method for request in self._catalogue.requests if not any(path in request.path for path in _FIXED)
        )
