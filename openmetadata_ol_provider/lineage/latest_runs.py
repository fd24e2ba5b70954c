"""Finds the latest run of each job, whose facts win over those of earlier runs."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping

from openmetadata_ol_provider.lineage.run_completion import effective_state, ends_with_its_events
from openmetadata_ol_provider.lineage.run_facts import ENDS_OTHERWISE, FACTS, JOBS
from openmetadata_ol_provider.openlineage.run_groups import RunGroups
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run, name_key
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
    by_job, others = index.grouped(JOBS), frozenset(index.grouped(FACTS).stored(ENDS_OTHERWISE))
    keys: list[str] = []
    for job in dict.fromkeys((run.namespace, run.name) for run in changed.values()):
        # Of runs that end at the same time it is the one that was seen last.
        keys += index.in_order(latest.of(job, by_job, others))[-1:]
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

    def of(self, job: _Job, by_job: RunGroups[str], others: Container[int]) -> Iterable[str]:
        """Return the keys of the latest runs of a job.

        :param by_job: all runs, by the keys of their jobs
        :param others: numbers of the stored runs whose end is not simply that of their own events
        """
        if job not in self._latest:
            rows, key = self._runs.rows, name_key(*job)
            numbers = by_job.stored(key)
            stored = [
                end_of(rows.run(number)) if number in others else at
                for number, at in zip(numbers, rows.ends(numbers), strict=True)
            ]
            made = {key: end_of(self._runs[key]) for key in by_job.made(key)}
            latest = max((*stored, *made.values()), default=None)
            if latest is None:
                return ()
            its_rows = (number for number, at in zip(numbers, stored, strict=True) if at == latest)
            its_keys = (*map(rows.key, its_rows), *(key for key, at in made.items() if at == latest))
            self._latest[job] = latest, dict.fromkeys(its_keys)
        return self._latest[job][1]

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
