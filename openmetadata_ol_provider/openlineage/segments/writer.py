"""Builds segments out of runs, or out of the rows of other segments."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, Part, RunFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState, name_key, part_key
from openmetadata_ol_provider.openlineage.segments.tables import (
    IN_ROW,
    IN_SHAPE,
    NONE,
    DatasetRow,
    DatasetShape,
    RunRow,
    Segment,
)

_H = TypeVar("_H", bound=Hashable)
_encode = msgspec.msgpack.Encoder().encode


class SegmentWriter:
    """Collects the runs of a segment; what they refer to has to live as long as this."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str], int] = {}
        self._rests: dict[bytes, int] = {}
        self._names: dict[tuple[str, ...], int] = {}
        self._values: dict[bytes, int] = {}
        self._facets: dict[tuple[tuple[str, int], ...], int] = {}
        self._shapes: dict[tuple[bytes, int, int, str | None], int] = {}
        # Indexes of objects: most of what is equal is one object.
        self._seen: dict[int, int] = {}
        self._rows: list[RunRow] = []

    def add_run(self, key: str, run: Run) -> None:
        """Add a run.

        :param key: its key in the state
        """
        at = run.first_at
        self._rows.append(
            RunRow(
                run.run_id,
                _index(self._jobs, (run.namespace, run.name)),
                _index(self._rests, _encode(replace(run, **IN_ROW))),
                at,
                run.last_seen_at,
                run.name_at - at,
                None if run.started_at is None else run.started_at - at,
                None if run.ended_at is None else run.ended_at - at,
                self._facets_of(run.run_facets),
                self._times(run.run_times, at),
                self._facets_of(run.job_facets),
                self._times(run.job_times, at),
                [self._dataset(name, dataset, at) for name, dataset in run.inputs.items()],
                [self._dataset(name, dataset, at) for name, dataset in run.outputs.items()],
                None if key == part_key(run.namespace, run.run_id, run.name) else key,
            )
        )

    def finish(self, state: RunState, removed: Mapping[str, Sequence[str]]) -> Segment:
        """Return the segment.

        :param state: everything but the runs
        :param removed: keys by the stored name of the mapping
        """
        return Segment(
            state=replace(state, runs={}),
            removed=dict(removed),
            jobs=tuple(self._jobs),
            rests=tuple(map(msgspec.Raw, self._rests)),
            names=tuple(self._names),
            values=tuple(map(msgspec.Raw, self._values)),
            facets=tuple(self._facets),
            shapes=tuple(
                DatasetShape(msgspec.Raw(dataset), facets, names, key) for dataset, facets, names, key in self._shapes
            ),
            runs=self._rows,
        )

    def _facets_of(self, facets: RunFacets | JobFacets | DatasetFacets | None) -> int:
        if facets is None:
            return NONE
        seen = self._seen.get(id(facets))
        if seen is None:
            pairs = []
            for attribute, name in _fields(type(facets)):
                facet = getattr(facets, attribute)
                if facet is not None:
                    pairs.append((name, self._value(facet)))
            self._seen[id(facets)] = seen = _index(self._facets, tuple(pairs))
        return seen

    def _value(self, facet: Any) -> int:
        seen = self._seen.get(id(facet))
        if seen is None:
            self._seen[id(facet)] = seen = _index(self._values, _encode(facet))
        return seen

    def _times(self, times: Mapping[str, int], at: int) -> list[int]:
        if not times:
            return []
        return [_index(self._names, tuple(times)), *_relative(times, at)]

    def _dataset(self, key: str, dataset: DatasetState, at: int) -> DatasetRow:
        times = dataset.times
        shape = (
            _encode(replace(dataset, **IN_SHAPE)),
            self._facets_of(dataset.facets),
            _index(self._names, tuple(times)) if times else NONE,
            None if key == name_key(dataset.namespace, dataset.name) else key,
        )
        first_at = None if dataset.first_at is None else dataset.first_at - at
        return [_index(self._shapes, shape), first_at, *_relative(times, at)]

    # -- rows of other segments ------------------------------------------------------------------------------------

    def add_row(self, row: RunRow, source: RowSource) -> None:
        """Add a row of another segment, without making a run of it."""
        self._rows.append(
            RunRow(
                row.run_id,
                source.jobs.index(row.job, self._jobs),
                source.rests.index(row.rest, self._rests),
                row.first_at,
                row.last_seen_at,
                row.name_at,
                row.started_at,
                row.ended_at,
                self._copied_facets(row.run_facets, source),
                self._copied_times(row.run_times, source),
                self._copied_facets(row.job_facets, source),
                self._copied_times(row.job_times, source),
                [self._copied_dataset(item, source) for item in row.inputs],
                [self._copied_dataset(item, source) for item in row.outputs],
                row.key,
            )
        )

    def _copied_facets(self, index: int, source: RowSource) -> int:
        if index == NONE:
            return NONE
        copied = source.facets.get(index)
        if copied is None:
            pairs = source.segment.facets[index]
            values = tuple((name, source.values.index(value, self._values)) for name, value in pairs)
            source.facets[index] = copied = _index(self._facets, values)
        return copied

    def _copied_times(self, times: Sequence[int], source: RowSource) -> Sequence[int]:
        return [source.names.index(times[0], self._names), *times[1:]] if times else times

    def _copied_dataset(self, row: DatasetRow, source: RowSource) -> DatasetRow:
        index = row[0]
        copied = source.shapes.get(index)
        if copied is None:
            shape = source.segment.shapes[index or 0]
            names = NONE if shape.names == NONE else source.names.index(shape.names, self._names)
            content = (bytes(shape.dataset), self._copied_facets(shape.facets, source), names, shape.key)
            source.shapes[index] = copied = _index(self._shapes, content)
        return [copied, *row[1:]]


class _Copied:
    """The indexes in a new table of what is in an old one, copied as it is needed."""

    def __init__(self, table: Sequence[Any]) -> None:
        self._table = table
        self._copied: dict[int, int] = {}

    def index(self, index: int, table: dict[Any, int]) -> int:
        copied = self._copied.get(index)
        if copied is None:
            content = self._table[index]
            self._copied[index] = copied = _index(table, bytes(content) if type(content) is msgspec.Raw else content)
        return copied


class RowSource:
    """A segment whose rows are copied into one other segment."""

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.jobs = _Copied(segment.jobs)
        self.rests = _Copied(segment.rests)
        self.names = _Copied(segment.names)
        self.values = _Copied(segment.values)
        self.facets: dict[int, int] = {}
        self.shapes: dict[int | None, int] = {}


def _index(table: dict[_H, int], content: _H) -> int:
    """Return the index of a content in a table, to which it is added if it is new."""
    return table.setdefault(content, len(table))


def _relative(times: Mapping[str, int], at: int) -> list[int]:
    """Return times since another one; one if all are equal."""
    since = [time - at for time in times.values()]
    return since[:1] if since and min(since) == max(since) else since


@cache
def _fields(kind: type[Part]) -> tuple[tuple[str, str], ...]:
    """Return the names of a struct's fields, with those under which they are stored."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(kind))
