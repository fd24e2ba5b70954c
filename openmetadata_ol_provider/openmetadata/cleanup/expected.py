"""Works out what a plan would write to the catalogue today, by the stages of a publication that writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId, Edge, Job, JobId, LineagePlan
from openmetadata_ol_provider.openmetadata.cleanup.open_ends import OpenEnds
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.edges.pipeline_edges import pipeline_edges
from openmetadata_ol_provider.openmetadata.publishing.edges.stage import without_untrue
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgePlanner
from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines, publish_pipelines
from openmetadata_ol_provider.openmetadata.publishing.stubs.stage import resolve_datasets
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.cleanup.stored import Pair
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite, PipelineRef


class Expected(NamedTuple):
    """What today's rules make of a plan.

    :param writers: names of the jobs that write each edge
    :param jobs_of_writers: jobs by the name that they have in descriptions
    :param pipelines: pipelines by FQN
    :param tasks: names of the tasks of each pipeline, by its FQN
    :param entities: entities that the datasets are today, or would be if addresses did not matter
    :param other_addresses: edges that only matching by name would make, with the reason, by edge and writer
    :param open_ends: edges of which an end is ambiguous or not found today
    :param unread: jobs whose pipelines the catalogue refused to show, so that nobody knows who writes their edges
    :param problems: what translation and resolution left out
    """

    writers: Mapping[Pair, frozenset[str]]
    jobs_of_writers: Mapping[str, frozenset[JobId]]
    pipelines: Mapping[str, PipelineRef]
    tasks: Mapping[str, frozenset[str]]
    entities: frozenset[Entity]
    other_addresses: Mapping[tuple[Pair, str], str]
    open_ends: OpenEnds
    unread: frozenset[JobId]
    problems: tuple[Problem, ...]


def expect(plan: LineagePlan, client: OpenMetadataClient, config: Config, now: float) -> Expected:
    """Return what publishing a plan would make.

    :param now: current time, in seconds since 1970
    """
    write = config.write.model_copy(update={"create_datasets": False})
    config = config.model_copy(update={"write": write})
    selection = select(plan, History(), config, now)
    context = PublishContext(client, config, History(), selection, now, dry_run=True)
    pipelines = publish_pipelines(context)
    resolutions, _ = resolve_datasets(context)
    by_name = _resolutions_by_name(plan.datasets, resolutions, client, config)
    planner = EdgePlanner(config, resolutions, pipelines.refs, selection.jobs)
    edges, _, problems = without_untrue(selection.edges, resolutions, client)
    context.problems += problems
    writes = planner.plan_writes(edges)
    if config.lineage.pipeline_nodes:
        writes += pipeline_edges(selection.one_sided, selection.jobs, pipelines.refs, resolutions)
    datasets = (*resolutions.values(), *by_name.values())
    return Expected(
        _writers(writes),
        _jobs_of_writers(plan, selection.jobs, planner),
        {ref.fqn: ref for ref in pipelines.refs.values()},
        _tasks(pipelines),
        frozenset(resolution.entity for resolution in datasets if resolution.entity is not None),
        dict(_other_addresses(selection.edges, resolutions, by_name, planner)),
        OpenEnds(selection.edges, resolutions, by_name, {dataset.id: dataset for dataset in plan.datasets}, planner),
        frozenset(job for job in selection.jobs if pipelines.has_failed(job)),
        tuple(dict.fromkeys((*plan.problems, *context.problems))),
    )


def _writers(writes: Iterable[EdgeWrite]) -> dict[Pair, frozenset[str]]:
    """Return the names of the jobs that write each edge."""
    writers: dict[Pair, frozenset[str]] = {}
    for write in writes:
        pair = write.source.ref, write.target.ref
        writers[pair] = writers.get(pair, frozenset()) | write.writers
    return writers


def _jobs_of_writers(plan: LineagePlan, jobs: Mapping[JobId, Job], planner: EdgePlanner) -> dict[str, frozenset[JobId]]:
    """Return the jobs that may have edges, by the name that they have in descriptions.

    :param jobs: the jobs of the plan that are published
    """
    # A pipeline that only its tasks name has no edges of its own.
    active = {run.job for run in plan.runs} | {edge.job for edge in plan.edges}
    by_name: dict[str, set[JobId]] = {}
    for id_, job in jobs.items():
        if (id_ in active or job.declared) and (name := planner.writer(id_)):
            by_name.setdefault(name, set()).add(id_)
    return {name: frozenset(ids) for name, ids in by_name.items()}


def _tasks(pipelines: PublishedPipelines) -> dict[str, frozenset[str]]:
    """Return the names of the tasks of each pipeline, by its FQN."""
    tasks: dict[str, set[str]] = {ref.fqn: set() for ref in pipelines.refs.values()}
    for pipeline in pipelines.plans:
        if pipeline.id in pipelines.refs:
            listed = {name for outline in pipeline.outlines.values() for name in (outline.name, *outline.downstream)}
            own = {job.task for job in pipeline.jobs if job.task is not None}
            tasks[pipelines.refs[pipeline.id].fqn] |= {task_name(name) for name in listed | own}
    return {fqn: frozenset(names) for fqn, names in tasks.items()}


def _resolutions_by_name(
    datasets: Iterable[Dataset], resolutions: Mapping[DatasetId, Resolution], client: OpenMetadataClient, config: Config
) -> dict[DatasetId, Resolution]:
    """Resolve the datasets that were not found, or have no edges today, as if addresses did not matter.

    That was the rule before, so they may be at the ends of stored edges.
    """
    missing = [
        dataset
        for dataset in datasets
        if dataset.id not in resolutions or resolutions[dataset.id].outcome == "unresolved"
    ]
    if not missing:
        return {}
    lax = config.resolution.model_copy(update={"by_name": "always"})
    found = Resolver(client, config.model_copy(update={"resolution": lax})).resolve_all(missing)
    return {id_: resolution for id_, resolution in found.items() if resolution.entity is not None}


def _other_addresses(
    edges: Iterable[Edge],
    resolutions: Mapping[DatasetId, Resolution],
    by_name: Mapping[DatasetId, Resolution],
    planner: EdgePlanner,
) -> Iterator[tuple[tuple[Pair, str], str]]:
    for edge in edges:
        if edge.job is None or not (edge.source in by_name or edge.target in by_name):
            continue
        source, target = (by_name.get(end) or resolutions[end] for end in (edge.source, edge.target))
        writer = planner.writer(edge.job)
        if source.entity is not None and target.entity is not None and writer:
            other = edge.source if edge.source in by_name else edge.target
            entity = by_name[other].entity
            fqn = entity.fqn if entity is not None else ""
            why = f"{other} is not {fqn}: {resolutions[other].detail}"
            yield ((source.entity.ref, target.entity.ref), writer), why
