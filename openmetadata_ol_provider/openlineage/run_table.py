"""Holds runs by key, of which those that come from a stored state are made when they are asked for.

A table shares the rows of the stored state with other tables, and keeps only what differs from them: so making or
copying one costs what was changed, however many runs are remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import chain

from openmetadata_ol_provider.openlineage.run_state import Run
from openmetadata_ol_provider.openlineage.stored_rows import NO_ROWS, StoredRows

#: A run, or the number of one that is in the rows.
Item = Run | int


class RunTable(MutableMapping[str, Run]):
    """Runs by key, in the order in which they were added.

    :param runs: runs by key, which are copied
    """

    __slots__ = ("_length", "added", "changed", "lost", "row_count", "rows")

    def __init__(self, runs: Mapping[str, Run] | None = None) -> None:
        #: Where the runs come from that are not made yet; the first of them (``base``) come first in the table.
        self.rows: StoredRows = NO_ROWS
        #: What stands in the place of one of the first rows, by its number.
        self.changed: dict[int, Item] = {}
        #: What comes behind the first rows, by key.
        self.added: dict[str, Item] = {}
        #: Number of rows that this table knows: later ones were never in it.
        self.row_count = 0
        #: Numbers of the rows that are not in this table any more.
        self.lost: set[int] = set()
        self._length = len(runs or ())
        if isinstance(runs, RunTable):
            self.rows, self.row_count, self.lost = runs.rows, runs.row_count, set(runs.lost)
            self.changed, self.added = dict(runs.changed), dict(runs.added)
        else:
            self.added.update(runs or {})

    @classmethod
    def of_rows(cls, rows: StoredRows) -> RunTable:
        """Return a table with all those rows that can be looked up."""
        table = cls()
        table.rows, table.row_count, table._length = rows, rows.base, rows.base
        return table

    # -- a mapping -------------------------------------------------------------------------------------------------

    def _first(self, key: str) -> Item | None:
        """Return what has the place of one of the first rows."""
        number = self.rows.number(key)
        if number is None:
            return None
        return self.changed.get(number) if number in self.lost else number

    def __getitem__(self, key: str) -> Run:
        """Return a run."""
        item = self.added.get(key)
        if item is None and (item := self._first(key)) is None:
            raise KeyError(key)
        return self.rows.run(item) if isinstance(item, int) else item

    def get(self, key: str, default: Run | None = None) -> Run | None:  # type: ignore[override]
        """Return a run, or a default without one."""
        item = self.added.get(key)
        if item is None and (item := self._first(key)) is None:
            return default
        return self.rows.run(item) if isinstance(item, int) else item

    def __contains__(self, key: object) -> bool:
        """Return whether there is a run with a key."""
        return key in self.added or self._first(str(key)) is not None

    def __setitem__(self, key: str, item: Item) -> None:
        """Add or replace a run."""
        before = self.added.get(key)
        if before is None and (number := self.rows.number(key)) is not None:
            before = self.changed.get(number) if number in self.lost else number
            if before is not None:
                self._lose(before)
                self.changed[number] = item
                return
        self._lose(before)
        self._length += before is None
        self.added[key] = item

    def __delitem__(self, key: str) -> None:
        """Forget a run."""
        item = self.added.pop(key, None)
        if item is None:
            number = self.rows.number(key)
            if number is None or not self._holds(number):
                raise KeyError(key)
            item = self.changed.pop(number, number)
        self._lose(item)
        self._length -= 1

    def _lose(self, item: Item | None) -> None:
        if isinstance(item, int):
            self.lost.add(item)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return chain(map(self.rows.key, filter(self._holds, range(self.rows.base))), self.added)

    def _holds(self, number: int) -> bool:
        """Return whether there is a run in the place of one of the first rows."""
        return number not in self.lost or number in self.changed

    def __len__(self) -> int:
        """Return the number of runs."""
        return self._length

    def __repr__(self) -> str:
        """Return the runs in the form of a dictionary."""
        return repr(dict(self.items()))

    def discard(self, keys: Iterable[str]) -> None:
        """Forget the runs with some keys, where there are any, without making them."""
        for key in keys:
            if key in self:
                del self[key]

    # -- what is not made ------------------------------------------------------------------------------------------

    def add_rows(self, rows: StoredRows, numbered: Iterable[tuple[str, int]]) -> None:
        """Add or replace runs that are made when they are asked for.

        :param rows: the rows of this table, with further ones, or any if it has none
        :param numbered: keys of the runs with their numbers in the rows
        """
        self.rows, self.row_count = rows, rows.count
        for key, number in numbered:
            self[key] = number

    def release(self) -> None:
        """Forget which runs of the rows were made, so that they take no memory."""
        self.rows.release()

    def made(self) -> Iterator[tuple[str, Run]]:
        """Yield the runs that are not in the rows, with their keys, in no particular order."""
        for number, item in self.changed.items():
            if not isinstance(item, int):
                yield self.rows.key(number), item
        for key, item in self.added.items():
            if not isinstance(item, int):
                yield key, item

    def stored(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return those numbers of rows that are in this table."""
        if self.row_count < self.rows.count:
            numbers = [number for number in numbers if number < self.row_count]
        return [number for number in numbers if number not in self.lost] if self.lost else numbers

    def forgotten(self) -> set[int]:
        """Return the numbers of the first rows that are not in this table, and nothing in their place."""
        return {number for number in self.lost if number < self.rows.base} - self.changed.keys()

    def position(self, key: str) -> int | None:
        """Return the place of one of the first rows in the order of all runs, also of one that is forgotten."""
        return self.rows.number(key)

    def has_legacy(self) -> bool:
        """Return whether an earlier version may have remembered one of the runs."""
        return self.rows.has_legacy() or any(run.legacy for _, run in self.made())

    # -- run ids ---------------------------------------------------------------------------------------------------

    def first_keys_of_id(self, run_id: str) -> list[str]:
        """Return the keys of the runs with a run id that have the place of one of the first rows."""
        numbers = self.rows.numbers_of_id(run_id)
        return [self.rows.key(number) for number in numbers if self._holds(number)] if numbers else []

    def added_ids(self) -> Iterator[tuple[str, str]]:
        """Yield the keys of the runs behind the first rows, with their run ids."""
        for key, item in self.added.items():
            yield key, self.rows.run_id(item) if isinstance(item, int) else item.run_id
