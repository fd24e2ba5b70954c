"""Benchmark sizes: tiny for the tests, usual for a quarter of an hour, full for everything."""

from __future__ import annotations

import os
from typing import TypeVar

_T = TypeVar("_T")
#: The variable of the environment that tells a part's process: ``tiny``, ``usual`` or ``full``.
VARIABLE = "BENCH_SIZE"
SIZES = ("tiny", "usual", "full")


def sized(*, tiny: _T, usual: _T, full: _T | None = None) -> _T:
    """Return the value for the size of this benchmark run.

    :param full: value for a run of hours; default: ``usual``
    """
    size = os.environ.get(VARIABLE, "usual")
    if size not in SIZES:
        raise SystemExit(f"{VARIABLE} is {size!r}; known are {', '.join(SIZES)}")
    if size == "tiny":
        return tiny
    return usual if size == "usual" or full is None else full
