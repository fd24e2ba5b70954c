"""Caches what one task has read and written while it works through a backlog, so that no batch reads it again.

The cache lives as long as its task. It is the one mutable object that publications share, passed to them separately
from their history: losing it costs calls, never correctness. It is used neither where lanes publish at the same time
nor, for statuses and rows of observability, in pipelines that another ingestion writes too. Its size is bounded,
however long the backlog.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

#: Most pipelines, and most statuses of all pipelines together, that are kept.
MAX_PIPELINES = 20_000
MAX_STATUSES = 10_000
#: Most statuses of one pipeline; the later half stays, because the next runs are hardly ever older.
MAX_STATUSES_OF_ONE = 128
#: Most rows of pipeline observability of all tables together that are kept.
MAX_ROWS = 10_000
_pack = msgspec.json.Encoder().encode
_unpack = msgspec.json.Decoder(dict[str, Any]).decode


class Window(NamedTuple):
    """All statuses that a pipeline has in a span of time.

    :param start: first timestamp, in epoch milliseconds
    :param end: last timestamp (inclusive), in epoch milliseconds
    :param statuses: statuses by timestamp
    """

    start: int
    end: int
    statuses: dict[int, dict[str, Any]]


class _PackedWindow(NamedTuple):
    """A window whose statuses are JSON, which takes a fifth of the memory."""

    start: int
    end: int
    statuses: dict[int, bytes]


class SessionCache:
    """Pipelines, statuses and counts as this task left them; safe for threads that each work on their own pipeline."""

    def __init__(self) -> None:
        self._pipelines: dict[JobId, PipelineRef] = {}
        self._windows: dict[str, _PackedWindow] = {}
        self._statuses = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._tables: dict[str, tuple[int, bytes]] = {}
        self._rows = 0
        self._lock = threading.Lock()

    def pipeline(self, job: JobId) -> PipelineRef | None:
        """Return a pipeline that this task has published."""
        return self._pipelines.get(job)

    def store_pipeline(self, job: JobId, ref: PipelineRef) -> None:
        """Keep what is needed to name a pipeline, not all of its JSON."""
        if len(self._pipelines) >= MAX_PIPELINES:
            self._pipelines.clear()
        self._pipelines[job] = ref._replace(change="unchanged", stored={}, problems=())

    def forget_pipeline(self, job: JobId) -> None:
        """Drop a pipeline, so that it is read the next time: something about it was refused."""
        ref = self._pipelines.pop(job, None)
        if ref is not None:
            self.forget_statuses(ref.fqn)

    def count(self, key: tuple[str, str]) -> int | None:
        """Return the usage count that the catalogue has for a pipeline (FQN) and day."""
        return self._counts.get(key)

    def store_count(self, key: tuple[str, str], count: int) -> None:
        """Keep a count that was read or written."""
        if len(self._counts) >= MAX_PIPELINES:
            self._counts.clear()
        self._counts[key] = count

    def forget_count(self, key: tuple[str, str]) -> None:
        """Drop a count that is about to be written, so that it is read the next time should the write fail."""
        self._counts.pop(key, None)

    def statuses(self, fqn: str, timestamps: list[int], slots: int) -> dict[int, dict[str, Any]] | None:
        """Return the statuses of a pipeline, ``None`` if the cache does not cover all of the span asked for.

        :param timestamps: timestamps of the statuses to be written
        :param slots: number of milliseconds after each timestamp that matter too
        """
        window = self._windows.get(fqn)
        if window is None or min(timestamps) < window.start or max(timestamps) + slots > window.end:
            return None
        matter = {slot for timestamp in timestamps for slot in range(timestamp, timestamp + slots + 1)}
        return {slot: _unpack(window.statuses[slot]) for slot in matter if slot in window.statuses}

    def store_window(self, fqn: str, window: Window) -> None:
        """Keep the statuses that were read of a pipeline."""
        self.forget_statuses(fqn)
        packed = {timestamp: _pack(status) for timestamp, status in window.statuses.items()}
        self._keep(fqn, _PackedWindow(window.start, window.end, packed))

    def store_status(self, fqn: str, status: dict[str, Any]) -> None:
        """Keep a status that was written."""
        window = self._windows.get(fqn)
        if window is None or not window.start <= status["timestamp"] <= window.end:
            return
        self._statuses += status["timestamp"] not in window.statuses
        window.statuses[status["timestamp"]] = _pack(status)
        if len(window.statuses) > MAX_STATUSES_OF_ONE:
            self.forget_statuses(fqn)
            later = sorted(window.statuses)[MAX_STATUSES_OF_ONE // 2 :]
            self._keep(fqn, _PackedWindow(later[0], window.end, {key: window.statuses[key] for key in later}))
        elif self._statuses > MAX_STATUSES:
            self._windows.clear()
            self._statuses = 0

    def _keep(self, fqn: str, window: _PackedWindow) -> None:
        self._statuses += len(window.statuses)
        if self._statuses > MAX_STATUSES:
            self._windows.clear()
            self._statuses = len(window.statuses)
        self._windows[fqn] = window

    def forget_statuses(self, fqn: str) -> None:
        """Drop the statuses of a pipeline, so that they are read the next time."""
        window = self._windows.pop(fqn, None)
        if window is not None:
            self._statuses -= len(window.statuses)

    def rows(self, table: str) -> dict[str, dict[str, Any]] | None:
        """Return the rows of pipeline observability of a table, by pipeline; ``None`` if they are not known.

        :param table: id of the table
        """
        packed = self._tables.get(table)
        return _unpack(packed[1]) if packed is not None else None

    def store_rows(self, table: str, rows: dict[str, dict[str, Any]]) -> None:
        """Keep the rows of a table as they are stored now."""
        with self._lock:
            self._forget_rows(table)
            if self._rows + len(rows) > MAX_ROWS:
                self._tables.clear()
                self._rows = 0
            self._rows += len(rows)
            self._tables[table] = len(rows), _pack(rows)

    def forget_rows(self, table: str) -> None:
        """Drop the rows of a table that are about to be written, so that they are read should the write fail."""
        with self._lock:
            self._forget_rows(table)

    def _forget_rows(self, table: str) -> None:
        self._rows -= self._tables.pop(table, (0, b""))[0]
