"""Decides which stored edges of ours today's rules would not make, and which of them others have touched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.cleanup.finding import EdgeRef, Finding
from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import SOURCE, is_ours, writers_of
from openmetadata_ol_provider.openmetadata.publishing.edges.ownership import touched_by_other

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId
    from openmetadata_ol_provider.openmetadata.cleanup.expected import Expected
    from openmetadata_ol_provider.openmetadata.cleanup.replay import Replay, WriterName
    from openmetadata_ol_provider.openmetadata.cleanup.stored import StoredEdge
    from openmetadata_ol_provider.openmetadata.cleanup.unseen_runs import UnseenRuns


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
    :param unseen: counter of runs that the events do not show
    :param own_pipelines: FQNs of the pipelines of this provider
    """

    def __init__(
        self,
        replay: Replay,
        expected: Expected,
        user: str | None,
        stale_after: int,
        *,
        unseen: UnseenRuns,
        own_pipelines: Collection[str],
    ) -> None:
        self._replay = replay
        self._expected = expected
        self._user = user
        self._stale_after = stale_after
        self._unseen = unseen
        self._own_pipelines = frozenset(own_pipelines) | expected.pipelines.keys()

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
                doubtful |= finding is False and (is_ours(edge.details) or writer in self._own_pipelines)
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
        if not is_ours(edge.details) and writer in self._own_pipelines:
            # The first versions wrote edges that show a pipeline and do not name its task.
            tasks = {name: own for name, own in self._expected.jobs_of_writers.items() if name.startswith(f"{writer}.")}
            if not today.isdisjoint(tasks):
                return True
            jobs = jobs.union(*tasks.values())
        if not jobs or not jobs.isdisjoint(self._expected.unread) or self._runs(jobs, edge.details) is False:
            return False
        rule, why = self._rule(edge, writer, jobs)
        finding = Finding("edge", EdgeRef(edge.source, edge.target, writer), edge.where, rule, f"{writer}: {why}")
        kept = self._kept(edge, writer, today, jobs)
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
        names = self._written_as(jobs)
        in_tasks = not is_ours(edge.details) and any(name.startswith(f"{writer}.") for name in names)
        if writer not in self._expected.jobs_of_writers and not in_tasks:
            return "renamed", f"its job is published as {', '.join(names) or 'nothing'} today"
        shared = sorted({other for job in jobs for other in self._replay.shared.get(job, ())})
        if shared:
            others = ", ".join(map(str, shared))
            return "shared_run_id", f"{others} send the same run ids, and each is a run of its own"
        for problem in self._expected.problems:
            if any(problem.where in {job.label, str(job)} for job in jobs):
                return str(problem.kind), problem.detail
        runs = sum(self._replay.covered.get(job, 0) for job in jobs)
        return "not_shown", f"of its {counted(runs, 'run')} in the events none gives it"

    def _kept(self, edge: StoredEdge, writer: str, today: frozenset[str], jobs: frozenset[JobId]) -> str:
        """Return the reason why an edge has to stay, empty if there is none."""
        if reason := self._is_of_others(edge.details):
            return reason
        if today and today.isdisjoint(writers_of(edge.details)):
            return f"{', '.join(sorted(today))} writes it today but is not in it yet: publish the events first"
        return self._may_be_true(edge, {writer, *self._written_as(jobs)}, jobs)

    def _is_of_others(self, details: Mapping[str, Any]) -> str:
        """Return why an edge is not only ours, empty if it is."""
        if details.get("source") != SOURCE:
            return f"its source is {details.get('source') or 'Manual'}"
        if not is_ours(details):
            return "it has a description of others" if details.get("description") else "it does not name its jobs"
        return touched_by_other(details, self._user) or ""

    def _may_be_true(self, edge: StoredEdge, names: Iterable[str], jobs: frozenset[JobId]) -> str:
        """Return why an edge may be true although today's rules do not make it of the events, empty if it cannot.

        :param names: names under which its jobs have written, or write today
        :param jobs: its jobs
        """
        names = sorted(names)
        for reason in (self._expected.open_ends.of(edge, name) for name in names):
            if reason is not None:
                return f"a dataset of its job is {reason} today: settle that first (see explain --host)"
        unseen = self._unseen.of(names, jobs)
        if not unseen:
            return ""
        return (
            f"its pipeline has {counted(unseen, 'run')} since the first event that the events do not show, and that "
            "may give it: add their events"
        )

    def _written_as(self, jobs: frozenset[JobId]) -> list[str]:
        """Return the names under which jobs write today."""
        written = self._expected.jobs_of_writers.items()
        return sorted(name for name, written_by in written if not jobs.isdisjoint(written_by))


def writer_key(writer: str) -> WriterName:
    """Return the name of a writer without its service: pipeline and task."""
    parts = split(writer)
    return (parts[1] if len(parts) > 1 else writer), (parts[2] if len(parts) > 2 else None)
