"""Decides which stored edges of ours today's rules would not make, and which of them others have touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.cleanup.expected import ANY
from openmetadata_ol_provider.openmetadata.cleanup.finding import EdgeRef, Finding
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, is_ours, writers_of
from openmetadata_ol_provider.openmetadata.publishing.edges.ownership import touched_by_other

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openmetadata.cleanup.expected import Expected
    from openmetadata_ol_provider.openmetadata.cleanup.replay import Replay, WriterName
    from openmetadata_ol_provider.openmetadata.cleanup.stored import StoredEdge


class EdgeVerdicts(NamedTuple):
    """The judgement of the stored edges.

    :param findings: parts of jobs in edges that today's rules would not make
    :param not_covered: number of edges of ours with a part of a job that the events do not cover
    """

    findings: tuple[Finding, ...]
    not_covered: int


class EdgeJudge:
    """Judges stored edges.

    :param replay: what the events say
    :param expected: what today's rules make of it
    :param user: name of the catalogue's user that this provider writes with; ``None`` if it is unknown
    :param stale_after: number of runs that have to be seen without an edge that is older than the events
    """

    def __init__(self, replay: Replay, expected: Expected, user: str | None, stale_after: int) -> None:
        self._replay = replay
        self._expected = expected
        self._user = user
        self._stale_after = stale_after

    def judge(self, edges: Iterable[StoredEdge]) -> EdgeVerdicts:
        """Return the findings, in the order of the edges."""
        findings: list[Finding] = []
        not_covered = 0
        for edge in edges:
            doubtful = False
            for writer in sorted(writers_of(edge.details)):
                finding = self._judge(edge, writer)
                if isinstance(finding, Finding):
                    findings.append(finding)
                doubtful |= finding is False and is_ours(edge.details)
            not_covered += doubtful
        return EdgeVerdicts(tuple(findings), not_covered)

    def jobs_of(self, writer: str) -> frozenset[JobId]:
        """Return the jobs that write under a name today, or else may have done so under earlier rules."""
        jobs = self._expected.jobs_of_writers.get(writer)
        return jobs or self._replay.former.get(writer_key(writer), frozenset())

    def _judge(self, edge: StoredEdge, writer: str) -> Finding | bool:
        """Return the finding, ``True`` if the edge is as it should be, ``False`` if the events do not tell."""
        pair = edge.source, edge.target
        today = self._expected.writers.get(pair, frozenset())
        if writer in today:
            return True
        jobs = self.jobs_of(writer)
        if not jobs or self._runs(jobs, edge.details) is False:
            return False
        rule, why = self._rule(edge, writer, jobs)
        finding = Finding("edge", EdgeRef(edge.source, edge.target, writer), edge.where, rule, f"{writer}: {why}")
        kept = self._kept(edge, writer, today)
        return finding._replace(outcome="kept", detail=kept) if kept else finding

    def _runs(self, jobs: Iterable[JobId], details: Mapping[str, Any]) -> bool:
        """Return whether the events show enough runs of all jobs to judge an edge of theirs."""
        created = details.get("createdAt")
        # What was written before the first event may come from events that are gone.
        is_older = isinstance(created, int) and created < self._replay.first_at
        needed = self._stale_after if is_older else 1
        return all(self._replay.covered.get(job, 0) >= needed for job in jobs)

    def _rule(self, edge: StoredEdge, writer: str, jobs: frozenset[JobId]) -> tuple[str, str]:
        """Return the name of the rule by which the edge is not made today, and what it says."""
        other = self._expected.other_addresses.get(((edge.source, edge.target), writer))
        if other is not None:
            return "other_address", other
        if writer not in self._expected.jobs_of_writers:
            names = sorted(
                name for name, written_by in self._expected.jobs_of_writers.items() if not jobs.isdisjoint(written_by)
            )
            return "renamed", f"its job is published as {', '.join(names) or 'nothing'} today"
        shared = sorted({other for job in jobs for other in self._replay.shared.get(job, ())})
        if shared:
            others = ", ".join(f"{job.namespace} {job.name}" for job in shared)
            return "shared_run_id", f"{others} send the same run ids, and each is a run of its own"
        for problem in self._expected.problems:
            if any(problem.where in {f"job {job.namespace} {job.name}", f"{job.namespace} {job.name}"} for job in jobs):
                return str(problem.kind), problem.detail
        runs = sum(self._replay.covered.get(job, 0) for job in jobs)
        return "not_shown", f"of its {counted(runs, 'run')} in the events none gives it"

    def _kept(self, edge: StoredEdge, writer: str, today: frozenset[str]) -> str:
        """Return the reason why an edge has to stay, empty if there is none."""
        details = edge.details
        if details.get("source") != SOURCE:
            return f"its source is {details.get('source') or 'Manual'}"
        if not is_ours(details):
            return "it has a description of others" if details.get("description") else "it does not name its jobs"
        if (changer := touched_by_other(details, self._user)) is not None:
            return changer
        if today and today.isdisjoint(writers_of(details)):
            return f"{', '.join(sorted(today))} writes it today but is not in it yet: publish the events first"
        if not self._expected.open_ends.isdisjoint({(edge.source, writer), (edge.target, writer), (ANY, writer)}):
            return "a dataset of its job is ambiguous today: settle that first (see explain --host)"
        return ""


def writer_key(writer: str) -> WriterName:
    """Return the name of a writer without its service: pipeline and task."""
    parts = split(writer)
    return (parts[1] if len(parts) > 1 else writer), (parts[2] if len(parts) > 2 else None)
