"""Finds jobs that read and write the same entities, which only shows once their datasets are resolved.

A job that reads tables by their names and writes them by their paths has moved nothing between them: an edge from one
of them to another is an artefact of multiplying inputs with outputs. Where names alone show it, ``lineage/edges.py``
has drawn no edges in the first place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from openmetadata_ol_provider.openlineage.listing import counted, listed
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.resolution.resolver import entity_of

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import DatasetId, Edge, JobId
    from openmetadata_ol_provider.openmetadata.entities import Entity
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

    Resolutions = Mapping[DatasetId, Resolution]


def unmoved_edges(edges: Iterable[Edge], resolutions: Resolutions) -> tuple[dict[Edge, None], list[Problem]]:
    """Return the edges that are only there because inputs were multiplied with outputs that are the same, and problems.

    :param edges: edges of the plan
    :param resolutions: resolutions of their ends
    """
    edges = tuple(edges)
    unmoved = unmoved_jobs(edges, resolutions)
    left_out = {edge: None for edge in edges if edge.job in unmoved and edge.basis == "product"} if unmoved else {}
    problems = [_problem(job, entities) for job, entities in unmoved.items()]
    return left_out, problems + list(_loop_problems((edge for edge in edges if edge not in left_out), resolutions))


def unmoved_jobs(edges: Iterable[Edge], resolutions: Resolutions) -> dict[JobId, tuple[Entity, ...]]:
    """Return the jobs whose inputs are their outputs, with the entities, where nothing better than a product is known.

    :param edges: edges of the plan; all of a job's edges, or those of some of its datasets
    :param resolutions: resolutions of the ends of edges
    """
    by_job: dict[JobId, list[Edge]] = {}
    # One edge whose two names are one entity is what every such job has.
    suspects = {edge.job for edge in edges if edge.job and _is_same(edge, resolutions)}
    if not suspects:
        return {}
    for edge in edges:
        if edge.job in suspects:
            by_job.setdefault(edge.job, []).append(edge)
    unmoved = {job: _unmoved(own, resolutions) for job, own in by_job.items()}
    return {job: entities for job, entities in unmoved.items() if entities}


def _problem(job: JobId, entities: tuple[Entity, ...]) -> Problem:
    """Return the problem that reports a job without edges."""
    names = listed([entity.fqn for entity in entities])
    detail = (
        f"reads and writes the same {counted(len(entities), 'dataset')} under different names ({names}), without "
        "column lineage: nothing was moved, no edges"
    )
    return Problem(ProblemKind.SAME_DATASETS, job.label, detail)


def _loop_problems(edges: Iterable[Edge], resolutions: Resolutions) -> Iterator[Problem]:
    """Yield a problem for each job and entity that has an edge to itself, which is left out."""
    loops: dict[tuple[JobId | None, str], list[Edge]] = {}
    for edge in edges:
        entity = entity_of(edge.source, resolutions)
        if entity is not None and _is_same(edge, resolutions):
            loops.setdefault((edge.job, entity.fqn), []).append(edge)
    for (job, fqn), (first, *more) in loops.items():
        read, written = map(str, (first.source, first.target))
        others = f", and {len(more)} more such pairs" if more else ""
        detail = (
            f"reads {read} and writes {written}{others}, which are one entity in OpenMetadata, {fqn}: no edge from it "
            "to itself. If they are two datasets, ingest both"
        )
        yield Problem(ProblemKind.SAME_DATASETS, job.label if job else written, detail)


def _is_same(edge: Edge, resolutions: Resolutions) -> bool:
    source = entity_of(edge.source, resolutions)
    return source is not None and source == entity_of(edge.target, resolutions)


def _unmoved(edges: Iterable[Edge], resolutions: Resolutions) -> tuple[Entity, ...]:
    """Return the entities that a job reads and writes if they are the same, none if they are not."""
    edges = tuple(edges)
    if any(edge.basis != "product" for edge in edges):
        return ()
    pairs = {(entity_of(edge.source, resolutions), entity_of(edge.target, resolutions)) for edge in edges}
    sources, targets = {source for source, _ in pairs}, {target for _, target in pairs}
    # Datasets that are not in the catalogue may be the same, too, as long as there are some on either side.
    if sources != targets or len(sources - {None}) < 2:
        return ()
    if any((target, source) not in pairs for source, target in pairs if source is not None and target is not None):
        return ()
    return tuple(sorted((entity for entity in sources if entity is not None), key=lambda entity: entity.fqn))
