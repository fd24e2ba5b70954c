"""Counts the runs of a pipeline that the catalogue has from the time of the events, and that the events do not show.

Such a run may have written an edge, or may show that it is still true. It is missing where the events are only a part:
a file of one day, one of several topics, a topic that is compacted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from openmetadata_ol_provider.openlineage.times import parse_microseconds
from openmetadata_ol_provider.openmetadata.cleanup.stored import statuses_of
from openmetadata_ol_provider.openmetadata.fqn import pipeline_and_task

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
    from openmetadata_ol_provider.openmetadata.cleanup.replay import Replay
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: States of tasks that did not run.
_DID_NOT_RUN: Final = frozenset({"Skipped", "Pending"})


class UnseenRuns:
    """Counts runs by the statuses of pipelines, each of which is read once.

    :param client: client of the catalogue
    :param replay: what the events show, together with what is remembered
    :param now: current time, in milliseconds since 1970
    """

    def __init__(self, client: OpenMetadataClient, replay: Replay, now: int) -> None:
        self._client = client
        self._now = now
        self._first_at = replay.first_at
        self._statuses: dict[str, list[dict[str, Any]]] = {}
        self._pipelines: defaultdict[JobId, set[JobId]] = defaultdict(set)
        self._jobs_in_runs: defaultdict[str, set[JobId]] = defaultdict(set)
        self._runs_at: defaultdict[tuple[JobId, int], set[str]] = defaultdict(set)
        for run_id, jobs in replay.jobs_in_runs.items():
            self._jobs_in_runs[run_id] |= jobs
        for run in replay.plan.runs:
            self._pipelines[run.job].add(run.pipeline)
            for id_ in filter(None, (run.run_id, run.pipeline_run_id)):
                self._jobs_in_runs[id_].add(run.job)
            for at in _times_of(run):
                self._runs_at[run.pipeline, at].update((run.run_id, run.pipeline_run_id))

    def of(self, writers: Iterable[str], jobs: frozenset[JobId]) -> int:
        """Return the number of runs since the first event that the events do not show.

        Of a task's runs, the events have to show the task, and not only its pipeline.

        :param writers: FQNs of pipelines or of their tasks
        :param jobs: jobs that write as these
        """
        unseen: set[tuple[str, object]] = set()
        for writer in writers:
            pipeline, task = pipeline_and_task(writer)
            statuses = self._read(pipeline)
            unseen.update(
                (pipeline, status.get("timestamp")) for status in statuses if not self._is_seen(status, task, jobs)
            )
        return len(unseen)

    def _read(self, pipeline: str) -> list[dict[str, Any]]:
        if pipeline not in self._statuses:
            self._statuses[pipeline] = statuses_of(self._client, pipeline, self._first_at, self._now)
        return self._statuses[pipeline]

    def _is_seen(self, status: Mapping[str, Any], task: str | None, jobs: frozenset[JobId]) -> bool:
        id_ = status.get("executionId")
        # Not every version of the server keeps the ids of runs; other pipelines may have started at the same time.
        run_ids = {str(id_)} if id_ else self._at(status.get("timestamp"), jobs)
        shown = set().union(*(self._jobs_in_runs.get(run_id, ()) for run_id in run_ids))
        has_run = task is not None and any(
            item.get("name") == task and item.get("executionStatus") not in _DID_NOT_RUN
            for item in status.get("taskStatus") or ()
        )
        return bool(shown) and not (has_run and jobs.isdisjoint(shown))

    def _at(self, time: Any, jobs: Iterable[JobId]) -> set[str]:
        """Return the ids of the runs that begin at a time in the pipelines of jobs."""
        pipelines = set().union(*(self._pipelines.get(job, {job}) for job in jobs))
        return set().union(*(self._runs_at.get((pipeline, time), ()) for pipeline in pipelines))


def _times_of(run: RunRecord) -> set[int]:
    """Return the times, in milliseconds since 1970, by which the status of a run may be stored."""
    texts = (run.pipeline_started_at, run.nominal_start, run.started_at, run.ended_at)
    return {parse_microseconds(text) // 1000 for text in texts if text}
