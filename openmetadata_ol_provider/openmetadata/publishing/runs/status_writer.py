"""Run statuses: what is known of pipeline runs, merged with what earlier batches have stored of them.

A status is keyed by the pipeline run's start, so START and COMPLETE, and all tasks, meet in one. What is terminal is
not undone by something that still runs. The statuses of one pipeline are read together, and written together where the
server can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, RefusalReason
from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.fqn import task_name
from openmetadata_ol_provider.openmetadata.publishing.core.executor import Executor
from openmetadata_ol_provider.openmetadata.publishing.core.report import Written
from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import Window
from openmetadata_ol_provider.openmetadata.publishing.runs.status_keys import LAST_SLOT, own_keys
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import (
    PipelineRun,
    canonical,
    epoch_ms,
    merged_status,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.session_cache import SessionCache
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

#: The server's limit on the statuses of one call.
MAX_BULK = 1000
#: Statuses further apart than this are not read in one call, since all that is between them would come too.
_FAR_APART = 86_400_000
#: After all timestamps.
_FOREVER = 1 << 62
#: How often the tasks that a status names are put back: several may be at the same pipeline.
_COMPLETIONS = 3


def pipeline_runs(
    records: Iterable[RunRecord], pipelines: dict[JobId, PipelineRef]
) -> tuple[list[PipelineRun], list[Problem]]:
    """Return the runs of published pipelines, and a problem for each that can have no status."""
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
        where = f"{pipeline.namespace} {pipeline.name} run {run_id}"
        unknown = sorted({record.task for record in group if record.task and task_name(record.task) not in ref.tasks})
        if unknown:
            problems.append(Problem(ProblemKind.UNKNOWN_TASK, where, f"{ref.fqn} has no task {', '.join(unknown)}"))
        if timestamp is None:
            problems.append(
                Problem(ProblemKind.NO_TIMESTAMP, where, "no event says when the run started; it has no status")
            )
            continue
        own = next((record for record in group if record.task is None), None)
        tasks = tuple(record for record in group if record.task and record.task not in unknown)
        runs.append(PipelineRun(ref, run_id, timestamp, own, tasks))
    return runs, problems


def _timestamp(group: list[RunRecord], ref: PipelineRef) -> int | None:
    """Return the key of a run's status; in another ingestion's pipeline the one that it uses itself, if known."""
    own = ("pipeline_started_at", "nominal_start", "started_at", "ended_at")
    for field in ("logical_at", *own) if ref.reused else own:
        times = [time for record in group if (time := epoch_ms(getattr(record, field))) is not None]
        if times:
            return min(times)
    return None


class Prepared(NamedTuple):
    """The statuses of one pipeline, compared with what is stored.

    :param unchanged: number of those that are stored already
    :param written: number of those that were written together
    :param rest: those that are to be written one by one
    :param problems: runs that cannot have a status of their own
    """

    unchanged: int = 0
    written: int = 0
    rest: tuple[tuple[PipelineRun, dict[str, Any]], ...] = ()
    problems: tuple[Problem, ...] = ()


class Published(NamedTuple):
    """What became of the statuses.

    :param refused: runs whose status the catalogue refused, and why
    :param problems: the same for people, and runs that can have no status
    """

    written: Written
    refused: tuple[tuple[PipelineRun, str], ...] = ()
    problems: tuple[Problem, ...] = ()


class StatusWriter:
    """Publishes run statuses.

    :param client: the catalogue
    :param complete: puts the tasks of a run's pipeline back, should another writer have removed them meanwhile
    :param dry_run: read, but do not write
    :param recent: what the task has read and written before
    """

    def __init__(
        self,
        client: OpenMetadataClient,
        complete: Callable[[PipelineRun], object],
        *,
        dry_run: bool,
        recent: SessionCache | None = None,
    ) -> None:
        self._client = client
        self._recent = recent
        self._complete = complete
        self._dry_run = dry_run
        self._extended = client.version.at_least(1, 10)
        self._bulk = client.version.at_least(1, 12)

    def publish_all(self, runs: Iterable[PipelineRun], worker: Executor) -> Published:
        """Publish the statuses of all runs."""
        pipelines: dict[str, list[PipelineRun]] = {}
        for run in runs:
            pipelines.setdefault(run.ref.fqn, []).append(run)
        groups = list(pipelines.values())
        counts = Written()
        problems: list[Problem] = []
        refused: list[tuple[PipelineRun, str]] = []
        rest: list[tuple[PipelineRun, dict[str, Any]]] = []
        prepared = worker.run(groups, self.prepare, lambda group: f"statuses of {group[0].ref.fqn}")
        for group, outcome in zip(groups, prepared, strict=True):
            problems += outcome.problems
            found = outcome.result
            if found is None:
                refused += [(run, outcome.problems[0].detail) for run in group]
                continue
            counts += Written(published=found.written, unchanged=found.unchanged)
            problems += found.problems
            rest += found.rest
        # One pipeline's statuses one after the other: each write makes the server index the pipeline anew.
        outcomes = worker.run_grouped(
            rest, lambda item: self._put(*item), lambda item: item[0].where, lambda item: item[0].ref.fqn
        )
        for (run, _), put in zip(rest, outcomes, strict=True):
            problems += put.problems
            if put.result is None:
                refused.append((run, put.problems[0].detail))
        counts += Written(published=sum(1 for put in outcomes if put.result), failed=len(refused))
        return Published(counts, tuple(refused), tuple(problems))

    def prepare(self, runs: Sequence[PipelineRun]) -> Prepared:
        """Compare the runs of one pipeline with what is stored, and write together what can be.

        :raises CatalogueError: if the catalogue refuses
        """
        stored = self._stored(runs)
        keyed, problems = own_keys(runs, stored, extended=self._extended)
        todo = []
        for run in keyed:
            before = stored.get(run.timestamp)
            status = merged_status(run, before, extended=self._extended)
            if before is None or canonical(status) != canonical({key: before.get(key) for key in status}):
                todo.append((run, status))
        unchanged = len(keyed) - len(todo)
        if len(todo) > 1 and self._bulk and not self._dry_run and self._put_together(todo):
            return Prepared(unchanged, len(todo), problems=problems)
        return Prepared(unchanged, rest=tuple(todo), problems=problems)

    # -- writing -------------------------------------------------------------------------------------------------

    def _put_together(self, todo: Sequence[tuple[PipelineRun, dict[str, Any]]]) -> bool:
        """Write many statuses of one pipeline; return False to have each tried alone, so that one bad costs one."""
        run = todo[0][0]
        place = path("v1/pipelines", run.ref.fqn, "status", "bulk")
        try:
            for start in range(0, len(todo), MAX_BULK):
                statuses = [status for _, status in todo[start : start + MAX_BULK]]
                self._with_tasks(run, partial(self._client.put, place, statuses))
                self._note(run, *statuses)
        except CatalogueRequestError as error:
            if error.status in {404, 405}:
                self._bulk = False
            return False
        except CatalogueError as error:
            if error.status != 500:
                raise
            return False
        return True

    def _put(self, run: PipelineRun, status: dict[str, Any]) -> bool:
        if not self._dry_run:
            self._with_tasks(run, partial(self._client.put, path("v1/pipelines", run.ref.fqn, "status"), status))
            self._note(run, status)
        return True

    def _note(self, run: PipelineRun, *statuses: dict[str, Any]) -> None:
        if self._recent is not None:
            for status in statuses:
                self._recent.note_status(run.ref.fqn, status)

    def _with_tasks(self, run: PipelineRun, put: Callable[[], object], completions: int = _COMPLETIONS) -> None:
        try:
            put()
        except CatalogueRequestError as error:
            # Tasks are replaced whole, so of two that publish a pipeline at a time one loses those of the other.
            if error.reason is not RefusalReason.UNKNOWN_TASK or not completions:
                raise
            self._complete(run)
            self._with_tasks(run, put, completions - 1)

    # -- reading -------------------------------------------------------------------------------------------------

    def _stored(self, runs: Sequence[PipelineRun]) -> dict[int, dict[str, Any]]:
        """Return what is stored at the keys that the runs may have."""
        ref, slots = runs[0].ref, LAST_SLOT if self._extended else 0
        # Where another ingestion writes too, what was read before is soon no longer so.
        recent = None if ref.reused else self._recent
        timestamps = [run.timestamp for run in runs]
        known = recent.statuses(ref.fqn, timestamps, slots) if recent is not None else None
        if known is not None:
            return known
        since = _none_since(ref)
        if ref.change == "created" or (recent is not None and min(timestamps) >= since):
            if recent is not None:
                recent.note_window(ref.fqn, Window(since, _FOREVER, {}))
            return {}
        found: dict[int, dict[str, Any]] = {}
        # What is read of a day more need not be read with the next batches.
        beyond = slots if recent is None else _FAR_APART
        for start, last in _spans(timestamps):
            end = last + beyond
            answer = self._client.get(path("v1/pipelines", ref.fqn, "status"), {"startTs": start, "endTs": end})
            statuses = {status.get("timestamp"): status for status in (answer or {}).get("data") or ()}
            if recent is not None:
                recent.note_window(ref.fqn, Window(start, end, statuses))
            found.update(statuses)
        return found


def _none_since(ref: PipelineRef) -> int:
    """Return from when on a pipeline has no statuses, as far as what was read of it tells."""
    if ref.change == "created":
        return 0
    latest = (ref.stored.get("pipelineStatus") or {}).get("timestamp")
    return latest + 1 if isinstance(latest, int) else _FOREVER


def _spans(timestamps: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Return the spans of time that hold all timestamps and no long stretch without any."""
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
