"""Collects what a publication has to record in the ledger; the ledger itself stays as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from openmetadata_ol_provider.lineage.plan import DatasetId, Job, OneSided, RunRecord
from openmetadata_ol_provider.openlineage.run_state import TERMINAL
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import (
    ENDED,
    QUIET_HOURS,
    UNVERIFIED,
    EdgeFact,
    Fact,
    Ledger,
    LedgerChanges,
    LedgerTarget,
    digest,
    edge_key,
    job_key,
)
from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import LedgerOptions
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class LedgerRecorder:
    """Collects the ledger changes of one publication.

    :param ledger: ledger that the publication was given
    :param selection: parts of the plan that are published
    :param now: current time, in seconds since 1970
    """

    def __init__(self, ledger: Ledger, selection: Selection, now: float) -> None:
        self._ledger = ledger
        self._selection = selection
        self._hours = round(now / 3600, 2)
        self._jobs = {edge_key(edge): job_key(edge.job) if edge.job else "" for edge in selection.edges}
        # When edges were parked that are published now, in hours since 1970.
        self._parked = {edge_key(edge): item.first_seen / 3600 for item in selection.retried for edge in item.edges}
        self._facts: dict[int, Fact | None] = {}
        self._edges: dict[int, EdgeFact | None] = {}
        self._ended: dict[str, int] = {}
        self._extended: dict[str, float] = {}
        self._days: tuple[int, ...] = ()

    # -- recording -----------------------------------------------------------------------------------------------

    def record_datasets(self, resolutions: Mapping[DatasetId, Resolution], failed: Collection[DatasetId]) -> None:
        """Record the outcomes of datasets, except of those whose metadata was refused."""
        for id_, resolution in resolutions.items():
            if id_ not in failed:
                self._record(id_, resolution.outcome)

    def record_jobs(self, jobs: Iterable[Job]) -> None:
        """Record jobs whose pipelines are in the catalogue."""
        for job in jobs:
            self._record(job.id)

    def record_runs(self, runs: Iterable[RunRecord]) -> None:
        """Record runs whose status is in the catalogue, or that have none."""
        for run in runs:
            self._record((run.job, run.run_id), ENDED if run.state in TERMINAL else "")

    def record_one_sided(self, one_sided: Iterable[OneSided]) -> None:
        """Record jobs whose edges with their pipeline at one end are in the catalogue."""
        for item in one_sided:
            self._record(("node", item.job))

    def record_edge(
        self,
        write: EdgeWrite,
        writers: Mapping[int, str | None],
        *,
        verified: bool = True,
        created: float | None = None,
    ) -> None:
        """Record an edge that is in the catalogue.

        :param writers: names of the jobs in descriptions, by edge key
        :param created: time since which it has named these jobs, in hours since 1970; ``None``: it has not so far
        :param verified: ``False``: another writer may have overwritten it, so it is compared the next time
        """
        for key in write.keys:
            ends = write.source.ref, write.target.ref
            self._record_edge(key, *ends, write.where, writers.get(key) or "", created=created)
        if not verified:
            self.invalidate_edges(write.keys)

    def record_idle_edges(self, keys: Iterable[int]) -> None:
        """Record edges that need not be in the catalogue: from a dataset to itself, or of one that is left out."""
        for key in keys:
            self._record_edge(key)

    def report_once(self, problem: Problem) -> bool:
        """Return whether no publication has reported a problem yet, as far as the ledger tells, and record it."""
        key, content = digest("reported", problem.kind, problem.where), digest(problem.detail)
        before = self._facts.get(key) or self._ledger.facts.get(key)
        self._facts[key] = Fact(content, self._hours)
        return before is None or before.digest != content

    def is_current(self, key: int, content: int, options: LedgerOptions) -> bool:
        """Return whether a fact was published with this content and need not be compared again yet."""
        return self._ledger.is_current(key, content, self._hours, options)

    def record_fact(self, key: int, content: int, note: str = "") -> None:
        """Record a fact that is not a part of the plan by itself.

        :param content: digest of its content
        :param note: what later publications need to know of it
        """
        self._facts[key] = Fact(content, self._hours, note)

    def fact(self, key: int) -> Fact | None:
        """Return a fact as it was recorded last, ``None`` if it is not known or was dropped."""
        return self._facts[key] if key in self._facts else self._ledger.facts.get(key)

    def drop_fact(self, key: int) -> None:
        """Drop a fact that is no longer true."""
        self._facts[key] = None

    def record_extended(self, ref: str, at: float | None = None) -> None:
        """Record that a stub has got columns, or was changed in another way soon after.

        :param ref: entity as ``type:id``
        :param at: time of the change, in hours since 1970; default: now
        """
        at = self._hours if at is None else at
        # What happened longer ago can no longer cost edges their columns.
        if self._hours <= at + QUIET_HOURS:
            self._extended[ref] = max(self._extended.get(ref, 0.0), round(at, 2))

    def is_extended(self, ref: str) -> bool:
        """Return whether a stub has got columns lately, so that its next change may cost edges their columns."""
        at = max(self._extended.get(ref, 0.0), self._ledger.extended.get(ref, 0.0))
        return self._hours <= at + QUIET_HOURS

    def record_days(self, days: tuple[int, ...]) -> None:
        """Record the latest days with events, because edges may expire.

        :param days: ordinals of dates, ascending
        """
        self._days = days

    # -- withdrawing ---------------------------------------------------------------------------------------------

    def invalidate_runs(self, runs: Iterable[RunRecord]) -> None:
        """Mark runs to be compared by the next publication, although their status is in the catalogue."""
        self._forget((run.job, run.run_id) for run in runs)

    def invalidate_edges(self, keys: Iterable[int]) -> None:
        """Mark edges to be compared by the next publication, although they are in the catalogue."""
        for key in keys:
            edge = self.edge(key)
            if edge is not None:
                self._edges[key] = msgspec.structs.replace(edge, digest=UNVERIFIED)

    def update_edges(self, edges: Mapping[int, EdgeFact | None], ended: Mapping[str, int]) -> None:
        """Replace edges with those whose runs were counted.

        :param edges: edges by key, ``None`` for those to drop
        :param ended: end of the latest run counted, by job
        """
        self._edges.update(edges)
        self._ended.update(ended)

    # -- results -------------------------------------------------------------------------------------------------

    @property
    def edge_jobs(self) -> Mapping[int, str]:
        """Keys of the jobs of the edges that are published, by ledger key; empty for a dataset's own derivation."""
        return self._jobs

    def edges(self) -> dict[int, EdgeFact]:
        """Return all edges by key, those recorded so far included."""
        merged = {**self._ledger.edges, **self._edges}
        return {key: edge for key, edge in merged.items() if edge is not None}

    def changes(self, target: LedgerTarget, *, trusted: bool, max_facts: int | None) -> LedgerChanges:
        """Return everything recorded so far."""
        return LedgerChanges(
            target, trusted, self._facts, self._edges, self._ended, max_facts, self._extended, self._days
        )

    def _record(self, name: object, note: str = "") -> None:
        entry = self._selection.entries.get(name)
        # What only an edge names, and what was parked, is not part of the plan.
        if entry is not None:
            self._facts[entry.key] = Fact(entry.digest, self._hours, note)

    def _forget(self, names: Iterable[object]) -> None:
        for name in names:
            entry = self._selection.entries.get(name)
            if entry is not None:
                self._facts[entry.key] = None

    def _record_edge(
        self,
        key: int,
        source: str = "",
        target: str = "",
        where: str = "",
        writer: str = "",
        *,
        created: float | None = None,
    ) -> None:
        before = self.edge(key)
        misses, confirmed = (before.misses, before.confirmed) if before else (0, 0)
        first = before.first if before and before.source else self._first_shown(key, created)
        content = self._selection.entries[key].digest
        job = self._jobs[key]
        self._edges[key] = EdgeFact(content, self._hours, job, source, target, where, writer, misses, confirmed, first)

    def _first_shown(self, key: int, created: float | None) -> float:
        """Return when an edge was shown first that the ledger does not know, in hours since 1970.

        :param created: as in :meth:`record_edge`
        """
        times = (self._hours, self._parked.get(key, self._hours), self._hours if created is None else created)
        return round(min(times), 2)

    def edge(self, key: int) -> EdgeFact | None:
        """Return an edge as it was recorded last, ``None`` if it is not known or was dropped."""
        return self._edges[key] if key in self._edges else self._ledger.edges.get(key)
