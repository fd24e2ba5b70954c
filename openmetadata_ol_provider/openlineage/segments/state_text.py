"""Converts states, and what has changed in one, to text and back; joins such texts without making runs of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.segments.delta import MAPPINGS, StateDelta, apply_to_mapping, whole_state
from openmetadata_ol_provider.openlineage.segments.row_keys import row_keys
from openmetadata_ol_provider.openlineage.segments.rows import SegmentRows
from openmetadata_ol_provider.openlineage.segments.tables import Segment
from openmetadata_ol_provider.openlineage.segments.writer import RowSource, SegmentWriter
from openmetadata_ol_provider.openlineage.variable_text import from_text, to_text

#: The name of the mapping that is stored as rows, and the others, with the names under which they are stored.
_RUNS = MAPPINGS["runs"]
_OTHERS = {name: stored for name, stored in MAPPINGS.items() if stored != _RUNS}


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
            for name, stored in _OTHERS.items()
        }
        return msgspec.structs.replace(segment.state, runs=_with_runs(state.runs, segment), **changed)


def _with_runs(before: Mapping[str, Run], segment: Segment) -> RunTable:
    if not before:
        return RunTable.of_rows(SegmentRows(segment))
    runs = RunTable(before)
    runs.discard(segment.removed.get(_RUNS, ()))
    # Further rows do not concern the tables that have the same ones.
    rows = runs.rows if isinstance(runs.rows, SegmentRows) else SegmentRows()
    runs.add_rows(rows, rows.add(segment))
    return runs


def joined_texts(texts: Iterable[str], *, whole: bool) -> str:
    """Return consecutive texts as one; each is asked for when the one before is decoded, and not kept.

    :param whole: the first of them is a whole state, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    with without_collection():
        return to_text(_joined([from_text(text, Segment) for text in texts], whole=whole))


def _joined(segments: Sequence[Segment], *, whole: bool) -> Segment:
    rows: dict[str, tuple[int, RowSource]] = {}
    others: dict[str, dict[str, Any]] = {name: {} for name in _OTHERS}
    removed: dict[str, dict[str, None]] = {stored: {} for stored in MAPPINGS.values()}
    try:
        for segment in segments:
            source = RowSource(segment)
            _remove(rows, removed[_RUNS], segment.removed.get(_RUNS, ()))
            rows.update((key, (number, source)) for number, key in enumerate(row_keys(segment)))
            for name, stored in _OTHERS.items():
                _remove(others[name], removed[stored], segment.removed.get(stored, ()))
                others[name].update(getattr(segment.state, name))
        writer = SegmentWriter()
        for number, source in rows.values():
            writer.add_row(number, source)
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None
    state = msgspec.structs.replace(segments[-1].state, **others)
    return writer.finish(state, {} if whole else {stored: tuple(keys) for stored, keys in removed.items() if keys})


def _remove(items: dict[str, Any], removed: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        items.pop(key, None)
        removed[key] = None
