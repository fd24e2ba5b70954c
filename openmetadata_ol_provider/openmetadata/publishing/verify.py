"""Compares once more what a publication wrote while other lanes write too, and restores what they have overwritten.

The server replaces a pipeline's tasks, an edge and a status as a whole, so when two tasks read the same state, add
their part and write, the second undoes the first. Each of them therefore compares again at the end of its publication,
when the other's write has long followed its read, and restores what is missing, merged, so that they do not go on
undoing one another. What another task overwrites even later is noticed when the same fact comes again: until it has
been found unchanged, the ledger does not call it current.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgeWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
    from openmetadata_ol_provider.openmetadata.publishing.edges.stage import PublishedEdges
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines
    from openmetadata_ol_provider.openmetadata.publishing.runs.stage import StatusOutcome


def verify_writes(
    context: PublishContext, pipelines: PublishedPipelines, edges: PublishedEdges, statuses: StatusOutcome
) -> None:
    """Restore what another task has overwritten, and report it."""
    restored = [*_restore_pipelines(context, pipelines), *_restore_edges(context, edges.written)]
    count = statuses.publish_again(context).published
    if count:
        restored.append(f"{count} run statuses")
    context.problems += [
        Problem(
            ProblemKind.OVERWRITTEN,
            where,
            "another task overwrote it at the same time; it was written again",
        )
        for where in restored
    ]


def _restore_pipelines(context: PublishContext, pipelines: PublishedPipelines) -> list[str]:
    plans = [plan for plan in pipelines.plans if plan.id in pipelines.written]
    results = context.executor.run(plans, pipelines.writer.publish, lambda plan: f"pipeline {plan.where}")
    refs = context.collect(results)
    return [
        f"pipeline {plan.where}"
        for plan, ref in zip(plans, refs, strict=True)
        if ref is not None and ref.change in {"created", "updated"}
    ]


def _restore_edges(context: PublishContext, writes: Iterable[EdgeWrite]) -> list[str]:
    writes = list(writes)
    writer = EdgeWriter(context.client, dry_run=context.dry_run)
    results = context.executor.run_grouped(
        writes, writer.publish, lambda write: write.where, lambda write: write.target
    )
    restored = context.collect(results)
    return [write.where for write, again in zip(writes, restored, strict=True) if again]
