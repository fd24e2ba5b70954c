"""Removes edges of ours that events read since then show to be false, now or, if they were refused, once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.core.removals import removal_of
from openmetadata_ol_provider.openmetadata.publishing.core.report import StaleEdges
from openmetadata_ol_provider.openmetadata.publishing.core.selection import edge_parking_key
from openmetadata_ol_provider.openmetadata.publishing.edges.removal import removable, remove_with_lines
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import StaleEdge, stale_problem

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Retraction
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact
    from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked

#: What becomes of an edge that other runs of its job may have shown, too.
_OTHERS = "stays: runs of the job that are not remembered any more, or that another lane reads, may show it, too"
_BY_HAND = "if it is in OpenMetadata, remove it by hand"


def remove_retracted(context: PublishContext) -> StaleEdges:
    """Remove the edges that the plan takes back, as far as they were published for it and nothing else writes them."""
    retracted = context.selection.retracted
    if not retracted.edges:
        return StaleEdges()
    edges = context.recorder.edges()
    facts = {key: edges[key] for key in retracted.since if key in edges}
    context.problems += _not_published(context, facts)
    earlier = [StaleEdge(key, fact, first=False) for key, fact in facts.items() if retracted.is_earlier(key, fact)]
    context.problems += [_problem(item, _OTHERS) for item in earlier if item.fact.source]
    for item in earlier:
        del facts[item.key]
    return _remove(context, facts, _problem, ProblemKind.RETRACTED_EDGE)


def remove_refused(context: PublishContext) -> StaleEdges:
    """Try once more to remove the edges whose removal was refused, unless runs show them again."""
    removed = StaleEdges()
    for kind, facts in _refused(context).items():
        removed += _remove(context, facts, partial(_refused_problem, kind), kind)
    return removed


def _remove(
    context: PublishContext,
    facts: Mapping[int, EdgeFact],
    problem_of: Callable[[StaleEdge, str], Problem],
    kind: ProblemKind,
) -> StaleEdges:
    items = sorted(removable(context, facts, context.recorder.edges()), key=lambda item: item.where)
    return remove_with_lines(context, items, problem_of, kind)


def _refused(context: PublishContext) -> Mapping[ProblemKind, dict[int, EdgeFact]]:
    """Return the edges to remove now whose removal was refused, by the reason for which they are removed."""
    refused: dict[ProblemKind, dict[int, EdgeFact]] = {}
    removals = [(item, removal) for item in context.selection.retried if (removal := removal_of(item.key))]
    shown = context.parking.shown_edges if removals else ()
    for item, (kind, key) in removals:
        if key in shown:
            continue
        fact = context.recorder.edge(key)
        if fact is None:
            context.problems.append(_forgotten(kind, item))
        elif kind is ProblemKind.STALE_EDGE and context.config.write.stale_edges != "remove":
            context.problems.append(stale_problem(StaleEdge(key, fact, first=False)))
        else:
            refused.setdefault(kind, {})[key] = fact
    return refused


def _not_published(context: PublishContext, facts: Mapping[int, EdgeFact]) -> Iterator[Problem]:
    """Yield a problem for each edge that is taken back but parked, or of which nobody knows whether it was published.

    :param facts: edges that are taken back and that the ledger has
    """
    history, retracted = context.history, context.selection.retracted
    parked = history.parking.items.outlines
    # What a task publishes is noted at its end.
    is_incomplete = history.interrupted or not history.ledger.edges
    for key, one in retracted.edges.items():
        waiting = parked.get(edge_parking_key(key))
        if waiting is not None and waiting.first_seen < retracted.since[key]:
            yield _problem_of(one, f"{_OTHERS}; it is parked")
        elif waiting is None and key not in facts and is_incomplete:
            yield _problem_of(one, f"a task that was killed, or a ledger that was lost, may have left it; {_BY_HAND}")


def _problem(item: StaleEdge, outcome: str) -> Problem:
    detail = (
        f"published as lineage of {item.job} before all of its events were read, which show that it is false: {outcome}"
    )
    return Problem(ProblemKind.RETRACTED_EDGE, item.where, detail)


def _problem_of(one: Retraction, outcome: str) -> Problem:
    source, target, job = map(str, (one.source, one.target, one.job))
    detail = f"events show that it is false as lineage of {job}: {outcome}"
    return Problem(ProblemKind.RETRACTED_EDGE, f"{source} -> {target}", detail)


def _refused_problem(kind: ProblemKind, item: StaleEdge, outcome: str) -> Problem:
    """Return the problem that says what became of an edge whose removal was refused before."""
    return Problem(kind, item.where, f"no longer lineage of {item.job}, but its removal was refused; now: {outcome}")


def _forgotten(kind: ProblemKind, item: Parked) -> Problem:
    tries = counted(item.tries, "time")
    return Problem(kind, item.where, f"its removal was refused {tries}, and the ledger has lost it; {_BY_HAND}")
