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
from typing import TYPE_CHECKING

from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
from openmetadata_ol_provider.openlineage.problem import few
from openmetadata_ol_provider.openmetadata.publication.bookkeeping import Bookkeeper
from openmetadata_ol_provider.openmetadata.publication.dataset_stage import resolve_datasets
from openmetadata_ol_provider.openmetadata.publication.desk import Desk
from openmetadata_ol_provider.openmetadata.publication.edge_stage import EdgeStage, publish_stale
from openmetadata_ol_provider.openmetadata.publication.fact_stage import FactStage
from openmetadata_ol_provider.openmetadata.publication.leftovers import Leftovers
from openmetadata_ol_provider.openmetadata.publication.links import links_to
from openmetadata_ol_provider.openmetadata.publication.memory import Memory
from openmetadata_ol_provider.openmetadata.publication.pipeline_stage import PipelineStage
from openmetadata_ol_provider.openmetadata.publication.report import Datasets, PublishReport, Share, largest
from openmetadata_ol_provider.openmetadata.publication.run_stage import RunStage
from openmetadata_ol_provider.openmetadata.publication.second_look import look_again
from openmetadata_ol_provider.openmetadata.publication.selection import select

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.openmetadata.http.client import OpenMetadataClient

log = logging.getLogger(__name__)


def publish_plan(
    plan: LineagePlan,
    client: OpenMetadataClient,
    config: Config,
    *,
    dry_run: bool = False,
    memory: Memory | None = None,
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
    memory = memory or Memory()
    memory.ledger = memory.ledger.of(client.base_url, config, trusted=not (full_refresh or dry_run))
    desk = Desk(client, config, dry_run=dry_run, problems=plan.problems, shared=shared)
    return Publication(plan, desk, memory=memory, now=now or time.time()).run()


class Publication:
    """One publication of one plan.

    :param plan: of the translate step
    :param desk: its tools
    :param memory: changed in place
    :param now: seconds since 1970
    """

    def __init__(self, plan: LineagePlan, desk: Desk, *, memory: Memory, now: float) -> None:
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
        leftovers, books = Leftovers(todo), Bookkeeper(self._memory, todo, self._now)
        resolutions, stubs = resolve_datasets(desk, todo, leftovers)
        stage = PipelineStage(desk, todo)
        pipelines = stage.run(books, leftovers)
        lineage = EdgeStage(desk, todo, resolutions, stage)
        edges = lineage.publish(self._memory.ledger, books, leftovers)
        queries = lineage.publish_queries(books, leftovers)
        runs = RunStage(desk, todo, stage)
        statuses = runs.publish_statuses(books, leftovers)
        usage = runs.publish_usage(self._memory, books, leftovers)
        facts = FactStage(desk, todo, resolutions)
        fact_counts = facts.run(stage, leftovers)
        deleted = facts.remove_dropped(leftovers)
        books.note_datasets(resolutions, facts.failed)
        stale = publish_stale(desk, self._plan, self._memory.ledger)
        if desk.shared and not desk.dry_run:
            look_again(desk, stage, lineage.fresh, runs)
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
            problems=few(desk.problems),
        )


def _shares(outcomes: dict[DatasetId, str]) -> dict[str, Share]:
    """Return the share of datasets that were found, by namespace; what is left out on purpose does not count."""
    shares: dict[str, Counter[bool]] = {}
    for id_, outcome in outcomes.items():
        if outcome != "ignored":
            shares.setdefault(id_.namespace, Counter())[outcome == "resolved"] += 1
    return largest({name: Share(counts[True], counts.total()) for name, counts in sorted(shares.items())})
