"""Builds segments out of runs, or out of the rows of other segments."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress
from typing import Any, cast

import msgspec
from msgspec.structs import astuple, replace

from openmetadata_ol_provider.openlineage.facet_times import EqualTimes
from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState, name_key, part_key
from openmetadata_ol_provider.openlineage.segments.row_source import Indexes, RowSource
from openmetadata_ol_provider.openlineage.segments.tables import (
    NONE,
    NOT_IN_DATASET,
    NOT_IN_REST,
    Columns,
    DatasetKind,
    FacetTimes,
    RunKind,
    Segment,
)

_NO_TIMES = FacetTimes()
_encode = msgspec.msgpack.Encoder().encode
#: Times of a run with their ranks: 0 is that of its first event.
_Ranks = Mapping[int, int]


class SegmentWriter:
    """Collects the runs of a segment, as runs or, with their times encoded, as rows of others.

    What they refer to has to live as long as this.
    """

    def __init__(self) -> None:
        self._columns: tuple[list[Any], ...] = tuple([] for _ in Columns.__struct_fields__[:-1])
        # The last column, as MessagePack: in a list of its own for each run it would take most of the memory.
        self._marks = bytearray()
        # Where each of them ends.
        self._ends = array("Q")
        self._count = 0
        self._keys: dict[int, str] = {}
        self._kinds = Indexes[bytes]()
        self._jobs = Indexes[tuple[str, str]]()
        self._rests = Indexes[bytes]()
        self._datasets = Indexes[bytes]()
        # What is left of a dataset without what is not stored here is its name. With it goes its usual key in a run.
        self._named: dict[tuple[str, str], tuple[int, str]] = {}
        self._names = Indexes[tuple[str, ...]]()
        self._facets = Indexes[tuple[int, ...]]()
        self._values = Indexes[bytes]()
        # Indexes of objects: most of what is equal is one object.
        self._seen: dict[int, int] = {}

    def finish(self, state: RunState, removed: Mapping[str, Sequence[str]]) -> Segment:
        """Return the segment.

        :param state: everything but the runs
        :param removed: keys by the stored name of the mapping
        """
        columns: list[Any] = [*self._columns, msgspec.Raw(_array_of(self._count, self._marks))]
        return Segment(
            state=replace(state, runs={}),
            removed=dict(removed),
            runs=Columns(*columns),
            keys=self._keys,
            kinds=cast("Any", tuple(map(msgspec.Raw, self._kinds))),
            jobs=tuple(self._jobs),
            rests=tuple(map(msgspec.Raw, self._rests)),
            datasets=tuple(map(msgspec.Raw, self._datasets)),
            names=tuple(self._names),
            facets=tuple(self._facets),
            values=tuple(map(msgspec.Raw, self._values)),
        )

    def _add(self, *fields: object, marks: Any, key: str | None) -> None:
        for column, field in zip(self._columns, fields, strict=True):
            column.append(field)
        self._marks += marks
        self._ends.append(len(self._marks))
        if key is not None:
            self._keys[self._count] = key
        self._count += 1

    def arrange(self, positions: Sequence[int]) -> None:
        """Put the runs into another order.

        :param positions: the number that each of them gets, in the order in which they were added
        """
        order = array("Q", bytes(8 * self._count))
        for number, position in enumerate(positions):
            order[position] = number
        for column in self._columns:
            column[:] = [column[number] for number in order]
        marks, ends = self._marks, self._ends
        self._marks, self._ends = bytearray(), array("Q")
        for number in order:
            self._marks += marks[ends[number - 1] if number else 0 : ends[number]]
            self._ends.append(len(self._marks))
        self._keys = dict(sorted((positions[number], key) for number, key in self._keys.items()))

    # -- runs ------------------------------------------------------------------------------------------------------

    def add_run(self, key: str, run: Run) -> None:
        """Add a run.

        :param key: its key in the state
        """
        at = run.first_at
        later = sorted(_times_of(run) - {at})
        ranks: _Ranks = {time: rank for rank, time in enumerate((at, *later))}
        kind = RunKind(
            self._jobs[(run.namespace, run.name)],
            self._rests[_encode(replace(run, **NOT_IN_REST))],
            self._facets_of(run.job_facets),
            ranks[run.name_at],
            None if run.started_at is None else ranks[run.started_at],
            None if run.ended_at is None else ranks[run.ended_at],
            self._times(run.run_times, ranks),
            self._times(run.job_times, ranks),
            tuple([self._dataset(name, dataset, ranks) for name, dataset in run.inputs.items()]) if run.inputs else (),
            tuple([self._dataset(name, dataset, ranks) for name, dataset in run.outputs.items()])
            if run.outputs
            else (),
        )
        self._add(
            run.run_id,
            self._kinds[_encode(kind)],
            at,
            run.last_seen_at,
            self._facets_of(run.run_facets),
            marks=_encode([time - at for time in later]),
            key=None if key == part_key(run.namespace, run.run_id, run.name) else key,
        )

    def _facets_of(self, facets: RunFacets | JobFacets | DatasetFacets | None) -> int:
        if facets is None:
            return NONE
        seen = self._seen.get(id(facets))
        if seen is None:
            values = astuple(facets)
            # No facet is false, and most types are missing.
            names = self._names[tuple(compress(_names(type(facets)), values))]
            content = (names, *map(self._value, filter(None, values)))
            self._seen[id(facets)] = seen = self._facets[content]
        return seen

    def _value(self, facet: Any) -> int:
        seen = self._seen.get(id(facet))
        if seen is None:
            self._seen[id(facet)] = seen = self._values[_encode(facet)]
        return seen

    def _times(self, times: Mapping[str, int], ranks: _Ranks) -> FacetTimes:
        if isinstance(times, EqualTimes):
            return FacetTimes(self._names[times.names], (ranks[times.at],))
        if not times:
            return _NO_TIMES
        # Mostly all facets are from one event.
        different = {*times.values()}
        return FacetTimes(
            self._names[tuple(times)],
            tuple([ranks[time] for time in (different if len(different) == 1 else times.values())]),
        )

    def _dataset(self, key: str, dataset: DatasetState, ranks: _Ranks) -> DatasetKind:
        name = (dataset.namespace, dataset.name)
        if (named := self._named.get(name)) is None:
            number = self._datasets[_encode(replace(dataset, **NOT_IN_DATASET))]
            self._named[name] = named = number, name_key(*name)
        number, usual_key = named
        return DatasetKind(
            number,
            self._facets_of(dataset.facets),
            None if dataset.first_at is None else ranks[dataset.first_at],
            self._times(dataset.times, ranks),
            None if key == usual_key else key,
        )

    # -- rows of other segments ------------------------------------------------------------------------------------

    def add_row(self, number: int, source: RowSource) -> None:
        """Add a run of another segment, without making it.

        :param number: its number in the segment
        """
        columns = source.segment.runs
        index = columns.kinds[number]
        kind = source.kinds.get(index)
        if kind is None:
            source.kinds[index] = kind = self._kinds[_encode(self._copied_kind(source.segment.kind(index), source))]
        self._add(
            columns.run_ids[number],
            kind,
            columns.first_at[number],
            columns.last_seen_at[number],
            self._copied_facets(columns.run_facets[number], source),
            marks=columns.marks[number],
            key=source.segment.keys.get(number),
        )

    def _copied_kind(self, kind: RunKind, source: RowSource) -> RunKind:
        return replace(
            kind,
            job=source.jobs.index(kind.job, self._jobs),
            rest=source.rests.index(kind.rest, self._rests),
            job_facets=self._copied_facets(kind.job_facets, source),
            run_times=self._copied_times(kind.run_times, source),
            job_times=self._copied_times(kind.job_times, source),
            inputs=tuple([self._copied_dataset(dataset, source) for dataset in kind.inputs]),
            outputs=tuple([self._copied_dataset(dataset, source) for dataset in kind.outputs]),
        )

    def _copied_dataset(self, dataset: DatasetKind, source: RowSource) -> DatasetKind:
        return replace(
            dataset,
            dataset=source.datasets.index(dataset.dataset, self._datasets),
            facets=self._copied_facets(dataset.facets, source),
            times=self._copied_times(dataset.times, source),
        )

    def _copied_times(self, times: FacetTimes, source: RowSource) -> FacetTimes:
        return FacetTimes(source.names.index(times.names, self._names), times.ranks)

    def _copied_facets(self, index: int, source: RowSource) -> int:
        if index == NONE:
            return NONE
        copied = source.facets.get(index)
        if copied is None:
            names, *values = source.segment.facets[index]
            content = (
                source.names.index(names, self._names),
                *[source.values.index(value, self._values) for value in values],
            )
            source.facets[index] = copied = self._facets[content]
        return copied


def _array_of(count: int, items: bytearray) -> bytes:
    """Return the MessagePack of an array.

    :param items: MessagePack of its items
    """
    if count < 16:
        return bytes([0x90 | count]) + items
    return (b"\xdc" + count.to_bytes(2, "big") if count < 2**16 else b"\xdd" + count.to_bytes(4, "big")) + items


def _times_of(run: Run) -> set[int]:
    """Return all times of a run but the one at which it was last seen."""
    times = {run.name_at}
    _add_times(times, run.run_times)
    _add_times(times, run.job_times)
    for side in (run.inputs, run.outputs):
        for dataset in side.values():
            _add_times(times, dataset.times)
            if dataset.first_at is not None:
                times.add(dataset.first_at)
    if run.started_at is not None:
        times.add(run.started_at)
    if run.ended_at is not None:
        times.add(run.ended_at)
    return times


def _add_times(times: set[int], of_facets: Mapping[str, int]) -> None:
    if isinstance(of_facets, EqualTimes):
        times.add(of_facets.at)
    else:
        times.update(of_facets.values())


@cache
def _names(kind: type[Part]) -> tuple[str, ...]:
    """Return the names under which the fields of a struct are stored."""
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))
