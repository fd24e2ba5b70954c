"""Lets the runs of a state that was read from its Variable share equal facets, as runs of one process do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import Part
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState

_F = TypeVar("_F", bound=Part)
# The facets that take most of the memory and are alike in many runs.
_RUN_FACETS = ("parent", "processing_engine", "tags")
_JOB_FACETS = ("jobType", "sql", "tags")
_DATASET_FACETS = ("schema", "columnLineage", "symlinks")

_encode = msgspec.json.Encoder().encode


def share_facets(state: RunState) -> RunState:
    """Return the state with each of these facets in memory once, however many runs have an equal one."""
    facets = _SharedFacets()
    return replace(state, runs={key: facets.of_run(run) for key, run in state.runs.items()})


class _SharedFacets:
    """The first facet of each content."""

    def __init__(self) -> None:
        self._first: dict[tuple[type, bytes], Any] = {}

    def of_run(self, run: Run) -> Run:
        """Return a run that has the first of equal facets instead of its own."""
        run_facets = self._shared(run.run_facets, _RUN_FACETS)
        job_facets = self._shared(run.job_facets, _JOB_FACETS)
        inputs, outputs = self._of_side(run.inputs), self._of_side(run.outputs)
        before = (run.run_facets, run.job_facets, run.inputs, run.outputs)
        if all(one is other for one, other in zip((run_facets, job_facets, inputs, outputs), before, strict=True)):
            return run
        return replace(run, run_facets=run_facets, job_facets=job_facets, inputs=inputs, outputs=outputs)

    def _of_side(self, side: Mapping[str, DatasetState]) -> Mapping[str, DatasetState]:
        changed = {
            key: replace(dataset, facets=facets)
            for key, dataset in side.items()
            if (facets := self._shared(dataset.facets, _DATASET_FACETS)) is not dataset.facets
        }
        return {**side, **changed} if changed else side

    def _shared(self, facets: _F | None, names: Iterable[str]) -> _F | None:
        changed = {}
        for name in names if facets is not None else ():
            facet = getattr(facets, name)
            if facet is not None:
                first = self._first.setdefault((type(facet), _encode(facet)), facet)
                if first is not facet:
                    changed[name] = first
        return replace(facets, **changed) if facets is not None and changed else facets
