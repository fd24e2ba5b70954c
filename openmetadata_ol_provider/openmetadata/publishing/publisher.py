"""Publishes a plan to the catalogue, stage by stage, and returns everything that has to be kept as one value.

What did not change is not written: what the ledger calls current is not even compared, and every other write is
preceded by a read and a comparison, so publishing the same plan twice writes nothing the second time. A refused item is
a problem in the report, and parked; a refused token or a catalogue that does not answer stops the publication, which
may be repeated from the start.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

from openmetadata_ol_provider.openlineage.problems import limit_problems
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import LedgerTarget
from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
from openmetadata_ol_provider.openmetadata.publishing.core.report import (
    MOST_LINKS,
    Datasets,
    Links,
    PublishReport,
    Share,
    largest,
)
from openmetadata_ol_provider.openmetadata.publishing.core.selection import select
from openmetadata_ol_provider.openmetadata.publishing.edges.other_addresses import report_other_addresses
from openmetadata_ol_provider.openmetadata.publishing.edges.stage import publish_edges, publish_queries, remove_stale
from openmetadata_ol_provider.openmetadata.publishing.metadata.stage import delete_dropped, publish_metadata
from openmetadata_ol_provider.openmetadata.publishing.pipelines.stage import publish_pipelines
from openmetadata_ol_provider.openmetadata.publishing.runs.stage import publish_statuses, publish_usage
from openmetadata_ol_provider.openmetadata.publishing.stubs.stage import resolve_datasets
from openmetadata_ol_provider.openmetadata.publishing.verify import verify_writes

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.parking import ParkingChanges
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite, PipelineRef

log = logging.getLogger(__name__)


def publish_plan(
    plan: LineagePlan,
    client: OpenMetadataClient,
    config: Config,
    history: History | None = None,
    *,
    dry_run: bool = False,
    full_refresh: bool = False,
    concurrent: bool = False,
    cache: SessionCache | None = None,
    now: float | None = None,
    remembered: LineagePlan | None = None,
) -> Publication:
    """Make the catalogue agree with a plan; of the arguments, only the cache is changed.

    :param plan: output of the translate step
    :param client: client of the catalogue
    :param config: rules, filters and write policies
    :param history: what earlier publications left behind; without it everything is compared with the catalogue
    :param dry_run: read everything and count what would be written, but write nothing
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :param concurrent: ``True`` if other lanes publish at the same time, so that what was written is compared once more
    :param cache: what this task has read and written itself
    :param now: current time, in seconds since 1970 (default: the clock)
    :param remembered: plan of all remembered runs, to list what was matched by name before addresses counted
    :return: the report and the changes to keep; whether its ``failure_ratio`` is too high is the caller's decision
    :raises CatalogueAuthError: if the token is refused, or may not do what is needed
    :raises CatalogueUnavailableError: if the catalogue does not answer in spite of retries
    """
    now = now or time.time()
    history = history or History()
    target, trusted = LedgerTarget.of(client.base_url, config), not (full_refresh or dry_run)
    history = history._replace(ledger=history.ledger.for_target(target, trusted=trusted))
    selection = select(plan, history, config, now)
    context = PublishContext(
        client, config, history, selection, now, dry_run=dry_run, concurrent=concurrent, cache=cache
    )
    context.problems += plan.problems
    before = Counter(client.calls)
    if not selection.is_empty:
        # Known before threads need it, and the first to notice that there is no OpenMetadata at that address.
        log.debug("publishing to OpenMetadata %s at %s", client.version, client.base_url)

    # Edges need datasets and pipelines; neither these nor the runs need one another.
    forked = context.fork()
    with ThreadPoolExecutor(1, thread_name_prefix="datasets") as thread:
        resolving = thread.submit(resolve_datasets, context)
        pipelines = publish_pipelines(forked)
        statuses = publish_statuses(forked, pipelines)
        usage = publish_usage(forked, pipelines)
    resolutions, stubs = resolving.result()
    context.problems += forked.problems
    context.parking.add_unresolved(resolutions)
    report_other_addresses(context, resolutions, remembered)
    edges = publish_edges(context, pipelines, resolutions)
    queries = publish_queries(context, resolutions)
    metadata = publish_metadata(context, pipelines, resolutions)
    deleted = delete_dropped(context, resolutions)
    context.recorder.record_datasets(resolutions, metadata.failed | deleted.failed)
    stale = remove_stale(context, plan)
    if concurrent and not dry_run:
        verify_writes(context, pipelines, edges, statuses)

    parking = _parking_changes(context, now)
    outcomes = {**selection.outcomes, **{id_: resolution.outcome for id_, resolution in resolutions.items()}}
    report = PublishReport(
        events=plan.events,
        runs=len(plan.runs),
        edges=edges.counts,
        datasets=Datasets(**Counter(outcomes.values())),
        pipelines=pipelines.counts,
        statuses=statuses.counts,
        facts=metadata.counts,
        usage=usage.counts,
        queries=queries,
        stubs=stubs,
        deleted=deleted.deleted,
        stale=stale,
        namespaces=_shares(outcomes),
        requests=dict(Counter(client.calls) - before),
        parked=len(context.parking.items if dry_run else history.parking.updated(parking)),
        dry_run=dry_run,
        links=links_to(client.base_url, pipelines.refs.values(), edges.writes),
        problems=limit_problems(context.problems),
    )
    most = None if dry_run else config.ledger.max_facts
    ledger = context.recorder.changes(target, trusted=trusted, max_facts=most)
    return Publication(report, ledger, parking, usage.usage)


def _parking_changes(context: PublishContext, now: float) -> ParkingChanges:
    """Return what to park and to release; nothing in a dry run."""
    if context.dry_run:
        return {}
    changes, given_up = context.parking.changes(context.history.parking, now, context.config.parking)
    context.problems += given_up
    return changes


def _shares(outcomes: Mapping[DatasetId, str]) -> dict[str, Share]:
    """Return the share of datasets that were found, by namespace; what is ignored on purpose does not count."""
    shares: dict[str, Counter[bool]] = {}
    for id_, outcome in outcomes.items():
        if outcome != "ignored":
            shares.setdefault(id_.namespace, Counter())[outcome == "resolved"] += 1
    return largest({name: Share(counts[True], counts.total()) for name, counts in sorted(shares.items())})


def links_to(base_url: str, pipelines: Iterable[PipelineRef], edges: Iterable[EdgeWrite]) -> Links:
    """Return the pages of pipelines, and of the lineage of the targets of edges, the last few of each.

    :param base_url: base URL of the API, ``https://host/api``; the pages are next to it
    """
    site = base_url.removesuffix("/api")
    pages = [f"{site}/pipeline/{quote(ref.fqn, safe='')}" for ref in pipelines if ref.change != "missing"]
    lineage = [f"{site}/{edge.target.type}/{quote(edge.target.fqn, safe='')}/lineage" for edge in edges]
    return Links(*(tuple(dict.fromkeys(urls))[-MOST_LINKS:] for urls in (pages, lineage)))
