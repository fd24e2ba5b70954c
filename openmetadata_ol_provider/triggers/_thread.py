"""A blocking client with a thread of its own, for triggers.

A thread shared by all triggers of the process would make them wait for each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

T = TypeVar("T")


class ThreadBound:
    """Runs everything that blocks in one thread of its own. An asynchronous context manager.

    :param thread_name: beginning of the thread's name
    """

    def __init__(self, thread_name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=thread_name)

    async def _run(self, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function)

    def _close(self) -> None:
        """Close what is open, if anything is; called in the thread."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            # Also when the trigger is cancelled; closing waits for a call in progress.
            await asyncio.shield(self._run(self._close))
        finally:
            self._thread.shutdown(wait=False)
