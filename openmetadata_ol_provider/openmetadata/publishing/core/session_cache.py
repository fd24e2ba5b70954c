"""Caches what one task has read and written while it works through a backlog, so that no batch reads it again.

The cache lives as long as its task. It is the one mutable object that publications share, passed to them separately
from their history: losing it costs calls, never correctness. It is used neither where lanes publish at the same time
nor, for statuses and rows of observability, in pipelines that another ingestion writes too. Its size is bounded,
however long the backlog.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
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

    @property
    def later_half(self) -> _PackedWindow:
        """The part of the window that has the later half of its statuses, rounded down."""
        timestamps = sorted(self.statuses)
        half = (len(timestamps) + 1) // 2
        later = {timestamp: self.statuses[timestamp] for timestamp in timestamps[half:]}
        return _PackedWindow(timestamps[half - 1] + 1, self.end, later) if timestamps else self


class _PackedRows(NamedTuple):
    """Rows of a table as JSON.

    :param whole: ``True`` if the table has no other rows
    """

    number: int
    rows: bytes
    whole: bool


_NO_ROWS = _PackedRows(0, b"{}", whole=False)


class SessionCache:
    """Pipelines, statuses and counts as this task left them; safe for threads that each work on their own pipeline."""

    def __init__(self) -> None:
        self._pipelines: dict[JobId, PipelineRef] = {}
        self._windows: dict[str, _PackedWindow] = {}
        self._statuses = 0
        self._counts: dict[tuple[str, str], int] = {}
        self._tables: dict[str, _PackedRows] = {}
        self._rows = 0
        self._created: set[str] = set()
        self._written: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def pipeline(self, job: JobId) -> PipelineRef | None:
        """Return a pipeline that this task has published."""
        return self._pipelines.get(job)

    def store_pipeline(self, job: JobId, ref: PipelineRef) -> None:
        """Keep what is needed to name a pipeline, not all of its JSON."""
        if len(self._pipelines) >= MAX_PIPELINES:
            self._pipelines.clear()
        self._pipelines[job] = ref._replace(change="unchanged", stored={}, problems=())
        if ref.change == "created":
            self._created.add(ref.fqn)

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
        packed = {timestamp: _pack(status) for timestamp, status in window.statuses.items()}
        with self._lock:
            self._set_window(fqn, _PackedWindow(window.start, window.end, packed))
            self._limit_statuses()

    def store_status(self, fqn: str, status: dict[str, Any]) -> None:
        """Keep a status that was written."""
        timestamp, packed = status["timestamp"], _pack(status)
        with self._lock:
            window = self._windows.get(fqn)
            if window is None or not window.start <= timestamp <= window.end:
                return
            self._statuses += timestamp not in window.statuses
            window.statuses[timestamp] = packed
            if len(window.statuses) > MAX_STATUSES_OF_ONE:
                self._set_window(fqn, window.later_half)
            self._limit_statuses()

    def forget_statuses(self, fqn: str) -> None:
        """Drop the statuses of a pipeline, so that they are read the next time."""
        with self._lock:
            self._set_window(fqn, None)

    def _set_window(self, fqn: str, window: _PackedWindow | None) -> None:
        before = self._windows.pop(fqn, None)
        self._statuses -= len(before.statuses) if before else 0
        if window is not None:
            self._windows[fqn] = window
            self._statuses += len(window.statuses)

    def _limit_statuses(self) -> None:
        """Keep the later half of each pipeline's statuses if there are too many of all: the next runs are later."""
        if len(self._windows) > MAX_PIPELINES:
            self._windows.clear()
            self._statuses = 0
        elif self._statuses > MAX_STATUSES:
            self._windows = {fqn: window.later_half for fqn, window in self._windows.items()}
            self._statuses = sum(len(window.statuses) for window in self._windows.values())

    def rows(self, table: str, pipelines: Collection[str]) -> dict[str, dict[str, Any]] | None:
        """Return the rows of pipeline observability of a table, by pipeline, as far as this task has seen them.

        :param table: id of the table
        :param pipelines: FQNs of the pipelines whose rows are needed
        :return: ``None`` if the row of one of them was neither read nor written, and may exist
        """
        with self._lock:
            packed = self._tables.get(table, _NO_ROWS)
            rows = _unpack(packed.rows)
            if packed.whole or all(self._has_no_row(table, fqn) for fqn in pipelines if fqn not in rows):
                return rows
            return None

    def _has_no_row(self, table: str, pipeline: str) -> bool:
        """Return whether a table has no row of a pipeline, because this task has created it and not written one."""
        return pipeline in self._created and (table, pipeline) not in self._written

    def store_rows(self, table: str, rows: Mapping[str, Mapping[str, Any]], *, whole: bool) -> None:
        """Keep rows of a table as they are stored now.

        :param whole: ``True`` if the table has no other rows
        """
        with self._lock:
            whole = whole or self._tables.get(table, _NO_ROWS).whole
            self._drop_rows(table)
            if self._rows + len(rows) > MAX_ROWS:
                self._tables.clear()
                self._rows = 0
            self._rows += len(rows)
            self._tables[table] = _PackedRows(len(rows), _pack(rows), whole)

    def forget_rows(self, table: str, pipelines: Iterable[str]) -> None:
        """Drop the rows of a table, so that they are read should the write fail that is about to begin.

        :param pipelines: FQNs of the pipelines whose rows are about to be written
        """
        with self._lock:
            self._drop_rows(table)
            self._written.update((table, fqn) for fqn in pipelines)
            if len(self._written) > MAX_ROWS or len(self._created) > MAX_PIPELINES:
                # Without the one, the other is of no use.
                self._written.clear()
                self._created.clear()

    def _drop_rows(self, table: str) -> None:
        self._rows -= self._tables.pop(table, _NO_ROWS).number
