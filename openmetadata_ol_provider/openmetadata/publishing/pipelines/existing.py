"""Finds pipelines that the integration's own ingestion has created: Airflow's ``airflow_prod.my_dag``, no duplicate.

Such a pipeline has the job's own name, in a service of the integration's type. It is used if it is the only one, or if
the configuration or the job's namespace names its service; among several, none is guessed.
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
    """A pipeline that the catalogue has already.

    :param service: name of its service
    :param stored: JSON of the pipeline
    """

    service: str
    stored: dict[str, Any]


class ReuseSearch(NamedTuple):
    """The result of a search: one pipeline to use, or none and the reason.

    :param pipeline: pipeline to use
    :param problem: reason to report
    """

    pipeline: ExistingPipeline | None = None
    problem: Problem | None = None


def find_reusable(
    plan: PipelinePlan,
    own: PipelineService,
    services: PipelineServices,
    read: Callable[[str], dict[str, Any] | None],
) -> ReuseSearch:
    """Look for the pipeline that the integration's own ingestion has made for a job.

    :param own: service that a new pipeline would be created in
    :param read: function that returns a pipeline's JSON by FQN
    """
    name = stored_name(plan.id.name)
    if len(name) > MAX_NAME:
        return ReuseSearch()
    candidates = services.of_integration(plan.integration)
    if own.chosen:
        # The configuration names the service of these pipelines.
        candidates = (own.name,) if services.has(own.name) else ()
    for service in (own.name, plan.id.namespace):
        stored = read(join(service, name)) if service in candidates else None
        if stored is not None:
            return ReuseSearch(ExistingPipeline(service, stored))
    searched = {own.name, plan.id.namespace}
    matches = [
        ExistingPipeline(service, stored)
        for service in candidates
        if service not in searched and (stored := read(join(service, name))) is not None
    ]
    if len(matches) > 1:
        names = [join(match.service, name) for match in matches]
        return ReuseSearch(problem=_ambiguous(plan, own, names, matches[0].service))
    return ReuseSearch(matches[0] if matches else None)


def _ambiguous(plan: PipelinePlan, own: PipelineService, names: list[str], first: str) -> Problem:
    line = f"{(plan.integration or '').upper()}: {first}, default: {own.name}"
    return Problem(
        ProblemKind.AMBIGUOUS_PIPELINE,
        plan.where,
        f"{', '.join(names)} may each be this pipeline; a separate pipeline is written instead. Name the service "
        f"with pipelines: {{service: {{{line}}}}}",
    )


def duplicate_pipeline(plan: PipelinePlan, used: str, own: str) -> Problem:
    """Return the problem of a pipeline of ours that was created before the reused one was known.

    :param used: FQN of the pipeline that is reused
    :param own: FQN of ours, which is no longer written
    """
    return Problem(
        ProblemKind.TWIN_PIPELINE,
        plan.where,
        f"{used} is used; {own} was created earlier and is no longer written: it can be deleted once its history is "
        "no longer needed",
    )


def shared_pipeline(plan: PipelinePlan, fqn: str, other: JobId) -> Problem:
    """Return the problem of a pipeline that matches the jobs of several namespaces."""
    return Problem(
        ProblemKind.SHARED_PIPELINE,
        plan.where,
        f"{fqn} is used for {other} too; if they are not the same, leave one out with "
        "pipelines.exclude, or set pipelines.reuse to false",
    )
