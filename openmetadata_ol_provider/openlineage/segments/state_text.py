"""Converts states, and what has changed in one, to text and back; joins such texts without making runs of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.delta import MAPPINGS, StateDelta, applied, whole_state
from openmetadata_ol_provider.openlineage.segments.reader import SegmentReader, row_key
from openmetadata_ol_provider.openlineage.segments.tables import RunRow, Segment
from openmetadata_ol_provider.openlineage.segments.text import from_text, to_text
from openmetadata_ol_provider.openlineage.segments.writer import RowSource, SegmentWriter

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
    """Return a state with the change in a text applied to it.

    :raises ValueError: if the text is damaged
    """
    with without_collection():
        return applied(state, _delta(from_text(text, Segment)))


def _delta(segment: Segment) -> StateDelta:
    try:
        runs = dict(SegmentReader(segment).runs())
    except (LookupError, msgspec.MsgspecError) as error:
        raise ValueError(f"damaged: {error}") from None
    removed = {name: tuple(segment.removed[stored]) for name, stored in MAPPINGS.items() if stored in segment.removed}
    return StateDelta(msgspec.structs.replace(segment.state, runs=runs), removed)


def joined_texts(texts: Sequence[str], *, whole: bool) -> str:
    """Return consecutive texts as one.

    :param whole: the first of them is a whole state, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    with without_collection():
        return to_text(_joined([from_text(text, Segment) for text in texts], whole=whole))


def _joined(segments: Sequence[Segment], *, whole: bool) -> Segment:
    rows: dict[str, tuple[RunRow, RowSource]] = {}
    others: dict[str, dict[str, Any]] = {name: {} for name in _OTHERS}
    removed: dict[str, dict[str, None]] = {stored: {} for stored in MAPPINGS.values()}
    try:
        for segment in segments:
            source = RowSource(segment)
            _remove(rows, removed[_RUNS], segment.removed.get(_RUNS, ()))
            rows.update((row_key(row, segment), (row, source)) for row in segment.runs)
            for name, stored in _OTHERS.items():
                _remove(others[name], removed[stored], segment.removed.get(stored, ()))
                others[name].update(getattr(segment.state, name))
        writer = SegmentWriter()
        for row, source in rows.values():
            writer.add_row(row, source)
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None
    state = msgspec.structs.replace(segments[-1].state, **others)
    return writer.finish(state, {} if whole else {stored: tuple(keys) for stored, keys in removed.items() if keys})


def _remove(items: dict[str, Any], removed: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        items.pop(key, None)
        removed[key] = None
