"""Says which runs have written and read a temporary dataset, in the short form in which that is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple
from zlib import crc32

#: Most reads of one temporary dataset in one chain, and most writes from one source, that are remembered, the latest.
MAX_USES: Final = 100


class Use(NamedTuple):
    """One run that has written or read a temporary dataset.

    :param at: end of the run, in microseconds
    :param flow: number of the run at the top of its chain, see :func:`flow_number`; 0 if it is not known
    """

    at: int
    flow: int = 0


def flow_number(run_id: str) -> int:
    """Return a number that stands for a run id, short enough to be remembered many times."""
    return crc32(run_id.encode())


def uses_of(times: Sequence[int], flows: Sequence[int]) -> list[Use]:
    """Return uses as they are remembered; some have no numbers of flows."""
    return [Use(at, flow) for at, flow in zip_longest(times, flows[: len(times)], fillvalue=0)]


def all_uses(uses: Iterable[Use], more: Iterable[Use]) -> list[Use]:
    """Return all uses, sorted by time."""
    return sorted({*uses, *more})


def latest_uses(uses: Iterable[Use], more: Iterable[Use]) -> list[Use]:
    """Return the latest of all uses, sorted by time: as many as are remembered."""
    return all_uses(uses, more)[-MAX_USES:]


def times_of(uses: Sequence[Use]) -> list[int]:
    """Return the times of uses, in the form in which they are remembered."""
    return [use.at for use in uses]


def flows_of(uses: Sequence[Use]) -> list[int]:
    """Return the numbers of flows, in the form in which they are remembered: none if none is known."""
    return [use.flow for use in uses] if any(use.flow for use in uses) else []
