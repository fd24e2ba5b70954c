"""Assigns keys to run statuses: a run's start in milliseconds, or the next free one where two runs start together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PipelineRun

#: Most milliseconds by which a key may be moved.
LAST_SLOT = 9
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def assign_keys(
    runs: Iterable[PipelineRun], stored: Mapping[int, dict[str, Any]], *, extended: bool
) -> tuple[list[PipelineRun], tuple[Problem, ...]]:
    """Return the runs of one pipeline with keys of their own, and a problem for each run that gets none.

    A run keeps the key under which it is stored. A status without execution id, or with an id of another kind (that of
    the orchestrator's own ingestion), is taken to be of the same run.

    :param stored: stored statuses by key
    :param extended: ``True`` if statuses carry the id of their run
    """
    taken: dict[int, str] = {}
    keyed: list[PipelineRun] = []
    problems = []
    # Runs that start together in the order of their ids, so that any order of events gives the same keys.
    for run in sorted(runs, key=lambda run: (run.timestamp, run.run_id)):
        slots = range(run.timestamp, run.timestamp + (LAST_SLOT if extended else 0) + 1)
        own = [slot for slot in slots if slot in stored and stored[slot].get("executionId") == run.run_id]
        free = (slot for slot in (*own, *slots) if _is_free(slot, run, stored, taken))
        slot = next(free, None)
        if slot is None:
            problems.append(_same_time(run))
            continue
        taken[slot] = run.run_id
        keyed.append(run._replace(timestamp=slot))
    return keyed, tuple(problems)


def _is_free(slot: int, run: PipelineRun, stored: Mapping[int, dict[str, Any]], taken: Mapping[int, str]) -> bool:
    if slot in taken:
        return False
    if slot not in stored:
        return True
    other = stored[slot].get("executionId")
    if other == run.run_id:
        return True
    # At the start of a run, a status that does not name another run is of that run; elsewhere it is of another.
    return slot == run.timestamp and not (other and _UUID.fullmatch(other) and _UUID.fullmatch(run.run_id))


def _same_time(run: PipelineRun) -> Problem:
    return Problem(
        ProblemKind.SAME_TIMESTAMP,
        f"status of {run.ref.fqn} run {run.run_id}",
        f"another run of {run.ref.fqn} started in the same millisecond; this one has no status",
    )
