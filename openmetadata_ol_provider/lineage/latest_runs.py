"""Finds the latest run of each job, whose facts win over those of earlier runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openmetadata_ol_provider.lineage.run_completion import effective_state
from openmetadata_ol_provider.openlineage.run_state import Run


def end_of(run: Run) -> int:
    """Return the time by which the runs of a job are ordered."""
    return effective_state(run).ended_at or run.first_at


def latest_runs(changed: Mapping[str, Run], runs: Mapping[str, Run]) -> Iterable[tuple[str, Run]]:
    """Return the latest run, with its key, of each job of which a run has changed.

    :param runs: all runs that are remembered, by key
    """
    jobs = {(run.namespace, run.name) for run in changed.values()}
    names = {run.name for run in changed.values()}
    of_jobs: dict[tuple[str, str], list[tuple[str, Run]]] = {}
    for key, run in runs.items():
        if run.name not in names:
            continue
        job = (run.namespace, run.name)
        if job in jobs:
            of_jobs.setdefault(job, []).append((key, run))
    # Of runs that end at the same time it is the one that was seen last.
    return [
        its_runs[0] if len(its_runs) == 1 else max(reversed(its_runs), key=lambda item: end_of(item[1]))
        for its_runs in of_jobs.values()
    ]
