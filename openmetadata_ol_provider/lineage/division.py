"""Runs that seem to be divided between lanes, each of which knows only its own part of the events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openlineage.runstate import Run


def split_runs(changed: Iterable[Run]) -> Iterator[Problem]:
    """Yield a problem for each job of which runs have ended that never started, as far as this lane has seen.

    Producers that send no START do the same, so it is a hint. That the rest of a run was elsewhere shows in the other
    lane as well, later: there it never ends.

    :param changed: the runs that events came in for
    """
    ended: dict[tuple[str, str], list[Run]] = {}
    for run in changed:
        if run.terminal and run.started_at is None:
            ended.setdefault((run.namespace, run.name), []).append(run)
    for (namespace, name), runs in sorted(ended.items()):
        yield Problem(
            "run_without_start",
            f"job {namespace} {name}",
            f"{len(runs)} runs ended of which this lane has seen no START (the first: {runs[0].run_id}). If their "
            "producer sends one, it is in another lane, and what it told is missing here: let message keys name the "
            "job or the run, the same for all events of a run (OpenLineage's clients do), or set lanes to 1",
        )
