"""Gives memory that was freed back to the operating system.

Between two steps of a batch, tens of megabytes are freed at once: messages, then events, then the plan. The C library
keeps them for later, piecemeal, and what takes its place elsewhere comes on top.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache


def release_freed_memory() -> None:
    """Give back what was freed; where the C library is not glibc, do nothing."""
    if (trim := _trim()) is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
