"""Pipelines that the integration's own ingestion has made already: Airflow's ``airflow_prod.my_dag`` instead of a twin.

Such a pipeline has the job's own name, in a service of the integration's type. It is used if it is the only one, or if
the configuration or the job's namespace names its service; of several, none is guessed to be the one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.fqn import MAX_NAME, join, stored_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.request import PipelinePlan
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.services import PipelineService, PipelineServices


class ExistingPipeline(NamedTuple):
    """A pipeline that is there already.

    :param service: name of its service
    :param stored: its JSON
    """

    service: str
    stored: dict[str, Any]


class Search(NamedTuple):
    """What was found: one pipeline to use, or none and why."""

    found: ExistingPipeline | None = None
    problem: Problem | None = None


def find_reusable(
    plan: PipelinePlan,
    own: PipelineService,
    services: PipelineServices,
    read: Callable[[str], dict[str, Any] | None],
) -> Search:
    """Look for the pipeline that the integration's own ingestion has made for a job.

    :param own: the service that a new pipeline would be made in
    :param read: returns a pipeline's JSON by FQN
    """
    name = stored_name(plan.id.name)
    if len(name) > MAX_NAME:
        return Search()
    candidates = services.of_integration(plan.integration)
    if own.chosen:
        # The configuration says where these pipelines are.
        candidates = (own.name,) if services.has(own.name) else ()
    for service in (own.name, plan.id.namespace):
        stored = read(join(service, name)) if service in candidates else None
        if stored is not None:
            return Search(ExistingPipeline(service, stored))
    asked = {own.name, plan.id.namespace}
    found = [
        ExistingPipeline(service, stored)
        for service in candidates
        if service not in asked and (stored := read(join(service, name))) is not None
    ]
    if len(found) > 1:
        return Search(problem=_ambiguous(plan, own, [join(item.service, name) for item in found], found[0].service))
    return Search(found[0] if found else None)


def _ambiguous(plan: PipelinePlan, own: PipelineService, names: list[str], first: str) -> Problem:
    line = f"{(plan.integration or '').upper()}: {first}, default: {own.name}"
    return Problem(
        ProblemKind.AMBIGUOUS_PIPELINE,
        plan.where,
        f"{', '.join(names)} may each be this pipeline; a pipeline of its own is written instead. Say which service "
        f"with pipelines: {{service: {{{line}}}}}",
    )


def duplicate_pipeline(plan: PipelinePlan, used: str, own: str) -> Problem:
    """Return the problem of a pipeline that was made before the reused one was known.

    :param used: FQN of the pipeline that is used
    :param own: FQN of the one that is no longer written
    """
    return Problem(
        ProblemKind.TWIN_PIPELINE,
        plan.where,
        f"{used} is used; {own} was made before and is no longer written: it can be deleted once its history is not "
        "needed",
    )


def shared_pipeline(plan: PipelinePlan, fqn: str, other: JobId) -> Problem:
    """Return the problem of a pipeline that is found for the jobs of several namespaces."""
    return Problem(
        ProblemKind.SHARED_PIPELINE,
        plan.where,
        f"{fqn} is used for {other.namespace} {other.name} too; if they are not the same, leave one out with "
        "pipelines.exclude, or set pipelines.reuse to false",
    )
