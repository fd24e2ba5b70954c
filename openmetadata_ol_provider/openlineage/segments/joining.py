"""Joins the texts of a state and of what has changed in it, without making runs of them.

A task does it while the next batch is prepared, so it takes as little memory as possible: first everything but the runs
is joined, and only what it comes to as MessagePack is kept, then the rows of the runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.delta import MAPPINGS, OTHERS, RUNS
from openmetadata_ol_provider.openlineage.segments.row_keys import row_keys
from openmetadata_ol_provider.openlineage.segments.tables import Columns, Segment
from openmetadata_ol_provider.openlineage.segments.writer import RowSource, SegmentWriter
from openmetadata_ol_provider.openlineage.variable_text import decode, to_text, unpacked


class _WithoutRuns(msgspec.Struct, frozen=True):
    """What a segment holds besides the rows of runs, which are not decoded."""

    state: RunState
    removed: dict[str, Sequence[str]] = {}


class _Columns(Columns, frozen=True):
    """Columns of which the longest are not decoded."""

    marks: Sequence[msgspec.Raw] = ()


class _Rows(Segment, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment of which everything but the rows of runs is not decoded."""

    state: msgspec.Raw  # type: ignore[assignment]
    runs: _Columns = _Columns()


class _Joined(NamedTuple):
    """What was joined, with the keys that were removed on the way."""

    content: Any
    removed: dict[str, tuple[str, ...]]


def joined_texts(texts: Iterable[str], *, whole: bool) -> str:
    """Return consecutive texts as one; each is asked for when the one before is unpacked, and not kept.

    :param whole: the first of them is a whole state, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    with without_collection():
        packed = list(map(unpacked, texts))
        state, removed = _joined_states(packed)
        writer, removed_runs = _joined_rows(packed)
        removed |= removed_runs
        # In the order of the fields, so that equal states have equal texts.
        left = {} if whole else {stored: removed[stored] for stored in MAPPINGS.values() if removed[stored]}
        segment = writer.finish(RunState(), left)
        return to_text(msgspec.structs.replace(segment, state=cast("RunState", state)))


def _joined_states(packed: Iterable[bytes]) -> _Joined:
    """Return everything but the runs as MessagePack."""
    others: dict[str, dict[str, Any]] = {name: {} for name in OTHERS}
    removed: dict[str, dict[str, None]] = {stored: {} for stored in OTHERS.values()}
    state = RunState()
    for data in packed:
        segment = decode(data, _WithoutRuns)
        state = segment.state
        for name, stored in OTHERS.items():
            _remove(others[name], removed[stored], segment.removed.get(stored, ()))
            others[name].update(getattr(state, name))
    joined = msgspec.msgpack.encode(msgspec.structs.replace(state, **others))
    return _Joined(msgspec.Raw(joined), {stored: tuple(keys) for stored, keys in removed.items()})


def _joined_rows(packed: Iterable[bytes]) -> _Joined:
    """Return a writer with the rows of all runs."""
    rows: dict[str, tuple[int, RowSource]] = {}
    removed: dict[str, None] = {}
    writer = SegmentWriter()
    try:
        for data in packed:
            segment = decode(data, _Rows)
            source = RowSource(segment)
            _remove(rows, removed, segment.removed.get(RUNS, ()))
            rows.update((key, (number, source)) for number, key in enumerate(row_keys(segment)))
        for number, source in rows.values():
            writer.add_row(number, source)
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None
    return _Joined(writer, {RUNS: tuple(removed)})


def _remove(items: dict[str, Any], removed: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        items.pop(key, None)
        removed[key] = None
