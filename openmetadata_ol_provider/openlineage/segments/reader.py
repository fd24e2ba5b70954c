"""Makes runs out of the rows of a segment; equal parts of them are one object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.facets import DatasetFacets, JobFacets, RunFacets
from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, name_key, part_key
from openmetadata_ol_provider.openlineage.segments.tables import (
    NONE,
    AnyFacets,
    DatasetRow,
    DatasetShape,
    RunRow,
    Segment,
)

_decode_run: Final = msgspec.msgpack.Decoder(Run).decode
_decode_dataset: Final = msgspec.msgpack.Decoder(DatasetState).decode
#: Key of a dataset, the dataset without times, and the names of its facets.
_Shape = tuple[str, DatasetState, Sequence[str]]


class SegmentReader:
    """Reads the runs of one segment."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._facets: dict[tuple[type, int], Any] = {}
        self._values: dict[tuple[Any, int], Any] = {}

    def runs(self) -> Iterator[tuple[str, Run]]:
        """Yield the runs with their keys."""
        segment, names = self._segment, self._segment.names
        rests = [_decode_run(rest) for rest in segment.rests]
        shapes = [self._shape(shape) for shape in segment.shapes]
        facets_of = self._facets_of
        for row in segment.runs:
            namespace, name = segment.jobs[row.job]
            at = row.first_at
            run = replace(
                rests[row.rest],
                run_id=row.run_id,
                namespace=namespace,
                name=name,
                name_at=at + row.name_at,
                first_at=at,
                started_at=None if row.started_at is None else at + row.started_at,
                ended_at=None if row.ended_at is None else at + row.ended_at,
                last_seen_at=row.last_seen_at,
                run_facets=facets_of(row.run_facets, RunFacets),
                run_times=_times(row.run_times, names, at),
                job_facets=facets_of(row.job_facets, JobFacets),
                job_times=_times(row.job_times, names, at),
                inputs=_datasets(row.inputs, shapes, at) if row.inputs else {},
                outputs=_datasets(row.outputs, shapes, at) if row.outputs else {},
            )
            yield part_key(namespace, row.run_id, name) if row.key is None else row.key, run

    def _facets_of(self, index: int, kind: type[AnyFacets]) -> AnyFacets | None:
        if index == NONE:
            return None
        facets = self._facets.get((kind, index))
        if facets is None:
            decoders = _decoders(kind)
            values = {}
            for name, value in self._segment.facets[index]:
                # A facet that is no longer read is skipped, as it is in events.
                if (named := decoders.get(name)) is not None:
                    attribute, decoder = named
                    values[attribute] = self._value(value, decoder)
            self._facets[kind, index] = facets = kind(**values)
        return facets

    def _value(self, index: int, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
        value = self._values.get((decoder, index))
        if value is None:
            self._values[decoder, index] = value = decoder.decode(self._segment.values[index])
        return value

    def _shape(self, shape: DatasetShape) -> _Shape:
        dataset = replace(_decode_dataset(shape.dataset), facets=self._facets_of(shape.facets, DatasetFacets))
        key = shape.key if shape.key is not None else name_key(dataset.namespace, dataset.name)
        return key, dataset, () if shape.names == NONE else self._segment.names[shape.names]


def row_key(row: RunRow, segment: Segment) -> str:
    """Return the key of a row's run in the state."""
    if row.key is not None:
        return row.key
    namespace, name = segment.jobs[row.job]
    return part_key(namespace, row.run_id, name)


def _times(times: Sequence[int], names: Sequence[Sequence[str]], at: int) -> dict[str, int]:
    return _absolute(names[times[0]], times[1:], at) if times else {}


def _datasets(rows: Iterable[DatasetRow], shapes: Sequence[_Shape], at: int) -> dict[str, DatasetState]:
    datasets = {}
    for index, first_at, *since in rows:
        key, dataset, names = shapes[index or 0]
        datasets[key] = replace(
            dataset, first_at=None if first_at is None else at + first_at, times=_absolute(names, since, at)
        )
    return datasets


def _absolute(names: Sequence[str], since: Sequence[Any], at: int) -> dict[str, int]:
    if len(since) == 1:
        return dict.fromkeys(names, at + since[0])
    return {name: at + time for name, time in zip(names, since, strict=True)}


@cache
def _decoders(kind: type[Any]) -> dict[str, tuple[str, msgspec.msgpack.Decoder[Any]]]:
    """Return the names of a struct's fields and decoders of them, by the names under which they are stored."""
    return {
        field.encode_name: (field.name, msgspec.msgpack.Decoder(field.type)) for field in msgspec.structs.fields(kind)
    }
