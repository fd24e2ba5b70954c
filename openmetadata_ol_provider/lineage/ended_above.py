"""Tells by run ids alone whether a run above another one has ended."""

from __future__ import annotations

from collections.abc import Iterable

from openmetadata_ol_provider.lineage.job_hierarchy import MAX_CHAIN
from openmetadata_ol_provider.openlineage.run_identity import ids_above
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run


class EndedAbove:
    """Whether a run has ended, or one above it, by run id: to pass over most open runs at little cost.

    :param index: all runs that are remembered
    :param others: further runs
    """

    def __init__(self, index: RunIndex, others: Iterable[Run] = ()) -> None:
        self._index = index
        self._others: dict[str, list[Run]] = {}
        for run in others:
            self._others.setdefault(run.run_id, []).append(run)
        self._known: dict[str, bool] = {}

    def is_above(self, run: Run) -> bool:
        """Return whether a run above another one has ended, by run ids alone."""
        return any(self._has_ended(run_id) for run_id in ids_above(run))

    def _has_ended(self, run_id: str) -> bool:
        """Return whether a run with an id, or one above it, has ended."""
        passed, waiting = set[str](), [run_id]
        while waiting and len(passed) <= MAX_CHAIN:
            current = waiting.pop()
            known = self._known.get(current)
            if known is None and current not in passed:
                # Several jobs may share a run id: what is above any of them is looked at.
                runs = (*self._index.of_id(current), *self._others.get(current, ()))
                known = any(run.state in TERMINAL for run in runs) or None
                passed.add(current)
                waiting += [above for run in runs if not known for above in ids_above(run)]
            if known:
                self._known[run_id] = self._known[current] = True
                return True
        if not waiting:
            self._known.update(dict.fromkeys(passed, False))
        return False
