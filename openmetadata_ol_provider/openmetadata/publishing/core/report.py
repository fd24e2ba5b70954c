"""Reports a publication: one number for everything in the plan, one line for everything that was lost or left out."""

from __future__ import annotations

from collections import Counter
from typing import Any, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.problems import Problem, limit_problems
from openmetadata_ol_provider.openlineage.serialization import to_builtins

#: Most links of each kind that a report carries.
MOST_LINKS = 20
#: Most namespaces that a report lists, those with the most datasets.
MOST_NAMESPACES = 500
_OTHERS = "(others)"
Counts = TypeVar("Counts", bound=msgspec.Struct)


class Written(msgspec.Struct, frozen=True):
    """Outcome counts of one kind of thing that is written."""

    published: int = 0
    unchanged: int = 0
    failed: int = 0

    def __add__(self, other: Written) -> Written:
        """Return both counts together."""
        return _sum(self, other)


class Pipelines(msgspec.Struct, frozen=True):
    """Outcome counts of pipelines."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Datasets(msgspec.Struct, frozen=True):
    """Outcome counts of dataset resolution."""

    resolved: int = 0
    unresolved: int = 0
    ambiguous: int = 0
    ignored: int = 0


class StaleEdges(msgspec.Struct, frozen=True):
    """Counts of edges that are false, that their jobs no longer produce, or that no run has confirmed for too long.

    :param removed: number removed from the catalogue, or from what this package wrote there
    :param kept: number that stays
    """

    removed: int = 0
    kept: int = 0
    failed: int = 0

    def __add__(self, other: StaleEdges) -> StaleEdges:
        """Return both counts together."""
        return _sum(self, other)


class Stubs(msgspec.Struct, frozen=True):
    """Counts of stubs: datasets created because the catalogue did not have them.

    :param updated: number of stubs completed, and of entities that are no longer stubs
    """

    created: int = 0
    updated: int = 0
    failed: int = 0

    def __add__(self, other: Stubs) -> Stubs:
        """Return both counts together."""
        return _sum(self, other)


class Share(msgspec.Struct, frozen=True):
    """Number of a namespace's datasets that are in the catalogue."""

    resolved: int = 0
    total: int = 0


class Links(msgspec.Struct, frozen=True):
    """URLs of what was published in OpenMetadata's UI: at most 20 of each kind, the latest last."""

    pipelines: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()


class PublishReport(msgspec.Struct, frozen=True):
    """The report of one publication, as it goes into XCom.

    :param events: number of events that the plan was made from
    :param runs: number of runs in the plan
    :param edges: counts of edges between entities; several edges of the plan may be one of these
    :param facts: counts of datasets and pipelines with owners, tags or descriptions to write
    :param usage: counts of pipelines and days with task runs
    :param exposures: counts of uses of models by dashboards, as edges
    :param observability: counts of tables' newest runs, one for each pipeline that writes the table
    :param queries: counts of SQL texts as queries of their tables
    :param profiles: counts of tables that runs have measured or written rows to, one for each run
    :param tests: counts of tables with results of tests, one for each run
    :param stubs: counts of datasets created because the catalogue did not have them
    :param deleted: number of datasets deleted because they were dropped or renamed
    :param stale: counts of edges that are no longer produced, or that later events show to be false
    :param expired: counts of edges that no run has confirmed for ``lineage.expire_after`` days
    :param namespaces: share of datasets resolved, by namespace
    :param requests: number of HTTP requests by method, retries included
    :param parked: number of items kept to be tried again, those of earlier publications included
    :param dead_letters: number of messages that were not events (filled in by the caller)
    :param asset_events: number of events of Airflow assets, given when the task succeeds (filled in by the caller)
    :param problems: what was lost or left out, the plan's own problems first
    """

    events: int = 0
    runs: int = 0
    edges: Written = Written()
    datasets: Datasets = Datasets()
    pipelines: Pipelines = Pipelines()
    statuses: Written = Written()
    facts: Written = Written()
    usage: Written = Written()
    exposures: Written = Written()
    observability: Written = Written()
    queries: Written = Written()
    profiles: Written = Written()
    tests: Written = Written()
    stubs: Stubs = Stubs()
    deleted: int = 0
    stale: StaleEdges = StaleEdges()
    expired: StaleEdges = StaleEdges()
    namespaces: dict[str, Share] = {}
    requests: dict[str, int] = {}
    parked: int = 0
    dead_letters: int = 0
    dry_run: bool = False
    links: Links = Links()
    asset_events: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def _parts(self) -> tuple[Written | Pipelines | Stubs, ...]:
        described = (self.statuses, self.facts, self.usage, self.exposures, self.observability, self.queries)
        return (self.edges, self.pipelines, *described, self.profiles, self.tests, self.stubs)

    @property
    def failed(self) -> int:
        """Facts of any kind whose writing failed."""
        return sum(part.failed for part in self._parts)

    @property
    def failure_ratio(self) -> float:
        """Share of the facts whose writing failed (0 to 1).

        Neither unresolved datasets count, nor what only decorates lineage: it is parked, and must not hold back the
        lineage of the next events.
        """
        failed = sum(part.failed for part in (self.edges, self.pipelines, self.stubs))
        attempted = sum(sum(msgspec.structs.astuple(part)) for part in self._parts) - self.failed + failed
        return failed / attempted if attempted else 0.0

    def __add__(self, other: PublishReport) -> PublishReport:
        """Return the report of two publications, one after the other."""
        return PublishReport(
            events=self.events + other.events,
            runs=self.runs + other.runs,
            edges=_sum(self.edges, other.edges),
            datasets=_sum(self.datasets, other.datasets),
            pipelines=_sum(self.pipelines, other.pipelines),
            statuses=_sum(self.statuses, other.statuses),
            facts=_sum(self.facts, other.facts),
            usage=_sum(self.usage, other.usage),
            exposures=_sum(self.exposures, other.exposures),
            observability=_sum(self.observability, other.observability),
            queries=_sum(self.queries, other.queries),
            profiles=_sum(self.profiles, other.profiles),
            tests=_sum(self.tests, other.tests),
            stubs=_sum(self.stubs, other.stubs),
            deleted=self.deleted + other.deleted,
            stale=_sum(self.stale, other.stale),
            expired=_sum(self.expired, other.expired),
            namespaces=largest(
                {
                    name: _sum(self.namespaces.get(name, Share()), other.namespaces.get(name, Share()))
                    for name in sorted({*self.namespaces, *other.namespaces})
                }
            ),
            requests=dict(Counter(self.requests) + Counter(other.requests)),
            # The number parked now, not the sum.
            parked=other.parked,
            dead_letters=self.dead_letters + other.dead_letters,
            dry_run=self.dry_run or other.dry_run,
            asset_events=self.asset_events + other.asset_events,
            links=Links(
                *(
                    tuple(dict.fromkeys((*mine, *theirs)))[-MOST_LINKS:]
                    for mine, theirs in zip(
                        msgspec.structs.astuple(self.links), msgspec.structs.astuple(other.links), strict=True
                    )
                )
            ),
            problems=limit_problems((*self.problems, *other.problems)),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        report: dict[str, Any] = to_builtins(self)
        return report


def largest(shares: dict[str, Share]) -> dict[str, Share]:
    """Return the shares of the namespaces with the most datasets, and all others as one entry."""
    if len(shares) <= MOST_NAMESPACES:
        return shares
    by_size = sorted(shares.items(), key=lambda item: (item[0] == _OTHERS, -item[1].total, item[0]))
    named, rest = by_size[: MOST_NAMESPACES - 1], by_size[MOST_NAMESPACES - 1 :]
    others = Share(sum(share.resolved for _, share in rest), sum(share.total for _, share in rest))
    return {**dict(sorted(named)), _OTHERS: others}


def _sum(mine: Counts, theirs: Counts) -> Counts:
    pairs = zip(msgspec.structs.astuple(mine), msgspec.structs.astuple(theirs), strict=True)
    return type(mine)(*(left + right for left, right in pairs))
