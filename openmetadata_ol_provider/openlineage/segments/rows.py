"""Makes the runs of segments when they are asked for, and answers what is asked of all of them without making them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.run_state import DatasetState, Run, RunState
from openmetadata_ol_provider.openlineage.segments.reader import DatasetOfKind, Kind, SegmentReader
from openmetadata_ol_provider.openlineage.segments.row_keys import RowKeys, row_keys
from openmetadata_ol_provider.openlineage.segments.row_samples import RowSamples
from openmetadata_ol_provider.openlineage.segments.tables import Segment
from openmetadata_ol_provider.openlineage.stored_rows import Aspect, Sample


class SegmentRows:
    """The runs of segments that were read one after the other, by number.

    :param segment: the first one, whose runs can be looked up; default: none of them can
    :raises ValueError: if it is damaged
    """

    def __init__(self, segment: Segment | None = None) -> None:
        segment = segment or Segment(state=RunState())
        self._run_ids: list[str] = []
        self._kinds: list[int] = []
        self._first_at: list[int] = []
        self._last_seen_at: list[int] = []
        # Indexes in the segment of the run.
        self._run_facets: list[int] = []
        self._marks: list[Sequence[int]] = []
        # The segment of each kind, and its number there.
        self._kinds_read_from: list[tuple[SegmentReader, int]] = []
        # Rank of the end; none, like an end at the first event, is 0.
        self._ended: list[int] = []
        self._read_kinds: dict[int, Kind] = {}
        self._runs: dict[int, Run] = {}
        self._readers: list[SegmentReader] = []
        self._samples: list[RowSamples] = []
        self._keys = RowKeys(segment)
        #: Returns the number of the run with a key, ``None`` if none of the first segment has it.
        self.number = self._keys.number
        self._further_keys: list[str] = []
        self._extend(segment)
        self.base = self.count

    def add(self, segment: Segment) -> list[tuple[str, int]]:
        """Add the runs of a further segment, and return their keys with their numbers.

        :raises ValueError: if it is damaged
        """
        keys, first = row_keys(segment), self.count
        self._extend(segment)
        self._further_keys += keys
        return list(zip(keys, range(first, self.count), strict=True))

    def _extend(self, segment: Segment) -> None:
        runs, kinds = segment.runs, len(self._kinds_read_from)
        try:
            reader = SegmentReader(segment)
        except msgspec.MsgspecError as error:
            raise ValueError(f"damaged: {error}") from None
        self._readers.append(reader)
        self._samples.append(RowSamples(segment, reader, self.count))
        self._run_ids += runs.run_ids
        self._kinds += [kinds + kind for kind in runs.kinds] if kinds else runs.kinds
        self._first_at += runs.first_at
        self._last_seen_at += runs.last_seen_at
        self._run_facets += runs.run_facets
        self._marks += runs.marks
        self._kinds_read_from += [(reader, kind) for kind in range(len(segment.kinds))]
        self._ended += [kind.ended_at or 0 for kind in segment.kinds]

    # -- single runs -----------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Number of all rows."""
        return len(self._run_ids)

    def numbers_of_id(self, run_id: str) -> Sequence[int]:
        """Return the numbers of the runs with a run id, of those in the first segment."""
        return self._keys.numbers_of_id(run_id)

    def shared_ids(self) -> Iterator[str]:
        """Yield the run ids that several runs of the first segment have."""
        return self._keys.shared_ids()

    def key(self, number: int) -> str:
        """Return the key of a run."""
        return self._keys.key(number) if number < self.base else self._further_keys[number - self.base]

    def run_id(self, number: int) -> str:
        """Return the id of a run."""
        return self._run_ids[number]

    def run(self, number: int) -> Run:
        """Return a run, the same object each time until :meth:`release`."""
        run = self._runs.get(number)
        if run is None:
            self._runs[number] = run = self._made(number)
        return run

    def release(self) -> None:
        """Forget which runs were made, so that they take no memory; they are made again when they are asked for."""
        self._runs.clear()
        self._keys.release()

    def ends(self, numbers: Sequence[int]) -> list[int]:
        """Return the times of the ends of runs, of those without one of their first events."""
        kinds, ranks, first_at, marks = self._kinds, self._ended, self._first_at, self._marks
        return [
            first_at[number] + marks[number][rank - 1] if (rank := ranks[kinds[number]]) else first_at[number]
            for number in numbers
        ]

    def last_seen_at(self, numbers: Sequence[int]) -> list[int]:
        """Return when runs were last seen."""
        return list(map(self._last_seen_at.__getitem__, numbers))

    def was_seen_before(self, time: int) -> bool:
        """Return whether one of all runs was last seen before a time, perhaps one that is gone."""
        return min(self._last_seen_at, default=time) < time

    def _kind(self, number: int) -> Kind:
        kind = self._read_kinds.get(number)
        if kind is None:
            reader, index = self._kinds_read_from[number]
            self._read_kinds[number] = kind = reader.kind(index)
        return kind

    def _made(self, number: int) -> Run:
        kind, at = self._kind(self._kinds[number]), self._first_at[number]
        times = (at, *[at + mark for mark in self._marks[number]])
        run, (reader, _) = kind.run, self._kinds_read_from[self._kinds[number]]
        return replace(
            run,
            run_id=self._run_ids[number],
            name_at=times[run.name_at],
            first_at=at,
            started_at=None if run.started_at is None else times[run.started_at],
            ended_at=None if run.ended_at is None else times[run.ended_at],
            last_seen_at=self._last_seen_at[number],
            run_facets=reader.run_facets(self._run_facets[number]),
            run_times=kind.run_times.at(times),
            job_times=kind.job_times.at(times),
            inputs=_datasets(kind.inputs, times),
            outputs=_datasets(kind.outputs, times),
        )

    # -- what has to be known of all runs --------------------------------------------------------------------------

    def has_legacy(self) -> bool:
        """Return whether an earlier version has remembered one of the runs, perhaps one that is gone."""
        return any(reader.has_legacy() for reader in self._readers)

    def samples(self, aspect: Aspect) -> Iterator[Sample]:
        """Yield all runs, those that are equal in an aspect at a time."""
        return chain.from_iterable(samples.samples(aspect) for samples in self._samples)


def _datasets(datasets: Sequence[DatasetOfKind], times: Sequence[int]) -> dict[str, DatasetState]:
    return {
        item.key: replace(
            item.dataset, first_at=None if item.first_at is None else times[item.first_at], times=item.times.at(times)
        )
        for item in datasets
    }
