"""The stage of a publication that writes edges, and takes back those that are no longer true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
from openmetadata_ol_provider.openmetadata.publishing.core.context import written
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger, edge_key
from openmetadata_ol_provider.openmetadata.publishing.core.report import StaleEdges, Written
from openmetadata_ol_provider.openmetadata.publishing.edges.pipeline_edges import NodeCleaner, node_edges, superfluous
from openmetadata_ol_provider.openmetadata.publishing.edges.queries import QueryWriter, query_uses
from openmetadata_ol_provider.openmetadata.publishing.edges.stale import EdgeRemover, find_stale, stale_problem
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import EdgePlanner, EdgeWriter

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
    from openmetadata_ol_provider.openmetadata.publishing.core.executor import Outcome
    from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
    from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
    from openmetadata_ol_provider.openmetadata.publishing.core.selection import Selection
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite
    from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PipelineStage
    from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution


class EdgeStage:
    """Publishes the edges of one plan.

    :param desk: tools of the publication
    :param selection: what it has to do
    :param resolutions: of its datasets
    :param pipelines: the pipelines published
    """

    def __init__(
        self,
        desk: PublishContext,
        selection: Selection,
        resolutions: dict[DatasetId, Resolution],
        pipelines: PipelineStage,
    ) -> None:
        self._desk = desk
        self._selection = selection
        self._resolutions = resolutions
        self._pipelines = pipelines
        self._planner = EdgePlanner(desk.config, resolutions, pipelines.refs, selection.jobs, selection.partial)
        self._edges, problems = self._planner.unite(selection.edges)
        desk.problems += problems
        self._nodes: list[EdgeWrite] = []
        #: edges that were not as they should be, and are now
        self.fresh: list[EdgeWrite] = []
        if desk.config.lineage.pipeline_nodes:
            nodes = node_edges(selection.one_sided, selection.jobs, pipelines.refs, resolutions)
            said = {pair for write in self._edges for pair in superfluous(write)}
            self._nodes = [node for node in nodes if (node.source, node.target) not in said]

    @property
    def writes(self) -> list[EdgeWrite]:
        """All edges between entities, those with a pipeline at one end last."""
        return [*self._edges, *self._nodes]

    def publish(self, ledger: Ledger, books: LedgerRecorder, leftovers: ParkingBuilder) -> Written:
        """Publish the edges and return the counts; what failed is parked.

        :param ledger: knows the edges that need not be looked at
        """
        writer = EdgeWriter(self._desk.client, dry_run=self._desk.dry_run)
        # Two writes to one target at a time make its search document conflict.
        outcomes = self._desk.worker.run_grouped(
            self.writes, writer.publish, lambda write: write.where, lambda write: write.target
        )
        results = self._desk.collect(outcomes)
        self.fresh = [write for write, result in zip(self.writes, results, strict=True) if result]
        edges = outcomes[: len(self._edges)]
        self._note(edges, books, leftovers)
        nodes = outcomes[len(edges) :]
        for node, outcome in zip(self._nodes, nodes, strict=True):
            if outcome.result is None:
                leftovers.add_failed_nodes(node.jobs, node.where, outcome.problems[0].detail)
        if all(outcome.result is not None for outcome in nodes):
            books.note_one_sided(item for item in self._selection.one_sided if not self._pipelines.lacks(item.job))
        self._clean_nodes(books, leftovers)
        return Written(unchanged=self._held(ledger)) + written(results)

    def publish_queries(self, books: LedgerRecorder, leftovers: ParkingBuilder) -> Written:
        """Publish the SQL of edges as queries of their tables, if that is asked for."""
        desk, todo = self._desk, self._selection
        if not desk.config.write.queries:
            return Written()
        uses = query_uses(todo.edges, todo.jobs, self._resolutions)
        writer = QueryWriter(desk.client, dry_run=desk.dry_run)
        outcomes = desk.worker.run(uses, writer.publish, lambda use: use.where)
        for use, outcome in zip(uses, outcomes, strict=True):
            _retry_if_failed(use.keys, outcome, books, leftovers)
        results = desk.collect(outcomes)
        return written(results)

    def _note(self, outcomes: list[Outcome[bool]], books: LedgerRecorder, leftovers: ParkingBuilder) -> None:
        edges = self._selection.edges
        writers = {edge_key(edge): self._planner.writer(edge.job) for edge in edges if edge.job}
        # Written, but without the pipeline that failed: they are parked with it.
        incomplete = {edge_key(edge) for edge in edges if self._pipelines.lacks(edge.job)}
        for write, outcome in zip(self._edges, outcomes, strict=True):
            if outcome.result is None:
                leftovers.add_failed_edges(write.keys, outcome.problems[0].detail)
            elif not incomplete & set(write.keys):
                books.note_edge(write, writers, doubtful=self._desk.shared and outcome.result)
        found = self._resolutions
        books.note_idle_edges({edge_key(edge) for edge in edges if _is_idle(found[edge.source], found[edge.target])})

    def _held(self, ledger: Ledger) -> int:
        """Return how many pairs of entities have edges that need not be looked at, beside those that are written."""
        facts = [ledger.edges[key] for key in self._selection.held_edges]
        held = {(fact.source, fact.target) for fact in facts if fact.source}
        return len(held - {(write.source.ref, write.target.ref) for write in self._edges})

    def _clean_nodes(self, books: LedgerRecorder, leftovers: ParkingBuilder) -> None:
        """Take back edges with a pipeline at one end that the edges between datasets make superfluous."""
        desk = self._desk
        if desk.config.lineage.pipeline_nodes:
            cleaner = NodeCleaner(desk.client, dry_run=desk.dry_run)
            outcomes = desk.worker.run_grouped(
                self._edges, cleaner.clean, lambda write: write.where, lambda write: write.target
            )
            desk.collect(outcomes)
            for write, outcome in zip(self._edges, outcomes, strict=True):
                _retry_if_failed(write.keys, outcome, books, leftovers)


def publish_stale(desk: PublishContext, plan: LineagePlan, ledger: Ledger) -> StaleEdges:
    """Take back, or report, the edges that their jobs no longer produce.

    :param ledger: changed in place
    """
    policy = desk.config.write.stale_edges
    if policy == "never":
        return StaleEdges()
    stale = find_stale(plan, ledger, desk.config.lineage)
    if policy == "report":
        first = [item for item in stale if item.first]
        desk.problems += map(stale_problem, first)
        return StaleEdges(kept=len(first))
    remover = EdgeRemover(desk.client, dry_run=desk.dry_run)
    outcomes = desk.worker.run_grouped(stale, remover.remove, lambda item: item.where, lambda item: item.fact.target)
    results = desk.collect(outcomes)
    for item, result in zip(stale, results, strict=True):
        if result is not None and not desk.dry_run:
            ledger.edges.pop(item.key, None)
    removed = written(results)
    return StaleEdges(removed=removed.published, kept=removed.unchanged, failed=removed.failed)


def _retry_if_failed(
    keys: tuple[int, ...], outcome: Outcome[bool], books: LedgerRecorder, leftovers: ParkingBuilder
) -> None:
    """Park edges that are in the catalogue, if what goes with them was refused."""
    if outcome.result is None:
        leftovers.add_failed_edges(keys, outcome.problems[0].detail)
        books.forget_edges(keys)


def _is_idle(source: Resolution, target: Resolution) -> bool:
    """Return whether nothing is to be written between two datasets, now or later."""
    if "ignored" in (source.outcome, target.outcome):
        return True
    return source.entity is not None and source.entity == target.entity
