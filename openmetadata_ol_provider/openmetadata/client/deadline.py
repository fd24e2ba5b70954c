"""Limits the time of a whole response: a socket's timeout begins again with each byte, and a server may send few."""

from __future__ import annotations

import time
from typing import Final

#: How many times the timeout, in which each piece has to arrive, a whole response may take.
MOST_TIMEOUTS: Final = 10


class Deadline:
    """The time at which a response that begins now has to be complete.

    :param timeout: seconds in which each piece of it has to arrive; ``None``: as long as it takes
    """

    __slots__ = ("_at",)

    def __init__(self, timeout: float | None) -> None:
        self._at = float("inf") if timeout is None else time.monotonic() + MOST_TIMEOUTS * timeout

    def check(self) -> None:
        """Do nothing unless it has passed.

        :raises TimeoutError: if it has
        """
        if time.monotonic() > self._at:
            raise TimeoutError("the response is not complete in time")
