"""What one task has read and written itself while it works through a backlog, so that no batch reads it once more.

It is younger than the task, and nobody else writes there as a rule: it is used neither where lanes publish side by side
nor, of statuses, for pipelines that another ingestion writes too. Bounded, whatever the backlog.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

#: Pipelines, and statuses of all pipelines, that are kept.
MAX_PIPELINES = 20_000
MAX_STATUSES = 20_000


class Window(NamedTuple):
    """All statuses that a pipeline has in a span of time.

    :param start: epoch milliseconds
    :param end: the same, inclusive
    :param statuses: by timestamp
    """

    start: int
    end: int
    statuses: dict[int, dict[str, Any]]


class SessionCache:
    """Pipelines, statuses and counts as this task left them; for many threads, each at its own pipeline."""

    def __init__(self) -> None:
        self._pipelines: dict[JobId, PipelineRef] = {}
        self._windows: dict[str, Window] = {}
        self._statuses = 0
        self._counts: dict[tuple[str, str], int] = {}

    def pipeline(self, job: JobId) -> PipelineRef | None:
        """Return a pipeline that was published before."""
        return self._pipelines.get(job)

    def note_pipeline(self, job: JobId, ref: PipelineRef) -> None:
        """Remember a pipeline: all that names it needs, not all that is stored of it."""
        if len(self._pipelines) >= MAX_PIPELINES:
            self._pipelines.clear()
        self._pipelines[job] = ref._replace(change="unchanged", stored={}, problems=())

    def forget_pipeline(self, job: JobId) -> None:
        """Have a pipeline be read the next time: something about it was refused."""
        ref = self._pipelines.pop(job, None)
        if ref is not None:
            self.forget_statuses(ref.fqn)

    def count(self, key: tuple[str, str]) -> int | None:
        """Return the usage count that the catalogue has of a pipeline (FQN) and day."""
        return self._counts.get(key)

    def note_count(self, key: tuple[str, str], count: int) -> None:
        """Remember a count that was read or written."""
        if len(self._counts) >= MAX_PIPELINES:
            self._counts.clear()
        self._counts[key] = count

    def forget_count(self, key: tuple[str, str]) -> None:
        """Have a count be read the next time, unless it is noted again: it is about to be written."""
        self._counts.pop(key, None)

    def statuses(self, fqn: str, timestamps: list[int], slots: int) -> dict[int, dict[str, Any]] | None:
        """Return the statuses that a pipeline has, if they are known as far as they matter.

        :param timestamps: where statuses are to be written
        :param slots: how many milliseconds behind each matter too
        """
        window = self._windows.get(fqn)
        if window is None or min(timestamps) < window.start or max(timestamps) + slots > window.end:
            return None
        return window.statuses

    def note_window(self, fqn: str, window: Window) -> None:
        """Remember what was read of a pipeline."""
        self.forget_statuses(fqn)
        self._statuses += len(window.statuses)
        if self._statuses > MAX_STATUSES:
            self._windows.clear()
            self._statuses = len(window.statuses)
        self._windows[fqn] = window

    def note_status(self, fqn: str, status: dict[str, Any]) -> None:
        """Remember what was written of a pipeline."""
        window = self._windows.get(fqn)
        if window is not None and window.start <= status["timestamp"] <= window.end:
            self._statuses += status["timestamp"] not in window.statuses
            window.statuses[status["timestamp"]] = status
            if self._statuses > MAX_STATUSES:
                self._windows.clear()
                self._statuses = 0

    def forget_statuses(self, fqn: str) -> None:
        """Have a pipeline's statuses be read the next time."""
        window = self._windows.pop(fqn, None)
        if window is not None:
            self._statuses -= len(window.statuses)
