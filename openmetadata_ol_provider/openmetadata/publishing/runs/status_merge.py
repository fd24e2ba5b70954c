"""Merges what a plan reports of a pipeline run and what is stored of it into one status.

The result does not depend on how the events were cut into batches: a terminal state is not undone by something that is
still running, and reports of one try of a task are merged, while a later try replaces an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.lineage.run_attributes import within
from openmetadata_ol_provider.openlineage.run_state import TERMINAL
from openmetadata_ol_provider.openlineage.sanitize import mask_credentials
from openmetadata_ol_provider.openlineage.times import parse_microseconds
from openmetadata_ol_provider.openmetadata.fqn import task_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

PENDING, SUCCESSFUL, FAILED, SKIPPED = "Pending", "Successful", "Failed", "Skipped"
_STATUS = {"START": PENDING, "RUNNING": PENDING, "COMPLETE": SUCCESSFUL, "FAIL": FAILED, "ABORT": FAILED}
_TERMINAL = frozenset({SUCCESSFUL, FAILED, SKIPPED})
#: Fields of a status that every version takes, and those that 1.10 takes.
_FIELDS = ("timestamp", "executionStatus", "taskStatus")
_FIELDS_1_10 = (
    *_FIELDS,
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
#: What the names of parameters begin with that are ours, and the attributes of tasks that become parameters.
_PREFIX = "openlineage."
_OF_QUERIES = frozenset({"query", "query_source"})
#: Most parameters of one status that are ours.
MAX_PARAMETERS = 100
_RANK = {PENDING: 0, SKIPPED: 1, SUCCESSFUL: 1, FAILED: 2}


class PipelineRun(NamedTuple):
    """One run of a pipeline, with the runs of its tasks.

    :param timestamp: key of the status, in epoch milliseconds
    :param interrupted: whether a publication that was not committed may have stored presumed ends of its tasks
    """

    ref: PipelineRef
    run_id: str
    timestamp: int
    own: RunRecord | None
    tasks: tuple[RunRecord, ...]
    interrupted: bool = False

    @property
    def records(self) -> tuple[RunRecord, ...]:
        """All records of the run, its own first."""
        return (*((self.own,) if self.own else ()), *self.tasks)

    @property
    def key(self) -> tuple[JobId, str]:
        """The pipeline's job, and the id of the run."""
        return (self.own or self.tasks[0]).pipeline, self.run_id

    @property
    def where(self) -> str:
        """The name in problems."""
        return f"status of {self.ref.fqn} at {self.timestamp}"


def epoch_ms(text: str | None) -> int | None:
    """Return an ISO 8601 time (UTC if it has no zone) in epoch milliseconds, ``None`` if it is not a time."""
    if not text:
        return None
    try:
        return parse_microseconds(text) // 1000
    except ValueError:
        return None


def merge_status(run: PipelineRun, stored: dict[str, Any] | None, *, extended: bool) -> dict[str, Any]:
    """Return the status to write, given the one stored for the same run.

    :param extended: ``True`` if the server accepts the fields of version 1.10
    """
    fields = _FIELDS_1_10 if extended else _FIELDS
    status = {key: stored[key] for key in fields if stored.get(key) not in (None, "", {}, [])} if stored else {}
    # The status of a task that the pipeline no longer has would be refused.
    before = {task["name"]: task for task in (stored or {}).get("taskStatus") or () if task["name"] in run.ref.tasks}
    outdated = {name for name, task in before.items() if run.interrupted and _is_outdated(task, run.tasks)}
    tasks = _tasks({name: task for name, task in before.items() if name not in outdated}, run.tasks)
    overall = _overall(run, stored, list(before.values()), list(tasks.values()))
    status.update(timestamp=run.timestamp, executionStatus=overall, taskStatus=list(tasks.values()))
    if extended:
        status.setdefault("executionId", run.run_id)
        end = epoch_ms(run.own.ended_at) if run.own else None
        if end is not None and overall in _TERMINAL:
            status["endTime"] = end
        if run.own and run.own.code_version:
            status.setdefault("version", run.own.code_version)
        if parameters := {**status.get("parameters", {}), **_parameters(run)}:
            status["parameters"] = parameters
        error = _error(run, status.pop("error", None), tasks) if overall == FAILED else None
        status.pop("error", None)
        if error:
            status["error"] = error
    return status


def _parameters(run: PipelineRun) -> dict[str, str]:
    """Return the attributes of the run, and the queries of its tasks, under names that no other connector uses."""
    own = run.own.attributes if run.own else ()
    queries = (
        (f"{task_name(record.task or '')}.{name}", value)
        for record in run.tasks
        for name, value in record.attributes
        if name in _OF_QUERIES
    )
    return {f"{_PREFIX}{name}": value for name, value in within((*own, *queries), MAX_PARAMETERS)}


def _status(record: RunRecord) -> str:
    return SKIPPED if record.skipped else _STATUS[record.state]


# -- tasks -------------------------------------------------------------------------------------------------------


def _tasks(before: dict[str, dict[str, Any]], records: Collection[RunRecord]) -> dict[str, dict[str, Any]]:
    replaced = {task_name(record.task or "") for record in records if record.replaces}
    tasks = {name: task for name, task in before.items() if name not in replaced}
    mapped: dict[tuple[str, int], dict[str, Any]] = {}
    for record in sorted(records, key=lambda record: epoch_ms(record.started_at) or 0):
        ours = _report(record)
        if record.map_index is None:
            theirs = tasks.get(ours["name"])
            tasks[ours["name"]] = _merged_reports(ours, theirs) if theirs else ours
        else:
            theirs = mapped.get(instance := (ours["name"], record.map_index))
            mapped[instance] = _merged_reports(ours, theirs) if theirs else ours
    # An instance is no further try of another one, also if it runs later.
    for (name, _), ours in mapped.items():
        tasks[name] = _sum_of_reports(ours, tasks[name]) if name in tasks else ours
    return tasks


def _is_outdated(stored: dict[str, Any], records: Collection[RunRecord]) -> bool:
    """Return whether a run has sent the end that a stored report of it may have presumed; not for mapped instances."""
    return any(
        task_name(record.task or "") == stored["name"]
        and record.map_index is None
        and record.state in TERMINAL
        and not record.presumed
        and stored.get("startTime") in {None, epoch_ms(record.started_at)}
        for record in records
    )


def _report(record: RunRecord) -> dict[str, Any]:
    report: dict[str, Any] = {"name": task_name(record.task or ""), "executionStatus": _status(record)}
    times = {"startTime": epoch_ms(record.started_at), "endTime": epoch_ms(record.ended_at)}
    report.update({key: time for key, time in times.items() if time is not None})
    if record.log_url:
        report["logLink"] = record.log_url
    return report


def _merged_reports(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return two reports of one task as one: the later of two tries, or both merged if they are of one try."""
    first, last = sorted((theirs, ours), key=lambda task: task.get("startTime") or 0)
    if not _same_try(first, last):
        return {**last, **{key: theirs[key] for key in ("logLink",) if theirs.get(key) and key not in last}}
    return _sum_of_reports(ours, theirs)


def _sum_of_reports(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return two reports of one try as one: its end is not undone by a start that arrives later, a failure stays."""
    weak, strong = sorted((theirs, ours), key=_rank)
    starts = [task["startTime"] for task in (ours, theirs) if task.get("startTime") is not None]
    ends = [task["endTime"] for task in (ours, theirs) if task.get("endTime") is not None]
    merged = {**weak, **strong}
    if _rank(weak) == _rank(strong) and (links := [task["logLink"] for task in (ours, theirs) if task.get("logLink")]):
        # Of parallel runs (mapped tasks) that ended alike, one link, the same for any order of arrival.
        merged["logLink"] = min(links)
    if starts:
        merged["startTime"] = min(starts)
    if ends:
        merged["endTime"] = max(ends)
    return merged


def _rank(task: dict[str, Any]) -> int:
    return _RANK.get(task.get("executionStatus", PENDING), 0)


def _same_try(first: dict[str, Any], last: dict[str, Any]) -> bool:
    """Return whether two reports, ordered by start, are of one try: tries follow one another, reports overlap.

    A report whose start was never seen starts where its first event is, possibly at its end.
    """
    start, later, end, later_end = (
        first.get("startTime"), last.get("startTime"), first.get("endTime"), last.get("endTime"),
    )  # fmt: skip
    if start is None or later is None or start == later or (end is not None and end == later_end):
        return True
    if end is not None:
        return bool(end > later)
    # Not known to have ended: another try if the later one has both started and ended since.
    return later_end is None or bool(later_end == later)


# -- the run -----------------------------------------------------------------------------------------------------


def _overall(
    run: PipelineRun, stored: dict[str, Any] | None, before: list[dict[str, Any]], tasks: list[dict[str, Any]]
) -> str:
    """Return the status of the pipeline run: the one that it reports itself, else the sum of its tasks."""
    previous = (stored or {}).get("executionStatus")
    if run.own is not None:
        reported = _status(run.own)
        return previous if reported == PENDING and previous in _TERMINAL else reported
    if previous in _TERMINAL and (stored or {}).get("endTime"):
        # An end time is only stored with a status that the run reported itself, which its tasks do not change.
        return str(previous)
    states = {task.get("executionStatus") for task in tasks}
    total = FAILED if FAILED in states else PENDING if PENDING in states else SUCCESSFUL
    if previous is None or total == FAILED:
        return total
    # A status that no task explains is the run's own, and its end is still to come.
    explained = previous in {task.get("executionStatus") for task in before}
    if total == PENDING:
        # A failed task that is tried again is no failure of the run yet.
        return previous if previous in _TERMINAL and not (previous == FAILED and explained) else PENDING
    return SUCCESSFUL if explained or previous == SUCCESSFUL else str(previous)


def _error(run: PipelineRun, stored: dict[str, Any] | None, tasks: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return the error to show: that of the task that failed first, else the run's own, else what is stored."""
    errors: dict[str, dict[str, Any]] = {}
    if stored and stored.get("failedTask"):
        errors[stored["failedTask"]] = stored
    for record in run.tasks:
        message = public_message(record.error) if record.error and _status(record) == FAILED else None
        if message:
            name = task_name(record.task or "")
            errors[name] = {"errorMessage": message, "failedTask": name}
    failed = [name for name in errors if tasks.get(name, {}).get("executionStatus") == FAILED]
    if failed:
        return errors[min(failed, key=lambda name: (tasks[name].get("startTime") or 0, name))]
    message = public_message(run.own.error) if run.own and run.own.error else None
    if message:
        return {"errorMessage": message}
    return stored if stored and not stored.get("failedTask") else None


def canonical(status: dict[str, Any] | None) -> Any:
    """Return a status in a form for comparison: only fields with a value, tasks in any order."""
    if status is None:
        return None
    plain = {key: value for key, value in status.items() if value not in (None, "", {}, []) and key != "taskStatus"}
    tasks = sorted(
        sorted((key, str(value)) for key, value in task.items() if value not in (None, ""))
        for task in status.get("taskStatus") or ()
    )
    return plain, tasks


#: Longest message, in characters.
MAX_MESSAGE = 1000


def public_message(text: str) -> str | None:
    """Return an error message without stack trace and without what looks like a secret, bounded in length."""
    lines = []
    for line in text[: 20 * MAX_MESSAGE].splitlines():
        if re.match(r"\s*(Traceback \(|at \S+\(|File \"|Caused by:|\.\.\. \d+ more)", line):
            break
        lines.append(line)
    # Cut last: half a credential no longer looks like one.
    return mask_credentials("\n".join(lines), message=True).strip()[:MAX_MESSAGE] or None
