"""Finds the latest run of each job, whose facts win over those of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.lineage.run_facts import facts_of
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run

_Job = tuple[str, str]


def end_of(run: Run) -> int:
    """Return the time by which the runs of a job are ordered."""
    if run.presumed_end is None and not (run.instances or run.untyped_is_paired):
        return run.ended_at or run.first_at
    return effective_state(run).ended_at or run.first_at


def latest_runs(changed: Mapping[str, Run], index: RunIndex) -> Iterator[tuple[str, Run]]:
    """Yield the latest run, with its key, of each job of which a run has changed, unless it is one of these.

    :param index: all runs that are remembered
    """
    latest = index.followed_by(LatestRuns)
    by_fact = index.grouped(facts_of)
    keys: list[str] = []
    for job in dict.fromkeys((run.namespace, run.name) for run in changed.values()):
        tied = latest.of(job, index.runs, by_fact.keys(("name", job[1])))
        # Of runs that end at the same time it is the one that was seen last.
        keys += index.in_order(tied)[-1:]
    for key in index.in_order(key for key in keys if key not in changed):
        yield key, index.runs[key]


class LatestRuns:
    """The keys of the runs that have ended last, or at the same time, of each job.

    :param runs: runs by key
    """

    def __init__(self, runs: Mapping[str, Run]) -> None:
        self._latest: dict[_Job, tuple[int, dict[str, None]]] = {}
        # Jobs whose latest run was forgotten, or is not the latest any more.
        self._unknown: set[_Job] = set()
        for key, run in runs.items():
            self.change(key, None, run)

    def of(self, job: _Job, runs: Mapping[str, Run], keys: Iterable[str]) -> Iterable[str]:
        """Return the keys of the latest runs of a job.

        :param runs: all runs that are remembered, by key
        :param keys: keys of the runs of all jobs with that name
        """
        if job in self._unknown:
            self._unknown.remove(job)
            for key in keys:
                if runs[key].namespace == job[0]:
                    self.change(key, None, runs[key])
        latest = self._latest.get(job)
        return latest[1] if latest is not None else ()

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Follow the change of a run."""
        job = (after.namespace, after.name) if after is not None else None
        if before is not None and (earlier := (before.namespace, before.name)) != job:
            self._lose(earlier, key)
        if after is None or job is None or job in self._unknown:
            return
        at, latest = end_of(after), self._latest.get(job)
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
            self._unknown.add(job)
