"""Scenarios that meet, so that one fault hits them all at the same time: a broker is not killed for each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

#: Seconds that the others are waited for.
_PATIENCE = 900.0


class Party:
    """Scenarios that wait for one another.

    :param size: number of members
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting = 0
        self._meetings = 0
        self._act: Callable[[], object] = int
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def meet(self, act: Callable[[], object]) -> None:
        """Wait for the others; whoever comes last acts for all."""
        with self._changed:
            self._act = act
            self._waiting += 1
            meeting = self._meetings
            self._begin()
            assert self._changed.wait_for(lambda: self._meetings > meeting, _PATIENCE), "the others did not come"
            if self._error is not None:
                raise RuntimeError("what was to happen to all did not happen") from self._error

    def leave(self) -> None:
        """Be waited for no longer."""
        with self._changed:
            self._size -= 1
            self._begin()

    def _begin(self) -> None:
        if self._waiting == 0 or self._waiting < self._size:
            return
        try:
            self._act()
        except Exception as error:  # noqa: BLE001 - each of them tells
            self._error = error
        self._waiting = 0
        self._meetings += 1
        self._changed.notify_all()
