"""Counts the task runs of a batch, by pipeline and day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef


class RunCount(NamedTuple):
    """The runs of one pipeline on one day.

    :param new: number of runs that no earlier batch has counted
    """

    ref: PipelineRef
    day: str
    runs: tuple[RunRecord, ...]
    new: int

    @property
    def key(self) -> tuple[str, str]:
        """FQN of the pipeline and day."""
        return self.ref.fqn, self.day


def count_runs(runs: Iterable[RunRecord], refs: Mapping[JobId, PipelineRef]) -> list[RunCount]:
    """Return what has to be counted: runs of tasks, and runs of pipelines that have no tasks.

    :param refs: published pipelines by their job
    """
    groups: dict[tuple[str, str], list[RunRecord]] = {}
    by_fqn: dict[str, PipelineRef] = {}
    for run in runs:
        ref = refs.get(run.pipeline)
        if ref is None or ref.change == "missing" or run.part or not run.started_at:
            continue
        if run.task is None and ref.tasks:
            continue
        by_fqn[ref.fqn] = ref
        groups.setdefault((ref.fqn, run.started_at[:10]), []).append(run)
    return [
        RunCount(by_fqn[fqn], day, tuple(group), sum([run.new for run in group]))
        for (fqn, day), group in groups.items()
    ]
