"""Finds edges that a job no longer produces, and removes them where that is wanted and they are only ours.

A run that shows other edges than the one before may just have had less to do, so an edge is stale only after several
complete runs without it. What a job declares (a JobEvent) holds until it declares something else, and then at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.times import parse_microseconds
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, edge_key, job_key
from openmetadata_ol_provider.openmetadata.publishing.edges.changers import Changers
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import without_writer, writers_of
from openmetadata_ol_provider.openmetadata.publishing.edges.ownership import is_untouched, names_its_jobs
from openmetadata_ol_provider.openmetadata.publishing.edges.sending import (
    Ends,
    deleted_pipeline,
    renewed_edge,
    send_details,
)
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import read_details

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import LineageOptions
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


class StaleEdge(NamedTuple):
    """An edge that its job no longer produces.

    :param key: key of the edge in the ledger
    :param fact: the edge as it was last published
    :param first: ``True`` if it has become stale with this batch
    """

    key: int
    fact: EdgeFact
    first: bool

    @property
    def where(self) -> str:
        """The name of the edge in problems."""
        return self.fact.where

    @property
    def job(self) -> str:
        """Namespace and name of its job, for people."""
        return self.fact.job.replace("\x1f", " ", 1)


class StaleScan(NamedTuple):
    """Runs counted, and the edges that too many of them did not show.

    :param stale: stale edges
    :param edges: edges by key with their runs counted, ``None`` for those to forget
    :param ended: end of the latest run counted, by job
    """

    stale: list[StaleEdge]
    edges: dict[int, EdgeFact | None]
    ended: dict[str, int]


def scan_stale(
    plan: LineagePlan, edges: Mapping[int, EdgeFact], ended: Mapping[str, int], options: LineageOptions
) -> StaleScan:
    """Count the runs that did not show an edge of their job, and find the edges that too many did not show.

    :param edges: edges in the ledger by key, those of this publication included
    :param ended: end of the latest run counted so far, by job
    """
    declared = {job_key(job.id) for job in plan.jobs if job.declared}
    shown: dict[str, set[int]] = {job: set() for job in declared}
    for edge in plan.edges:
        if edge.job is not None:
            shown.setdefault(job_key(edge.job), set()).add(edge_key(edge))
    ends = _new_ends(plan, shown.keys(), ended, options)
    runs = {job: len(times) for job, times in ends.items()} | dict.fromkeys(declared, options.stale_after)
    produced: dict[str, dict[int, EdgeFact]] = {job: {} for job in runs}
    for key, fact in edges.items():
        if fact.job in produced:
            produced[fact.job][key] = fact
    scan = StaleScan([], {}, {job: max(times) for job, times in ends.items()})
    for job, facts in produced.items():
        _count_misses(facts, shown[job], runs[job], options.stale_after, scan)
    return scan


def _new_ends(
    plan: LineagePlan, jobs: Collection[str], ended: Mapping[str, int], options: LineageOptions
) -> dict[str, set[int]]:
    """Return when the complete runs of each job ended that are newer than the last that was counted."""
    ends: dict[str, set[int]] = {}
    for run in plan.runs:
        job = job_key(run.job)
        if run.presumed or run.skipped:
            # What nobody has seen to its end, or has not run at all, proves nothing.
            continue
        if job in jobs and run.ended_at and run.state in options.on and not run.partial:
            end = parse_microseconds(run.ended_at)
            if end > ended.get(job, -1):
                ends.setdefault(job, set()).add(end)
    return ends


def _count_misses(facts: dict[int, EdgeFact], shown: set[int], runs: int, most: int, scan: StaleScan) -> None:
    """Count the runs of one job, and add its edges to the scan."""
    counted = {
        key: msgspec.structs.replace(fact, misses=0 if key in shown else fact.misses + runs)
        for key, fact in facts.items()
    }
    # The same entities may be known by other names now.
    present = {(fact.source, fact.target) for fact in counted.values() if fact.misses < most}
    for key, fact in counted.items():
        if fact.misses != facts[key].misses:
            scan.edges[key] = fact
        if fact.misses >= most:
            if fact.source and (fact.source, fact.target) not in present:
                scan.stale.append(StaleEdge(key, fact, facts[key].misses < most))
            else:
                scan.edges[key] = None


#: Why a stale edge stays, by default.
_NOT_WANTED = "stays: remove it by hand, or set write.stale_edges to remove"


def stale_problem(item: StaleEdge, outcome: str = _NOT_WANTED) -> Problem:
    """Return the problem that reports a stale edge which stays.

    :param outcome: that it stays and why, for people; default: because stale edges are not removed
    """
    missing = f"missing in the last {counted(item.fact.misses, 'complete run')} of {item.job}"
    return Problem(ProblemKind.STALE_EDGE, item.where, f"{missing}: {outcome}")


class EdgeRemover:
    """Removes edges.

    :param client: client of the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run
        self._changers = Changers(client)
        #: One for each edge that lost its pipeline because that was deleted.
        self.problems: list[Problem] = []

    def remove(self, item: StaleEdge) -> bool:
        """Remove an edge, or this job's part in it, and return whether there was anything to remove.

        :raises CatalogueError: if the catalogue refuses
        """
        (from_type, _, from_id), (to_type, _, to_id) = (
            end.partition(":") for end in (item.fact.source, item.fact.target)
        )
        stored = read_details(self._client, from_id, to_id)
        if stored is None or not names_its_jobs(stored) or item.fact.writer not in writers_of(stored):
            return False
        left = without_writer(stored, item.fact.writer, self._changers.of(stored))
        if left is None and not is_untouched(self._client, stored):
            return False
        if self._dry_run:
            return True
        if left is None:
            self._client.delete(path("v1/lineage", from_type, from_id, to_type, to_id))
        else:
            ends = Ends({"id": from_id, "type": from_type}, {"id": to_id, "type": to_type})
            sent = send_details(self._client, ends, stored, left)
            problem = deleted_pipeline(item.where, stored, left, sent.details)
            if problem is not None:
                self.problems.append(problem)
            if sent.refusal is not None:
                self.problems.append(renewed_edge(item.where, sent.refusal))
        return True
