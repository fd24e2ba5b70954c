"""Threads that work through tasks in the order in which they were handed in, also those of several callers at once.

A caller may hand in its tasks as soon as another one's last task is under way: so no thread waits for the slowest task
of a stage, and yet no task of the second caller comes before one of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

Task = Callable[[], object]


class WorkerPool:
    """Threads for the tasks of any number of callers; they end with the last reference to the pool.

    :param threads: most tasks at the same time
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="catalogue")

    def run(self, tasks: Sequence[Task], on_taken: Callable[[], object] | None = None) -> None:
        """Run tasks and return when all are done; after an error those that are left are not begun.

        :param tasks: functions without arguments
        :param on_taken: function that is called once the last task has been begun, or there is none left to begin, and
            maybe again; default: none
        :raises BaseException: error of the first task that raised one
        """
        announce = on_taken or (lambda: None)
        futures = [self._threads.submit(task) for task in tasks[:-1]]
        futures += [self._threads.submit(_announced, task, announce) for task in tasks[-1:]]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            # Of those that are done, or have begun, this changes nothing.
            begun = [future for future in futures if not future.cancel()]
            announce()
            wait(begun)
        for future in begun:
            future.result()


def _announced(task: Task, announce: Callable[[], object]) -> None:
    announce()
    task()
