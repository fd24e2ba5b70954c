"""Caches what was used recently."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")

#: Most keys that are noted because they may come a second time.
_MOST_ASKED_FOR = 4096


class Recent(Generic[_K, _V]):
    """A bounded cache; what was not used for the longest time is dropped first.

    :param size: most entries, or the largest sum of their weights
    """

    def __init__(self, size: int) -> None:
        # There are two generations at a time.
        self._max_generation = size // 2
        self._asked_for: set[int] = set()
        self._weight = 0
        self._young: dict[_K, tuple[_V, int]] = {}
        self._old: dict[_K, tuple[_V, int]] = {}

    def get(self, key: _K) -> _V | None:
        """Return an entry, ``None`` if there is none."""
        entry = self._young.get(key)
        if entry is not None:
            return entry[0]
        entry = self._old.pop(key, None)
        if entry is None:
            return None
        self.put(key, *entry)
        return entry[0]

    def put_if_repeated(self, key: _K, value: _V, weight: int = 1) -> None:
        """Add an entry if its key was asked to be added before: of what comes only once, nothing is kept."""
        number = hash(key)
        if number in self._asked_for:
            self.put(key, value, weight)
            return
        if len(self._asked_for) >= _MOST_ASKED_FOR:
            self._asked_for.clear()
        self._asked_for.add(number)

    def put(self, key: _K, value: _V, weight: int = 1) -> None:
        """Add or replace an entry; one that would take more than half of the room is not kept."""
        if weight > self._max_generation:
            return
        self._weight += weight
        if self._weight > self._max_generation:
            self._old, self._young, self._weight = self._young, {}, weight
        self._young[key] = value, weight
