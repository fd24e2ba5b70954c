"""Writes totals of task runs to the catalogue, and makes it rank its pipelines by them.

A POST replaces the day's count, so that a total can be sent again; a PUT would add to it. Where the catalogue has
another total than the one that it got last (others count too, or the state was lost, so that runs that are read again
look new), the statuses of the day count too. A count is never lowered, so where it cannot be read, nothing is written.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.client.document import confirm, shown
from openmetadata_ol_provider.openmetadata.pipeline_paths import path_by_name
from openmetadata_ol_provider.openmetadata.publishing.core.held import HeldCount, Key
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.run_counts import RunCount
from openmetadata_ol_provider.openmetadata.publishing.runs.stored_runs import count_stored_runs

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor, ItemResult
    from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache

USAGE = "v1/usage"
#: Fields of the answers to writes: of the change, of the usage, of the pipeline.
_WRITTEN = ("entityId", "entity", "usage", "id")


class SentTotals(NamedTuple):
    """What became of totals.

    :param refused: reasons of those that were refused, or whose day was not ranked, by pipeline and day
    :param gone: those of pipelines that were deleted
    """

    written: Written
    problems: tuple[Problem, ...]
    refused: Mapping[Key, str]
    gone: frozenset[Key]


class UsageWriter:
    """Writes the usage of pipelines.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    :param interrupted: ``True`` if totals may have been sent but not ranked
    :param cache: what this task has read and written itself
    :param counted: task runs that earlier publications have counted
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        *,
        dry_run: bool = False,
        interrupted: bool = False,
        cache: SessionCache | None = None,
        counted: UsageCounts | None = None,
    ) -> None:
        self._client = client
        self._dry_run = dry_run
        self._interrupted = interrupted
        self._cache = cache
        # Counts that the catalogue has, as far as the pipelines of this batch tell.
        self._stored_counts: dict[Key, int] = {}
        self._gone: set[Key] = set()
        self._counted = counted or {}
        self._counting = threading.Lock()

    def send(self, due: Sequence[HeldCount], executor: Executor) -> SentTotals:
        """Send totals, and rank their days."""
        outcomes = executor.run(due, self._publish, lambda total: total.where)
        results = list(zip(due, outcomes, strict=True))
        days = {
            total.day
            for total, outcome in results
            if outcome.value or (not outcome.failed and (self._interrupted or total.tries))
        }
        ranked = self._rank(sorted(days), executor)
        unranked = {day: outcome.detail for day, outcome in ranked.items() if outcome.failed}
        details = {
            total.key: outcome.detail if outcome.failed else unranked.get(total.day, "") for total, outcome in results
        }
        written = Counter(outcome.value for outcome in outcomes)
        return SentTotals(
            Written(published=written[True], unchanged=written[False], failed=written[None]),
            tuple(problem for outcome in (*outcomes, *ranked.values()) for problem in outcome.problems),
            {key: detail for key, detail in details.items() if detail},
            frozenset(self._gone),
        )

    def _publish(self, held: HeldCount) -> bool:
        """Publish one total, and return whether there was anything to write."""
        try:
            return self._write(held)
        except CatalogueRequestError as error:
            if error.status != 404:
                raise
        pipeline = self._client.get(path_by_name(held.pipeline_fqn))
        if pipeline is None:
            self._gone.add(held.key)
            raise CatalogueRequestError("the pipeline was deleted: task runs that were not sent yet are not counted")
        # Somebody has deleted it and created it again.
        self._forget_stored(held)
        return self._write(msgspec.structs.replace(held, pipeline=str(pipeline["id"]), sent=None))

    def _write(self, held: HeldCount) -> bool:
        stored = self._stored(held)
        total = held.total if held.sent == stored else max(held.total, self._count_stored_runs(held, stored))
        if total > stored and not self._dry_run:
            self._forget_stored(held)
            url = path(f"{USAGE}/pipeline", held.pipeline)
            body = {"date": held.day, "count": total}
            confirm(self._client.request("POST", url, json=body, idempotent=True), *_WRITTEN)
        if self._cache is not None:
            self._cache.store_count(held.key, max(total, stored))
        return total > stored

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

    def note_stored(self, count: RunCount) -> None:
        """Note the count that the catalogue has, as far as the pipeline of this batch tells."""
        key, latest = count.key, count.ref.stored.get("usageSummary") or {}
        if count.ref.change == "created":
            stored = 0
        elif self._cache is not None and self._cache.count(key) is not None:
            return
        elif latest.get("date") == count.day and (number := _number(latest)) is not None:
            stored = number
        else:
            return
        self._stored_counts[key] = stored
        if self._cache is not None:
            self._cache.store_count(key, stored)

    def _forget_stored(self, held: HeldCount) -> None:
        """Drop what is known of a count that is about to be written, so that it is read should the write fail."""
        self._stored_counts.pop(held.key, None)
        if self._cache is not None:
            self._cache.forget_count(held.key)

    def _stored(self, held: HeldCount) -> int:
        """Return the day's count in the catalogue.

        :raises CatalogueError: if it cannot be read
        """
        if not held.pipeline:
            return 0
        known = self._stored_counts.get(held.key)
        # Another ingestion may have counted on since this task has looked.
        if known is None and self._cache is not None and not held.reused:
            known = self._cache.count(held.key)
        if known is not None:
            return known
        answer = self._client.get(path(f"{USAGE}/pipeline", held.pipeline), {"date": held.day, "days": 1})
        if answer is None:
            return 0
        usage = next((one for one in shown(answer, "usage")["usage"] or () if one.get("date") == held.day), None)
        number = _number(usage) if usage is not None else 0
        if number is None:
            raise CatalogueRequestError(f"{held.where} is stored as {usage!r}, which has no count that can be compared")
        return number

    def _count_stored_runs(self, held: HeldCount, stored: int) -> int:
        """Return the number of the day's task runs in the catalogue's statuses.

        :param stored: the day's count in the catalogue
        """
        if not held.pipeline:
            return 0
        day_before = (dt.date.fromisoformat(held.day) - dt.timedelta(days=1)).isoformat()
        expected = max(held.total, stored) + self._counted.get((held.pipeline_fqn, day_before), 0)
        # One pipeline after the other, because each takes some megabytes.
        with self._counting:
            return count_stored_runs(self._client, held, expected)


def _number(usage: Mapping[str, Any]) -> int | None:
    """Return the count of a day's usage, ``None`` if it is not a number."""
    count = (usage.get("dailyStats") or {}).get("count")
    return count if isinstance(count, int) else None
