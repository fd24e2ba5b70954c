"""How fast a client may go: one pace for all its threads, set by what the server says of itself.

When the server is overloaded (429, 503), every thread waits until the moment it asked for, and the number of calls
under way halves, down to one; some rounds of calls that went well let one more through, up to the client's limit.
:class:`Pace` decides and knows no threads; :class:`Gate` makes threads wait for their turn, first come, first served.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

#: What became of a call: the server worked it off, was overloaded, or failed in a way that says nothing of its load.
Outcome = Literal["worked", "overloaded", "failed"]

#: Rounds of calls that have to go well before one more is let through: a server that was overloaded is not tempted.
_ROUNDS = 4


class PaceError(Exception):
    """Raised when a call has to wait longer than it may.

    :param pause: seconds that the server asked for; ``None`` where no call of the client got through meanwhile
    """

    def __init__(self, pause: float | None) -> None:
        super().__init__(pause)
        self.pause = pause


class AdaptiveLimit:
    """How many calls may be under way, and from when on. Times are passed in, in seconds of any one clock.

    :param limit: calls under way at most
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._width = float(limit)
        self._under_way = 0
        self._round = 0
        #: no call may be sent before
        self.resume_at = float("-inf")

    @property
    def width(self) -> int:
        """Calls that may be under way now."""
        return int(self._width)

    def is_open(self, now: float) -> bool:
        """Return whether one more call may be sent."""
        return now >= self.resume_at and self._under_way < self.width

    def begin(self) -> int:
        """Count a call as under way and return the round it belongs to."""
        self._under_way += 1
        return self._round

    def end(self, round_: int, outcome: Outcome, resume_at: float = float("-inf")) -> bool:
        """Count a call as done, learn from it, and return whether it slowed the pace down.

        :param round_: of :meth:`begin`
        :param resume_at: when an overloaded server may be asked again
        """
        self._under_way -= 1
        if outcome == "overloaded":
            self.resume_at = max(self.resume_at, resume_at)
        # Calls that were sent before the pace was last slowed down say nothing of the present one: a crowd that is
        # turned away at once halves it once.
        if round_ != self._round:
            return False
        if outcome == "worked":
            self._width = min(float(self._limit), self._width + 1 / (_ROUNDS * self.width))
        elif outcome == "overloaded":
            self._width = max(1.0, self._width / 2)
            self._round += 1
            return True
        return False


class RequestGate:
    """Lets the threads of a client pass at the pace of the server.

    :param limit: calls under way at most
    :param patience: seconds that a call waits while no call gets through
    :param clock: seconds, never going back
    """

    def __init__(self, limit: int, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = AdaptiveLimit(limit)
        self._patience = patience
        self._clock = clock
        self._lock = threading.Lock()
        # Each waits for a word of its own: to wake all for each call that is done would cost more than the calls.
        self._queue: deque[threading.Condition] = deque()
        self._progress_at = float("-inf")

    @property
    def width(self) -> int:
        """Calls that may be under way now."""
        return self._pace.width

    def enter(self, longest_pause: float) -> int:
        """Wait until it is this call's turn and return what :meth:`leave` is to be given.

        :param longest_pause: seconds that the server may ask this call to wait
        :raises PaceError: if it asks for more, or if nothing has got through for too long
        """
        with self._lock:
            arrived = self._clock()
            if not self._queue and self._pace.is_open(arrived):
                return self._pace.begin()
            turn = threading.Condition(self._lock)
            self._queue.append(turn)
            try:
                while True:
                    now = self._clock()
                    pause = self._pace.resume_at - now
                    if pause > longest_pause:
                        raise PaceError(pause)
                    if self._queue[0] is turn and self._pace.is_open(now):
                        return self._pace.begin()
                    # While others get through, this call's turn will come; waiting for it costs it nothing.
                    left = max(arrived, self._progress_at) + self._patience - now
                    if left <= 0:
                        raise PaceError(None)
                    turn.wait(min(pause, left) if pause > 0 else left)
            finally:
                self._queue.remove(turn)
                self._wake()

    def leave(self, place: int, outcome: Outcome, pause: float = 0.0) -> bool:
        """Give the place back and return whether the pace was slowed down.

        :param place: of :meth:`enter`
        :param pause: seconds until an overloaded server may be asked again, by any thread
        """
        with self._lock:
            now = self._clock()
            if outcome == "worked":
                self._progress_at = now
            slowed = self._pace.end(place, outcome, now + pause)
            self._wake()
            return slowed

    def _wake(self) -> None:
        """Let the first that waits look whether it may go; it wakes the next when it goes, or gives up."""
        if self._queue:
            self._queue[0].notify()
