"""Doing something once, however many threads ask for it, and remembering what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class Once:
    """Remembers results, and errors, by key; whoever asks while the first is at it waits for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: dict[Hashable, Future[Any]] = {}

    def __call__(self, key: Hashable, do: Callable[[], Result]) -> Result:
        """Return what ``do`` returned when it was first called for the key.

        :raises BaseException: what it raised then
        """
        with self._lock:
            future = self._done.get(key)
            mine = future is None
            if future is None:
                future = self._done[key] = Future()
        if mine:
            try:
                future.set_result(do())
            except BaseException as error:
                future.set_exception(error)
                raise
        result: Result = future.result()
        return result
