"""Airflow's metadata database, which can be made to refuse what is written to it."""

from __future__ import annotations

import sqlite3


class Database:
    """The SQLite database of the tests' own Airflow."""

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None

    def lock(self) -> None:
        """Let nobody else write to it."""
        from airflow import settings

        # The one who unlocks it may be in another thread.
        self._connection = sqlite3.connect(
            settings.engine.url.database, isolation_level=None, check_same_thread=False, timeout=60
        )
        self._connection.execute("BEGIN EXCLUSIVE")

    def unlock(self) -> None:
        """Let everybody write to it again."""
        assert self._connection is not None
        self._connection.execute("ROLLBACK")
        self._connection.close()
