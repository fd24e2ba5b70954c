"""Run status: what is known of a pipeline run, merged with what earlier batches have stored of it.

A status is keyed by the pipeline run's start, so START and COMPLETE, and all tasks, meet in one. What is terminal is
not undone by something that still runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueRequestError
from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.problem import Problem
from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.names import task_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.pipelines import PipelineRef

PENDING, SUCCESSFUL, FAILED = "Pending", "Successful", "Failed"
_STATUS = {"START": PENDING, "RUNNING": PENDING, "COMPLETE": SUCCESSFUL, "FAIL": FAILED, "ABORT": FAILED}
_TERMINAL = frozenset({SUCCESSFUL, FAILED, "Skipped"})
#: Fields of a status that every version takes, and those that 1.10 added.
_FIELDS = ("timestamp", "executionStatus", "taskStatus")
_FIELDS_1_10 = (
    "executionId",
    "endTime",
    "version",
    "parameters",
    "executedBy",
    "inputs",
    "outputs",
    "metrics",
    "error",
)
_MAX_ERROR = 1000


class PipelineRun(NamedTuple):
    """One run of a pipeline, with the runs of its tasks.

    :param timestamp: epoch milliseconds, the key of the status
    """

    ref: PipelineRef
    run_id: str
    timestamp: int
    own: RunRecord | None
    tasks: tuple[RunRecord, ...]

    @property
    def where(self) -> str:
        """How problems name the run."""
        return f"status of {self.ref.fqn} at {self.timestamp}"


def epoch_ms(text: str | None) -> int | None:
    """Return an ISO 8601 time (UTC when it does not say) in epoch milliseconds, ``None`` for what is no time."""
    if not text:
        return None
    # Python 3.10 reads neither Z nor fractions of any other length than 3 and 6.
    match = re.fullmatch(r"(.*?\d)(?:\.(\d+))?(Z|z|[+-]\d\d:?\d\d)?", text.strip())
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match.group(1))
        zone = match.group(3) or "Z"
        offset = "+00:00" if zone in "Zz" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
        tz = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
    except ValueError:
        return None
    fraction = int(((match.group(2) or "") + "000")[:3])
    seconds = moment.replace(tzinfo=moment.tzinfo or tz or timezone.utc).timestamp()
    return int(seconds) * 1000 + fraction


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


def merged_status(run: PipelineRun, stored: dict[str, Any] | None, *, extended: bool) -> dict[str, Any]:
    """Return the status to have, given the one stored for the same run.

    :param extended: the server takes the fields of 1.10
    """
    fields = (*_FIELDS, *_FIELDS_1_10) if extended else _FIELDS
    status = {key: stored[key] for key in fields if stored and stored.get(key) not in (None, "", {}, [])}
    # The status of a task that the pipeline no longer has would be refused.
    before = {task["name"]: task for task in (stored or {}).get("taskStatus") or () if task["name"] in run.ref.tasks}
    tasks = _tasks(before, run.tasks)
    overall = _overall(run, stored, list(before.values()), tasks)
    status.update(timestamp=run.timestamp, executionStatus=overall, taskStatus=tasks)
    if extended:
        status.setdefault("executionId", run.run_id)
        end = epoch_ms(run.own.ended_at) if run.own else None
        if end is not None and overall in _TERMINAL:
            status["endTime"] = end
        message = _message(run) if overall == FAILED else None
        if message:
            status["error"] = {**(status.get("error") or {}), "errorMessage": message}
        elif overall != FAILED:
            status.pop("error", None)
    return status


def _tasks(before: dict[str, dict[str, Any]], records: Iterable[RunRecord]) -> list[dict[str, Any]]:
    tasks = dict(before)
    for record in records:
        ours: dict[str, Any] = {"name": task_name(record.task or ""), "executionStatus": _STATUS[record.state]}
        times = {"startTime": epoch_ms(record.started_at), "endTime": epoch_ms(record.ended_at)}
        ours.update({key: time for key, time in times.items() if time is not None})
        theirs = tasks.get(ours["name"])
        if theirs is None or _later(ours, theirs):
            link = {"logLink": theirs["logLink"]} if theirs and theirs.get("logLink") else {}
            tasks[ours["name"]] = {**ours, **link}
    return list(tasks.values())


def _later(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Return whether ours is the later try of a task, or the later news of the same try."""
    start, other = ours.get("startTime"), theirs.get("startTime")
    if start is not None and other is not None and start != other:
        return bool(start > other)
    # The same try: its end is not undone by its start, which only arrived later, and FAIL sticks.
    rank = {PENDING: 0, "Skipped": 1, SUCCESSFUL: 1, FAILED: 2}
    return rank.get(ours["executionStatus"], 0) >= rank.get(theirs.get("executionStatus", PENDING), 0)


def _overall(
    run: PipelineRun, stored: dict[str, Any] | None, before: list[dict[str, Any]], tasks: list[dict[str, Any]]
) -> str:
    """Return the status of the pipeline run: its own word if there is one, else what its tasks add up to."""
    known = (stored or {}).get("executionStatus")
    if run.own is not None:
        said = _STATUS[run.own.state]
        return known if said == PENDING and known in _TERMINAL else said
    states = {task.get("executionStatus") for task in tasks}
    added_up = FAILED if FAILED in states else PENDING if PENDING in states else SUCCESSFUL
    if known is None or added_up == FAILED:
        return added_up
    if added_up == PENDING:
        return known if known in _TERMINAL else PENDING
    # All tasks known so far succeeded. What no task accounts for was the run's own word, and its end is yet to come.
    accounted = known in {task.get("executionStatus") for task in before}
    return SUCCESSFUL if accounted or known == SUCCESSFUL else str(known)


def _message(run: PipelineRun) -> str | None:
    records = ([run.own] if run.own else []) + [task for task in run.tasks if _STATUS[task.state] == FAILED]
    text = next((record.error for record in records if record.error), None)
    return public_message(text) if text else None


def public_message(text: str) -> str | None:
    """Return an error message without stack trace and without what looks like a secret, bounded in length."""
    lines = []
    for line in text.splitlines():
        if re.match(r"\s*(Traceback \(|at \S+\(|File \"|Caused by:|\.\.\. \d+ more)", line):
            break
        lines.append(line)
    message = "\n".join(lines).strip()[:_MAX_ERROR]
    message = re.sub(r"(://[^\s/:@]*:)[^\s@/]+@", r"\1***@", message)
    message = re.sub(
        r"(?i)\b(\w*(?:password|passwd|secret|token|api_?key|credential)\w*[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&]+)",
        r"\1***",
        message,
    )
    return message or None


def canonical(status: dict[str, Any] | None) -> Any:
    """Return what makes two statuses the same: everything with a value, tasks in any order."""
    if status is None:
        return None
    plain = {key: value for key, value in status.items() if value not in (None, "", {}, []) and key != "taskStatus"}
    tasks = sorted(
        sorted((key, str(value)) for key, value in task.items() if value not in (None, ""))
        for task in status.get("taskStatus") or ()
    )
    return plain, tasks


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
