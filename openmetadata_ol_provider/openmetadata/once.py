"""Asking each question once: answers are kept for the time of one publication and shared by all threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Answer = TypeVar("Answer")


class Once:
    """Calls a function once for each key, however many threads ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Future[Any]] = {}

    def __call__(self, key: Hashable, ask: Callable[[], Answer]) -> Answer:
        """Answer from what was asked before; a question in flight is waited for, not asked again.

        :param key: what is asked; the same key has to come with the same function
        :raises Exception: what ``ask`` raised, to all who asked
        """
        with self._lock:
            future = self._answers.get(key)
            mine = future is None
            if future is None:
                future = self._answers[key] = Future()
        if mine:
            try:
                future.set_result(ask())
            except BaseException as error:
                future.set_exception(error)
                raise
        answer: Answer = future.result()
        return answer
