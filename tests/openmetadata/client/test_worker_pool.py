"""Tasks are begun in the order in which they were handed in, whoever hands them in, and none is lost."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.openmetadata.client.worker_pool import WorkerPool


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 5), st.lists(st.integers(0, 9), min_size=1, max_size=4))
def test_tasks_of_the_next_caller_begin_after_all_of_the_one_before(threads: int, sizes: list[int]) -> None:
    pool = WorkerPool(threads)
    begun: list[tuple[int, int]] = []
    busy: list[int] = []
    most: list[int] = [0]

    def work(stage: int, number: int) -> None:
        begun.append((stage, number))
        busy.append(1)
        most.append(len(busy))
        time.sleep(0.0005)
        busy.pop()

    taken = [threading.Event() for _ in (*sizes, 0)]
    taken[0].set()

    def caller(stage: int, size: int) -> None:
        taken[stage].wait(30)
        pool.run([partial(work, stage, number) for number in range(size)], taken[stage + 1].set)

    callers = [threading.Thread(target=caller, args=item) for item in enumerate(sizes)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(30)
    assert sorted(begun) == [(stage, number) for stage, size in enumerate(sizes) for number in range(size)]
    # A thread may be overtaken between taking a task and beginning it, by no more than there are other threads.
    at = {task: position for position, task in enumerate(begun)}
    assert all(abs(at[task] - position) < 2 * threads for position, task in enumerate(sorted(begun)))
    assert max(most) <= threads


def test_the_error_of_the_first_task_is_raised_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        raise LookupError(number)

    pool = WorkerPool(1)
    with pytest.raises(LookupError, match="0"):
        pool.run([partial(work, number) for number in range(5)])
    assert begun == [0]
    pool.run([partial(begun.append, 7)])
    assert begun == [0, 7]


def test_any_error_waits_for_what_has_begun_and_drops_the_rest() -> None:
    class Interrupted(BaseException):
        pass

    release = threading.Event()
    done: list[int] = []

    def work(number: int) -> None:
        release.wait(30)
        done.append(number)

    def interrupt() -> None:
        release.set()
        raise Interrupted

    with pytest.raises(Interrupted):
        WorkerPool(2).run([partial(work, 0), interrupt, *(partial(work, number) for number in range(1, 50))])
    assert 0 in done
    assert len(done) < 49


def test_without_tasks_nothing_waits() -> None:
    taken = threading.Event()
    WorkerPool(2).run([], taken.set)
    assert taken.is_set()
