"""Joins the texts of a state and of what has changed in it, without making runs of them.

A task does it while the next batch is prepared, so it takes as little memory as possible: first the rows of the runs
are joined, of which only those that have changed are looked up by key, then everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.delta import MAPPINGS, OTHERS, RUNS
from openmetadata_ol_provider.openlineage.segments.row_keys import each_row_key, row_keys
from openmetadata_ol_provider.openlineage.segments.tables import Columns, RunKind, Segment
from openmetadata_ol_provider.openlineage.segments.writer import RowSource, SegmentWriter
from openmetadata_ol_provider.openlineage.variable_text import decode, encode, packed_text, unpacked


class _WithoutRuns(msgspec.Struct, frozen=True):
    """What a segment holds besides the rows of runs, which are not decoded."""

    state: RunState
    removed: dict[str, Sequence[str]] = {}


class _Columns(Columns, frozen=True):
    """Columns of which the longest are not decoded."""

    marks: Sequence[msgspec.Raw] = ()


class _KindOfJob(msgspec.Struct, array_like=True):
    """A kind of runs, of which only the job is decoded."""

    job: int


class _Rows(Segment, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A segment of which everything but the rows of runs is not decoded, and their kinds only when they are copied."""

    state: msgspec.Raw  # type: ignore[assignment]
    runs: _Columns = _Columns()
    kinds: Sequence[msgspec.Raw] = ()  # type: ignore[assignment]

    def kind(self, index: int) -> RunKind:
        """Return a kind of runs."""
        return decode(self.kinds[index], RunKind)

    def job_of_kind(self, index: int) -> tuple[str, str]:
        """Return the job of a kind of runs."""
        return self.jobs[decode(self.kinds[index], _KindOfJob).job]


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
        # By then nothing is left of what it was made from, which takes three times as much.
        return packed_text(_joined(list(map(unpacked, texts)), whole=whole))


def _joined(packed: list[bytes], *, whole: bool) -> bytes:
    """Return the MessagePack of texts that are unpacked, which are taken out of their list."""
    writer = _joined_rows(packed)
    state, removed = _joined_states(packed)
    packed.clear()
    # In the order of the fields, so that equal states have equal texts.
    left = {} if whole else {stored: removed[stored] for stored in MAPPINGS.values() if removed[stored]}
    segment = writer.finish(RunState(), left)
    return encode(msgspec.structs.replace(segment, state=cast("RunState", state)))


def _joined_rows(packed: Sequence[bytes]) -> SegmentWriter:
    """Return a writer with the rows of all runs: those of the first text, which is the longest, one after the other."""
    changed: dict[str, tuple[int, RowSource]] = {}
    removed: dict[str, None] = {}
    writer = SegmentWriter()
    try:
        for data in packed[1:]:
            segment = decode(data, _Rows)
            source = RowSource(segment)
            _remove(changed, removed, segment.removed.get(RUNS, ()))
            changed.update((key, (number, source)) for number, key in enumerate(row_keys(segment)))
        first = RowSource(decode(packed[0], _Rows))
        for number, key in enumerate(each_row_key(first.segment)):
            if key not in removed:
                writer.add_row(*changed.pop(key, (number, first)))
        for number, source in changed.values():
            writer.add_row(number, source)
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None
    return writer


def _joined_states(packed: Iterable[bytes]) -> _Joined:
    """Return everything but the runs as MessagePack, with all keys that were removed."""
    others: dict[str, dict[str, Any]] = {name: {} for name in OTHERS}
    removed: dict[str, dict[str, None]] = {stored: {} for stored in MAPPINGS.values()}
    state = RunState()
    for data in packed:
        segment = decode(data, _WithoutRuns)
        state = segment.state
        for name, stored in OTHERS.items():
            _remove(others[name], removed[stored], segment.removed.get(stored, ()))
            others[name].update(getattr(state, name))
        removed[RUNS].update(dict.fromkeys(segment.removed.get(RUNS, ())))
    joined = encode(msgspec.structs.replace(state, **others))
    return _Joined(msgspec.Raw(joined), {stored: tuple(keys) for stored, keys in removed.items()})


def _remove(items: dict[str, Any], removed: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        items.pop(key, None)
        removed[key] = None
