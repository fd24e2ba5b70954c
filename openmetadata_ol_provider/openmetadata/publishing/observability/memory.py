"""What the ledger remembers of a pipeline: the tables that its open runs have written, and how long its runs took.

A run of a pipeline ends after the tasks that wrote the tables, often in a later batch. The memory is a note in the
ledger, so it may be lost: then tables that runs had written by that time show the next run instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from openmetadata_ol_provider.openmetadata.publishing.observability.rows import Average
from openmetadata_ol_provider.openmetadata.publishing.observability.tables import TableRef

#: Most open runs of a pipeline that are remembered, the latest.
MOST_RUNS = 5
#: Number of successful runs that the average run time is made from, the latest.
AVERAGED_RUNS = 10


class OpenRun(msgspec.Struct, frozen=True, array_like=True):
    """A run that has not ended, with the tables that it has written so far.

    :param at: start of the run, in epoch milliseconds
    :param tables: ids and FQNs
    :param status: status that the tables show; empty if they do not show the run yet
    """

    run_id: str
    at: int
    tables: tuple[tuple[str, str], ...] = ()
    status: str = ""


class PipelineMemory(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a pipeline.

    :param runs: open runs
    :param times: start and duration of the last successful runs, in milliseconds; more than are averaged, because runs
        may end in another order than they started
    """

    runs: tuple[OpenRun, ...] = ()
    times: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, note: str) -> PipelineMemory:
        """Return the memory in a note, an empty one if there is none."""
        try:
            return msgspec.json.decode(note, type=cls) if note else cls()
        except msgspec.DecodeError:
            return cls()

    @property
    def note(self) -> str:
        """The memory as a note."""
        return msgspec.json.encode(self).decode()

    def average(self, at: int) -> Average | None:
        """Return the mean duration of the last runs that started until a time, ``None`` if there are none.

        :param at: time in epoch milliseconds
        """
        durations = [duration for start, duration in self.times if start <= at][-AVERAGED_RUNS:]
        return Average(round(sum(durations) / len(durations), 1), len(durations)) if durations else None

    def status(self, run_id: str) -> str:
        """Return the status that the tables of an open run show, an empty text if they do not show the run."""
        return next((run.status for run in self.runs if run.run_id == run_id), "")

    def tables(self, run_id: str) -> tuple[TableRef, ...]:
        """Return the tables that an open run has written."""
        return tuple(TableRef(*table) for run in self.runs if run.run_id == run_id for table in run.tables)

    def opened(self, run_id: str, at: int, tables: Iterable[TableRef]) -> PipelineMemory:
        """Return the memory with tables that an open run has written."""
        rest = [run for run in self.runs if run.run_id != run_id]
        written = dict.fromkeys((*self.tables(run_id), *tables))
        opened = OpenRun(run_id, at, tuple((table.id, table.fqn) for table in written), self.status(run_id))
        runs = sorted((*rest, opened), key=lambda run: (run.at, run.run_id))
        return msgspec.structs.replace(self, runs=tuple(runs[-MOST_RUNS:]))

    def shown(self, run_id: str, status: str) -> PipelineMemory:
        """Return the memory with the status that the tables of an open run show."""
        runs = (msgspec.structs.replace(run, status=status) if run.run_id == run_id else run for run in self.runs)
        return msgspec.structs.replace(self, runs=tuple(runs))

    def closed(self, run_id: str) -> PipelineMemory:
        """Return the memory without a run that has ended."""
        if not self.runs:
            return self
        return msgspec.structs.replace(self, runs=tuple(run for run in self.runs if run.run_id != run_id))

    def timed(self, durations: Mapping[int, int]) -> PipelineMemory:
        """Return the memory with the durations of runs; a run that is seen again does not count twice.

        :param durations: milliseconds that runs took, by their start in epoch milliseconds
        """
        times = sorted({**dict(self.times), **durations}.items())
        return msgspec.structs.replace(self, times=tuple(times[-2 * AVERAGED_RUNS :]))
