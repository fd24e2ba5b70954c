"""Compares once more what a publication wrote while other lanes write too, and restores what they have overwritten.

The server replaces an edge and a status as a whole, so when two tasks read the same state, add their part and write,
the second undoes the first. Each of them therefore compares again at the end of its publication, when the other's write
has long followed its read, and restores what is missing, merged, so that they do not go on undoing one another.
Pipelines need none of this: they are created once, and changed by patches that notice the other's.

What another task overwrites even later is noticed when the same fact comes again: until it has been found unchanged,
the ledger does not call it current.
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
    from openmetadata_ol_provider.openmetadata.publishing.runs.stage import StatusOutcome


def verify_writes(context: PublishContext, edges: PublishedEdges, statuses: StatusOutcome) -> None:
    """Restore what another task has overwritten, and report it."""
    restored = _restore_edges(context, edges.written)
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


def _restore_edges(context: PublishContext, writes: Iterable[EdgeWrite]) -> list[str]:
    writes = list(writes)
    writer = EdgeWriter(context.client, dry_run=context.dry_run)
    results = context.executor.run_grouped(
        writes, writer.publish, lambda write: write.where, lambda write: write.target
    )
    restored = context.collect(results)
    context.problems += writer.problems
    return [write.where for write, again in zip(writes, restored, strict=True) if again]
