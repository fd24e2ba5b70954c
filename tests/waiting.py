"""Waits for something to happen, however busy the machine is; what does not happen is named."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

#: Seconds after which what has not happened will not happen: many times what it takes alone.
PATIENCE = 240.0


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition.

    :param what: description of what is waited for, for the error
    :raises AssertionError: after :data:`PATIENCE` seconds
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not after {PATIENCE:g} s: {what}"
        time.sleep(0.01)


async def until_async(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition as :func:`until` does, while the event loop goes on."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not after {PATIENCE:g} s: {what}"
        await asyncio.sleep(0.01)
