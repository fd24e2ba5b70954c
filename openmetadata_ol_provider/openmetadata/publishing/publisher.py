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
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
from openmetadata_ol_provider.openlineage.problems import limit_problems
from openmetadata_ol_provider.openmetadata.publishing.core.carry_over import CarryOver
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.ledger_recorder import LedgerRecorder
from openmetadata_ol_provider.openmetadata.publishing.core.parking_builder import ParkingBuilder
from openmetadata_ol_provider.openmetadata.publishing.core.report import (
    MOST_LINKS,
    Datasets,
    Links,
    PublishReport,
    Share,
    largest,
)
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.edges.stage import EdgeStage, publish_stale
from openmetadata_ol_provider.openmetadata.publishing.metadata.stage import FactStage
from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import PipelineStage
from openmetadata_ol_provider.openmetadata.publishing.runs.stage import RunStage
from openmetadata_ol_provider.openmetadata.publishing.stubs.stage import resolve_datasets
from openmetadata_ol_provider.openmetadata.publishing.verify import verify_writes

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite, PipelineRef

log = logging.getLogger(__name__)


def publish_plan(
    plan: LineagePlan,
    client: OpenMetadataClient,
    config: Config,
    *,
    dry_run: bool = False,
    memory: CarryOver | None = None,
    full_refresh: bool = False,
    shared: bool = False,
    now: float | None = None,
) -> PublishReport:
    """Make true in the catalogue what the plan says.

    :param plan: of the translate step
    :param client: the catalogue
    :param config: rules, filters and write policies
    :param dry_run: read everything and count what would be written, but write nothing
    :param memory: what earlier publications left, changed in place; without it everything is compared anew
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :param shared: others publish at the same time (lanes): look again at what was written
    :param now: seconds since 1970 (default: the clock)
    :return: the report; whether its ``failure_ratio`` is too high is the caller's decision
    :raises CatalogueAuthError: if the token, or what it may do, is refused
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    memory = memory or CarryOver()
    memory.ledger = memory.ledger.of(client.base_url, config, trusted=not (full_refresh or dry_run))
    desk = PublishContext(client, config, dry_run=dry_run, problems=plan.problems, shared=shared)
    return Publication(plan, desk, memory=memory, now=now or time.time()).run()


class Publication:
    """One publication of one plan.

    :param plan: of the translate step
    :param desk: its tools
    :param memory: changed in place
    :param now: seconds since 1970
    """

    def __init__(self, plan: LineagePlan, desk: PublishContext, *, memory: CarryOver, now: float) -> None:
        self._plan = plan
        self._config = desk.config
        self._desk = desk
        self._memory = memory
        self._now = now
        self._selection = select(plan, memory, desk.config, now)

    def run(self) -> PublishReport:
        """Publish everything and return the report."""
        desk, client, todo = self._desk, self._desk.client, self._selection
        before = Counter(client.calls)
        if not todo.is_empty:
            # Known before threads need it, and the first to say that there is no OpenMetadata at that address.
            log.debug("publishing to OpenMetadata %s at %s", client.version, client.base_url)
        leftovers, books = ParkingBuilder(todo), LedgerRecorder(self._memory, todo, self._now)
        beside = desk.beside()
        stage = PipelineStage(beside, todo, self._memory.recent)
        runs = RunStage(beside, todo, stage, self._memory.recent)
        # Edges need datasets and pipelines; neither these nor the runs need the other.
        with ThreadPoolExecutor(1, thread_name_prefix="datasets") as thread:
            found = thread.submit(resolve_datasets, desk, todo)
            pipelines = stage.run(books, leftovers)
            statuses = runs.publish_statuses(books, leftovers)
            usage = runs.publish_usage(self._memory, books, leftovers)
        resolutions, stubs = found.result()
        desk.problems += beside.problems
        leftovers.add_unresolved(resolutions)
        lineage = EdgeStage(desk, todo, resolutions, stage)
        edges = lineage.publish(self._memory.ledger, books, leftovers)
        queries = lineage.publish_queries(books, leftovers)
        facts = FactStage(desk, todo, resolutions)
        fact_counts = facts.run(stage, leftovers)
        deleted = facts.remove_dropped(leftovers)
        books.note_datasets(resolutions, facts.failed)
        stale = publish_stale(desk, self._plan, self._memory.ledger)
        if desk.shared and not desk.dry_run:
            verify_writes(desk, stage, lineage.fresh, runs)
        if not desk.dry_run:
            books.settle(leftovers.items)
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
            stubs=stubs,
            deleted=deleted,
            stale=stale,
            namespaces=_shares(outcomes),
            requests=dict(Counter(client.calls) - before),
            parked=len(self._memory.parking) if not desk.dry_run else len(leftovers.items),
            dry_run=desk.dry_run,
            links=links_to(client.base_url, stage.refs.values(), lineage.writes),
            problems=limit_problems(desk.problems),
        )


def _shares(outcomes: dict[DatasetId, str]) -> dict[str, Share]:
    """Return the share of datasets that were found, by namespace; what is left out on purpose does not count."""
    shares: dict[str, Counter[bool]] = {}
    for id_, outcome in outcomes.items():
        if outcome != "ignored":
            shares.setdefault(id_.namespace, Counter())[outcome == "resolved"] += 1
    return largest({name: Share(counts[True], counts.total()) for name, counts in sorted(shares.items())})


def links_to(base_url: str, pipelines: Iterable[PipelineRef], edges: Iterable[EdgeWrite]) -> Links:
    """Return the pages of pipelines, and of the lineage at the targets of edges, the last few of each.

    :param base_url: of the API, ``https://host/api``: the pages are beside it
    """
    site = base_url.removesuffix("/api")
    pages = [f"{site}/pipeline/{quote(ref.fqn, safe='')}" for ref in pipelines if ref.change != "missing"]
    lineage = [f"{site}/{edge.target.type}/{quote(edge.target.fqn, safe='')}/lineage" for edge in edges]
    return Links(*(tuple(dict.fromkeys(urls))[-MOST_LINKS:] for urls in (pages, lineage)))
