"""Publishes the usage of pipelines: for each pipeline and day the number of task runs seen, as the day's total.

A total is what earlier batches have counted and what is new in this one. While more batches follow, totals wait. They
move together with the checkpoint, and so does what the catalogue had got before: whatever a task dies between, the next
one finds out what was sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import RunRecord
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.held import (
    HeldCount,
    HeldCounts,
    continuing,
    may_wait,
    try_again,
)
from openmetadata_ol_provider.openmetadata.publishing.core.history import UsageCounts
from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import is_uncounted
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.runs.run_counts import RunCount
from openmetadata_ol_provider.openmetadata.publishing.runs.usage_writer import UsageWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext

#: Days after which the server deletes usage.
_KEPT_DAYS = 30
#: Days for which totals are kept, today included; those of older days only as long as each batch has runs of them.
_REMEMBERED_DAYS = 3


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
    :param uncounted: runs of this batch to be counted again
    :param held: totals that wait for a later publication
    """

    counts: UsageCounts
    written: Written
    problems: tuple[Problem, ...] = ()
    uncounted: tuple[UncountedRuns, ...] = ()
    held: HeldCounts = {}  # noqa: RUF012 - never changed


class UsagePublisher:
    """Publishes the usage of pipelines, after their statuses.

    :param context: tools of the publication
    """

    def __init__(self, context: PublishContext) -> None:
        history, retried = context.history, context.selection.retried
        # Totals may have been sent but not ranked, or may have been lowered by others.
        self._interrupted = history.interrupted or any(is_uncounted(item) for item in retried)
        self._writer = UsageWriter(
            context.client,
            dry_run=context.dry_run,
            interrupted=self._interrupted,
            cache=None if context.dry_run else context.cache,
            counted=history.usage,
        )
        self._counted = history.usage
        self._held = history.held.counts
        self._now = context.now
        self._parking = context.config.parking
        self._hold = context.hold
        # Runs that were parked are not in the state, so their totals never wait.
        self._retried = {(run.job, run.run_id) for item in retried for run in item.runs}
        self._executor = context.executor

    def publish(self, counts: Iterable[RunCount]) -> PublishedUsage:
        """Publish the totals of all pipelines and days that have new runs, or hold them back.

        :param counts: runs of this batch by pipeline and day
        """
        oldest, oldest_kept = self._since(_KEPT_DAYS), self._since(_REMEMBERED_DAYS)
        counts = [count for count in counts if oldest <= count.day]
        # Where nothing is new, the total is as it was: a heartbeat costs nothing.
        changed = {count.key: count for count in counts if self._is_changed(count)}
        totals = {**self._held, **{key: self._total(count) for key, count in changed.items()}}
        is_held = self._hold and may_wait(len(totals))
        waiting = {key: total for key, total in totals.items() if self._waits(total, changed.get(key), is_held=is_held)}
        due = [total for key, total in totals.items() if key not in waiting]
        results = self._writer.send(due, self._executor)
        refused = results.refused
        failed = [(self._held[key], refused[key]) for key in refused if key in self._held and key not in results.gone]
        again, given_up = try_again(failed, self._now, self._parking, waiting=len(waiting))
        # Of what is refused, too: with a day that the state knows, its parked runs can be counted like others.
        counted = {
            key: self._counted.get(key, 0) + (0 if key in refused else count.new)
            for key, count in changed.items()
            if not self._is_unknown_to_state(count)
        }
        # The next batch of an old backlog has runs of the same days, most likely.
        kept = {count.key for count in counts} | waiting.keys() | again.keys()
        return PublishedUsage(
            {key: total for key, total in {**self._counted, **counted}.items() if key[1] >= oldest_kept or key in kept},
            results.written,
            (*results.problems, *given_up),
            tuple(
                UncountedRuns(changed[key].runs, totals[key].where, detail)
                for key, detail in refused.items()
                if key in changed
            ),
            {**waiting, **again},
        )

    def _since(self, days: int) -> str:
        today = dt.datetime.fromtimestamp(self._now, dt.timezone.utc).date()
        return (today - dt.timedelta(days=days - 1)).isoformat()

    def _is_changed(self, count: RunCount) -> bool:
        return self._interrupted or count.new > 0 or count.key not in self._counted

    def _waits(self, total: HeldCount, count: RunCount | None, *, is_held: bool) -> bool:
        """Return whether a total waits: for further batches, or, without runs of this one, for its next try.

        :param is_held: ``True`` if totals wait for further batches
        """
        if count is None:
            return is_held or total.next_try > self._now
        return is_held and not any(self._is_retried(run) for run in count.runs)

    def _is_retried(self, run: RunRecord) -> bool:
        return (run.job, run.run_id) in self._retried

    def _is_unknown_to_state(self, count: RunCount) -> bool:
        """Return whether a total is of parked runs alone, which a state that was deleted meanwhile may read again.

        Such a total is not remembered, so that the next one of the day is compared with the catalogue's statuses.
        """
        return count.key not in self._counted and all(self._is_retried(run) for run in count.runs)

    def _total(self, count: RunCount) -> HeldCount:
        """Return the total of a pipeline and day, which replaces the one that waits."""
        ref, key = count.ref, count.key
        counted, waiting = self._counted.get(key), self._held.get(key)
        # A day of which all was refused may have been counted by others, as one that is new to the state.
        total, sent = (counted or 0) + count.new, counted or None
        if waiting is not None and counted is not None and waiting.sent is not None:
            total, sent = waiting.total + count.new, waiting.sent
        elif waiting is not None:
            # The checkpoint was moved back: runs that are read again are in the total that waits already.
            total, sent = max(total, waiting.total), None
        if ref.change == "created":
            # Its only statuses are those that were just written.
            total, sent = max(total, len(count.runs)), 0
        self._writer.note_stored(count)
        held = HeldCount(ref.id, ref.fqn, count.day, total, sent, bool(ref.tasks), ref.reused)
        return continuing(held, waiting)
