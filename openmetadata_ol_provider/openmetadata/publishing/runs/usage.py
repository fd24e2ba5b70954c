"""Usage of pipelines: per pipeline and day the number of task runs seen, as the day's total.

A POST replaces the day's count, so that a total can be sent again; a PUT would add to it. A total is what earlier
batches have counted and what is new in this one. Where that is not what the catalogue has (others count too, or the
memory is lost, so that what is read again looks new), the statuses of the day count too. A count is never lowered.
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
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

USAGE = "v1/usage"
#: The server forgets usage that is older, in days.
_KEPT_DAYS = 30
#: Totals of today and the days before it are remembered, in days.
_REMEMBERED_DAYS = 3
_DAY_MS = 86_400_000
#: How long before its start a run's logical date may be, in days: what runs monthly runs for the month before.
_LOGICAL_DAYS = 32

#: Number of task runs by pipeline (FQN) and day (ISO 8601, UTC).
Totals = dict[tuple[str, str], int]


class Uncounted(NamedTuple):
    """Runs that the catalogue does not count yet, or has not ranked by.

    :param runs: of one pipeline and day
    :param detail: why
    """

    runs: tuple[RunRecord, ...]
    where: str
    detail: str


class Usage(NamedTuple):
    """What was published.

    :param totals: to be handed in the next time; of the last days only, and without the runs that are uncounted
    :param written: how many totals were sent, were there already, or were refused
    :param uncounted: to be published again, as new as they were
    """

    totals: Totals
    written: Written
    problems: tuple[Problem, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()


class _Count(NamedTuple):
    """The runs of one pipeline on one day."""

    ref: PipelineRef
    day: str
    runs: tuple[RunRecord, ...]

    @property
    def new(self) -> int:
        """Number of the runs that no earlier batch has counted."""
        return sum(run.new for run in self.runs)

    @property
    def key(self) -> tuple[str, str]:
        return self.ref.fqn, self.day

    @property
    def where(self) -> str:
        """How problems name it."""
        return f"usage of {self.ref.fqn} on {self.day}"


class UsageWriter:
    """Publishes the usage of pipelines, after their statuses.

    :param client: the catalogue
    :param known: totals of earlier batches
    :param dry_run: read, but do not write
    :param interrupted: what is to be published may be there already, but not ranked, or others may have lowered it
    :param today: the day in UTC (default: the clock's)
    :param recent: what the task has published before
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        known: Mapping[tuple[str, str], int],
        *,
        dry_run: bool,
        interrupted: bool = False,
        today: dt.date | None = None,
        recent: SessionCache | None = None,
    ) -> None:
        self._client = client
        self._known = known
        self._dry_run = dry_run
        self._interrupted = interrupted
        self._recent = recent
        self._today = today or dt.datetime.now(dt.timezone.utc).date()

    def publish(self, runs: Iterable[RunRecord], refs: Mapping[JobId, PipelineRef], worker: Executor) -> Usage:
        """Publish the totals of all pipelines and days that runs were seen of.

        :param runs: of this batch
        :param refs: the published pipelines
        """
        oldest = self._since(_KEPT_DAYS)
        counts = [count for count in _counts(runs, refs) if oldest <= count.day]
        # What is counted already and has nothing new is as it was: a heartbeat costs nothing.
        due = [count for count in counts if self._interrupted or count.new or count.key not in self._known]
        outcomes = worker.run(due, self._publish, lambda count: count.where)
        results = {count.key: outcome.result for count, outcome in zip(due, outcomes, strict=True)}
        problems = {count.key: outcome.problems for count, outcome in zip(due, outcomes, strict=True)}
        days = sorted({key[1] for key, result in results.items() if result and (result[1] or self._interrupted)})
        unranked = self._rank(days, worker)
        missing = {key: problems[key] or unranked.get(key[1], ()) for key in results}
        uncounted = [
            Uncounted(count.runs, count.where, missing[count.key][0].detail) for count in due if missing[count.key]
        ]
        counted = {key: result[0] for key, result in results.items() if result and not missing[key]}
        remembered = self._since(_REMEMBERED_DAYS)
        found = Counter(None if result is None else result[1] for result in results.values())
        return Usage(
            {key: total for key, total in {**self._known, **counted}.items() if key[1] >= remembered},
            Written(published=found[True], unchanged=found[False], failed=found[None]),
            tuple(problem for some in (*problems.values(), *unranked.values()) for problem in some),
            tuple(uncounted),
        )

    def _since(self, days: int) -> str:
        return (self._today - dt.timedelta(days=days - 1)).isoformat()

    def _publish(self, count: _Count) -> tuple[int, bool]:
        """Publish one total, and return how many runs were counted here, and whether there was anything to write."""
        known, stored = self._known.get(count.key), self._stored(count)
        counted = count.new + (known or 0)
        total = counted if known == stored else max(counted, self._seen(count))
        if total > stored and not self._dry_run:
            if self._recent is not None:
                self._recent.forget_count(count.key)
            place = path(f"{USAGE}/pipeline", count.ref.id)
            self._client.request("POST", place, json={"date": count.day, "count": total}, idempotent=True)
        if self._recent is not None:
            self._recent.note_count(count.key, max(total, stored))
        return counted, total > stored

    def _rank(self, days: Sequence[str], worker: Executor) -> dict[str, tuple[Problem, ...]]:
        """Have the catalogue rank its pipelines on days whose counts have changed, and return what went wrong, by day.

        Without the ranks the counts are only half of the matter.
        """
        if self._dry_run:
            return {}
        outcomes = worker.run(days, self._rank_day, lambda day: f"usage percentile of {day}")
        return {day: outcome.problems for day, outcome in zip(days, outcomes, strict=True)}

    def _rank_day(self, day: str) -> bool:
        self._client.request("POST", path(f"{USAGE}/compute.percentile/pipeline", day), idempotent=True)
        return True

    # -- what the catalogue has ----------------------------------------------------------------------------------

    def _stored(self, count: _Count) -> int:
        """Return the day's count in the catalogue."""
        if count.ref.change == "created":
            return 0
        recent = self._recent.count(count.key) if self._recent is not None else None
        if recent is not None:
            return recent
        latest = count.ref.stored.get("usageSummary") or {}
        if latest.get("date") == count.day:
            return _number(latest)
        try:
            answer = self._client.get(path(f"{USAGE}/pipeline", count.ref.id), {"date": count.day, "days": 1})
        except CatalogueRequestError:
            # What cannot be read is sent, which replaces it.
            return 0
        usages = (answer or {}).get("usage") or ()
        return next((_number(usage) for usage in usages if usage.get("date") == count.day), 0)

    def _seen(self, count: _Count) -> int:
        """Return the number of the day's task runs that the catalogue's statuses tell of."""
        if not count.ref.id:
            return 0
        if count.ref.change == "created":
            # What statuses there are came just now.
            return len(count.runs)
        start = epoch_ms(f"{count.day}T00:00:00Z") or 0
        end = start + _DAY_MS - 1
        # A run that began the day before may have had tasks on this one, and one with a logical date has an older key.
        before = (_LOGICAL_DAYS if count.ref.reused else 1) * _DAY_MS
        answer = self._client.get(
            path("v1/pipelines", count.ref.fqn, "status"), {"startTs": start - before, "endTs": end}
        )
        statuses = (answer or {}).get("data") or ()
        times = (time for status in statuses for time in _times(status, count.ref))
        return sum(1 for time in times if start <= time <= end)


def _number(usage: Mapping[str, Any]) -> int:
    return int((usage.get("dailyStats") or {}).get("count") or 0)


def _times(status: Mapping[str, Any], ref: PipelineRef) -> Iterable[int]:
    """Return when what counts of a run began: its tasks, or the run itself if its pipeline has none."""
    if not ref.tasks:
        return [status["timestamp"]]
    return [task["startTime"] for task in status.get("taskStatus") or () if task.get("startTime") is not None]


def _counts(runs: Iterable[RunRecord], refs: Mapping[JobId, PipelineRef]) -> list[_Count]:
    """Return what is to be counted: runs of tasks, and those of pipelines that have none."""
    counted: dict[tuple[str, str], list[RunRecord]] = {}
    of: dict[str, PipelineRef] = {}
    for run in runs:
        ref = refs.get(run.pipeline)
        if ref is None or ref.change == "missing" or run.part or not run.started_at:
            continue
        if run.task is None and ref.tasks:
            continue
        of[ref.fqn] = ref
        counted.setdefault((ref.fqn, run.started_at[:10]), []).append(run)
    return [_Count(of[fqn], day, tuple(found)) for (fqn, day), found in counted.items()]
