"""Finds the latest run of each job, whose facts win over those of earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping

from openmetadata_ol_provider.lineage.run_completion import effective_state, ends_with_its_events
from openmetadata_ol_provider.lineage.run_facts import ENDS_OTHERWISE, FACTS, of_job
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_table import RunTable

_Job = tuple[str, str]


def end_of(run: Run) -> int:
    """Return the time by which the runs of a job are ordered."""
    return (run.ended_at if ends_with_its_events(run) else effective_state(run).ended_at) or run.first_at


def latest_runs(changed: Mapping[str, Run], index: RunIndex) -> Iterator[tuple[str, Run]]:
    """Yield the latest run, with its key, of each job of which a run has changed, unless it is one of these.

    :param index: all runs that are remembered
    """
    latest = index.followed_by(LatestRuns)
    by_fact = index.grouped(FACTS)
    others = frozenset(by_fact.keys(ENDS_OTHERWISE))
    keys: list[str] = []
    for job in dict.fromkeys((run.namespace, run.name) for run in changed.values()):
        tied = latest.of(job, by_fact.keys(of_job(*job)), others)
        # Of runs that end at the same time it is the one that was seen last.
        keys += index.in_order(tied)[-1:]
    for key in index.in_order(key for key in keys if key not in changed):
        yield key, index.runs[key]


class LatestRuns:
    """The keys of the runs that have ended last, or at the same time, of the jobs that were asked for.

    :param runs: runs by key
    """

    def __init__(self, runs: RunTable) -> None:
        self._runs = runs
        # The time and the keys; a job whose latest run was forgotten, or is not the latest any more, is missing.
        self._latest: dict[_Job, tuple[int, dict[str, None]]] = {}

    def of(self, job: _Job, keys: Collection[str], others: Container[str]) -> Iterable[str]:
        """Return the keys of the latest runs of a job.

        :param keys: keys of all runs of the job
        :param others: keys of the runs whose end is not simply that of their own events
        """
        if job not in self._latest and keys:
            times = zip(keys, self._runs.ends(keys), strict=True)
            ends = {key: end_of(self._runs[key]) if key in others else at for key, at in times}
            latest = max(ends.values())
            self._latest[job] = latest, {key: None for key, at in ends.items() if at == latest}
        return self._latest[job][1] if job in self._latest else ()

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Follow the change of a run."""
        job = (after.namespace, after.name) if after is not None else None
        if before is not None and (earlier := (before.namespace, before.name)) != job:
            self._lose(earlier, key)
        if after is not None and job is not None and job in self._latest:
            self._add(job, key, end_of(after))

    def _add(self, job: _Job, key: str, at: int) -> None:
        latest = self._latest.get(job)
        if latest is None or at > latest[0] or (at == latest[0] and latest[1].keys() == {key}):
            self._latest[job] = at, {key: None}
        elif at == latest[0]:
            latest[1][key] = None
        else:
            self._lose(job, key)

    def _lose(self, job: _Job, key: str) -> None:
        latest = self._latest.get(job)
        if latest is not None and key in latest[1]:
            del self._latest[job]
