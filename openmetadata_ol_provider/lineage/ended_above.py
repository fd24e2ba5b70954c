"""Tells by run ids alone whether a run above another one has ended."""

from __future__ import annotations

from collections.abc import Collection

from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN
from openmetadata_ol_provider.openlineage.run_identity import parent_facet
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run


class Ended:
    """The run ids of runs that have ended, to pass over most open runs at little cost.

    :param runs: all runs that are remembered
    """

    def __init__(self, runs: Collection[Run]) -> None:
        self._above: dict[str, bool] = {run.run_id: True for run in runs if run.state in TERMINAL}
        self._open: dict[str, list[Run]] = {}
        for run in [run for run in runs if run.state not in TERMINAL]:
            # Several jobs may share a run id: what is above any of them is looked at.
            self._open.setdefault(run.run_id, []).append(run)

    def is_above(self, run: Run) -> bool:
        """Return whether a run above another one has ended, by run ids alone."""
        return any(self._has_ended(run_id) for run_id in _ids_above(run))

    def _has_ended(self, run_id: str) -> bool:
        """Return whether a run with an id, or one above it, has ended."""
        passed, waiting = set[str](), [run_id]
        while waiting and len(passed) <= MAX_CHAIN:
            current = waiting.pop()
            known = self._above.get(current)
            if known:
                self._above[run_id] = True
                return True
            if known is None and current not in passed:
                passed.add(current)
                waiting += [above for run in self._open.get(current, ()) for above in _ids_above(run)]
        if not waiting:
            self._above.update(dict.fromkeys(passed, False))
        return False


def _ids_above(run: Run) -> list[str]:
    """Return the ids of the runs that a run names as its parent and its root."""
    facet = parent_facet(run.run_facets)
    named = (facet.run, facet.root.run if facet.root is not None else None) if facet is not None else ()
    return [reference.runId for reference in named if reference is not None and reference.runId]
