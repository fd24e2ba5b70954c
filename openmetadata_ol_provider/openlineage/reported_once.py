"""Reports problems that would come back with every batch only once."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from openmetadata_ol_provider.openlineage.problems import Problem

#: Largest number of problems that are remembered; those found longest ago are forgotten first.
MAX_REPORTED = 2_000


class Reported(NamedTuple):
    """Problems to report, and what is remembered of those reported.

    :param problems: all problems of kinds that are always reported, and new ones of the other kinds
    :param remembered: problems reported once, by digest, with the time at which each was last found
    """

    problems: tuple[Problem, ...]
    remembered: Mapping[str, int]


def report_once(problems: Iterable[Problem], earlier: Mapping[str, int], seen_at: int) -> Reported:
    """Leave out problems that an earlier batch has reported, of the kinds that are reported only once.

    A task that dies before its checkpoint moves has remembered nothing, so its retry reports them again.

    :param earlier: problems reported by earlier batches
    :param seen_at: time of consumption, in microseconds since 1970
    """
    reported: list[Problem] = []
    found: dict[str, int] = {}
    for problem in problems:
        if not problem.kind.once:
            reported.append(problem)
            continue
        key = _digest(problem)
        if key not in earlier and key not in found:
            reported.append(problem)
        found[key] = seen_at
    if not found:
        return Reported(tuple(reported), earlier)
    merged = {**earlier, **found}
    if len(merged) > MAX_REPORTED:
        merged = dict(heapq.nlargest(MAX_REPORTED, merged.items(), key=lambda item: item[1]))
    return Reported(tuple(reported), merged)


def _digest(problem: Problem) -> str:
    text = f"{problem.kind}\x1f{problem.where}\x1f{problem.detail}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
