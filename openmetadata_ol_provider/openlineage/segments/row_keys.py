"""Finds the rows of a segment by the keys and ids of their runs, without making keys of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.run_state import part_key
from openmetadata_ol_provider.openlineage.segments.tables import Columns, Segment

_SEPARATOR = "\x1f"


class RowKeys:
    """The keys of the rows of a segment.

    :raises ValueError: if columns are not of one length, refer to what is not there, or have a run twice
    """

    def __init__(self, segment: Segment) -> None:
        self._run_ids, self._kinds, self._explicit = segment.runs.run_ids, segment.runs.kinds, segment.keys
        self._jobs = jobs_of_kinds(segment)
        # The last row with each id, and all of those with an id that several have.
        self._last = dict(zip(self._run_ids, range(len(self._run_ids)), strict=True))
        self._several = self._shared() if len(self._last) < len(self._run_ids) else {}
        # Rows that are not found by the parts of their keys.
        self._others = {key: number for number, key in self._explicit.items()}
        self._others |= {self.key(number): number for number in self._ambiguous()}
        self._numbers = _Numbers(self._find)
        #: Returns the number of the row with a key, ``None`` if there is none. A batch asks for the same ones often.
        self.number: Callable[[str], int | None] = self._numbers.__getitem__

    def release(self) -> None:
        """Forget which keys were asked for."""
        self._numbers.clear()

    def key(self, number: int) -> str:
        """Return the key of a row."""
        if self._explicit and (key := self._explicit.get(number)) is not None:
            return key
        namespace, name = self._jobs[self._kinds[number]]
        return part_key(namespace, self._run_ids[number], name)

    def _find(self, key: str) -> int | None:
        parts = key.split(_SEPARATOR, 2)
        if len(parts) == 3:
            namespace, run_id, name = parts
            for number in self.numbers_of_id(run_id):
                if self._jobs[self._kinds[number]] == (namespace, name) and number not in self._explicit:
                    return number
        return self._others.get(key) if self._others else None

    def numbers_of_id(self, run_id: str) -> Sequence[int]:
        """Return the numbers of the rows with a run id."""
        last = self._last.get(run_id)
        if last is None:
            return ()
        return self._several.get(run_id) or (last,)

    def shared_ids(self) -> Iterator[str]:
        """Yield the run ids that several rows have."""
        return iter(self._several)

    def _shared(self) -> dict[str, list[int]]:
        shared: dict[str, list[int]] = {}
        for number, run_id in enumerate(self._run_ids):
            if self._last[run_id] != number:
                shared.setdefault(run_id, []).append(number)
        for run_id, numbers in shared.items():
            numbers.append(self._last[run_id])
            if len(set(map(self.key, numbers))) < len(numbers):
                raise ValueError(f"damaged: run {run_id} is in it twice")
        return shared

    def _ambiguous(self) -> Iterator[int]:
        """Yield the rows whose keys cannot be divided, because a separator is in the namespace or the run id."""
        kinds = {kind for kind, (namespace, _) in enumerate(self._jobs) if _SEPARATOR in namespace}
        if kinds or _SEPARATOR in "".join(self._run_ids):
            for number, kind in enumerate(self._kinds):
                if kind in kinds or _SEPARATOR in self._run_ids[number]:
                    yield number


class _Numbers(dict[str, "int | None"]):
    """The numbers of those rows that were asked for, by key.

    :param find: function that is asked for the others
    """

    def __init__(self, find: Callable[[str], int | None]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: str) -> int | None:
        number = self[key] = self._find(key)
        return number


def jobs_of_kinds(segment: Segment) -> list[tuple[str, str]]:
    """Return the namespace and name of the job of each kind of runs.

    :raises ValueError: if columns are not of one length, or refer to what is not there
    """
    runs = segment.runs
    if len({len(getattr(runs, column)) for column in Columns.__struct_fields__}) > 1:
        raise ValueError("damaged: columns of different lengths")
    if runs.kinds and not 0 <= min(runs.kinds) <= max(runs.kinds) < len(segment.kinds):
        raise ValueError(f"damaged: {len(segment.kinds)} kinds of runs, others are referred to")
    try:
        return list(map(segment.job_of_kind, range(len(segment.kinds))))
    except LookupError as error:
        raise ValueError(f"damaged: {error}") from None


def row_keys(segment: Segment) -> list[str]:
    """Return the keys of the rows of a segment, in the order of their numbers.

    :raises ValueError: if columns are not of one length, or refer to what is not there
    """
    jobs = jobs_of_kinds(segment)
    keys = [
        part_key(namespace, run_id, name)
        for run_id, (namespace, name) in zip(
            segment.runs.run_ids, map(jobs.__getitem__, segment.runs.kinds), strict=True
        )
    ]
    for number, key in segment.keys.items():
        keys[number] = key
    return keys


def each_row_key(segment: Segment) -> Iterator[str]:
    """Yield the keys of :func:`row_keys`, without ever holding all of them.

    :raises ValueError: if columns are not of one length, or refer to what is not there
    """
    jobs, keys, kinds = jobs_of_kinds(segment), segment.keys, segment.runs.kinds
    if keys and not 0 <= min(keys) <= max(keys) < len(kinds):
        raise ValueError(f"damaged: keys of other than the {counted(len(kinds), 'run')} are given")
    for number, (run_id, kind) in enumerate(zip(segment.runs.run_ids, kinds, strict=True)):
        yield keys[number] if number in keys else part_key(jobs[kind][0], run_id, jobs[kind][1])
