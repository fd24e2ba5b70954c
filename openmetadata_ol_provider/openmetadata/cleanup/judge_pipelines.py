"""Decides which pipelines and tasks of ours today's rules would not make, and which of them others have touched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.cleanup.finding import EdgeRef, Finding, PipelineRef
from openmetadata_ol_provider.openmetadata.cleanup.judge_edges import writer_key
from openmetadata_ol_provider.openmetadata.cleanup.stored import statuses_of
from openmetadata_ol_provider.openmetadata.fqn import quote
from openmetadata_ol_provider.openmetadata.provenance import CLASSIFICATION
from openmetadata_ol_provider.openmetadata.publishing.edges.merge import writers_of
from openmetadata_ol_provider.openmetadata.publishing.edges.ownership import changed_by_other

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import Job, JobId
    from openmetadata_ol_provider.openmetadata.cleanup.expected import Expected
    from openmetadata_ol_provider.openmetadata.cleanup.replay import Replay
    from openmetadata_ol_provider.openmetadata.cleanup.stored import StoredEdge
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Milliseconds for which a status keeps the tasks that it names.
_TASK_STATUS_AGE = 30 * 86_400_000
_SERVICE_PREFIX = re.compile(rf"{CLASSIFICATION}\.")


class PipelineVerdicts(NamedTuple):
    """The judgement of the stored pipelines.

    :param findings: pipelines and tasks that today's rules would not make
    :param not_covered: number of pipelines of ours whose jobs the events do not cover
    """

    findings: tuple[Finding, ...]
    not_covered: int


class PipelineJudge:
    """Judges stored pipelines of ours.

    :param client: client of the catalogue, to read statuses
    :param replay: what the events say
    :param expected: what today's rules make of it
    :param user: name of the catalogue's user that this provider writes with; ``None`` if it is unknown
    :param now: current time, in milliseconds since 1970
    :param sees_all_edges: whether the catalogue has shown all edges that were asked for; default: ``True``
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        replay: Replay,
        expected: Expected,
        user: str | None,
        now: int,
        *,
        sees_all_edges: bool = True,
    ) -> None:
        self._client = client
        self._replay = replay
        self._expected = expected
        self._user = user
        self._now = now
        self._sees_all_edges = sees_all_edges
        self._jobs = {job.id: job for job in replay.plan.jobs}

    def judge(
        self, pipelines: Iterable[dict[str, Any]], edges: Iterable[StoredEdge], edge_findings: Iterable[Finding]
    ) -> PipelineVerdicts:
        """Return the findings, in the order of the pipelines.

        :param edges: stored edges, of which those that stay keep their pipelines
        :param edge_findings: judgement of these edges
        """
        leaving = {finding.ref for finding in edge_findings if finding.outcome != "kept"}
        staying = {
            writer: edge.where
            for edge in edges
            for writer in writers_of(edge.details)
            if EdgeRef(edge.source, edge.target, writer) not in leaving
        }
        findings: list[Finding] = []
        not_covered = 0
        for pipeline in pipelines:
            fqn = str(pipeline["fullyQualifiedName"])
            if fqn in self._expected.pipelines:
                findings += self._tasks(pipeline, fqn, staying)
                continue
            jobs = self._former(fqn)
            if not jobs or not self._covers(jobs) or writer_key(fqn)[0] in self._replay.unseen:
                not_covered += 1
                continue
            finding = Finding("pipeline", _ref(pipeline), fqn, "renamed", self._why(jobs))
            kept = self._kept(pipeline, fqn, jobs, staying)
            findings.append(finding._replace(outcome="kept", detail=kept) if kept else finding)
        return PipelineVerdicts(tuple(findings), not_covered)

    def _former(self, fqn: str) -> frozenset[JobId]:
        """Return the jobs that earlier rules may have put into a pipeline."""
        name, _ = writer_key(fqn)
        return frozenset(job for (pipeline, _), jobs in self._replay.former.items() if pipeline == name for job in jobs)

    def _covers(self, jobs: Iterable[JobId]) -> bool:
        return all(job in self._replay.covered and job not in self._expected.unread for job in jobs)

    def _why(self, jobs: Iterable[JobId]) -> str:
        names = {name for name, written_by in self._expected.jobs_of_writers.items() if not written_by.isdisjoint(jobs)}
        return f"its jobs are published as {', '.join(sorted(names)) or 'nothing'} today"

    # -- tasks ---------------------------------------------------------------------------------------------------

    def _tasks(self, pipeline: dict[str, Any], fqn: str, staying: Mapping[str, str]) -> Iterator[Finding]:
        """Yield the tasks of a pipeline whose jobs are published elsewhere today."""
        name, _ = writer_key(fqn)
        expected = self._expected.tasks.get(fqn, frozenset())
        recent: set[str] | None = None
        for task in pipeline.get("tasks") or ():
            task_name = str(task["name"])
            jobs = self._replay.former.get((name, task_name), frozenset())
            if task_name in expected or not jobs or not self._covers(jobs):
                continue
            if recent is None:
                recent = {
                    str(item.get("name"))
                    for status in self._statuses(fqn, self._now - _TASK_STATUS_AGE)
                    for item in status.get("taskStatus") or ()
                }
            writer = f"{fqn}.{quote(task_name)}"
            kept = changed_by_other(pipeline, self._user) or self._hidden
            if task_name in recent:
                kept = "statuses of the last 30 days name it"
            elif task.get("owners") or _foreign_tags(task):
                kept = "it has owners or tags"
            elif writer in staying:
                kept = f"it writes {staying[writer]}, which stays"
            finding = Finding(
                "task", _ref(pipeline)._replace(task=task_name), f"{fqn}.{task_name}", "renamed", self._why(jobs)
            )
            yield finding._replace(outcome="kept", detail=kept) if kept else finding

    @property
    def _hidden(self) -> str:
        """Why everything has to stay because there may be edges that nobody has seen, empty if there is none."""
        return "" if self._sees_all_edges else "OpenMetadata refused to show some edges, which may name it"

    # -- what keeps a pipeline -----------------------------------------------------------------------------------

    def _kept(self, pipeline: dict[str, Any], fqn: str, jobs: frozenset[JobId], staying: Mapping[str, str]) -> str:
        """Return the reason why a pipeline has to stay, empty if there is none."""
        placed = [self._jobs[job] for job in jobs if job in self._jobs]
        if (changer := changed_by_other(pipeline, self._user)) is not None:
            return changer
        if self._hidden or (what := _added_by_others(pipeline, placed)):
            return self._hidden or f"others have added {what}"
        name, _ = writer_key(fqn)
        known = {task for former, task in self._replay.former if former == name and task is not None}
        tasks = [str(task["name"]) for task in pipeline.get("tasks") or ()]
        if unknown := [task for task in tasks if task not in known]:
            return f"the events do not name its tasks {', '.join(unknown[:5])}"
        for writer, where in staying.items():
            if writer == fqn or writer.startswith(f"{fqn}."):
                return f"it writes {where}, which stays"
        foreign = [
            status
            for status in self._statuses(fqn, 0)
            if str(status.get("executionId")) not in self._replay.jobs_in_runs
        ]
        if foreign:
            return f"{len(foreign)} of its statuses are of runs that the events do not show: give an earlier start"
        return ""

    def _statuses(self, fqn: str, start: int) -> list[dict[str, Any]]:
        return statuses_of(self._client, fqn, start, self._now)


def _ref(pipeline: dict[str, Any]) -> PipelineRef:
    return PipelineRef(str(pipeline["id"]), str(pipeline["fullyQualifiedName"]), pipeline.get("version"))


def _foreign_tags(body: dict[str, Any]) -> bool:
    return any(not _SERVICE_PREFIX.match(str(tag.get("tagFQN"))) for tag in body.get("tags") or ())


def _added_by_others(pipeline: dict[str, Any], jobs: Iterable[Job]) -> str:
    """Return what others have added to a pipeline, as far as its jobs do not state it themselves."""
    jobs = list(jobs)
    owners = {owner.name for job in jobs for owner in job.owners}
    added = [key for key in ("domain", "domains", "dataProducts", "followers", "extension") if pipeline.get(key)]
    if any(owner.get("name") not in owners for owner in pipeline.get("owners") or ()):
        added.append("owners")
    if _foreign_tags(pipeline):
        added.append("tags")
    texts = {job.description for job in jobs}
    if pipeline.get("description") and pipeline["description"] not in texts:
        added.append("a description")
    if any(task.get("description") and task["description"] not in texts for task in pipeline.get("tasks") or ()):
        added.append("descriptions of tasks")
    return ", ".join(added)
