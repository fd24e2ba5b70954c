"""Groups the rows of a segment by what their runs have in common, without making the runs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from openmetadata_ol_provider.openlineage.segments.reader import SegmentReader
from openmetadata_ol_provider.openlineage.segments.tables import NONE, RunKind, Segment
from openmetadata_ol_provider.openlineage.stored_rows import FACETS, Aspect, Sample


class RowSamples:
    """The rows of a segment, those that are equal in an aspect at a time.

    :param first: number of the first row
    """

    def __init__(self, segment: Segment, reader: SegmentReader, first: int) -> None:
        self._segment, self._reader, self._first = segment, reader, first
        # Numbers of the rows of each kind, from when they are asked for.
        self._of_kinds: list[list[int]] | None = None
        self._progress: list[Sample] | None = None

    def samples(self, aspect: Aspect) -> Iterator[Sample]:
        """Yield the rows, those that are equal in an aspect at a time."""
        if aspect in FACETS:
            return self._by_facets(FACETS[aspect])
        if aspect is Aspect.JOB:
            return self._by_jobs()
        if self._progress is None:
            self._progress = list(self._by_progress())
        return iter(self._progress)

    def _by_jobs(self) -> Iterator[Sample]:
        alike: dict[int, list[Sequence[int]]] = {}
        for kind, rows in self._kinds():
            alike.setdefault(kind.job, []).append(rows)
        for job, of_job in alike.items():
            yield Sample(self._reader.with_job(job), of_job)

    def _by_progress(self) -> Iterator[Sample]:
        alike: dict[Hashable, tuple[RunKind, list[Sequence[int]]]] = {}
        for kind, rows in self._kinds():
            outputs = tuple([(dataset.dataset, dataset.key) for dataset in kind.outputs])
            times = kind.started_at is None, kind.ended_at is None
            content = kind.rest, kind.job_facets, times, not kind.inputs, outputs
            alike.setdefault(content, (kind, []))[1].append(rows)
        for kind, of_kinds in alike.values():
            yield Sample(self._reader.with_progress(kind), of_kinds)

    def _by_facets(self, names: Sequence[str]) -> Iterator[Sample]:
        """Yield the rows with at least one of some run facets, those that are equal in them at a time."""
        # What stands for no run facets comes last.
        alike = [*self._reader.alike_in(names), NONE]
        rows: dict[int, list[int]] = {index: [] for index in alike}
        for number, index in enumerate(self._segment.runs.run_facets, self._first):
            rows[alike[index]].append(number)
        for index, numbers in rows.items():
            if index != NONE and numbers:
                yield Sample(self._reader.with_facets(index, names), (numbers,))

    def _kinds(self) -> Iterator[tuple[RunKind, Sequence[int]]]:
        """Yield the kinds of runs with their rows."""
        if self._of_kinds is None:
            self._of_kinds = _grouped(self._segment.runs.kinds, len(self._segment.kinds), self._first)
        return zip(self._segment.kinds, self._of_kinds, strict=True)


def _grouped(column: Sequence[int], count: int, first: int) -> list[list[int]]:
    """Return the numbers of rows by the content of a column.

    :param count: number of different contents, which are numbers from 0
    """
    rows: list[list[int]] = [[] for _ in range(count)]
    for number, content in enumerate(column, first):
        rows[content].append(number)
    return rows
