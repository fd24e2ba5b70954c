"""Removes edges of ours that turn out to be false, that jobs no longer produce, or that no run confirms."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.context import count_written
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import DECLARED, edge_key, job_key
from openmetadata_ol_provider.openmetadata.publishing.core.report import StaleEdges
from openmetadata_ol_provider.openmetadata.publishing.edges.expiry import confirmations, dated, days_read, unconfirmed
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import (
    EdgeRemover,
    StaleEdge,
    scan_stale,
    stale_problem,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact

LastingLineage = Callable[[], LineagePlan]

#: Most expired edges that one publication removes; the others follow with the next ones.
MOST_AT_ONCE = 1_000
#: What becomes of an edge that other runs of its job have shown, too.
_EARLIER = "stays: it was published before the run began, so earlier runs of the job show it, too"


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
    return _counts(_remove(context, scan.stale))


def remove_retracted(context: PublishContext) -> StaleEdges:
    """Remove the edges that the plan takes back, as far as they were published for it and nothing else writes them."""
    retracted = context.selection.retracted
    edges = context.recorder.edges() if retracted.since else {}
    facts = {key: edges[key] for key in retracted.since if key in edges}
    earlier = [StaleEdge(key, fact, first=False) for key, fact in facts.items() if retracted.is_earlier(key, fact)]
    context.problems += [_retracted_problem(item, _EARLIER) for item in earlier if item.fact.source]
    for item in earlier:
        del facts[item.key]
    # The same entities may be known by other names.
    others = {_names(fact) for key, fact in edges.items() if key not in facts}
    items = [StaleEdge(key, fact, first=True) for key, fact in facts.items() if fact.source]
    items = sorted((item for item in items if _names(item.fact) not in others), key=lambda item: item.where)
    context.recorder.update_edges(dict.fromkeys(facts.keys() - {item.key for item in items}), {})
    return _remove_with_lines(context, items, _retracted_problem)


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
    return _remove_with_lines(context, edges.removable(expired), partial(_expired_problem, expire_after))


def _remove_with_lines(
    context: PublishContext, items: Sequence[StaleEdge], problem_of: Callable[[StaleEdge, str], Problem]
) -> StaleEdges:
    """Remove edges, and report each that was not refused.

    :param problem_of: function that returns the problem of an edge and of what became of it, for people
    """
    results = _remove(context, items)
    context.problems += [
        problem_of(item, _outcome(removed=removed, dry_run=context.dry_run))
        for item, removed in zip(items, results, strict=True)
        if removed is not None
    ]
    return _counts(results)


def _remove(context: PublishContext, items: Sequence[StaleEdge]) -> list[bool | None]:
    """Remove edges as far as they are only ours, and return for each whether it was there; ``None``: refused."""
    remover = EdgeRemover(context.client, dry_run=context.dry_run)
    results = context.executor.run_grouped(
        items, remover.remove, lambda edge: edge.where, lambda edge: edge.fact.target
    )
    removed = context.collect(results)
    context.problems += remover.problems
    if not context.dry_run:
        settled = {edge.key: None for edge, value in zip(items, removed, strict=True) if value is not None}
        ends = {(edge.fact.source, edge.fact.target) for edge in items if edge.key in settled}
        context.recorder.update_edges(settled, {})
        # Another job may write the same edge without being named by it.
        context.recorder.invalidate_edges(
            key for key, fact in context.recorder.edges().items() if (fact.source, fact.target) in ends
        )
    return removed


def _retracted_problem(item: StaleEdge, outcome: str) -> Problem:
    detail = (
        f"published as lineage of {item.job} before all of its events were read, which show that it is false: {outcome}"
    )
    return Problem(ProblemKind.RETRACTED_EDGE, item.where, detail)


def _outcome(*, removed: bool, dry_run: bool) -> str:
    if not removed:
        return "stays: it is gone, or no longer only ours"
    return "would be removed" if dry_run else "removed"


def _counts(removed: Collection[bool | None]) -> StaleEdges:
    counts = count_written(removed)
    return StaleEdges(removed=counts.published, kept=counts.unchanged, failed=counts.failed)


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
        selection = self._context.selection
        shown = {edge_key(edge) for edge in selection.edges} | selection.current_edges | selection.waiting
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
        # Another name of a dataset, or another job of the pipeline, may be the reason for the same edge.
        needless = {_names(fact) for key, fact in self.facts.items() if key not in left}
        items: dict[tuple[str, str, str], StaleEdge] = {}
        for key, fact in sorted(left.items(), key=lambda item: (item[1].confirmed, item[0])):
            names = _names(fact)
            if not fact.source or names in needless:
                self._context.recorder.update_edges({key: None}, {})
            else:
                items[names] = StaleEdge(key, fact, first=True)
                needless.add(names)
        return list(items.values())[:MOST_AT_ONCE]

    def _note(self, changed: Mapping[int, EdgeFact]) -> None:
        self.facts.update(changed)
        self._context.recorder.update_edges(changed, {})


def _names(fact: EdgeFact) -> tuple[str, str, str]:
    """Return what identifies one edge of the catalogue and its writer."""
    return fact.source, fact.target, fact.writer


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
