"""Tells when runs were last seen, which decides when they are forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.run_table import RunTable
from openmetadata_ol_provider.openlineage.stored_rows import Aspect


class RunAges:
    """When runs were last seen, those that have ended apart from the others.

    :param runs: runs by key
    """

    def __init__(self, runs: RunTable) -> None:
        self._ages = {terminal: _Ages(runs) for terminal in (False, True)}
        for run, rows in runs.rows.samples(Aspect.PROGRESS):
            self._ages[run.terminal].rows += rows
        #: Number of runs that have ended.
        self.ended = sum(len(runs.stored(rows)) for rows in self._ages[True].rows)
        for key, run in runs.made():
            self._add(key, run)

    def keys_before(self, time: int, *, terminal: bool) -> list[str]:
        """Return the keys of the runs that were last seen before a time, in microseconds, in no particular order.

        :param terminal: whether those that have ended are meant, or the others
        """
        return self._ages[terminal].keys_before(time)

    def by_age(self, *, terminal: bool) -> Iterator[list[str]]:
        """Yield the keys of the runs that were last seen at the same time, those not seen for longest first."""
        return self._ages[terminal].by_age()

    def change(self, key: str, before: Run | None, after: Run | None) -> None:
        """Follow the change of a run."""
        if before is not None:
            self.ended -= before.terminal
            self._ages[before.terminal].discard(key, before.last_seen_at)
        if after is not None:
            self._add(key, after)

    def _add(self, key: str, run: Run) -> None:
        self.ended += run.terminal
        self._ages[run.terminal].made[run.last_seen_at][key] = None


class _Ages:
    """When some runs were last seen.

    :param runs: the table that they are in
    """

    def __init__(self, runs: RunTable) -> None:
        self._runs = runs
        #: Numbers of those that come from the rows. What is not in the table any more is left out later.
        self.rows: list[Sequence[int]] = []
        #: Keys of the others.
        self.made: dict[int, dict[str, None]] = defaultdict(dict)
        self._by_age: dict[int, list[int]] | None = None

    def discard(self, key: str, time: int) -> None:
        keys = self.made.get(time, {})
        keys.pop(key, None)
        if not keys:
            self.made.pop(time, None)

    def keys_before(self, time: int) -> list[str]:
        made = chain.from_iterable(keys for at, keys in self.made.items() if at < time)
        # They are divided by time only if that is needed.
        is_any = self._by_age is not None or self._runs.rows.was_seen_before(time)
        stored = (numbers for at, numbers in self._stored().items() if at < time) if is_any else ()
        return [*self._keys(chain.from_iterable(stored)), *made]

    def by_age(self) -> Iterator[list[str]]:
        stored = self._stored()
        for time in sorted({*stored, *self.made}):
            if keys := [*self._keys(stored.get(time, ())), *self.made.get(time, ())]:
                yield keys

    def _stored(self) -> dict[int, list[int]]:
        if self._by_age is None:
            self._by_age = defaultdict(list)
            for numbers in self.rows:
                for number, time in zip(numbers, self._runs.rows.last_seen_at(numbers), strict=True):
                    self._by_age[time].append(number)
        return self._by_age

    def _keys(self, numbers: Iterable[int]) -> Iterator[str]:
        return map(self._runs.rows.key, self._runs.stored(list(numbers)))
