"""A cache that runs each query once, however many threads ask for its result at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class QueryCache:
    """Runs each query once and remembers its result, for example for the time of one publication."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: dict[Hashable, Future[Any]] = {}

    def __call__(self, key: Hashable, query: Callable[[], Result]) -> Result:
        """Return the result of a query; one that is already running is waited for, not run again.

        :param key: identifies the query; the same key has to come with the same query
        :param query: function without arguments that runs the query
        :raises Exception: error of the query, raised to everybody who asks for it
        """
        with self._lock:
            future = self._results.get(key)
            is_first = future is None
            if future is None:
                future = self._results[key] = Future()
        if is_first:
            try:
                future.set_result(query())
            except BaseException as error:
                future.set_exception(error)
                raise
        result: Result = future.result()
        return result
