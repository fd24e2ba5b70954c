"""What a publication writes down in the ledger and in the parking, once it is done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.lineage.plan import DatasetId, Job, OneSided, RunRecord
from openmetadata_ol_provider.openlineage.run_state import TERMINAL
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import ENDED, EdgeFact, Fact, edge_key, job_key
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection, edge_parking_key

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

#: A time so long ago that the ledger does not vouch for what was published then.
_NEVER = 0.0


class LedgerRecorder:
    """Notes what was published.

    :param memory: changed in place
    :param selection: what the publication had to do
    :param now: seconds since 1970
    """

    def __init__(self, memory: CarryOver, selection: Selection, now: float) -> None:
        self._memory = memory
        self._ledger: Ledger = memory.ledger
        self._selection = selection
        self._now = now
        self._jobs = {edge_key(edge): job_key(edge.job) if edge.job else "" for edge in selection.edges}

    def note_datasets(self, resolutions: dict[DatasetId, Resolution], failed: Collection[DatasetId]) -> None:
        """Note what became of datasets, but of those whose facts were refused."""
        for id_, resolution in resolutions.items():
            if id_ not in failed:
                self._note(id_, resolution.outcome)

    def note_jobs(self, jobs: Iterable[Job], *, doubtful: bool = False) -> None:
        """Note jobs whose pipelines are in the catalogue.

        :param doubtful: others, who write at the same time, may have overwritten them: compare them the next time
        """
        for job in jobs:
            self._note(job.id, doubtful=doubtful)

    def note_runs(self, runs: Iterable[RunRecord]) -> None:
        """Note the records of runs whose status is in the catalogue, or that have none."""
        for run in runs:
            self._note((run.job, run.run_id), ENDED if run.state in TERMINAL else "")

    def forget_runs(self, runs: Iterable[RunRecord]) -> None:
        """Have runs be looked at again, although their status is in the catalogue."""
        for run in runs:
            part = self._selection.parts.get((run.job, run.run_id))
            if part is not None:
                self._ledger.facts.pop(part.key, None)

    def forget_edges(self, keys: Iterable[int]) -> None:
        """Have edges be looked at again, although they are in the catalogue."""
        for key in keys:
            if key in self._ledger.edges:
                self._ledger.edges[key] = msgspec.structs.replace(self._ledger.edges[key], digest=-1)

    def note_one_sided(self, one_sided: Iterable[OneSided]) -> None:
        """Note jobs whose edges with their pipeline at one end are in the catalogue."""
        for item in one_sided:
            self._note(("node", item.job))

    def note_edge(self, write: EdgeWrite, writers: dict[int, str | None], *, doubtful: bool = False) -> None:
        """Note an edge that is in the catalogue.

        :param writers: how descriptions name the jobs, by edge key
        :param doubtful: as for :meth:`note_jobs`
        """
        for key in write.keys:
            self._note_edge(key, write.source.ref, write.target.ref, write.where, writers.get(key) or "")
            if doubtful:
                self._ledger.edges[key].at = _NEVER

    def note_idle_edges(self, keys: Iterable[int]) -> None:
        """Note edges that need not be in the catalogue: from a dataset to itself, or of one that is left out."""
        for key in keys:
            self._note_edge(key)

    def settle(self, leftovers: dict[str, Parked]) -> None:
        """Park what is left over, and release what was parked and is published now."""
        done = {item.key for item in self._selection.retried}
        done |= {edge_parking_key(key) for key in self._jobs}
        for key in done - leftovers.keys():
            self._memory.parking.release(key)
        for item in leftovers.values():
            self._memory.parking.park(item, self._now)

    def _note(self, name: object, note: str = "", *, doubtful: bool = False) -> None:
        part = self._selection.parts.get(name)
        # What only an edge names, and what was parked, is no part of the plan.
        if part is not None:
            self._ledger.facts[part.key] = Fact(part.digest, _NEVER if doubtful else self._hours, note)

    def _note_edge(self, key: int, source: str = "", target: str = "", where: str = "", writer: str = "") -> None:
        before = self._ledger.edges.get(key)
        misses = before.misses if before else 0
        self._ledger.edges[key] = EdgeFact(
            self._selection.parts[key].digest, self._hours, self._jobs[key], source, target, where, writer, misses
        )

    @property
    def _hours(self) -> float:
        return round(self._now / 3600, 2)
