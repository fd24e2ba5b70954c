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
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
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


class _WaitingRequest:
    """A request that waits for its turn.

    :param begin: function to call when its turn has come
    :param optional: ``True`` if lineage does not need it
    :ivar round: round that it belongs to; ``None`` until its turn has come
    :ivar is_begun: ``True`` once ``begin`` was called
    :ivar news: has an item whenever the request has to look again whether it may go on
    """

    __slots__ = ("begin", "is_begun", "news", "optional", "round")

    def __init__(self, begin: Callable[[], object], *, optional: bool) -> None:
        self.begin = begin
        self.optional = optional
        self.round: int | None = None
        self.is_begun = False
        self.news: SimpleQueue[None] = SimpleQueue()


class RequestGate:
    """Lets the threads of a client send requests one by one, as the server's load allows.

    A request whose turn comes is begun by the thread that notices it, mostly the one whose response has just arrived:
    its own thread would have to be woken first, and to wait for Python's lock. Requests that lineage does not need let
    all others pass, and leave one connection to them while :meth:`lineage_first` lasts. With a single connection they
    only let others pass: what writes lineage may need their answers.

    :param maximum: most requests in flight at any time
    :param stall_timeout: seconds that a request waits while no other one is completed
    :param clock: monotonic clock, in seconds
    """

    def __init__(self, maximum: int, stall_timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._adaptive = AdaptiveLimit(maximum)
        self._stall_timeout = stall_timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: deque[_WaitingRequest] = deque()
        self._optional_queue: deque[_WaitingRequest] = deque()
        self._optional_in_flight = 0
        self._reserved = 0
        self._progress_at = float("-inf")

    @property
    def limit(self) -> int:
        """Requests that may be in flight now."""
        return self._adaptive.current

    @contextmanager
    def lineage_first(self) -> Iterator[None]:
        """Leave one of several connections to requests that lineage needs, whatever else is under way."""
        with self._lock:
            self._reserved += 1
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= 1
                due = self._take_due()
            _begin(due)

    def acquire(self, max_pause: float, begin: Callable[[], object] = lambda: None, *, optional: bool = False) -> int:
        """Wait for this request's turn and return the round to hand to :meth:`release`.

        :param max_pause: longest pause, in seconds, that the server may ask of this request
        :param begin: function that is called once, by any thread, as soon as it is this request's turn; it neither
            blocks nor raises; default: none
        :param optional: ``True`` if lineage does not need it; default: ``False``
        :raises ThrottleError: if the server asks for more, or if no request is completed for too long
        """
        waiting = _WaitingRequest(begin, optional=optional)
        with self._lock:
            arrived = self._clock()
            self._queue_of(waiting).append(waiting)
        try:
            while True:
                with self._lock:
                    due, round_ = self._take_due(), waiting.round
                    seconds = self._seconds_to_wait(arrived, max_pause) if round_ is None else self._stall_timeout
                _begin(due)
                if round_ is not None and waiting.is_begun:
                    return round_
                try:
                    waiting.news.get(timeout=seconds)
                except Empty:
                    # The thread that took it from the queue was interrupted before it could begin it.
                    if round_ is not None:
                        return round_
        except BaseException:
            # Also what is raised into a waiting thread from outside, by a signal for example.
            self._abandon(waiting)
            raise

    def release(self, round_: int, signal: LoadSignal, pause: float = 0.0, *, optional: bool = False) -> bool:
        """Count a request as done and return whether the limit was lowered.

        :param round_: return value of :meth:`acquire`
        :param signal: what the request showed of the server's load
        :param pause: seconds until any thread may ask an overloaded server again
        :param optional: as it was passed to :meth:`acquire`
        """
        with self._lock:
            now = self._clock()
            if signal == "handled":
                self._progress_at = now
            self._optional_in_flight -= optional
            lowered = self._adaptive.finish(round_, signal, now + pause)
            due = self._take_due()
            if not due:
                self._wake_first()
        _begin(due)
        return lowered

    def _take_due(self) -> list[_WaitingRequest]:
        """Take the requests from the queue whose turn it is."""
        due: list[_WaitingRequest] = []
        if self._queue or self._optional_queue:
            now = self._clock()
            while self._adaptive.is_open(now) and (queue := self._next_queue()):
                request = queue.popleft()
                request.round = self._adaptive.start()
                self._optional_in_flight += request.optional
                due.append(request)
        return due

    def _queue_of(self, request: _WaitingRequest) -> deque[_WaitingRequest]:
        return self._optional_queue if request.optional else self._queue

    def _next_queue(self) -> deque[_WaitingRequest] | None:
        """Return the queue whose first request is the next one, ``None`` if there is none that may be sent."""
        if self._queue:
            return self._queue
        may_send = self._optional_in_flight < max(1, self._adaptive.current - min(self._reserved, 1))
        return self._optional_queue if may_send else None

    def _seconds_to_wait(self, arrived: float, max_pause: float) -> float:
        """Return after how many seconds a request has to look again.

        :raises ThrottleError: if it has waited long enough, or would have to
        """
        now = self._clock()
        pause = self._adaptive.resume_at - now
        # As long as other requests are completed, the turn will come, and waiting costs this one nothing.
        left = max(arrived, self._progress_at) + self._stall_timeout - now
        if pause <= max_pause and left > 0:
            return min(pause, left) if pause > 0 else left
        raise ThrottleError(pause if pause > max_pause else None)

    def _abandon(self, request: _WaitingRequest) -> None:
        """Take a request from the queue that nobody waits for any more, or end its turn."""
        with self._lock:
            if request.round is None:
                with suppress(ValueError):
                    self._queue_of(request).remove(request)
                self._wake_first()
                return
        self.release(request.round, "unknown", optional=request.optional)

    def _wake_first(self) -> None:
        """Let the first request in each queue look at the load again; it wakes the next one when it gives up."""
        for queue in (self._queue, self._optional_queue):
            if queue:
                queue[0].news.put(None)


def _begin(requests: list[_WaitingRequest]) -> None:
    """Begin requests whose turn it is, and let their threads go on, also if this thread is interrupted meanwhile."""
    left = deque(requests)
    try:
        while left:
            left[0].begin()
            _let_go_on(left.popleft())
    finally:
        for request in left:
            _let_go_on(request)


def _let_go_on(request: _WaitingRequest) -> None:
    request.is_begun = True
    request.news.put(None)
