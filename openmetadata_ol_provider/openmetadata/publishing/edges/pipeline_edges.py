"""Edges with a pipeline at one end, if asked for: one-sided jobs, jobs that wait for others, and triggered DAGs.

Such an edge says less than one between datasets, so it is removed as soon as the job's other side is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId, Job, JobId, OneSided
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeColumns, EdgeWrite
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import writer_name
from openmetadata_ol_provider.openmetadata.publishing.edges.ownership import is_untouched, names_its_jobs
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import read_details

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


def pipeline_edges(
    one_sided: Iterable[OneSided],
    jobs: Mapping[JobId, Job],
    pipelines: Mapping[JobId, PipelineRef],
    resolutions: Mapping[DatasetId, Resolution],
) -> list[EdgeWrite]:
    """Return the edges with a pipeline at one end, one for each pair of entities.

    :param one_sided: one-sided jobs of the plan
    :param resolutions: resolutions of their datasets
    """
    writes: dict[tuple[Entity, Entity], EdgeWrite] = {}
    for source, target, writer, job in _pairs(one_sided, jobs, pipelines, resolutions):
        before = writes.get((source, target))
        writers = before.writers | {writer} if before else frozenset({writer})
        own = (*before.jobs, job) if before else (job,)
        writes[source, target] = EdgeWrite(source, target, EdgeColumns(), None, writers, None, jobs=own)
    return list(writes.values())


def _pairs(
    one_sided: Iterable[OneSided],
    jobs: Mapping[JobId, Job],
    pipelines: Mapping[JobId, PipelineRef],
    resolutions: Mapping[DatasetId, Resolution],
) -> Iterator[tuple[Entity, Entity, str, JobId]]:
    def pipeline_of(job_id: JobId) -> PipelineRef | None:
        job = jobs.get(job_id)
        ref = pipelines.get(job.pipeline if job else job_id)
        return ref if ref is not None and ref.id else None

    def entities(ids: Iterable[DatasetId]) -> Iterator[Entity]:
        return (entity for id_ in ids if (entity := resolutions[id_].entity) is not None)

    for item in one_sided:
        ref, job = pipeline_of(item.job), jobs.get(item.job)
        if ref is not None:
            node, writer = as_entity(ref), writer_name(ref, job.task if job else None)
            yield from ((entity, node, writer, item.job) for entity in entities(item.reads))
            yield from ((node, entity, writer, item.job) for entity in entities(item.writes))
    for job in jobs.values():
        ref = pipeline_of(job.id)
        for upstream in (*job.upstream, *((job.triggered_by,) if job.triggered_by else ())):
            before = pipeline_of(upstream)
            if ref is not None and before is not None and before.id != ref.id:
                yield as_entity(before), as_entity(ref), writer_name(ref, job.task), job.id


def as_entity(ref: PipelineRef) -> Entity:
    """Return a pipeline as the end of an edge."""
    return Entity("pipeline", {"id": ref.id, "fullyQualifiedName": ref.fqn})


def superseded_ends(write: EdgeWrite) -> tuple[tuple[Entity, Entity], ...]:
    """Return the ends of the edges with a pipeline at one end that an edge between datasets supersedes."""
    if write.pipeline is None or not write.pipeline.id:
        return ()
    node = as_entity(write.pipeline)
    return (write.source, node), (node, write.target)


class PipelineEdgeCleaner:
    """Removes edges with a pipeline at one end.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run

    def clean(self, write: EdgeWrite) -> bool:
        """Remove the edges that an edge between datasets supersedes, and return whether there were any.

        :raises CatalogueError: if the catalogue refuses
        """
        removed = [self._remove(source, target) for source, target in superseded_ends(write)]
        return any(removed)

    def _remove(self, source: Entity, target: Entity) -> bool:
        details = read_details(self._client, source.id, target.id)
        if details is None or not names_its_jobs(details) or not is_untouched(self._client, details):
            return False
        if not self._dry_run:
            self._client.delete(path("v1/lineage", source.type, source.id, target.type, target.id))
        return True
