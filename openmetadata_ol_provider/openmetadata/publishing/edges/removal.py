"""Removes edges of ours from the catalogue; what it refuses is parked, because no later event may lead to it again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueRequestError
from openmetadata_ol_provider.openmetadata.publishing.core.context import count_written
from openmetadata_ol_provider.openmetadata.publishing.core.removals import removal_key
from openmetadata_ol_provider.openmetadata.publishing.core.report import StaleEdges
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import EdgeRemover, StaleEdge

if TYPE_CHECKING:
    from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact

#: What becomes of an edge that there is no reason to remove any more.
NOT_OURS = "stays: it is gone, or no longer only ours"


def remove_edges(
    context: PublishContext, items: Sequence[StaleEdge], kind: ProblemKind | None = None
) -> list[bool | None]:
    """Remove edges as far as they are only ours, and return for each whether it was there; ``None``: refused.

    :param kind: why they are removed, to park what is refused; default: what is refused is looked for again anyway
    """
    remover = EdgeRemover(context.client, dry_run=context.dry_run)

    def attempt(item: StaleEdge) -> bool:
        try:
            return remover.remove(item)
        except CatalogueAuthError as error:
            if error.status != 403:
                raise
            # What the token may not remove holds back nothing else.
            raise CatalogueRequestError(str(error), error.status, error.reason) from None

    results = context.executor.run_grouped(items, attempt, lambda edge: edge.where, lambda edge: edge.fact.target)
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
    for item, result in zip(items, results, strict=True):
        if result.failed and kind is not None:
            context.parking.add_failed_removal(removal_key(kind, item.key), item.where, result.detail)
    return removed


def remove_with_lines(
    context: PublishContext,
    items: Sequence[StaleEdge],
    problem_of: Callable[[StaleEdge, str], Problem],
    kind: ProblemKind | None = None,
) -> StaleEdges:
    """Remove edges, and report each that was not refused.

    :param problem_of: function that returns the problem of an edge and of what became of it, for people
    :param kind: as in :func:`remove_edges`
    """
    results = remove_edges(context, items, kind)
    context.problems += [
        problem_of(item, _outcome(removed=removed, dry_run=context.dry_run))
        for item, removed in zip(items, results, strict=True)
        if removed is not None
    ]
    return removal_counts(results)


def removal_counts(removed: Collection[bool | None]) -> StaleEdges:
    """Count edges that were removed, that stay, and that the catalogue refused to remove."""
    counts = count_written(removed)
    return StaleEdges(removed=counts.published, kept=counts.unchanged, failed=counts.failed)


def removable(
    context: PublishContext, facts: Mapping[int, EdgeFact], ledger: Mapping[int, EdgeFact]
) -> list[StaleEdge]:
    """Return the edges that no other edge of the ledger is the reason for, each once, and forget the others.

    :param facts: edges that there is a reason to remove, by key
    :param ledger: all edges of the ledger, by key
    """
    # Another name of a dataset, or another job of the pipeline, may be the reason for the same edge.
    needless = {_names(fact) for key, fact in ledger.items() if key not in facts}
    items: dict[tuple[str, str, str], StaleEdge] = {}
    for key, fact in facts.items():
        names = _names(fact)
        if fact.source and names not in needless:
            items.setdefault(names, StaleEdge(key, fact, first=True))
    kept = {item.key for item in items.values()}
    context.recorder.update_edges({key: None for key in facts if key not in kept}, {})
    return list(items.values())


def _names(fact: EdgeFact) -> tuple[str, str, str]:
    """Return what identifies one edge of the catalogue and its writer."""
    return fact.source, fact.target, fact.writer


def _outcome(*, removed: bool, dry_run: bool) -> str:
    if not removed:
        return NOT_OURS
    return "would be removed" if dry_run else "removed"
