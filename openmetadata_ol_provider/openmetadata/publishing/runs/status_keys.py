"""Keys of run statuses: a run's start in milliseconds, or the next that is free where two runs start in one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PipelineRun

#: How many milliseconds a key may be moved by.
LAST_SLOT = 9
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def own_keys(
    runs: Iterable[PipelineRun], stored: Mapping[int, dict[str, Any]], *, extended: bool
) -> tuple[list[PipelineRun], tuple[Problem, ...]]:
    """Return the runs of one pipeline with keys of their own, and a problem for each that can have none.

    A run keeps the key under which it is stored. A status without execution id, or with one of another kind (of the
    orchestrator's own ingestion), is taken for the same run's.

    :param stored: statuses by key
    :param extended: statuses tell which run they are of
    """
    taken: dict[int, str] = {}
    keyed: list[PipelineRun] = []
    problems = []
    # By id where they start together, so that any order of events gives the same keys.
    for run in sorted(runs, key=lambda run: (run.timestamp, run.run_id)):
        slots = range(run.timestamp, run.timestamp + (LAST_SLOT if extended else 0) + 1)
        known = [slot for slot in slots if stored.get(slot, {}).get("executionId") == run.run_id]
        free = (slot for slot in (*known, *slots) if _is_free(slot, run, stored, taken))
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
    # Where a run starts, what does not say otherwise is of that run; what lies beside it is another's.
    return slot == run.timestamp and not (other and _UUID.fullmatch(other) and _UUID.fullmatch(run.run_id))


def _same_time(run: PipelineRun) -> Problem:
    return Problem(
        ProblemKind.SAME_TIMESTAMP,
        f"status of {run.ref.fqn} run {run.run_id}",
        f"another run of {run.ref.fqn} started in the same millisecond; this one has no status",
    )
