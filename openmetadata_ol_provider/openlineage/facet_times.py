"""Times of facets, of which those that one event has shown have one time.

Nearly all runs and datasets that are remembered have facets of one time only, and each of them has such a mapping: as a
dictionary it would take four times as much memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache


class EqualTimes(Mapping[str, int]):
    """The time of facets that are all from one event.

    :param names: names of the facets
    :param at: time of the event, in microseconds
    """

    __slots__ = ("at", "names")

    def __init__(self, names: tuple[str, ...], at: int) -> None:
        self.names = names
        self.at = at

    def __getitem__(self, name: str) -> int:
        """Return the time of a facet."""
        if name in self.names:
            return self.at
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self.names)

    def __len__(self) -> int:
        """Return the number of facets."""
        return len(self.names)

    def __repr__(self) -> str:
        """Return the times in the form of a dictionary."""
        return repr(dict(self))


def equal_times(names: Iterable[str], at: int) -> Mapping[str, int]:
    """Return the times of facets that are all from one event.

    :param at: time of the event, in microseconds
    """
    shared = _shared(tuple(names))
    return EqualTimes(shared, at) if shared else {}


def compact(times: dict[str, int]) -> Mapping[str, int]:
    """Return times of facets in the form that takes the least memory."""
    different = {*times.values()}
    return equal_times(times, different.pop()) if len(different) == 1 else times


def to_dict(times: Mapping[str, int]) -> dict[str, int]:
    """Return times of facets as a dictionary of the caller's own."""
    return dict.fromkeys(times.names, times.at) if isinstance(times, EqualTimes) else dict(times)


@lru_cache(1024)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one and the same tuple for equal names."""
    return names
