"""Publishes a plan to the catalogue, stage by stage, and returns everything that has to be kept as one value.

What did not change is not written: what the ledger calls current is not even compared, and every other write is
preceded by a read and a comparison, so publishing the same plan twice writes nothing the second time. A refused item is
a problem in the report, and parked, whatever happens to endpoints that only decorate lineage; a refused token or a
catalogue that does not answer what lineage needs stops the publication. It may be repeated from the start, and its
error has what was done until then.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openlineage.gc_pause import frozen_heap
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem, limit_problems
from openmetadata_ol_provider.openlineage.thread_turns import short_turns
from openmetadata_ol_provider.openmetadata.publishing.core.context import PublishContext
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import LedgerTarget
from openmetadata_ol_provider.openmetadata.publishing.core.outcomes import Outcomes, edge_results, written_columns
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
from openmetadata_ol_provider.openmetadata.publishing.stages import Stages

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import Config
    from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan
    from openmetadata_ol_provider.openmetadata.client.circuit import FailingEndpoint
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
    from openmetadata_ol_provider.openmetadata.publishing.core.parking import ParkingChanges
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import EdgeWrite, PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.edges.removal_stage import LastingLineage

log = logging.getLogger(__name__)


@frozen_heap()
@short_turns()
def publish_plan(
    plan: LineagePlan,
    client: OpenMetadataClient,
    config: Config,
    history: History | None = None,
    *,
    dry_run: bool = False,
    full_refresh: bool = False,
    concurrent: bool = False,
    hold: bool = False,
    cache: SessionCache | None = None,
    now: float | None = None,
    remembered: LineagePlan | None = None,
    lasting: LastingLineage | None = None,
) -> Publication:
    """Make the catalogue agree with a plan; of the arguments, only the cache is changed.

    :param plan: output of the translate step
    :param client: client of the catalogue
    :param config: rules, filters and write policies
    :param history: what earlier publications left behind; without it everything is compared with the catalogue
    :param dry_run: read everything and count what would be written, but write nothing
    :param full_refresh: compare everything with the catalogue, whatever the ledger holds
    :param concurrent: ``True`` if other lanes publish at the same time, so that what was written is compared once more
    :param hold: ``True`` to hold back what the next batch of the task may replace: rows of pipeline observability, and
        usage. They are written by the first publication that does not
    :param cache: what this task has read and written itself
    :param now: current time, in seconds since 1970 (default: the clock)
    :param remembered: plan of all remembered runs, to list what was matched by name before addresses counted
    :param lasting: function that returns the lineage which no event has to confirm (running streams, declarations), for
        ``lineage.expire_after``; ``None``, the default: more events are waiting or unknown, so no edge expires
    :return: the report and the changes to keep; whether its ``failure_ratio`` is too high is the caller's decision
    :raises CatalogueAuthError: if the token is refused, or may not do what lineage needs
    :raises CatalogueUnavailableError: if the catalogue does not answer what lineage needs in spite of retries
    """
    now = now or time.time()
    history = history or History()
    target, trusted = LedgerTarget.of(client.base_url, config), not (full_refresh or dry_run)
    history = history._replace(ledger=history.ledger.for_target(target, trusted=trusted))
    selection = select(plan, history, config, now)
    context = PublishContext(
        client, config, history, selection, now, dry_run=dry_run, concurrent=concurrent, hold=hold, cache=cache
    )
    context.problems += plan.problems
    client.circuits.reset()
    stages = Stages(context, plan, remembered, lasting)
    try:
        if not selection.is_empty:
            # Known before threads need it, and the first to notice that there is no OpenMetadata at that address.
            log.debug("publishing to OpenMetadata %s at %s", client.version, client.base_url)
        stages.run()
    except CatalogueError as error:
        context.problems.append(Problem(ProblemKind.STOPPED, client.base_url, str(error)))
        error.publication = _publication(plan, context, stages, target, trusted=trusted)
        error.report = error.publication.report
        raise
    return _publication(plan, context, stages, target, trusted=trusted)


def _publication(
    plan: LineagePlan, context: PublishContext, stages: Stages, target: LedgerTarget, *, trusted: bool
) -> Publication:
    """Return what the stages have done so far."""
    client, history = context.client, context.history
    context.problems += map(_failing_endpoint, client.circuits.failing)
    parking = _parking_changes(context)
    outcomes = {
        **context.selection.outcomes,
        **{id_: resolution.outcome for id_, resolution in stages.resolutions.items()},
    }
    report = PublishReport(
        events=plan.events,
        runs=len(plan.runs),
        edges=stages.edges.counts,
        datasets=Datasets(**Counter(outcomes.values())),
        pipelines=stages.pipelines,
        statuses=stages.statuses,
        facts=stages.facts,
        usage=stages.usage.counts,
        exposures=stages.exposures,
        observability=stages.observability.counts,
        queries=stages.queries,
        profiles=stages.profiles,
        tests=stages.tests,
        stubs=stages.stubs,
        deleted=stages.deleted,
        stale=stages.stale,
        expired=stages.expired,
        namespaces=_shares(outcomes),
        requests=context.requests,
        parked=len(context.parking.items if context.dry_run else history.parking.updated(parking)),
        dry_run=context.dry_run,
        links=links_to(client.base_url, stages.refs.values(), stages.edges.writes),
        problems=limit_problems(context.problems),
    )
    most = None if context.dry_run else context.config.ledger.max_facts
    ledger = context.recorder.changes(target, trusted=trusted, max_facts=most)
    results = {} if context.dry_run else edge_results(context, stages.edges.writes, stages.edges.written, parking)
    pipelines = {id_: ref.fqn for id_, ref in stages.refs.items()}
    columns = () if context.dry_run else written_columns(stages.edges.writes, results)
    kept = Outcomes(results, outcomes, pipelines, site_of(client.base_url), columns)
    held = Held(stages.observability.held, stages.usage.held)
    return Publication(report, ledger, parking, stages.usage.usage, kept, held)


def _failing_endpoint(failing: FailingEndpoint) -> Problem:
    detail = f"not asked again in this publication, {counted(failing.skipped, 'request')} not sent: {failing.error}"
    return Problem(ProblemKind.ENDPOINT_FAILING, str(failing.endpoint), detail)


def _parking_changes(context: PublishContext) -> ParkingChanges:
    """Return what to park and to release; nothing in a dry run."""
    if context.dry_run:
        return {}
    changes, given_up = context.parking.changes(context.history.parking, context.now, context.config.parking)
    context.problems += given_up
    return changes


def _shares(outcomes: Mapping[DatasetId, str]) -> dict[str, Share]:
    """Return the share of datasets that were found, by namespace; what is ignored on purpose does not count."""
    shares: dict[str, Counter[bool]] = {}
    for id_, outcome in outcomes.items():
        if outcome != "ignored":
            shares.setdefault(id_.namespace, Counter())[outcome == "resolved"] += 1
    return largest({name: Share(counts[True], counts.total()) for name, counts in sorted(shares.items())})


def site_of(base_url: str) -> str:
    """Return the address of the web interface, which is next to that of the API."""
    return base_url.removesuffix("/api")


def links_to(base_url: str, pipelines: Iterable[PipelineRef], edges: Iterable[EdgeWrite]) -> Links:
    """Return the pages of pipelines, and of the lineage of the targets of edges, the last few of each.

    :param base_url: base URL of the API, ``https://host/api``
    """
    site = site_of(base_url)
    pages = dict.fromkeys(ref.fqn for ref in pipelines if ref.change != "missing")
    lineage = dict.fromkeys((edge.target.type, edge.target.fqn) for edge in edges)
    return Links(
        tuple(f"{site}/pipeline/{quote(fqn, safe='')}" for fqn in tuple(pages)[-MOST_LINKS:]),
        tuple(f"{site}/{type_}/{quote(fqn, safe='')}/lineage" for type_, fqn in tuple(lineage)[-MOST_LINKS:]),
    )
