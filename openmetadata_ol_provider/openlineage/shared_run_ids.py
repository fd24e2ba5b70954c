"""Reports run ids of which it is doubtful whether they are of one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run

#: Most job names in a problem.
_MAX_NAMES = 5


def identity_problems(index: RunIndex, changed: Iterable[Run]) -> Iterator[Problem]:
    """Yield what is doubtful about the identity of runs.

    :param index: all runs that are remembered
    :param changed: runs with events in the batch
    """
    doubtful: dict[tuple[str, str], tuple[str, ...]] = {}
    for run in changed:
        if run.other_names:
            detail = (
                f"events of {_listed((run.name, *run.other_names))} were merged into one run by an earlier version: it "
                "stays one, with one status, and gives only the edges that one event states by itself"
            )
            yield Problem(ProblemKind.MERGED_RUN, f"run {run.run_id} of {run.namespace}", detail)
        elif index.shares_id(run) and (run.namespace, run.run_id) not in doubtful:
            doubtful[run.namespace, run.run_id] = index.unproven(run)
    for (namespace, run_id), names in sorted(doubtful.items()):
        if names:
            detail = (
                f"{_listed(names)} send this run id, and nothing shows whether they are one job under several names: "
                "each is a run of its own. If they are one, let the producer send one job name for all events of a run"
            )
            yield Problem(ProblemKind.SHARED_RUN_ID, f"run {run_id} of {namespace}", detail)


def _listed(names: tuple[str, ...]) -> str:
    names = tuple(sorted(names))
    if len(names) > _MAX_NAMES:
        return listed(names, _MAX_NAMES)
    return f"{', '.join(names[:-1])} and {names[-1]}"
