"""Settings of the interpreter that several blocks change at once: the last one to end restores them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Nesting:
    """Changes a setting while at least one block is under way, in any thread.

    :param change: function that changes the setting and returns the function that restores it
    """

    def __init__(self, change: Callable[[], Callable[[], object]]) -> None:
        # A handler of signals may begin a block as well, in the middle of this.
        self._lock = threading.RLock()
        self._change = change
        self._count = 0
        self._restore: Callable[[], object] = lambda: None

    @contextmanager
    def block(self) -> Iterator[None]:
        """Change the setting, unless another block has, and restore it unless another block is under way."""
        with self._lock:
            if not self._count:
                self._restore = self._change()
            self._count += 1
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
                if not self._count:
                    self._restore()
