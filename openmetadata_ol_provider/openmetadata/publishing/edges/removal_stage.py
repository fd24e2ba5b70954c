"""Removes edges of ours that jobs no longer produce, or that no run confirms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import DECLARED, edge_key, job_key
from openmetadata_ol_provider.openmetadata.publishing.core.report import StaleEdges
from openmetadata_ol_provider.openmetadata.publishing.edges.expiry import confirmations, dated, days_read, unconfirmed
from openmetadata_ol_provider.openmetadata.publishing.edges.removal import (
    NOT_OURS,
    removable,
    removal_counts,
    remove_edges,
    remove_with_lines,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import StaleEdge, scan_stale, stale_problem

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact

LastingLineage = Callable[[], LineagePlan]

#: Most expired edges that one publication removes; the others follow with the next ones.
MOST_AT_ONCE = 1_000


def remove_stale(context: PublishContext, plan: LineagePlan) -> StaleEdges:
    """Remove, or report, the edges that their jobs no longer produce."""
    policy = context.config.write.stale_edges
    if policy == "never":
        return StaleEdges()
    scan = scan_stale(plan, context.recorder.edges(), context.history.ledger.ended, context.config.lineage)
    context.recorder.update_edges(scan.edges, scan.ended)
    if policy == "report":
        first = [edge for edge in scan.stale if edge.first]
        context.problems += map(stale_problem, first)
        return StaleEdges(kept=len(first))
    removed = remove_edges(context, scan.stale, ProblemKind.STALE_EDGE)
    context.problems += [
        stale_problem(item, NOT_OURS) for item, value in zip(scan.stale, removed, strict=True) if value is False
    ]
    return removal_counts(removed)


def remove_expired(context: PublishContext, plan: LineagePlan, lasting: LastingLineage | None) -> StaleEdges:
    """Remove the edges that no run has confirmed for ``lineage.expire_after`` days with events.

    :param plan: whole plan of the batch
    :param lasting: lineage that no event has to confirm; ``None``: note what the batch confirms, but remove nothing
    """
    expire_after = context.config.lineage.expire_after
    if expire_after is None:
        return StaleEdges()
    if context.concurrent:
        # Another lane may read the events that confirm an edge.
        context.problems.append(_not_expiring(expire_after))
        return StaleEdges()
    before = context.history.ledger.days
    days = days_read(before, plan.event_days, expire_after)
    if not days or not (before or lasting):
        return StaleEdges()
    context.recorder.record_days(days)
    edges = _AgeingEdges(context, days[-1])
    if not before and lasting:
        # Days from an earlier time in which edges expired do not count: what was confirmed since then is not noted.
        edges.confirm(tuple(edges.facts))
        edges.confirm_lasting(lasting())
    edges.confirm_shown(plan)
    # Only a publication with jobs claims the ledger, which has to forget the edges that are removed.
    expired = unconfirmed(edges.facts, days, expire_after) if lasting and plan.jobs else {}
    if not expired or lasting is None:
        return StaleEdges()
    edges.confirm(key for key, fact in expired.items() if fact.confirmed == 0)
    edges.confirm_parked()
    edges.confirm_lasting(lasting())
    return remove_with_lines(context, edges.removable(expired), partial(_expired_problem, expire_after))


# -- expiry ------------------------------------------------------------------------------------------------------


class _AgeingEdges:
    """The edges of the ledger, whose days of confirmation are recorded as they change.

    :param context: tools of the publication
    :param today: latest day with events, as the ordinal of a date
    """

    def __init__(self, context: PublishContext, today: int) -> None:
        self._context = context
        self._today = today
        self.facts = context.recorder.edges()

    def confirm(self, keys: Iterable[int], day: int | None = None) -> None:
        """Confirm edges, as far as the ledger has them.

        :param day: ordinal of a date, or ``DECLARED``; default: the latest day with events
        """
        self._note(dated(self.facts, keys, self._today if day is None else day))

    def confirm_shown(self, plan: LineagePlan) -> None:
        """Confirm the edges that the batch shows; those that their job no longer declares begin to age."""
        shown = self._context.parking.shown_edges
        declaring = {job_key(job.id) for job in plan.jobs if job.declared}
        self._note(confirmations(self.facts, shown, declaring, self._today))

    def confirm_lasting(self, plan: LineagePlan) -> None:
        """Confirm the edges of streams that are still running, and mark those that are declared."""
        declaring = {job.id for job in plan.jobs if job.declared}
        self.confirm(edge_key(edge) for edge in plan.edges if edge.job not in declaring)
        self.confirm((edge_key(edge) for edge in plan.edges if edge.job in declaring), DECLARED)

    def confirm_parked(self) -> None:
        """Confirm the edges that wait for what they lack."""
        earlier, now = self._context.history.parking.items, self._context.parking.items
        # One after the other, because they are made for this.
        items = chain((item for key, item in earlier.items() if key not in now), now.values())
        self.confirm(edge_key(edge) for item in items for edge in item.edges)

    def removable(self, expired: Mapping[int, EdgeFact]) -> list[StaleEdge]:
        """Return at most :data:`MOST_AT_ONCE` edges to remove, the oldest first; forget those that need no removal.

        :param expired: edges that were too old before some of them were confirmed, by key
        """
        left = {key: fact for key in expired if (fact := self.facts[key]) == expired[key]}
        oldest_first = dict(sorted(left.items(), key=lambda item: (item[1].confirmed, item[0])))
        return removable(self._context, oldest_first, self.facts)[:MOST_AT_ONCE]

    def _note(self, changed: Mapping[int, EdgeFact]) -> None:
        self.facts.update(changed)
        self._context.recorder.update_edges(changed, {})


def _expired_problem(expire_after: int, item: StaleEdge, outcome: str) -> Problem:
    detail = (
        f"no run of {item.job} has confirmed it for more than {expire_after} days with events "
        f"(lineage.expire_after): {outcome}"
    )
    return Problem(ProblemKind.EXPIRED_EDGE, item.where, detail)


def _not_expiring(expire_after: int) -> Problem:
    detail = (
        f"lineage.expire_after is {expire_after}, but the partitions are divided into lanes, each of which sees only "
        "its own events: no edge expires. Set lanes to 1, or remove lineage.expire_after"
    )
    return Problem(ProblemKind.NOT_EXPIRING, "lineage.expire_after", detail)
