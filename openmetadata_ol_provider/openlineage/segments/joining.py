"""Joins the texts of a state and of what has changed in it, without making runs of them.

A task does it while the next batch is prepared, so it takes as little memory as possible: no two texts are unpacked at
a time. First it is found out which rows of the runs are left, of which only those that have changed are looked up by
key; then these are copied, text after text, and put into their order.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import msgspec

from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.delta import MAPPINGS, OTHERS, RUNS
from openmetadata_ol_provider.openlineage.segments.row_keys import each_row_key, row_keys
from openmetadata_ol_provider.openlineage.segments.row_source import RowSource
from openmetadata_ol_provider.openlineage.segments.tables import Columns, RunKind, Segment
from openmetadata_ol_provider.openlineage.segments.writer import SegmentWriter
from openmetadata_ol_provider.openlineage.variable_text import compressed, decode, decompressed, encode, packed_text

#: Bits that the number of a row takes in its id; above them is the index of its text.
_NUMBER_BITS: Final = 32


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


def joined_texts(texts: Iterable[str], *, whole: bool) -> str:
    """Return consecutive texts as one; each is asked for when the one before is decoded, and not kept.

    :param whole: the first of them is a whole state, so that nothing is left to be removed
    :raises ValueError: if a text is damaged
    """
    with without_collection():
        # By then nothing is left of what it was made from, which takes three times as much.
        return packed_text(_joined(list(map(compressed, texts)), whole=whole))


def _joined(packed: Sequence[bytes], *, whole: bool) -> bytes:
    """Return the MessagePack of texts that are compressed."""
    changes = _Changes()
    try:
        for index, text in enumerate(packed):
            changes.add(index, decompressed(text))
        state = changes.take_state()
        writer = _copied_rows(packed, changes)
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None
    left = {} if whole else {stored: tuple(keys) for stored, keys in changes.removed.items() if keys}
    segment = writer.finish(RunState(), left)
    return encode(msgspec.structs.replace(segment, state=cast("RunState", state)))


class _Changes:
    """What texts contain, without the rows of the first one, which is the longest.

    :ivar rows: ids of the rows of all other texts by key, without those that later ones have removed
    :ivar gone: keys of runs that other texts than the first have removed
    :ivar removed: all keys that were removed on the way, by the stored name of the mapping
    """

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.gone: dict[str, None] = {}
        self.removed: dict[str, dict[str, None]] = {stored: {} for stored in MAPPINGS.values()}
        self._state = RunState()
        self._others: dict[str, dict[str, Any]] = {name: {} for name in OTHERS}

    def add(self, index: int, data: bytes) -> None:
        """Add the next text.

        :param index: its index; 0 is the first one
        :param data: its MessagePack
        """
        segment = decode(data, _WithoutRuns)
        self._state = segment.state
        for name, stored in OTHERS.items():
            _remove(self._others[name], self.removed[stored], segment.removed.get(stored, ()))
            self._others[name].update(getattr(segment.state, name))
        gone = segment.removed.get(RUNS, ())
        self.removed[RUNS].update(dict.fromkeys(gone))
        if index:
            _remove(self.rows, self.gone, gone)
            first = index << _NUMBER_BITS
            self.rows.update((key, row) for row, key in enumerate(row_keys(decode(data, _Rows)), first))

    def take_state(self) -> msgspec.Raw:
        """Return everything but the runs as MessagePack, and forget it."""
        state = msgspec.structs.replace(self._state, **self._others)
        self._others = {}
        return msgspec.Raw(encode(state))


class _Order:
    """The rows that are left of some texts, and their order.

    :ivar numbers: their numbers in each text
    :ivar positions: their positions in the result, for each text
    """

    def __init__(self, texts: int) -> None:
        self.numbers = [array("Q") for _ in range(texts)]
        self.positions = [array("Q") for _ in range(texts)]
        self._count = 0

    def append(self, row: int) -> None:
        """Add the row with an id behind all others."""
        index, number = divmod(row, 1 << _NUMBER_BITS)
        self.numbers[index].append(number)
        self.positions[index].append(self._count)
        self._count += 1


def _copied_rows(packed: Sequence[bytes], changes: _Changes) -> SegmentWriter:
    """Return a writer with the rows of all runs: those of the first text, then further ones, each as it was last."""
    writer, order = SegmentWriter(), _Order(len(packed))
    changed = changes.rows
    source = RowSource(decode(decompressed(packed[0]), _Rows))
    for number, key in enumerate(each_row_key(source.segment)):
        if key not in changes.gone:
            order.append(changed.pop(key, number))
    for row in changed.values():
        order.append(row)
    changed.clear()
    _copy(writer, source, order.numbers[0])
    del source
    for text, numbers in zip(packed[1:], order.numbers[1:], strict=True):
        _copy(writer, RowSource(decode(decompressed(text), _Rows)), numbers)
    if any(order.positions[1:]):
        writer.arrange(array("Q", b"".join(order.positions)))
    return writer


def _copy(writer: SegmentWriter, source: RowSource, numbers: Iterable[int]) -> None:
    for number in numbers:
        writer.add_row(number, source)


def _remove(items: dict[str, Any], removed: dict[str, None], keys: Iterable[str]) -> None:
    for key in keys:
        items.pop(key, None)
        removed[key] = None
