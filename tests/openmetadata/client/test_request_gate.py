"""Threads at the gate: first come, first served, begun by whoever notices, and lineage before what decorates it."""

from __future__ import annotations

import threading
import time

import pytest

from openmetadata_ol_provider.openmetadata.client.throttle import RequestGate, ThrottleError


def test_threads_pass_in_the_order_in_which_they_came() -> None:
    gate = RequestGate(1, stall_timeout=30)
    held, order = gate.acquire(0), []

    def pass_through(number: int) -> None:
        place = gate.acquire(0)
        order.append(number)
        gate.release(place, "handled")

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=pass_through, args=(number,)))
        threads[-1].start()
        while len(gate._queue) <= number:
            time.sleep(0.001)
    gate.release(held, "handled")
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]


def test_a_pause_that_is_longer_than_allowed_is_not_waited_for() -> None:
    gate = RequestGate(4, stall_timeout=1000, clock=lambda: 0.0)
    gate.release(gate.acquire(60), "overloaded", 3600)
    with pytest.raises(ThrottleError) as caught:
        gate.acquire(60)
    assert caught.value.pause == 3600


def test_nobody_waits_for_ever_behind_calls_that_do_not_come_back() -> None:
    gate = RequestGate(1, stall_timeout=0.01)
    gate.acquire(0)
    with pytest.raises(ThrottleError) as caught:
        gate.acquire(0)
    assert caught.value.pause is None


def test_a_waiting_request_stays_as_long_as_others_get_through() -> None:
    now = 0.0
    gate = RequestGate(2, stall_timeout=10, clock=lambda: now)
    slow, quick = gate.acquire(0), gate.acquire(0)
    result: list[object] = []

    def wait() -> None:
        try:
            result.append(gate.acquire(1000))
        except ThrottleError as error:
            result.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not gate._queue:
        time.sleep(0.001)
    gate.release(slow, "overloaded")
    now = 9.0
    # Still one in flight, which is what the limit allows now; but it shows that the server works.
    gate._progress_at = now
    now = 18.0
    gate.release(quick, "handled")
    thread.join()
    assert result == [1]


class Waiting:
    """A thread that waits at a gate, and what it got.

    :param gate: gate to wait at
    :param optional: ``True`` if lineage does not need its request
    """

    def __init__(self, gate: RequestGate, *, optional: bool = False) -> None:
        self._gate = gate
        self._optional = optional
        self.begun_by: list[str] = []
        self.round: int | None = None
        self._thread = threading.Thread(target=self._wait, name="waiting")
        before = self._waiting()
        self._thread.start()
        while self._waiting() == before and not self.begun_by:
            time.sleep(0.001)

    def _waiting(self) -> int:
        return len(self._gate._queue) + len(self._gate._optional_queue)

    def _wait(self) -> None:
        self.round = self._gate.acquire(60, self._begin, optional=self._optional)

    def _begin(self) -> None:
        self.begun_by.append(threading.current_thread().name)

    def end(self) -> None:
        self._thread.join(60)
        assert self.round is not None
        self._gate.release(self.round, "handled", optional=self._optional)


def test_the_thread_whose_response_has_arrived_begins_the_next_request() -> None:
    gate = RequestGate(1, stall_timeout=60)
    held = gate.acquire(0)
    waiting = Waiting(gate)
    assert waiting.begun_by == []
    gate.release(held, "handled")
    assert waiting.begun_by == [threading.current_thread().name]
    waiting.end()
    assert waiting.begun_by == [threading.current_thread().name]


def test_a_request_whose_turn_it_is_at_once_is_begun_by_its_own_thread() -> None:
    waiting = Waiting(RequestGate(1, stall_timeout=60))
    waiting.end()
    assert waiting.begun_by == ["waiting"]


def test_what_lineage_needs_passes_what_only_decorates_it() -> None:
    gate = RequestGate(1, stall_timeout=60)
    held = gate.acquire(0)
    decoration, edge = Waiting(gate, optional=True), Waiting(gate)
    gate.release(held, "handled")
    assert edge.begun_by
    assert decoration.begun_by == []
    edge.end()
    assert decoration.begun_by
    decoration.end()


def test_one_connection_is_left_to_lineage_while_it_comes_first() -> None:
    gate = RequestGate(2, stall_timeout=60)
    with gate.lineage_first():
        first, second = Waiting(gate, optional=True), Waiting(gate, optional=True)
        assert (bool(first.begun_by), bool(second.begun_by)) == (True, False)
        # The first one hangs, and edge after edge gets through.
        for _ in range(3):
            edge = Waiting(gate)
            assert edge.begun_by
            edge.end()
        assert second.begun_by == []
    assert second.begun_by
    first.end()
    second.end()
    assert gate._optional_in_flight == 0


def test_with_one_connection_what_decorates_only_lets_lineage_pass() -> None:
    gate = RequestGate(1, stall_timeout=60)
    with gate.lineage_first():
        edge = Waiting(gate)
        decoration, second_edge = Waiting(gate, optional=True), Waiting(gate)
        edge.end()
        assert (bool(second_edge.begun_by), decoration.begun_by) == (True, [])
        second_edge.end()
        # What writes lineage may wait for its answer: who has changed an edge, for example.
        assert decoration.begun_by
        decoration.end()


def test_a_waiting_decoration_gives_up_like_any_other() -> None:
    gate = RequestGate(1, stall_timeout=0.01)
    gate.acquire(0)
    with pytest.raises(ThrottleError):
        gate.acquire(0, optional=True)
    assert not gate._optional_queue


def test_a_request_goes_on_by_itself_if_the_thread_that_took_it_never_begins_it() -> None:
    gate = RequestGate(1, stall_timeout=0.2)
    held = gate.acquire(0)
    waiting = Waiting(gate)
    with gate._lock:
        gate._adaptive.finish(held, "handled")
        # This thread is interrupted here, for example by the end of its task.
        assert len(gate._take_due()) == 1
    waiting.end()
    assert waiting.begun_by == []
