"""Reports owners of tasks: OpenMetadata neither stores nor returns them, so they are not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.metadata.owners import NOBODY, owner_names

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import PipelinePlan

#: Most owners that a problem lists.
_SHOWN = 10


def task_owners_problem(pipeline: PipelinePlan, ref: PipelineRef) -> Problem | None:
    """Return a problem for owners of tasks who do not own the pipeline; ``None`` if there are none."""
    tasks = [job for job in pipeline.jobs if job.task is not None and not job.part and job.owners]
    if not tasks:
        return None
    own = {owner.name.casefold() for job in pipeline.jobs if job.task is None for owner in owner_names(job.owners)}
    # The pipeline's own job is not in each plan.
    own.update(str(owner.get("name")).casefold() for owner in ref.stored.get("owners") or ())
    left: dict[str, set[str]] = {}
    for job in tasks:
        for owner in owner_names(job.owners):
            if owner.name.casefold() not in own and owner != NOBODY:
                left.setdefault(str(owner), set()).add(task_name(job.task or ""))
    if not left:
        return None
    names = [f"{owner} ({min(left[owner])}{' and others' if len(left[owner]) > 1 else ''})" for owner in sorted(left)]
    shown = listed(names, _SHOWN)
    return Problem(
        ProblemKind.TASK_OWNER,
        f"pipeline {ref.fqn}",
        f"OpenMetadata keeps no owners of tasks: {shown}; make them owners of the pipeline's own job, or set"
        " write.owners: never",
    )
