"""How many requests a client has in flight: one limit for all its threads, adapted to the server's load.

After a 429 or 503 every thread waits until the moment that the server asked for, and the number of requests in flight
halves, down to one. Some rounds of successful requests raise it by one again, up to the client's maximum.
:class:`AdaptiveLimit` decides and knows no threads; :class:`RequestGate` makes threads wait for their turn, first come,
first served.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

#: What a request showed of the server's load: it was handled, it was turned away, or it failed for another reason.
LoadSignal = Literal["handled", "overloaded", "unknown"]

#: Rounds of successful requests before the limit grows by one: slowly, so that the server is not overloaded again.
_ROUNDS = 4


class ThrottleError(Exception):
    """Raised when a request would have to wait longer than it may.

    :param pause: seconds that the server asks to wait; ``None`` if no request of the client was completed meanwhile
    """

    def __init__(self, pause: float | None) -> None:
        super().__init__(pause)
        self.pause = pause


class AdaptiveLimit:
    """Decides how many requests may be in flight, and from when on.

    Times are passed in, in seconds of any one clock.

    :param maximum: most requests in flight at any time
    """

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._limit = float(maximum)
        self._in_flight = 0
        self._round = 0
        #: time before which no request may be sent
        self.resume_at = float("-inf")

    @property
    def current(self) -> int:
        """Requests that may be in flight now."""
        return int(self._limit)

    def is_open(self, now: float) -> bool:
        """Return whether one more request may be sent."""
        return now >= self.resume_at and self._in_flight < self.current

    def start(self) -> int:
        """Count a request as in flight and return the round it belongs to."""
        self._in_flight += 1
        return self._round

    def finish(self, round_: int, signal: LoadSignal, resume_at: float = float("-inf")) -> bool:
        """Count a request as done, learn from it, and return whether the limit was lowered.

        :param round_: return value of :meth:`start`
        :param signal: what the request showed of the server's load
        :param resume_at: time from which an overloaded server may be asked again
        """
        self._in_flight -= 1
        if signal == "overloaded":
            self.resume_at = max(self.resume_at, resume_at)
        # Requests sent before the limit was last lowered say nothing about the new limit: a crowd that is turned away
        # at once halves it once.
        if round_ != self._round:
            return False
        if signal == "handled":
            self._limit = min(float(self._maximum), self._limit + 1 / (_ROUNDS * self.current))
        elif signal == "overloaded":
            self._limit = max(1.0, self._limit / 2)
            self._round += 1
            return True
        return False


class RequestGate:
    """Lets the threads of a client send requests one by one, as the server's load allows.

    :param maximum: most requests in flight at any time
    :param stall_timeout: seconds that a request waits while no other one is completed
    :param clock: monotonic clock, in seconds
    """

    def __init__(self, maximum: int, stall_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._adaptive = AdaptiveLimit(maximum)
        self._stall_timeout = stall_timeout
        self._clock = clock
        self._lock = threading.Lock()
        # One condition per waiting thread: waking all of them for each completed request would cost more than the
        # requests.
        self._queue: deque[threading.Condition] = deque()
        self._progress_at = float("-inf")

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return self._adaptive.current

    def acquire(self, max_pause: float) -> int:
        """Wait for this request's turn and return the round to hand to :meth:`release`.

        :param max_pause: longest pause, in seconds, that the server may ask of this request
        :raises ThrottleError: if the server asks for more, or if no request is completed for too long
        """
        with self._lock:
            arrived = self._clock()
            if not self._queue and self._adaptive.is_open(arrived):
                return self._adaptive.start()
            turn = threading.Condition(self._lock)
            self._queue.append(turn)
            try:
                while True:
                    now = self._clock()
                    pause = self._adaptive.resume_at - now
                    if pause > max_pause:
                        raise ThrottleError(pause)
                    if self._queue[0] is turn and self._adaptive.is_open(now):
                        return self._adaptive.start()
                    # As long as other requests are completed, the turn will come, and waiting costs this one nothing.
                    left = max(arrived, self._progress_at) + self._stall_timeout - now
                    if left <= 0:
                        raise ThrottleError(None)
                    turn.wait(min(pause, left) if pause > 0 else left)
            finally:
                self._queue.remove(turn)
                self._wake_next()

    def release(self, round_: int, signal: LoadSignal, pause: float = 0.0) -> bool:
        """Count a request as done and return whether the limit was lowered.

        :param round_: return value of :meth:`acquire`
        :param signal: what the request showed of the server's load
        :param pause: seconds until any thread may ask an overloaded server again
        """
        with self._lock:
            now = self._clock()
            if signal == "handled":
                self._progress_at = now
            lowered = self._adaptive.finish(round_, signal, now + pause)
            self._wake_next()
            return lowered

    def _wake_next(self) -> None:
        """Wake the first thread in the queue; it wakes the next one when it leaves the queue."""
        if self._queue:
            self._queue[0].notify()
