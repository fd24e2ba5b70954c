"""Publishes edges and their SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import DatasetId
from openmetadata_ol_provider.openmetadata.publishing.core.context import count_written
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.edges.pipeline_edges import (
    PipelineEdgeCleaner,
    pipeline_edges,
    superseded_ends,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.queries import QueryWriter, query_uses
from openmetadata_ol_provider.openmetadata.publishing.edges.unknown_columns import unknown_columns
from openmetadata_ol_provider.openmetadata.publishing.edges.unmoved import unmoved_edges
from openmetadata_ol_provider.openmetadata.publishing.edges.views import ViewReader, edges_through_views
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgePlanner, EdgeWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Edge
    from openmetadata_ol_provider.openlineage.problems import Problem
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import ItemResult
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PublishedPipelines
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution

    Resolutions = Mapping[DatasetId, Resolution]


class PublishedEdges(NamedTuple):
    """The edges of a plan after they were published.

    :param counts: outcome counts
    :param writes: all edges between entities, those with a pipeline at one end last
    :param written: those that differed from the catalogue and were written
    """

    counts: Written
    writes: tuple[EdgeWrite, ...]
    written: tuple[EdgeWrite, ...]


def publish_edges(
    context: PublishContext,
    pipelines: PublishedPipelines,
    resolutions: Resolutions,
    on_planned: Callable[[], object] = lambda: None,
    on_begun: Callable[[], object] | None = None,
) -> PublishedEdges:
    """Publish the edges between datasets, and those with a pipeline at one end if they are asked for.

    :param on_planned: function that is called when the first edges are about to be sent; default: none
    :param on_begun: function that is called as soon as the last edges are under way; default: none
    """
    selection = context.selection
    planner = EdgePlanner(context.config, resolutions, pipelines.refs, selection.jobs, selection.partial)
    kept, left_out, problems = without_untrue(selection.edges, resolutions, context.client)
    context.problems += problems
    edges = planner.plan_writes(kept)
    with_pipeline = _pipeline_edges(context, pipelines, resolutions, edges)
    writes = (*edges, *with_pipeline)
    writer = EdgeWriter(context.client, dry_run=context.dry_run)
    on_planned()
    # Two writes to one target at a time make its search document conflict.
    results = context.executor.run_grouped(
        writes, writer.publish, lambda write: write.where, lambda write: write.target, on_begun
    )
    context.problems += unknown_columns(edges)
    changed = context.collect(results)
    context.problems += writer.problems
    _record_edges(context, pipelines, planner, writer, list(zip(edges, results, strict=False)))
    context.recorder.record_idle_edges(
        {edge_key(edge) for edge in selection.edges if _is_idle(edge, resolutions, left_out)}
    )
    _record_pipeline_edges(context, pipelines, with_pipeline, results[len(edges) :])
    if context.config.lineage.pipeline_nodes:
        _remove_superseded(context, edges)
    return PublishedEdges(
        Written(unchanged=_count_current(context, edges)) + count_written(changed),
        writes,
        tuple(write for write, result in zip(writes, changed, strict=True) if result),
    )


def without_untrue(
    edges: Sequence[Edge], resolutions: Resolutions, client: OpenMetadataClient
) -> tuple[Sequence[Edge], Collection[Edge], list[Problem]]:
    """Return the edges that are true of the entities found, those that are not, and the problems that report these.

    :param edges: edges of the plan
    :param resolutions: resolutions of their ends
    :param client: client of the catalogue, which is asked what is behind views
    """
    unmoved, problems = unmoved_edges(edges, resolutions)
    moved = [edge for edge in edges if edge not in unmoved] if unmoved else edges
    through_views, more = edges_through_views(moved, resolutions, ViewReader(client))
    kept = [edge for edge in moved if edge not in through_views] if through_views else moved
    return kept, unmoved | through_views, problems + more


def _pipeline_edges(
    context: PublishContext, pipelines: PublishedPipelines, resolutions: Resolutions, edges: Sequence[EdgeWrite]
) -> list[EdgeWrite]:
    selection = context.selection
    if not context.config.lineage.pipeline_nodes:
        return []
    superseded = {ends for edge in edges for ends in superseded_ends(edge)}
    candidates = pipeline_edges(selection.one_sided, selection.jobs, pipelines.refs, resolutions)
    return [edge for edge in candidates if (edge.source, edge.target) not in superseded]


def _record_edges(
    context: PublishContext,
    pipelines: PublishedPipelines,
    planner: EdgePlanner,
    writer: EdgeWriter,
    results: Sequence[tuple[EdgeWrite, ItemResult[bool]]],
) -> None:
    edges = context.selection.edges
    writers = {edge_key(edge): planner.writer(edge.job) for edge in edges if edge.job}
    # Written, but without the pipeline that failed: they are parked together with it.
    incomplete = {edge_key(edge) for edge in edges if pipelines.has_failed(edge.job)}
    for write, result in results:
        if result.value is None:
            context.parking.add_failed_edges(write.keys, result.detail)
        elif not incomplete & set(write.keys):
            verified = not (context.concurrent and result.value)
            context.recorder.record_edge(write, writers, verified=verified, created=writer.created(write))


def _record_pipeline_edges(
    context: PublishContext,
    pipelines: PublishedPipelines,
    writes: Sequence[EdgeWrite],
    results: Sequence[ItemResult[bool]],
) -> None:
    for write, result in zip(writes, results, strict=True):
        if result.failed:
            context.parking.add_failed_pipeline_edges(write.jobs, write.where, result.detail)
    if not any(result.failed for result in results):
        context.recorder.record_one_sided(
            item for item in context.selection.one_sided if not pipelines.has_failed(item.job)
        )


def _remove_superseded(context: PublishContext, edges: Sequence[EdgeWrite]) -> None:
    """Remove edges with a pipeline at one end that edges between datasets supersede."""
    cleaner = PipelineEdgeCleaner(context.client, dry_run=context.dry_run)
    results = context.executor.run_grouped(edges, cleaner.clean, lambda write: write.where, lambda write: write.target)
    context.collect(results)
    for write, result in zip(edges, results, strict=True):
        _retry_if_failed(context, write.keys, result)


def _count_current(context: PublishContext, writes: Sequence[EdgeWrite]) -> int:
    """Return how many pairs of entities have unchanged edges that were not compared, apart from those written."""
    facts = [context.history.ledger.edges[key] for key in context.selection.current_edges]
    current = {(fact.source, fact.target) for fact in facts if fact.source}
    return len(current - {(write.source.ref, write.target.ref) for write in writes})


def _is_idle(edge: Edge, resolutions: Resolutions, left_out: Collection[Edge]) -> bool:
    """Return whether nothing has to be written between two datasets, now or later."""
    source, target = resolutions[edge.source], resolutions[edge.target]
    if "ignored" in (source.outcome, target.outcome):
        return True
    if source.entity is None or target.entity is None:
        return False
    return source.entity == target.entity or (bool(left_out) and edge in left_out)


def publish_queries(context: PublishContext, resolutions: Resolutions) -> Written:
    """Publish the SQL of edges as queries of their tables, if that is asked for."""
    if not context.config.write.queries:
        return Written()
    uses = query_uses(context.selection.edges, context.selection.jobs, resolutions)
    writer = QueryWriter(context.client, dry_run=context.dry_run)
    results = context.executor.run(uses, writer.publish, lambda use: use.where)
    for use, result in zip(uses, results, strict=True):
        _retry_if_failed(context, use.keys, result)
    published = context.collect(results)
    return count_written(published)


def _retry_if_failed(context: PublishContext, keys: tuple[int, ...], result: ItemResult[bool]) -> None:
    """Park edges that are in the catalogue if something that belongs to them was refused."""
    if result.failed:
        context.parking.add_failed_edges(keys, result.detail)
        context.recorder.invalidate_edges(keys)
