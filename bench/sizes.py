"""How much is measured: a few of everything in the tests, what fits into a quarter of an hour, or all there is."""

from __future__ import annotations

import os
from typing import TypeVar

_T = TypeVar("_T")
#: The variable of the environment that tells a part's process: ``tiny``, ``usual`` or ``full``.
VARIABLE = "BENCH_SIZE"
SIZES = ("tiny", "usual", "full")


def sized(*, tiny: _T, usual: _T, full: _T | None = None) -> _T:
    """Return what fits the size of this run.

    :param full: for hours; the usual if it is not given
    """
    size = os.environ.get(VARIABLE, "usual")
    if size not in SIZES:
        raise SystemExit(f"{VARIABLE} is {size!r}; known are {', '.join(SIZES)}")
    if size == "tiny":
        return tiny
    return usual if size == "usual" or full is None else full
