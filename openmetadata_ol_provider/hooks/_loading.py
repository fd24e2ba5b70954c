"""Fetches connections without blocking an event loop."""

from __future__ import annotations

import asyncio
from typing import Any


async def load_connection(hook: Any, connection_id: str) -> Any:
    """Return the connection of a hook; Airflow 2 has no asynchronous way, so a thread fetches it.

    :raises AirflowNotFoundException: if the connection is missing
    """
    if hasattr(hook, "aget_connection"):
        return await hook.aget_connection(connection_id)
    return await asyncio.to_thread(hook.get_connection, connection_id)
