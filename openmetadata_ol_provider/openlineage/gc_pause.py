"""Pauses the garbage collector while millions of values are made that cannot form cycles."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Pauses:
    """The pauses under way in all threads: the last one to end lets the collector run again."""

    def __init__(self) -> None:
        # A handler of signals may pause it as well, in the middle of this.
        self._lock = threading.RLock()
        self._count = 0
        self._enabled = False

    def begin(self) -> None:
        with self._lock:
            if not self._count:
                self._enabled = gc.isenabled()
                gc.disable()
            self._count += 1

    def end(self) -> None:
        with self._lock:
            self._count -= 1
            if not self._count and self._enabled:
                gc.enable()


_pauses = _Pauses()


@contextmanager
def without_collection() -> Iterator[None]:
    """Pause the garbage collector, which would spend much time on visiting new values again and again."""
    _pauses.begin()
    try:
        yield
    finally:
        _pauses.end()
