"""Pipelines as nodes of lineage, when asked for: of jobs that only read or only write, or that wait for others.

Such an edge says less than one between datasets, so it goes as soon as the job's other side is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId, Job, JobId, OneSided
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, is_ours, writer_name
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import stored_details

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def node_edges(
    one_sided: Iterable[OneSided],
    jobs: dict[JobId, Job],
    pipelines: dict[JobId, PipelineRef],
    resolutions: dict[DatasetId, Resolution],
) -> list[EdgeWrite]:
    """Return the edges with a pipeline at one end, one for each pair.

    :param one_sided: of the plan
    :param resolutions: of their datasets
    """
    writes: dict[tuple[Entity, Entity], EdgeWrite] = {}
    for source, target, writer, job in _pairs(one_sided, jobs, pipelines, resolutions):
        known = writes.get((source, target))
        writers = known.writers | {writer} if known else frozenset({writer})
        mine = (*known.jobs, job) if known else (job,)
        writes[source, target] = EdgeWrite(source, target, {}, None, writers, None, jobs=mine)
    return list(writes.values())


def _pairs(
    one_sided: Iterable[OneSided],
    jobs: dict[JobId, Job],
    pipelines: dict[JobId, PipelineRef],
    resolutions: dict[DatasetId, Resolution],
) -> Iterator[tuple[Entity, Entity, str, JobId]]:
    def pipeline_of(job_id: JobId) -> PipelineRef | None:
        job = jobs.get(job_id)
        ref = pipelines.get(job.pipeline if job else job_id)
        return ref if ref is not None and ref.id else None

    def found(ids: Iterable[DatasetId]) -> Iterator[Entity]:
        return (entity for id_ in ids if (entity := resolutions[id_].entity) is not None)

    for item in one_sided:
        ref, job = pipeline_of(item.job), jobs.get(item.job)
        if ref is not None:
            node, writer = as_node(ref), writer_name(ref, job.task if job else None)
            yield from ((entity, node, writer, item.job) for entity in found(item.reads))
            yield from ((node, entity, writer, item.job) for entity in found(item.writes))
    for job in jobs.values():
        ref = pipeline_of(job.id)
        for upstream in job.upstream:
            before = pipeline_of(upstream)
            if ref is not None and before is not None and before.id != ref.id:
                yield as_node(before), as_node(ref), writer_name(ref, job.task), job.id


def as_node(ref: PipelineRef) -> Entity:
    """Return a pipeline as the end of an edge."""
    return Entity("pipeline", {"id": ref.id, "fullyQualifiedName": ref.fqn})


def superfluous(write: EdgeWrite) -> tuple[tuple[Entity, Entity], ...]:
    """Return the ends of the edges with a pipeline at one end that an edge between datasets makes superfluous."""
    if write.pipeline is None or not write.pipeline.id:
        return ()
    node = as_node(write.pipeline)
    return (write.source, node), (node, write.target)


class NodeCleaner:
    """Takes back edges with a pipeline at one end.

    :param client: the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run

    def clean(self, write: EdgeWrite) -> bool:
        """Take back what an edge between datasets makes superfluous, and return whether there was anything.

        :raises CatalogueError: if the catalogue refuses
        """
        removed = [self._remove(source, target) for source, target in superfluous(write)]
        return any(removed)

    def _remove(self, source: Entity, target: Entity) -> bool:
        details = stored_details(self._client.get(path("v1/lineage/getLineageEdge", source.id, target.id)))
        if details is None or details.get("source") != SOURCE or not is_ours(details):
            return False
        if not self._dry_run:
            self._client.delete(path("v1/lineage", source.type, source.id, target.type, target.id))
        return True
