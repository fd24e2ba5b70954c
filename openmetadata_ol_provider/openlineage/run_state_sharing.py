"""Lets the runs of a state that was read from its Variable share equal facets, as runs of one process do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import Part
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState

_F = TypeVar("_F", bound=Part)
# The facets that take most of the memory and are alike in many runs.
_RUN_FACETS = ("parent", "processing_engine", "tags")
_JOB_FACETS = ("jobType", "sql", "tags")
_DATASET_FACETS = ("schema", "columnLineage", "symlinks")

_encode = msgspec.json.Encoder().encode
#: The first facet of each content.
_Known = dict[tuple[type, bytes], Any]


@without_collection()
def share_facets(state: RunState) -> RunState:
    """Return the state with each of these facets in memory once, however many runs have an equal one."""
    known: _Known = {}
    return replace(state, runs={key: _shared_run(run, known) for key, run in state.runs.items()})


def _shared_run(run: Run, known: _Known) -> Run:
    changed: dict[str, Any] = {}
    if (run_facets := _shared(run.run_facets, _RUN_FACETS, known)) is not run.run_facets:
        changed["run_facets"] = run_facets
    if (job_facets := _shared(run.job_facets, _JOB_FACETS, known)) is not run.job_facets:
        changed["job_facets"] = job_facets
    if (inputs := _shared_side(run.inputs, known)) is not run.inputs:
        changed["inputs"] = inputs
    if (outputs := _shared_side(run.outputs, known)) is not run.outputs:
        changed["outputs"] = outputs
    return replace(run, **changed) if changed else run


def _shared_side(side: Mapping[str, DatasetState], known: _Known) -> Mapping[str, DatasetState]:
    changed: dict[str, DatasetState] = {}
    for key, dataset in side.items():
        facets = _shared(dataset.facets, _DATASET_FACETS, known)
        if facets is not dataset.facets:
            changed[key] = replace(dataset, facets=facets)
    return {**side, **changed} if changed else side


def _shared(facets: _F | None, names: Iterable[str], known: _Known) -> _F | None:
    if facets is None:
        return None
    # All facets at once first, because runs of one job mostly have all of them alike.
    content = (type(facets), _encode(facets))
    same = known.get(content)
    if same is not None:
        return same  # type: ignore[no-any-return]
    changed: dict[str, Any] = {}
    for name in names:
        facet = getattr(facets, name)
        if facet is not None:
            first = known.setdefault((type(facet), _encode(facet)), facet)
            if first is not facet:
                changed[name] = first
    known[content] = facets = replace(facets, **changed) if changed else facets
    return facets
