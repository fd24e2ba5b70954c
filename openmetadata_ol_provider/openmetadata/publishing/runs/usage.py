"""Publishes the usage of pipelines: for each pipeline and day the number of task runs seen, as the day's total.

A POST replaces the day's count, so that a total can be sent again; a PUT would add to it. A total is what earlier
batches have counted and what is new in this one. Where the catalogue has another total (others count too, or the state
was lost, so that runs that are read again look new), the statuses of the day count too. A count is never lowered.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor, ItemResult
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

USAGE = "v1/usage"
#: Fields of the answers to writes: of the change, of the usage, of the pipeline.
_WRITTEN = ("entityId", "entity", "usage", "id")
#: Days after which the server deletes usage.
_KEPT_DAYS = 30
#: Days for which totals are kept, today included; those of older days only as long as each batch has runs of them.
_REMEMBERED_DAYS = 3
_DAY_MS = 86_400_000
#: Most days between a run's logical date and its start: what runs monthly runs for the month before.
_LOGICAL_DAYS = 32


class UncountedRuns(NamedTuple):
    """Runs that the catalogue has not counted, or has not ranked its pipelines by.

    :param runs: runs of one pipeline and day
    :param detail: reason, for people
    """

    runs: tuple[RunRecord, ...]
    where: str
    detail: str


class PublishedUsage(NamedTuple):
    """The usage of a publication.

    :param counts: counts of the last days, and of the days of this batch, to pass to the next publication, without the
        runs that are uncounted
    :param written: number of totals that were sent, were there already, or were refused
    :param uncounted: runs to be counted again
    """

    counts: UsageCounts
    written: Written
    problems: tuple[Problem, ...] = ()
    uncounted: tuple[UncountedRuns, ...] = ()


class _Count(NamedTuple):
    """The runs of one pipeline on one day."""

    ref: PipelineRef
    day: str
    runs: tuple[RunRecord, ...]

    @property
    def new(self) -> int:
        """Number of runs that no earlier batch has counted."""
        return sum(run.new for run in self.runs)

    @property
    def key(self) -> tuple[str, str]:
        return self.ref.fqn, self.day

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"usage of {self.ref.fqn} on {self.day}"


class UsageWriter:
    """Publishes the usage of pipelines, after their statuses.

    :param client: client of the catalogue
    :param counted: counts of earlier batches
    :param dry_run: read, but do not write
    :param interrupted: ``True`` if totals may have been sent but not ranked, or may have been lowered by others
    :param today: current day in UTC (default: the clock's)
    :param cache: what this task has read and written itself
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        counted: Mapping[tuple[str, str], int],
        *,
        dry_run: bool,
        interrupted: bool = False,
        today: dt.date | None = None,
        cache: SessionCache | None = None,
    ) -> None:
        self._client = client
        self._counted = counted
        self._dry_run = dry_run
        self._interrupted = interrupted
        self._cache = cache
        self._today = today or dt.datetime.now(dt.timezone.utc).date()

    def publish(
        self, runs: Iterable[RunRecord], refs: Mapping[JobId, PipelineRef], executor: Executor
    ) -> PublishedUsage:
        """Publish the totals of all pipelines and days with runs.

        :param runs: runs of this batch
        :param refs: published pipelines by their job
        """
        oldest = self._since(_KEPT_DAYS)
        counts = [count for count in _counts(runs, refs) if oldest <= count.day]
        # Where nothing is new, the total is as it was: a heartbeat costs nothing.
        due = [count for count in counts if self._interrupted or count.new or count.key not in self._counted]
        outcomes = executor.run(due, self._publish, lambda count: count.where)
        results = {count.key: outcome.value for count, outcome in zip(due, outcomes, strict=True)}
        days = sorted({key[1] for key, result in results.items() if result and (result[1] or self._interrupted)})
        ranked = self._rank(days, executor)
        unranked = {day: outcome.detail for day, outcome in ranked.items() if outcome.failed}
        missing = {
            count.key: outcome.detail if outcome.failed else unranked.get(count.day, "")
            for count, outcome in zip(due, outcomes, strict=True)
        }
        uncounted = [UncountedRuns(count.runs, count.where, missing[count.key]) for count in due if missing[count.key]]
        counted = {key: result[0] for key, result in results.items() if result and not missing[key]}
        oldest_kept = self._since(_REMEMBERED_DAYS)
        # The next batch of an old backlog has runs of the same days, most likely.
        kept = {count.key for count in counts}
        written = Counter(None if result is None else result[1] for result in results.values())
        return PublishedUsage(
            {key: total for key, total in {**self._counted, **counted}.items() if key[1] >= oldest_kept or key in kept},
            Written(published=written[True], unchanged=written[False], failed=written[None]),
            (
                *(problem for outcome in outcomes for problem in outcome.problems),
                *(problem for outcome in ranked.values() for problem in outcome.problems),
            ),
            tuple(uncounted),
        )

    def _since(self, days: int) -> str:
        return (self._today - dt.timedelta(days=days - 1)).isoformat()

    def _publish(self, count: _Count) -> tuple[int, bool]:
        """Publish one total; return the number of runs counted here, and whether there was anything to write."""
        before, stored = self._counted.get(count.key), self._stored(count)
        counted = count.new + (before or 0)
        total = counted if before == stored else max(counted, self._seen(count))
        if total > stored and not self._dry_run:
            if self._cache is not None:
                self._cache.forget_count(count.key)
            url = path(f"{USAGE}/pipeline", count.ref.id)
            body = {"date": count.day, "count": total}
            confirm(self._client.request("POST", url, json=body, idempotent=True), *_WRITTEN)
        if self._cache is not None:
            self._cache.store_count(count.key, max(total, stored))
        return counted, total > stored

    def _rank(self, days: Sequence[str], executor: Executor) -> dict[str, ItemResult[bool]]:
        """Make the catalogue rank its pipelines on days whose counts have changed, and return the results by day.

        Without ranks, the UI shows no usage percentiles.
        """
        if self._dry_run:
            return {}
        outcomes = executor.run(days, self._rank_day, lambda day: f"usage percentile of {day}")
        return dict(zip(days, outcomes, strict=True))

    def _rank_day(self, day: str) -> bool:
        url = path(f"{USAGE}/compute.percentile/pipeline", day)
        confirm(self._client.request("POST", url, idempotent=True), *_WRITTEN)
        return True

    # -- what the catalogue has ----------------------------------------------------------------------------------

    def _stored(self, count: _Count) -> int:
        """Return the day's count in the catalogue."""
        if count.ref.change == "created":
            return 0
        cached = self._cache.count(count.key) if self._cache is not None else None
        if cached is not None:
            return cached
        latest = count.ref.stored.get("usageSummary") or {}
        if latest.get("date") == count.day:
            return _number(latest)
        try:
            answer = self._client.get(path(f"{USAGE}/pipeline", count.ref.id), {"date": count.day, "days": 1})
        except CatalogueRequestError:
            # A count that cannot be read is replaced.
            return 0
        usages = (answer or {}).get("usage") or ()
        return next((_number(usage) for usage in usages if usage.get("date") == count.day), 0)

    def _seen(self, count: _Count) -> int:
        """Return the number of the day's task runs in the catalogue's statuses."""
        if not count.ref.id:
            return 0
        if count.ref.change == "created":
            # Its only statuses are those that were just written.
            return len(count.runs)
        start = epoch_ms(f"{count.day}T00:00:00Z") or 0
        end = start + _DAY_MS - 1
        # A run that began the day before may have tasks on this day, and a run with a logical date has an older key.
        before = (_LOGICAL_DAYS if count.ref.reused else 1) * _DAY_MS
        answer = self._client.get(
            path("v1/pipelines", count.ref.fqn, "status"), {"startTs": start - before, "endTs": end}
        )
        confirm(answer, "data")
        statuses = (answer or {}).get("data") or ()
        times = (time for status in statuses for time in _times(status, count.ref))
        return sum(1 for time in times if start <= time <= end)


def _number(usage: Mapping[str, Any]) -> int:
    return int((usage.get("dailyStats") or {}).get("count") or 0)


def _times(status: Mapping[str, Any], ref: PipelineRef) -> Iterable[int]:
    """Return the start times that count: those of a run's tasks, or the run's own if its pipeline has no tasks."""
    if not ref.tasks:
        return [status["timestamp"]]
    return [task["startTime"] for task in status.get("taskStatus") or () if task.get("startTime") is not None]


def _counts(runs: Iterable[RunRecord], refs: Mapping[JobId, PipelineRef]) -> list[_Count]:
    """Return what has to be counted: runs of tasks, and runs of pipelines that have no tasks."""
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    by_fqn: dict[str, PipelineRef] = {}
    for run in runs:
        ref = refs.get(run.pipeline)
        if ref is None or ref.change == "missing" or run.part or not run.started_at:
            continue
        if run.task is None and ref.tasks:
            continue
        by_fqn[ref.fqn] = ref
        groups.setdefault((ref.fqn, run.started_at[:10]), []).append(run)
    return [_Count(by_fqn[fqn], day, tuple(group)) for (fqn, day), group in groups.items()]
