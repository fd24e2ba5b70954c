"""Counts the task runs of a day in the statuses that the catalogue has of a pipeline, part of the day after part.

As objects, a status with its tasks takes kilobytes, and a busy pipeline has thousands of them a day. So no more of them
are held than some hundred, whatever they come to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.pipeline_paths import status_path
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldCount

DAY_MS: Final = 86_400_000
#: Task runs that a part of the day should have.
AT_ONCE: Final = 500
#: Shortest part of a day, in milliseconds: what begins at the same moment cannot be read in parts.
_SHORTEST_MS: Final = 1_000
#: Most days between a run's logical date and its start: what runs monthly runs for the month before.
_LOGICAL_DAYS: Final = 32


def count_stored_runs(client: OpenMetadataClient, held: HeldCount, expected: int) -> int:
    """Return the number of a day's task runs in the catalogue's statuses.

    :param expected: number of task runs that are expected on that day and the one before it
    :raises CatalogueError: if they cannot be read
    """
    start = epoch_ms(f"{held.day}T00:00:00Z") or 0
    end = start + DAY_MS - 1
    # A run that began the day before may have tasks on this day, and a run with a logical date has an older key.
    days_before = _LOGICAL_DAYS if held.reused else 1
    at, count = start - days_before * DAY_MS, 0
    length = 2 * DAY_MS // (1 + expected // AT_ONCE) if expected > AT_ONCE else end - at + 1
    while at <= end:
        last = min(at + length - 1, end)
        answer = client.get(status_path(held.pipeline_fqn), {"startTs": at, "endTs": last})
        if answer is None:
            return 0
        confirm(answer, "data")
        statuses = answer.get("data") or ()
        times = [time for status in statuses for time in _times(status, of_tasks=held.of_tasks)]
        count += sum(1 for time in times if start <= time <= end)
        at, length = last + 1, _next_length(length, len(times))
        # Otherwise these would be held until the next ones are there.
        del answer, statuses, times
    return count


def _next_length(length: int, found: int) -> int:
    """Return how long the next part of the day is, given what was in the last one."""
    return max(_SHORTEST_MS, length * AT_ONCE // max(found, AT_ONCE // 4))


def _times(status: Mapping[str, Any], *, of_tasks: bool) -> Iterable[int]:
    """Return the start times that count: those of a run's tasks, or the run's own if its pipeline has no tasks."""
    if not of_tasks:
        return [status["timestamp"]]
    return [task["startTime"] for task in status.get("taskStatus") or () if task.get("startTime") is not None]
