"""Threads that work through tasks in the order in which they were handed in, also those of several callers at once.

A caller may hand in its tasks as soon as another one's last task is under way: so no thread waits for the slowest task
of a stage, and yet no task of the second caller comes before one of the first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

Task = Callable[[], object]


class WorkerPool:
    """Threads for the tasks of any number of callers; they end with the last reference to the pool.

    :param threads: most tasks at the same time
    """

    def __init__(self, threads: int) -> None:
        self._most = threads
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="catalogue")

    def run(self, tasks: Sequence[Task], on_taken: Callable[[], object] | None = None) -> None:
        """Run tasks and return when all are done; after an error those that are left are not begun.

        :param tasks: functions without arguments
        :param on_taken: function that is called once the last task has been begun, or there is none left to begin, and
            maybe again; default: none
        :raises BaseException: error of a task
        """
        batch = _Batch(tasks, on_taken or (lambda: None))
        # A thread takes task after task: handing in each by itself costs more than some of the tasks.
        futures = [self._threads.submit(batch.work) for _ in range(min(len(tasks), self._most))]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            batch.drop_rest()
            begun = [future for future in futures if not future.cancel()]
            wait(begun)
        for future in begun:
            future.result()


class _Batch:
    """The tasks of one caller that have not been begun.

    :param tasks: functions without arguments
    :param on_taken: function to call when none is left
    """

    def __init__(self, tasks: Sequence[Task], on_taken: Callable[[], object]) -> None:
        self._left = deque(tasks)
        self._on_taken = on_taken

    def work(self) -> None:
        """Run one task after the other until none is left."""
        try:
            while True:
                try:
                    task = self._left.popleft()
                except IndexError:
                    return
                if not self._left:
                    self._on_taken()
                task()
        except BaseException:
            self.drop_rest()
            raise

    def drop_rest(self) -> None:
        """Begin no further task."""
        self._left.clear()
        self._on_taken()
