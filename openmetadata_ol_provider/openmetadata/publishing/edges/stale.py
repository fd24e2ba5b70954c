"""Edges that a job no longer produces: counted, reported, and taken back where that is wanted and they are only ours.

A run that shows other edges than the one before may just have had less to do, so an edge is stale only after several
complete runs without it. What a job declares (a JobEvent) holds until it says otherwise, and then at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.times import microseconds, parse_time
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import EdgeFact, Ledger, edge_key, job_key
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, is_ours, without, writers_of
from openmetadata_ol_provider.openmetadata.publishing.edges.writer import stored_details

if TYPE_CHECKING:
    from openmetadata_ol_provider.config import LineageOptions
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient


class Stale(NamedTuple):
    """An edge that its job no longer produces.

    :param key: of the edge in the ledger
    :param fact: the edge as it was last published
    :param first: it was not stale before this batch
    """

    key: int
    fact: EdgeFact
    first: bool

    @property
    def where(self) -> str:
        """How problems name the edge."""
        return self.fact.where


def find_stale(plan: LineagePlan, ledger: Ledger, options: LineageOptions) -> list[Stale]:
    """Count the runs without an edge in the ledger, and return the edges that had too many."""
    declared = {job_key(job.id) for job in plan.jobs if job.declared}
    shown: dict[str, set[int]] = {job: set() for job in declared}
    for edge in plan.edges:
        if edge.job is not None:
            shown.setdefault(job_key(edge.job), set()).add(edge_key(edge))
    runs = _new_runs(plan, shown.keys(), ledger, options)
    runs.update(dict.fromkeys(declared, options.stale_after))
    produced: dict[str, dict[int, EdgeFact]] = {job: {} for job in runs}
    for key, fact in ledger.edges.items():
        if fact.job in produced:
            produced[fact.job][key] = fact
    return [
        item
        for job, facts in produced.items()
        for item in _missed(facts, shown[job], runs[job], ledger, options.stale_after)
    ]


def _new_runs(plan: LineagePlan, jobs: Collection[str], ledger: Ledger, options: LineageOptions) -> dict[str, int]:
    """Return how many complete runs of each job are new since the last that was counted."""
    ends: dict[str, set[int]] = {}
    for run in plan.runs:
        job = job_key(run.job)
        if job in jobs and run.ended_at and run.state in options.on and not run.partial:
            end = microseconds(parse_time(run.ended_at))
            if end > ledger.ended.get(job, -1):
                ends.setdefault(job, set()).add(end)
    ledger.ended.update({job: max(found) for job, found in ends.items()})
    return {job: len(found) for job, found in ends.items()}


def _missed(facts: dict[int, EdgeFact], shown: set[int], runs: int, ledger: Ledger, most: int) -> Iterator[Stale]:
    """Count the runs of one job, and yield those of its edges that are stale."""
    before = {key: fact.misses for key, fact in facts.items()}
    for key, fact in facts.items():
        fact.misses = 0 if key in shown else fact.misses + runs
    # The same entities may be known by other names now.
    present = {(fact.source, fact.target) for fact in facts.values() if fact.misses < most}
    for key, fact in facts.items():
        if fact.misses >= most:
            if fact.source and (fact.source, fact.target) not in present:
                yield Stale(key, fact, before[key] < most)
            else:
                del ledger.edges[key]


def stale_problem(item: Stale) -> Problem:
    """Return what the report says of a stale edge that stays."""
    namespace, _, name = item.fact.job.partition("\x1f")
    return Problem(
        ProblemKind.STALE_EDGE,
        item.where,
        f"the last {item.fact.misses} complete runs of {namespace} {name} did not show it. It stays: remove it by "
        "hand, or set write.stale_edges to remove",
    )


class EdgeRemover:
    """Takes back edges.

    :param client: the catalogue
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, *, dry_run: bool) -> None:
        self._client = client
        self._dry_run = dry_run

    def remove(self, item: Stale) -> bool:
        """Take an edge back, or this job's part in it, and return whether there was anything of it to take.

        :raises CatalogueError: if the catalogue refuses
        """
        (from_type, _, from_id), (to_type, _, to_id) = (
            end.partition(":") for end in (item.fact.source, item.fact.target)
        )
        stored = stored_details(self._client.get(path("v1/lineage/getLineageEdge", from_id, to_id)))
        if stored is None or stored.get("source") != SOURCE or item.fact.writer not in writers_of(stored):
            return False
        if stored.get("description") and not is_ours(stored):
            # Somebody described it, so it is no longer ours alone.
            return False
        if self._dry_run:
            return True
        left = without(stored, item.fact.writer)
        if left is None:
            self._client.delete(path("v1/lineage", from_type, from_id, to_type, to_id))
        else:
            ends = {"fromEntity": {"id": from_id, "type": from_type}, "toEntity": {"id": to_id, "type": to_type}}
            self._client.put("v1/lineage", {"edge": {**ends, "lineageDetails": left}})
        return True
