"""Run status: what is known of a pipeline run, merged with what earlier batches have stored of it.

A status is keyed by the pipeline run's start, so START and COMPLETE, and all tasks, meet in one. What is terminal is
not undone by something that still runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.names import task_name
from openmetadata_ol_provider.openmetadata.status_merge import PipelineRun, canonical, epoch_ms, merged_status

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.pipelines import PipelineRef


def pipeline_runs(
    records: Iterable[RunRecord], pipelines: dict[JobId, PipelineRef]
) -> tuple[list[PipelineRun], list[Problem]]:
    """Return the runs of published pipelines, and a problem for each that can have no status."""
    groups: dict[tuple[JobId, str], list[RunRecord]] = {}
    for record in records:
        if record.state != "OTHER" and not record.part:
            groups.setdefault((record.pipeline, record.pipeline_run_id), []).append(record)
    runs: dict[tuple[str, int], PipelineRun] = {}
    problems = []
    for (pipeline, run_id), group in groups.items():
        ref = pipelines.get(pipeline)
        if ref is None or ref.change == "missing":
            continue
        timestamp = _timestamp(group)
        where = f"{pipeline.namespace} {pipeline.name} run {run_id}"
        unknown = sorted({record.task for record in group if record.task and task_name(record.task) not in ref.tasks})
        if unknown:
            problems.append(Problem("unknown_task", where, f"{ref.fqn} has no task {', '.join(unknown)}"))
        if timestamp is None:
            problems.append(Problem("no_timestamp", where, "no event says when the run started; it has no status"))
            continue
        own = next((record for record in group if record.task is None), None)
        tasks = tuple(record for record in group if record.task and record.task not in unknown)
        run = PipelineRun(ref, run_id, timestamp, own, tasks)
        if runs.setdefault((ref.fqn, timestamp), run) is not run:
            problems.append(
                Problem("same_timestamp", where, f"another run of {ref.fqn} started in the same millisecond")
            )
    return list(runs.values()), problems


def _timestamp(group: list[RunRecord]) -> int | None:
    for field in ("pipeline_started_at", "nominal_start", "started_at", "ended_at"):
        times = [time for record in group if (time := epoch_ms(getattr(record, field))) is not None]
        if times:
            return min(times)
    return None


class StatusWriter:
    """Publishes run statuses.

    :param client: the catalogue
    :param complete: puts the tasks of a run's pipeline back, should another writer have removed them meanwhile
    :param dry_run: read, but do not write
    """

    def __init__(self, client: OpenMetadataClient, complete: Callable[[PipelineRun], object], *, dry_run: bool) -> None:
        self._client = client
        self._complete = complete
        self._dry_run = dry_run

    def publish(self, run: PipelineRun) -> bool:
        """Publish the status of one run and return whether there was anything to write.

        :raises CatalogueError: if the catalogue refuses
        """
        extended = self._client.version.at_least(1, 10)
        stored = self._stored(run)
        status = merged_status(run, stored, extended=extended)
        if stored is not None and canonical(status) == canonical({key: stored.get(key) for key in status}):
            return False
        if not self._dry_run:
            self._put(run, status)
        return True

    def _put(self, run: PipelineRun, status: dict[str, Any]) -> None:
        place = path("v1/pipelines", run.ref.fqn, "status")
        try:
            self._client.put(place, status)
        except CatalogueRequestError as error:
            # Tasks are replaced whole, so of two that publish a pipeline at a time one loses those of the other.
            if "Invalid task name" not in str(error):
                raise
            self._complete(run)
            self._client.put(place, status)

    def _stored(self, run: PipelineRun) -> dict[str, Any] | None:
        if run.ref.change == "created":
            return None
        answer = self._client.get(
            path("v1/pipelines", run.ref.fqn, "status"), {"startTs": run.timestamp, "endTs": run.timestamp}
        )
        found = (answer or {}).get("data") or ()
        return next((status for status in found if status.get("timestamp") == run.timestamp), None)
