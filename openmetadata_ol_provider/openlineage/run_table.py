"""Holds runs by key, of which those that come from a stored state are made when they are asked for.

Most runs that are remembered do not concern a batch. What has to be known of all of them is found out for each kind of
run, or from columns: see :class:`Aspect`.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Final, NamedTuple, Protocol

from openmetadata_ol_provider.openlineage.run_state import Run

#: Stored names of the facets that name the runs above a run.
PARENT_FACETS: Final = ("parent", "parentRun")


class Aspect(enum.Enum):
    """What is looked at in a run."""

    #: What runs of one kind have in common: all but run id, run facets and times. Whether a run has started or ended is
    #: seen in the times.
    KIND = enum.auto()
    #: The same, and when it was last seen.
    KIND_AND_LAST_SEEN = enum.auto()
    #: Its parent facets, nothing else.
    PARENT = enum.auto()


class Sample(NamedTuple):
    """Runs that are equal in an aspect.

    :param run: a run of which only that aspect may be looked at
    :param keys: keys of the runs
    """

    run: Run
    keys: Sequence[str]


class StoredRows(Protocol):
    """Runs of a stored state, by number; until they are released, equal numbers give one and the same run."""

    #: Ids of all runs.
    run_ids: list[str]

    def run(self, number: int) -> Run:
        """Return a run."""

    def release(self) -> None:
        """Forget which runs were made, so that they take no memory; they are made again when they are asked for."""

    def ends(self, numbers: Sequence[int]) -> list[int]:
        """Return the times of the ends of runs, of those without one of their first events."""

    def kinds(self) -> Iterator[Run]:
        """Yield a run of each kind, of which only that may be looked at."""

    def samples(self, aspect: Aspect, rows: Iterable[tuple[str, int]]) -> Iterator[Sample]:
        """Yield the runs of some rows, those that are equal in an aspect at a time.

        :param rows: keys and numbers
        """


class NoRows:
    """The rows of a table whose runs are all made."""

    run_ids: list[str] = []  # noqa: RUF012 - stays empty

    def run(self, number: int) -> Run:
        """Raise an error: there is no run."""
        raise IndexError(number)

    def release(self) -> None:
        """Do nothing: there is no run."""

    def ends(self, numbers: Sequence[int]) -> list[int]:  # noqa: ARG002 - there are none
        """Return nothing."""
        return []

    def kinds(self) -> Iterator[Run]:
        """Yield nothing."""
        return iter(())

    def samples(self, aspect: Aspect, rows: Iterable[tuple[str, int]]) -> Iterator[Sample]:  # noqa: ARG002 - there are none
        """Yield nothing."""
        return iter(())


_NO_ROWS: Final = NoRows()


class RunTable(MutableMapping[str, Run]):
    """Runs by key, in the order in which they were added.

    :param runs: runs by key, which are copied
    """

    __slots__ = ("_items", "rows")

    def __init__(self, runs: Mapping[str, Run] | None = None) -> None:
        #: Where the runs come from that are not made yet.
        self.rows: StoredRows = _NO_ROWS
        # Runs, and the numbers of those that are in the rows.
        self._items: dict[str, Run | int]
        if isinstance(runs, RunTable):
            self.rows, self._items = runs.rows, dict(runs.unmade)
        else:
            self._items = dict(runs or {})

    def __getitem__(self, key: str) -> Run:
        """Return a run."""
        item = self._items[key]
        return self.rows.run(item) if isinstance(item, int) else item

    def __setitem__(self, key: str, run: Run) -> None:
        """Add or replace a run."""
        self._items[key] = run

    def __delitem__(self, key: str) -> None:
        """Forget a run."""
        del self._items[key]

    def get(self, key: str, default: Run | None = None) -> Run | None:  # type: ignore[override]
        """Return a run, or a default without one."""
        item = self._items.get(key)
        if item is None:
            return default
        return self.rows.run(item) if isinstance(item, int) else item

    def __contains__(self, key: object) -> bool:
        """Return whether there is a run with a key."""
        return key in self._items

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._items)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self._items)

    def __repr__(self) -> str:
        """Return the runs in the form of a dictionary."""
        return repr(dict(self.items()))

    def discard(self, keys: Iterable[str]) -> None:
        """Forget the runs with some keys, where there are any, without making them."""
        for key in keys:
            self._items.pop(key, None)

    def add_rows(self, rows: StoredRows, numbered: Iterable[tuple[str, int]]) -> None:
        """Add or replace runs that are made when they are asked for.

        :param rows: the rows of this table, or any if it has none
        :param numbered: keys of the runs with their numbers in the rows
        """
        self.rows = rows
        self._items.update(numbered)

    @property
    def unmade(self) -> Mapping[str, Run | int]:
        """The runs, or their numbers in the rows: of tables with the same rows, the same object for the same run."""
        return self._items

    def release(self) -> None:
        """Forget which runs of the rows were made, so that they take no memory."""
        self.rows.release()

    # -- what has to be known of all runs --------------------------------------------------------------------------

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, in the order of their keys."""
        run_ids = self.rows.run_ids
        return [run_ids[item] if isinstance(item, int) else item.run_id for item in self._items.values()]

    def kinds(self) -> Iterator[Run]:
        """Yield a run of each kind, of which only that may be looked at, and perhaps of kinds that are gone."""
        yield from (item for item in self._items.values() if not isinstance(item, int))
        yield from self.rows.kinds()

    def samples(self, aspect: Aspect) -> Iterator[Sample]:
        """Yield all runs, those that are known to be equal in an aspect at a time."""
        for key, item in self._items.items():
            if not isinstance(item, int):
                yield Sample(item, (key,))
        yield from self.rows.samples(aspect, self._unmade_rows())

    def _unmade_rows(self) -> list[tuple[str, int]]:
        return [(key, item) for key, item in self._items.items() if isinstance(item, int)]

    def ends(self, keys: Collection[str]) -> list[int]:
        """Return the times of the ends of runs by their own events, of those without one of their first events."""
        items = list(map(self._items.__getitem__, keys))
        stored = iter(self.rows.ends([item for item in items if isinstance(item, int)]))
        return [next(stored) if isinstance(item, int) else item.ended_at or item.first_at for item in items]
