"""Says which runs are lost when they are forgotten before they have ended."""

from __future__ import annotations

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import Run


def is_lost(run: Run) -> bool:
    """Return whether forgetting a run loses something: not if it has ended, or may belong to another lane."""
    return not run.terminal and not run.from_previous_lanes


def given_up(run: Run, reason: str) -> Problem:
    """Return the problem that reports an open run that is forgotten."""
    return Problem(ProblemKind.RUN_GIVEN_UP, run.label, f"the run never ended: {reason}")
