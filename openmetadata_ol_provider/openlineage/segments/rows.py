"""Makes the runs of segments when they are asked for, and answers what is asked of all of them without making them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, part_key
from openmetadata_ol_provider.openlineage.run_table import Aspect, Sample
from openmetadata_ol_provider.openlineage.segments.reader import DatasetOfKind, Kind, SegmentReader
from openmetadata_ol_provider.openlineage.segments.tables import NONE, Columns, Segment

_T = TypeVar("_T")


class SegmentRows:
    """The runs of segments that were read one after the other, by number."""

    def __init__(self) -> None:
        self.run_ids: list[str] = []
        self._kind_of: list[int] = []
        self._first_at: list[int] = []
        self._last_seen_at: list[int] = []
        self._run_facets: list[int] = []
        self._marks: list[Sequence[int]] = []
        # The segment of each kind, and its number there.
        self._readers: list[SegmentReader] = []
        self._kind_in_segment: list[int] = []
        # Rank of the end; none, like an end at the first event, is 0.
        self._ended: list[int] = []
        # The same for run facets; those of a segment come after what stands for none.
        self._facet_readers: list[SegmentReader] = []
        self._facets_in_segment: list[int] = []
        self._kinds: dict[int, Kind] = {}
        self._runs: dict[int, Run] = {}

    def add(self, segment: Segment) -> list[tuple[str, int]]:
        """Add the runs of a segment, and return their keys with their numbers.

        :raises ValueError: if the segment is damaged
        """
        runs, first, first_kind = segment.runs, len(self.run_ids), len(self._readers)
        try:
            keys = row_keys(segment)
            reader = SegmentReader(segment)
        except (LookupError, msgspec.MsgspecError) as error:
            raise ValueError(f"damaged: {error}") from None
        first_facets = len(self._facet_readers) + 1
        self.run_ids += runs.run_ids
        self._kind_of += [first_kind + kind for kind in runs.kinds] if first_kind else runs.kinds
        self._first_at += runs.first_at
        self._last_seen_at += runs.last_seen_at
        self._run_facets += [first_facets + facets for facets in runs.run_facets]
        self._marks += runs.marks
        self._readers += [reader] * len(segment.kinds)
        self._kind_in_segment += range(len(segment.kinds))
        self._ended += [kind.ended_at or 0 for kind in segment.kinds]
        self._facet_readers += [reader] * (len(segment.facets) + 1)
        self._facets_in_segment += range(NONE, len(segment.facets))
        return list(zip(keys, range(first, len(self.run_ids)), strict=True))

    def run(self, number: int) -> Run:
        """Return a run, the same object each time until :meth:`release`."""
        run = self._runs.get(number)
        if run is None:
            self._runs[number] = run = self._made(number)
        return run

    def release(self) -> None:
        """Forget which runs were made, so that they take no memory; they are made again when they are asked for."""
        self._runs.clear()

    def ends(self, numbers: Sequence[int]) -> list[int]:
        """Return the times of the ends of runs, of those without one of their first events."""
        kinds, ranks, first_at, marks = self._kind_of, self._ended, self._first_at, self._marks
        return [
            first_at[number] + marks[number][rank - 1] if (rank := ranks[kinds[number]]) else first_at[number]
            for number in numbers
        ]

    def kinds(self) -> Iterator[Run]:
        """Yield a run of each kind, of which only that may be looked at."""
        return (self._kind(number).run for number in range(len(self._readers)))

    def samples(self, aspect: Aspect, rows: Iterable[tuple[str, int]]) -> Iterator[Sample]:
        """Yield the runs of some rows, those that are equal in an aspect at a time."""
        if aspect is Aspect.KIND:
            yield from _samples(rows, self._kind_of, lambda kind: self._kind(kind).run)
        elif aspect is Aspect.KIND_AND_LAST_SEEN:
            column = list(zip(self._kind_of, self._last_seen_at, strict=True))
            yield from _samples(rows, column, lambda both: replace(self._kind(both[0]).run, last_seen_at=both[1]))
        else:
            alike = self._alike_in_parents()
            yield from _samples(rows, list(map(alike.__getitem__, self._run_facets)), self._with_parents)

    def _with_parents(self, facets: int) -> Run:
        """Return a run that has nothing but the parent facets of some run facets."""
        return self._facet_readers[facets].with_parents(self._facets_in_segment[facets])

    def _alike_in_parents(self) -> list[int]:
        """Return the numbers of run facets, in place of each the first ones with the same parents."""
        first: dict[tuple[object, ...], int] = {}
        places = zip(self._facet_readers, self._facets_in_segment, strict=True)
        return [
            first.setdefault((reader, *reader.parents(index)), number) for number, (reader, index) in enumerate(places)
        ]

    def _kind(self, number: int) -> Kind:
        kind = self._kinds.get(number)
        if kind is None:
            self._kinds[number] = kind = self._readers[number].kind(self._kind_in_segment[number])
        return kind

    def _made(self, number: int) -> Run:
        kind, at = self._kind(self._kind_of[number]), self._first_at[number]
        times = (at, *[at + mark for mark in self._marks[number]])
        run, facets = kind.run, self._run_facets[number]
        return replace(
            run,
            run_id=self.run_ids[number],
            name_at=times[run.name_at],
            first_at=at,
            started_at=None if run.started_at is None else times[run.started_at],
            ended_at=None if run.ended_at is None else times[run.ended_at],
            last_seen_at=self._last_seen_at[number],
            run_facets=self._facet_readers[facets].run_facets(self._facets_in_segment[facets]),
            run_times=kind.run_times.at(times),
            job_times=kind.job_times.at(times),
            inputs=_datasets(kind.inputs, times),
            outputs=_datasets(kind.outputs, times),
        )


def _samples(rows: Iterable[tuple[str, int]], column: Sequence[_T], sample: Callable[[_T], Run]) -> Iterator[Sample]:
    """Yield the runs of some rows, those with equal content of a column at a time."""
    keys = defaultdict[_T, list[str]](list)
    for key, number in rows:
        keys[column[number]].append(key)
    for content, its_keys in keys.items():
        yield Sample(sample(content), its_keys)


def row_keys(segment: Segment) -> list[str]:
    """Return the keys of the runs of a segment in the state, in the order of their numbers.

    :raises ValueError: if columns are not of one length
    :raises LookupError: if they refer to what is not there
    """
    runs = segment.runs
    if len({len(getattr(runs, column)) for column in Columns.__struct_fields__}) > 1:
        raise ValueError("damaged: columns of different lengths")
    jobs = [segment.jobs[kind.job] for kind in segment.kinds]
    keys = [
        part_key(namespace, run_id, name)
        for run_id, (namespace, name) in zip(runs.run_ids, map(jobs.__getitem__, runs.kinds), strict=True)
    ]
    for number, key in segment.keys.items():
        keys[number] = key
    return keys


def _datasets(datasets: Sequence[DatasetOfKind], times: Sequence[int]) -> dict[str, DatasetState]:
    return {
        item.key: replace(
            item.dataset, first_at=None if item.first_at is None else times[item.first_at], times=item.times.at(times)
        )
        for item in datasets
    }
