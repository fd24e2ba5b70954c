"""Writes run statuses: what a plan reports of pipeline runs, merged with what earlier batches have stored.

A status is keyed by the pipeline run's start, so START and COMPLETE, and all tasks, meet in one. A terminal state is
never undone by something that is still running. The statuses of one pipeline are read together, and written together
where the server can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, RefusalReason
from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.document import confirm
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.pipeline_paths import status_path
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import Window
from openmetadata_ol_provider.openmetadata.publishing.runs.status_keys import LAST_SLOT, assign_keys
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import (
    PipelineRun,
    canonical,
    epoch_ms,
    merge_status,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

#: The server's limit on the statuses of one call.
MAX_BULK = 1000
#: Most statuses of one pipeline that are sent singly from 2.0 on. There a bulk may blank owners, domains and tags in
#: the pipeline's search document until it is indexed again, as a single status does (open-metadata/OpenMetadata#34044).
#: But a single one makes the server index everything whose lineage names the pipeline: a backlog is sent together.
FEW = 10
#: Statuses further apart than this (in milliseconds) are not read in one call, which returns all between them.
_FAR_APART = 86_400_000
#: A timestamp after all others.
_FOREVER = 1 << 62
#: Most attempts to restore the tasks that a status names: several writers may be at the same pipeline.
_RESTORATIONS = 3


def pipeline_runs(
    records: Iterable[RunRecord], pipelines: dict[JobId, PipelineRef]
) -> tuple[list[PipelineRun], list[Problem]]:
    """Return the runs of published pipelines, and a problem for each run that cannot have a status."""
    groups: dict[tuple[JobId, str], list[RunRecord]] = {}
    for record in records:
        if record.state != "OTHER" and not record.part:
            groups.setdefault((record.pipeline, record.pipeline_run_id), []).append(record)
    runs: list[PipelineRun] = []
    problems = []
    for (pipeline, run_id), group in groups.items():
        ref = pipelines.get(pipeline)
        if ref is None or ref.change == "missing":
            continue
        timestamp = _timestamp(group, ref)
        where = f"{pipeline} run {run_id}"
        unknown = sorted({record.task for record in group if record.task and task_name(record.task) not in ref.tasks})
        if unknown:
            problems.append(Problem(ProblemKind.UNKNOWN_TASK, where, f"{ref.fqn} has no task {', '.join(unknown)}"))
        if timestamp is None:
            problems.append(
                Problem(ProblemKind.NO_TIMESTAMP, where, "no event says when the run started, so it has no status")
            )
            continue
        own = next((record for record in group if record.task is None), None)
        tasks = tuple(record for record in group if record.task and record.task not in unknown)
        runs.append(PipelineRun(ref, run_id, timestamp, own, tasks))
    return runs, problems


def _timestamp(group: list[RunRecord], ref: PipelineRef) -> int | None:
    """Return the key of a run's status; in a pipeline of another ingestion the key that it uses itself, if known."""
    own = ("pipeline_started_at", "nominal_start", "started_at", "ended_at")
    for field in ("logical_at", *own) if ref.reused else own:
        times = [time for record in group if (time := epoch_ms(getattr(record, field))) is not None]
        if times:
            return min(times)
    return None


#: A run with its status, merged with what was stored.
MergedStatus = tuple[PipelineRun, dict[str, Any]]


class PreparedStatuses(NamedTuple):
    """The statuses of one pipeline, compared with what is stored.

    :param merged: all statuses
    :param unchanged: number of statuses that are stored already
    :param written: number of statuses that were written together
    :param remaining: statuses to be written one by one
    :param problems: problems of runs that cannot have a status of their own
    """

    merged: tuple[MergedStatus, ...] = ()
    unchanged: int = 0
    written: int = 0
    remaining: tuple[MergedStatus, ...] = ()
    problems: tuple[Problem, ...] = ()


class PublishedStatuses(NamedTuple):
    """The statuses of a publication.

    :param refused: runs whose status the catalogue refused, and why
    :param problems: problems of these, and of runs that cannot have a status
    :param merged: statuses of all runs that have one, whether or not they had to be written
    """

    written: Written
    refused: tuple[tuple[PipelineRun, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    merged: tuple[MergedStatus, ...] = ()


class StatusWriter:
    """Publishes run statuses.

    :param client: client of the catalogue
    :param restore_tasks: function that restores the tasks of a run's pipeline if another writer has removed them
    :param dry_run: read, but do not write
    :param cache: what this task has read and written itself
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        restore_tasks: Callable[[PipelineRun], object],
        *,
        dry_run: bool,
        cache: SessionCache | None = None,
    ) -> None:
        self._client = client
        self._cache = cache
        self._restore_tasks = restore_tasks
        self._dry_run = dry_run
        self._extended = client.version.at_least(1, 10)
        self._bulk = client.version.at_least(1, 12)
        self._blanks = client.version.at_least(2, 0)

    def publish_all(self, runs: Iterable[PipelineRun], executor: Executor) -> PublishedStatuses:
        """Publish the statuses of all runs."""
        pipelines: dict[str, list[PipelineRun]] = {}
        for run in runs:
            pipelines.setdefault(run.ref.fqn, []).append(run)
        groups = list(pipelines.values())
        counts = Written()
        problems: list[Problem] = []
        refused: list[tuple[PipelineRun, str]] = []
        remaining: list[MergedStatus] = []
        merged: list[MergedStatus] = []
        prepared = executor.run(groups, self.prepare, lambda group: f"statuses of {group[0].ref.fqn}")
        for group, result in zip(groups, prepared, strict=True):
            problems += result.problems
            statuses = result.value
            if statuses is None:
                refused += [(run, result.detail) for run in group]
                continue
            counts += Written(published=statuses.written, unchanged=statuses.unchanged)
            problems += statuses.problems
            remaining += statuses.remaining
            merged += statuses.merged
        # One pipeline's statuses one after the other: each write makes the server index the pipeline again.
        results = executor.run_grouped(
            remaining, lambda item: self._put(*item), lambda item: item[0].where, lambda item: item[0].ref.fqn
        )
        for (run, _), put in zip(remaining, results, strict=True):
            problems += put.problems
            if put.failed:
                refused.append((run, put.detail))
        counts += Written(published=sum(1 for put in results if put.value), failed=len(refused))
        return PublishedStatuses(counts, tuple(refused), tuple(problems), tuple(merged))

    def prepare(self, runs: Sequence[PipelineRun]) -> PreparedStatuses:
        """Compare the runs of one pipeline with what is stored, and write together what can be.

        :raises CatalogueError: if the catalogue refuses
        """
        stored = self._stored(runs)
        keyed, problems = assign_keys(runs, stored, extended=self._extended)
        merged, changed = [], []
        for run in keyed:
            before = stored.get(run.timestamp)
            status = merge_status(run, before, extended=self._extended)
            merged.append((run, status))
            if before is None or canonical(status) != canonical({key: before.get(key) for key in status}):
                changed.append((run, status))
        unchanged = len(keyed) - len(changed)
        # Where a bulk blanks the search document, the last status is single, so that the pipeline is indexed again.
        single = 1 if self._blanks else 0
        together = changed[: len(changed) - single] if len(changed) > (FEW if self._blanks else 1) else []
        if together and self._bulk and not self._dry_run and self._put_together(together):
            rest = tuple(changed[len(together) :])
            return PreparedStatuses(tuple(merged), unchanged, len(together), rest, problems)
        return PreparedStatuses(tuple(merged), unchanged, remaining=tuple(changed), problems=problems)

    # -- writing -------------------------------------------------------------------------------------------------

    def _put_together(self, statuses: Sequence[MergedStatus]) -> bool:
        """Write many statuses of one pipeline; ``False`` if each has to be tried alone, so that a bad one costs one."""
        run = statuses[0][0]
        try:
            for start in range(0, len(statuses), MAX_BULK):
                chunk = [status for _, status in statuses[start : start + MAX_BULK]]
                self._with_tasks(run, partial(self._write, f"{status_path(run.ref.fqn)}/bulk", chunk))
                self._store(run, *chunk)
        except CatalogueRequestError as error:
            if error.status in {404, 405}:
                self._bulk = False
            return False
        except CatalogueError as error:
            if not error.optional or error.status == 401:
                raise
            return False
        return True

    def _put(self, run: PipelineRun, status: dict[str, Any]) -> bool:
        if not self._dry_run:
            self._with_tasks(run, partial(self._write, status_path(run.ref.fqn), status))
            self._store(run, status)
        return True

    def _write(self, url: str, body: dict[str, Any] | list[dict[str, Any]]) -> None:
        confirm(self._client.put(url, body), "id", "entityId")

    def _store(self, run: PipelineRun, *statuses: dict[str, Any]) -> None:
        if self._cache is not None:
            for status in statuses:
                self._cache.store_status(run.ref.fqn, status)

    def _with_tasks(self, run: PipelineRun, put: Callable[[], object], restorations: int = _RESTORATIONS) -> None:
        try:
            put()
        except CatalogueRequestError as error:
            # Tasks are replaced as a whole, so of two that publish a pipeline at once one removes those of the other.
            if error.reason is not RefusalReason.UNKNOWN_TASK or not restorations:
                raise
            self._restore_tasks(run)
            self._with_tasks(run, put, restorations - 1)

    # -- reading -------------------------------------------------------------------------------------------------

    def _stored(self, runs: Sequence[PipelineRun]) -> dict[int, dict[str, Any]]:
        """Return what is stored at the keys that the runs may have."""
        ref, slots = runs[0].ref, LAST_SLOT if self._extended else 0
        # Where another ingestion writes too, what was read before is soon outdated.
        cache = None if ref.reused else self._cache
        timestamps = [run.timestamp for run in runs]
        cached = cache.statuses(ref.fqn, timestamps, slots) if cache is not None else None
        if cached is not None:
            return cached
        since = _none_since(ref)
        if ref.change == "created" or (cache is not None and min(timestamps) >= since):
            if cache is not None:
                cache.store_window(ref.fqn, Window(since, _FOREVER, {}))
            return {}
        stored: dict[int, dict[str, Any]] = {}
        # The statuses of one more day are read at once, so that the next batches need not read them.
        beyond = slots if cache is None else _FAR_APART
        for start, last in _spans(timestamps):
            end = last + beyond
            answer = self._client.get(status_path(ref.fqn), {"startTs": start, "endTs": end})
            confirm(answer, "data")
            statuses = {status.get("timestamp"): status for status in (answer or {}).get("data") or ()}
            if cache is not None:
                cache.store_window(ref.fqn, Window(start, end, statuses))
            stored.update(statuses)
        return stored


def _none_since(ref: PipelineRef) -> int:
    """Return the time from which on a pipeline has no statuses, as far as its JSON tells."""
    if ref.change == "created":
        return 0
    latest = (ref.stored.get("pipelineStatus") or {}).get("timestamp")
    return latest + 1 if isinstance(latest, int) else _FOREVER


def _spans(timestamps: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the spans of time that cover all timestamps, but no long stretch without any."""
    first = last = None
    for timestamp in sorted(timestamps):
        if first is None or last is None:
            first = timestamp
        elif timestamp - last > _FAR_APART:
            yield first, last
            first = timestamp
        last = timestamp
    if first is not None and last is not None:
        yield first, last
