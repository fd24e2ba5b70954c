"""Converts states, and what has changed in one, to text and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.segments.delta import (
    MAPPINGS,
    OTHERS,
    RUNS,
    StateDelta,
    apply_to_mapping,
    whole_state,
)
from openmetadata_ol_provider.openlineage.segments.rows import SegmentRows
from openmetadata_ol_provider.openlineage.segments.tables import Segment
from openmetadata_ol_provider.openlineage.segments.writer import SegmentWriter
from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text


def delta_text(delta: StateDelta) -> str:
    """Return what has changed in a state as text."""
    with without_collection():
        writer = SegmentWriter()
        for key, run in delta.changed.runs.items():
            writer.add_run(key, run)
        removed = {MAPPINGS[name]: keys for name, keys in delta.removed.items()}
        return to_text(writer.finish(delta.changed, removed))


def whole_text(state: RunState) -> str:
    """Return a state as text."""
    return delta_text(whole_state(state))


def state_of_texts(texts: Iterable[str]) -> RunState:
    """Return the state of texts: a whole state, then what has changed in it, one after the other.

    :raises ValueError: if a text is damaged
    """
    state = RunState()
    for text in texts:
        state = with_text(state, text)
    return state


def with_text(state: RunState, text: str) -> RunState:
    """Return a state with the change in a text applied to it; its runs are made when they are asked for.

    :raises ValueError: if the text is damaged
    """
    with without_collection():
        segment = from_text(text, Segment)
        changed = {
            name: apply_to_mapping(getattr(state, name), getattr(segment.state, name), segment.removed.get(stored, ()))
            for name, stored in OTHERS.items()
        }
        return msgspec.structs.replace(segment.state, runs=_with_runs(state.runs, segment), **changed)


def _with_runs(before: Mapping[str, Run], segment: Segment) -> RunTable:
    if not before:
        return RunTable.of_rows(SegmentRows(segment))
    runs = RunTable(before)
    runs.discard(segment.removed.get(RUNS, ()))
    # Further rows do not concern the tables that have the same ones.
    rows = runs.rows if isinstance(runs.rows, SegmentRows) else SegmentRows()
    runs.add_rows(rows, rows.add(segment))
    return runs
