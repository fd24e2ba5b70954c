"""Gives freed memory back to the operating system.

Between two steps of a batch, tens of megabytes are freed at once: messages, then events, then the plan. The C library
keeps them for later, piecemeal, and what takes its place elsewhere comes on top.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Final

#: Parameters of glibc's ``mallopt``.
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
#: Bytes from which on a block is returned as soon as it is freed: glibc's own default, which it raises otherwise to the
#: size of the largest block that was freed, so that texts of a megabyte end up between small blocks and leave gaps.
_LARGE_BLOCK: Final = 128 * 1024
#: Most heaps: each thread would get one, and what one has freed is not used by another.
_MAX_HEAPS: Final = 2


def return_large_blocks() -> None:
    """Have large blocks returned when they are freed, from now on and for all of the process; only with glibc."""
    if (mallopt := _function("mallopt")) is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)
        mallopt(_M_ARENA_MAX, _MAX_HEAPS)


def release_freed_memory() -> None:
    """Give back what was freed; where the C library is not glibc, do nothing."""
    if (trim := _function("malloc_trim")) is not None:
        trim(0)


@cache
def _function(name: str) -> Callable[..., int] | None:
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
    return function
