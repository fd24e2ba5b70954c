"""Looking again at what was written, where others write at the same time: what they have overwritten is written again.

The server takes a pipeline's tasks, an edge and a status whole, so of two that read the same, add theirs and write, the
second undoes the first. Each of them looks again at the end of its publication, when the other's write has long
followed its read, and puts back what is missing; merged, so that they do not go on undoing one another. What another
overwrites even later is found when the same fact comes next: until it has been found unchanged, the ledger does not
vouch for it.
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
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PipelineStage
    from openmetadata_ol_provider.openmetadata.publishing.runs.stage import RunStage


def verify_writes(desk: PublishContext, pipelines: PipelineStage, edges: Iterable[EdgeWrite], runs: RunStage) -> None:
    """Write again what was overwritten, and report it.

    :param edges: those that were written
    """
    repaired = _pipelines(desk, pipelines) + _edges(desk, edges)
    statuses = runs.publish_again()
    if statuses.published:
        repaired.append(f"{statuses.published} run statuses")
    desk.problems += [
        Problem(
            ProblemKind.OVERWRITTEN,
            what,
            "another task, writing at the same time, had overwritten it; it is written again",
        )
        for what in repaired
    ]


def _pipelines(desk: PublishContext, stage: PipelineStage) -> list[str]:
    groups = [group for group in stage.groups if group.id in stage.written]
    outcomes = desk.worker.run(groups, stage.writer.publish, lambda group: f"pipeline {group.where}")
    found = desk.collect(outcomes)
    return [
        f"pipeline {group.where}"
        for group, ref in zip(groups, found, strict=True)
        if ref is not None and ref.change in {"created", "updated"}
    ]


def _edges(desk: PublishContext, writes: Iterable[EdgeWrite]) -> list[str]:
    writes = list(writes)
    writer = EdgeWriter(desk.client, dry_run=desk.dry_run)
    outcomes = desk.worker.run_grouped(writes, writer.publish, lambda write: write.where, lambda write: write.target)
    found = desk.collect(outcomes)
    return [write.where for write, again in zip(writes, found, strict=True) if again]
