"""From a plan to the catalogue: what is held already is left; the rest is resolved and written, stage by stage.

What did not change is not written: what the ledger holds is not even looked at, and every other write is preceded by a
read and a comparison, so publishing the same plan twice writes nothing the second time. One refused item is a problem
in the report, and parked; a refused token or a catalogue that does not answer stops the publication, which may be
repeated from the start.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.lineage.edges import EdgePlanner, EdgeWriter
from openmetadata_ol_provider.openmetadata.lineage.nodes import NodeCleaner, node_edges
from openmetadata_ol_provider.openmetadata.lineage.stale import EdgeRemover, find_stale, stale_problem
from openmetadata_ol_provider.openmetadata.pipelines.queries import QueryWriter, query_uses
from openmetadata_ol_provider.openmetadata.publication.bookkeeping import Bookkeeper
from openmetadata_ol_provider.openmetadata.publication.desk import Desk, written
from openmetadata_ol_provider.openmetadata.publication.fact_stage import FactStage
from openmetadata_ol_provider.openmetadata.publication.ledger import edge_key
from openmetadata_ol_provider.openmetadata.publication.leftovers import Leftovers
from openmetadata_ol_provider.openmetadata.publication.links import links_to
from openmetadata_ol_provider.openmetadata.publication.memory import Memory
from openmetadata_ol_provider.openmetadata.publication.pipeline_stage import PipelineStage
from openmetadata_ol_provider.openmetadata.publication.report import (
    Datasets,
    PublishReport,
    Share,
    StaleEdges,
    Stubs,
    Written,
)
from openmetadata_ol_provider.openmetadata.publication.run_stage import RunStage
from openmetadata_ol_provider.openmetadata.publication.selection import select
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.openmetadata.stubs.publication import publish_stubs

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.http.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.lineage.merging import EdgeWrite
    from openmetadata_ol_provider.openmetadata.publication.work import Outcome

log = logging.getLogger(__name__)


def publish_plan(
    plan: LineagePlan,
    client: OpenMetadataClient,
    config: Config,
    *,
    dry_run: bool = False,
    memory: Memory | None = None,
    full_refresh: bool = False,
    now: float | None = None,
) -> PublishReport:
    """Make true in the catalogue what the plan says.

    :param plan: of the translate step
    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read everything and count what would be written, but write nothing
    :param memory: what earlier publications left, changed in place; without it everything is compared anew
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :param now: seconds since 1970 (default: the clock)
    :return: the report; whether its ``failure_ratio`` is too high is the caller's decision
    :raises CatalogueAuthError: if the token, or what it may do, is refused
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    memory = memory or Memory()
    memory.ledger = memory.ledger.of(client.base_url, config, trusted=not (full_refresh or dry_run))
    return Publication(plan, client, config, dry_run=dry_run, memory=memory, now=now or time.time()).run()


class Publication:
    """One publication of one plan.

    :param plan: of the translate step
    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read, but do not write
    :param memory: changed in place
    :param now: seconds since 1970
    """

    def __init__(
        self,
        plan: LineagePlan,
        client: OpenMetadataClient,
        config: Config,
        *,
        dry_run: bool,
        memory: Memory,
        now: float,
    ) -> None:
        self._plan = plan
        self._config = config
        self._desk = Desk(client, config, dry_run=dry_run, problems=plan.problems)
        self._memory = memory
        self._now = now
        self._selection = select(plan, memory, config, now)
        self._leftovers = Leftovers(self._selection)
        self._books = Bookkeeper(memory, self._selection, now)
        self._stubs = Stubs()

    def run(self) -> PublishReport:
        """Publish everything and return the report."""
        desk, client, todo = self._desk, self._desk.client, self._selection
        before = Counter(client.calls)
        if not todo.is_empty:
            # Known before threads need it, and the first to say that there is no OpenMetadata at that address.
            log.debug("publishing to OpenMetadata %s at %s", client.version, client.base_url)
        resolutions = self._resolve()
        stage = PipelineStage(desk, todo)
        pipelines = stage.run(self._books, self._leftovers)
        edges, writes = self._publish_edges(resolutions, stage)
        runs = RunStage(desk, todo, stage)
        statuses = runs.publish_statuses(self._books, self._leftovers)
        usage = runs.publish_usage(self._memory, self._books, self._leftovers)
        queries = self._publish_queries(resolutions)
        facts = FactStage(desk, todo, resolutions)
        fact_counts = facts.run(stage, self._leftovers)
        deleted = facts.remove_dropped(self._leftovers)
        self._books.note_datasets(resolutions, facts.failed)
        stale = self._publish_stale()
        if not desk.dry_run:
            self._books.settle(self._leftovers.items)
            desk.problems += self._memory.parking.expire(self._now, self._config.parking)
            self._memory.ledger.trim(self._config.ledger.max_facts)
        outcomes = {**todo.outcomes, **{id_: resolution.outcome for id_, resolution in resolutions.items()}}
        return PublishReport(
            events=self._plan.events,
            runs=len(self._plan.runs),
            edges=edges,
            datasets=Datasets(**Counter(outcomes.values())),
            pipelines=pipelines,
            statuses=statuses,
            facts=fact_counts,
            usage=usage,
            queries=queries,
            stubs=self._stubs,
            deleted=deleted,
            stale=stale,
            namespaces=_shares(outcomes),
            requests=dict(Counter(client.calls) - before),
            parked=len(self._memory.parking) if not desk.dry_run else len(self._leftovers.items),
            dry_run=desk.dry_run,
            links=links_to(client.base_url, stage.refs.values(), writes),
            problems=tuple(dict.fromkeys(desk.problems)),
        )

    def _resolve(self) -> dict[DatasetId, Resolution]:
        """Resolve what is needed; what an edge lacks is a problem, what nothing depends on is not."""
        todo = self._selection
        if not todo.datasets:
            return {}
        resolver = Resolver(self._desk.client, self._config)
        resolutions = resolver.resolve_all(todo.datasets.values())
        ends = dict.fromkeys(end for edge in todo.edges for end in (edge.source, edge.target))
        resolutions |= self._make_stubs(resolver, resolutions, ends)
        for end in ends:
            resolution = resolutions[end]
            if resolution.outcome in {"unresolved", "ambiguous"}:
                problem = Problem(resolution.outcome, f"{end.namespace} {end.name}", resolution.detail)
                self._desk.problems.append(problem)
        self._leftovers.add_unresolved(resolutions)
        return resolutions

    def _make_stubs(
        self, resolver: Resolver, resolutions: dict[DatasetId, Resolution], ends: Iterable[DatasetId]
    ) -> dict[DatasetId, Resolution]:
        """Create what lineage needs and the catalogue lacks, if that is wanted, and return what has changed by it."""
        desk, datasets = self._desk, self._selection.datasets
        made = publish_stubs(
            [datasets[end] for end in ends],
            resolutions,
            resolver.spots,
            desk.client,
            self._config,
            dry_run=desk.dry_run,
        )
        desk.problems += made.problems
        self._stubs = Stubs(made.created, made.updated, made.failed)
        return made.resolutions

    def _publish_edges(
        self, resolutions: dict[DatasetId, Resolution], stage: PipelineStage
    ) -> tuple[Written, list[EdgeWrite]]:
        """Publish the edges; those of a pipeline that failed are parked with it, and written all the same."""
        desk, todo = self._desk, self._selection
        partial = frozenset(run.job for run in self._plan.runs if run.partial)
        planner = EdgePlanner(self._config, resolutions, stage.refs, todo.jobs, partial)
        writes, problems = planner.unite(todo.edges)
        desk.problems += problems
        nodes = (
            node_edges(todo.one_sided, todo.jobs, stage.refs, resolutions)
            if self._config.lineage.pipeline_nodes
            else []
        )
        writer = EdgeWriter(desk.client, dry_run=desk.dry_run)
        # Two writes to one target at a time make its search document conflict.
        outcomes = desk.worker.run_grouped(
            [*writes, *nodes], writer.publish, lambda write: write.where, lambda write: write.target
        )
        desk.problems += [problem for outcome in outcomes for problem in outcome.problems]
        writers = {edge_key(edge): planner.writer(edge.job) for edge in todo.edges if edge.job}
        incomplete = {edge_key(edge) for edge in todo.edges if stage.lacks(edge.job)}
        for write, outcome in zip(writes, outcomes, strict=False):
            if outcome.result is None:
                self._leftovers.add_failed_edges(write.keys, outcome.problems[0].detail)
            elif not incomplete & set(write.keys):
                self._books.note_edge(write, writers)
        for node, outcome in zip(nodes, outcomes[len(writes) :], strict=True):
            if outcome.result is None:
                self._leftovers.add_failed_nodes(node.jobs, node.where, outcome.problems[0].detail)
        if all(outcome.result is not None for outcome in outcomes[len(writes) :]):
            self._books.note_one_sided(item for item in todo.one_sided if not stage.lacks(item.job))
        self._books.note_idle_edges(
            {edge_key(edge) for edge in todo.edges if _is_idle(resolutions[edge.source], resolutions[edge.target])}
        )
        self._clean_nodes(writes)
        counts = written(outcome.result for outcome in outcomes)
        return Written(unchanged=self._held_pairs(writes)) + counts, [*writes, *nodes]

    def _held_pairs(self, writes: list[EdgeWrite]) -> int:
        """Return how many pairs of entities have edges that need not be looked at, beside those that are written."""
        ledger = self._memory.ledger.edges
        held = {(ledger[key].source, ledger[key].target) for key in self._selection.held_edges if ledger[key].source}
        return len(held - {(write.source.ref, write.target.ref) for write in writes})

    def _clean_nodes(self, writes: list[EdgeWrite]) -> None:
        if self._config.lineage.pipeline_nodes:
            cleaner = NodeCleaner(self._desk.client, dry_run=self._desk.dry_run)
            outcomes = self._desk.worker.run_grouped(
                writes, cleaner.clean, lambda write: write.where, lambda write: write.target
            )
            self._desk.collect(outcomes)
            for write, outcome in zip(writes, outcomes, strict=True):
                self._retry_if_failed(write.keys, outcome)

    def _retry_if_failed(self, keys: Iterable[int], outcome: Outcome[bool]) -> None:
        """Park edges that are in the catalogue, if what goes with them was refused."""
        if outcome.result is None:
            keys = tuple(keys)
            self._leftovers.add_failed_edges(keys, outcome.problems[0].detail)
            self._books.forget_edges(keys)

    def _publish_queries(self, resolutions: dict[DatasetId, Resolution]) -> Written:
        """Publish the SQL of edges as queries of their tables, if that is asked for."""
        desk, todo = self._desk, self._selection
        if not self._config.write.queries:
            return Written()
        uses = query_uses(todo.edges, todo.jobs, resolutions)
        writer = QueryWriter(desk.client, dry_run=desk.dry_run)
        outcomes = desk.worker.run(uses, writer.publish, lambda use: use.where)
        for use, outcome in zip(uses, outcomes, strict=True):
            self._retry_if_failed(use.keys, outcome)
        results = desk.collect(outcomes)
        return written(results)

    def _publish_stale(self) -> StaleEdges:
        """Take back, or report, the edges that their jobs no longer produce."""
        desk, policy = self._desk, self._config.write.stale_edges
        if policy == "never":
            return StaleEdges()
        stale = find_stale(self._plan, self._memory.ledger, self._config.lineage)
        if policy == "report":
            first = [item for item in stale if item.first]
            desk.problems += map(stale_problem, first)
            return StaleEdges(kept=len(first))
        remover = EdgeRemover(desk.client, dry_run=desk.dry_run)
        outcomes = desk.worker.run_grouped(
            stale, remover.remove, lambda item: item.where, lambda item: item.fact.target
        )
        results = desk.collect(outcomes)
        for item, result in zip(stale, results, strict=True):
            if result is not None and not desk.dry_run:
                self._memory.ledger.edges.pop(item.key, None)
        removed = written(results)
        return StaleEdges(removed=removed.published, kept=removed.unchanged, failed=removed.failed)


def _is_idle(source: Resolution, target: Resolution) -> bool:
    """Return whether nothing is to be written between two datasets, now or later."""
    if "ignored" in (source.outcome, target.outcome):
        return True
    return source.entity is not None and source.entity == target.entity


def _shares(outcomes: dict[DatasetId, str]) -> dict[str, Share]:
    """Return the share of datasets that were found, by namespace; what is left out on purpose does not count."""
    shares: dict[str, Counter[bool]] = {}
    for id_, outcome in outcomes.items():
        if outcome != "ignored":
            shares.setdefault(id_.namespace, Counter())[outcome == "resolved"] += 1
    return {name: Share(counts[True], counts.total()) for name, counts in sorted(shares.items())}
