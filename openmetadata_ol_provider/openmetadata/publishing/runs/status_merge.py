"""What is known of a pipeline run and what is stored of it, made one status. Pure.

The result does not depend on how the events were cut into batches: what is terminal is not undone by something that
still runs, and reports of one try of a task are united, while a later try replaces an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.lineage.plan import JobId, RunRecord
from openmetadata_ol_provider.openlineage.sanitize import mask_credentials
from openmetadata_ol_provider.openlineage.times import microseconds, parse_time
from openmetadata_ol_provider.openmetadata.fqn import task_name

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef

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
_RANK = {PENDING: 0, "Skipped": 1, SUCCESSFUL: 1, FAILED: 2}


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
    def records(self) -> tuple[RunRecord, ...]:
        """All that is known of the run."""
        return (*((self.own,) if self.own else ()), *self.tasks)

    @property
    def key(self) -> tuple[JobId, str]:
        """The pipeline's job, and the id of the run."""
        return self.records[0].pipeline, self.run_id

    @property
    def where(self) -> str:
        """How problems name the run."""
        return f"status of {self.ref.fqn} at {self.timestamp}"


def epoch_ms(text: str | None) -> int | None:
    """Return an ISO 8601 time (UTC when it does not say) in epoch milliseconds, ``None`` for what is no time."""
    if not text:
        return None
    try:
        return microseconds(parse_time(text)) // 1000
    except ValueError:
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
    overall = _overall(run, stored, list(before.values()), list(tasks.values()))
    status.update(timestamp=run.timestamp, executionStatus=overall, taskStatus=list(tasks.values()))
    if extended:
        status.setdefault("executionId", run.run_id)
        end = epoch_ms(run.own.ended_at) if run.own else None
        if end is not None and overall in _TERMINAL:
            status["endTime"] = end
        error = _error(run, status.pop("error", None), tasks) if overall == FAILED else None
        status.pop("error", None)
        if error:
            status["error"] = error
    return status


# -- tasks -------------------------------------------------------------------------------------------------------


def _tasks(before: dict[str, dict[str, Any]], records: Iterable[RunRecord]) -> dict[str, dict[str, Any]]:
    tasks = dict(before)
    for record in sorted(records, key=lambda record: epoch_ms(record.started_at) or 0):
        ours: dict[str, Any] = {"name": task_name(record.task or ""), "executionStatus": _STATUS[record.state]}
        times = {"startTime": epoch_ms(record.started_at), "endTime": epoch_ms(record.ended_at)}
        ours.update({key: time for key, time in times.items() if time is not None})
        if record.log_url:
            ours["logLink"] = record.log_url
        theirs = tasks.get(ours["name"])
        tasks[ours["name"]] = _united(ours, theirs) if theirs else ours
    return tasks


def _united(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return what two reports of one task add up to: the later of two tries, or all that is known of one try."""
    first, last = sorted((theirs, ours), key=lambda task: task.get("startTime") or 0)
    if not _same_try(first, last):
        return {**last, **{key: theirs[key] for key in ("logLink",) if theirs.get(key) and key not in last}}
    # One try: its end is not undone by its start that only arrived later, and FAIL sticks.
    weak, strong = sorted((theirs, ours), key=_rank)
    starts = [task["startTime"] for task in (ours, theirs) if task.get("startTime") is not None]
    ends = [task["endTime"] for task in (ours, theirs) if task.get("endTime") is not None]
    united = {**weak, **strong}
    if theirs.get("logLink") and weak is theirs and _rank(weak) == _rank(strong):
        # Of parallel runs (mapped tasks) that ended alike, the one that is linked stays linked.
        united["logLink"] = theirs["logLink"]
    if starts:
        united["startTime"] = min(starts)
    if ends:
        united["endTime"] = max(ends)
    return united


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
    # Still running as far as is known: of another try if the later one has been seen to start and end since.
    return later_end is None or bool(later_end == later)


# -- the run -----------------------------------------------------------------------------------------------------


def _overall(
    run: PipelineRun, stored: dict[str, Any] | None, before: list[dict[str, Any]], tasks: list[dict[str, Any]]
) -> str:
    """Return the status of the pipeline run: its own word if there is one, else what its tasks add up to."""
    known = (stored or {}).get("executionStatus")
    if run.own is not None:
        said = _STATUS[run.own.state]
        return known if said == PENDING and known in _TERMINAL else said
    if known in _TERMINAL and (stored or {}).get("endTime"):
        # An end time is only stored with a run's own word, which its tasks do not change.
        return str(known)
    states = {task.get("executionStatus") for task in tasks}
    added_up = FAILED if FAILED in states else PENDING if PENDING in states else SUCCESSFUL
    if known is None or added_up == FAILED:
        return added_up
    if added_up == PENDING:
        return known if known in _TERMINAL else PENDING
    # All tasks known so far succeeded. What no task accounts for was the run's own word, and its end is yet to come.
    accounted = known in {task.get("executionStatus") for task in before}
    return SUCCESSFUL if accounted or known == SUCCESSFUL else str(known)


def _error(run: PipelineRun, stored: dict[str, Any] | None, tasks: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    """Return the error to show: that of the task that failed first, else the run's own, else what is stored."""
    found: dict[str, dict[str, Any]] = {}
    if stored and stored.get("failedTask"):
        found[stored["failedTask"]] = stored
    for record in run.tasks:
        message = public_message(record.error) if record.error and _STATUS[record.state] == FAILED else None
        if message:
            name = task_name(record.task or "")
            found[name] = {"errorMessage": message, "failedTask": name}
    failed = [name for name in found if tasks.get(name, {}).get("executionStatus") == FAILED]
    if failed:
        return found[min(failed, key=lambda name: (tasks[name].get("startTime") or 0, name))]
    message = public_message(run.own.error) if run.own and run.own.error else None
    if message:
        return {"errorMessage": message}
    return stored if stored and not stored.get("failedTask") else None


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


#: Longest message, in characters.
MAX_MESSAGE = 1000


def public_message(text: str) -> str | None:
    """Return an error message without stack trace and without what looks like a secret, bounded in length."""
    lines = []
    for line in text[: 20 * MAX_MESSAGE].splitlines():
        if re.match(r"\s*(Traceback \(|at \S+\(|File \"|Caused by:|\.\.\. \d+ more)", line):
            break
        lines.append(line)
    # Cut last: what is left of half a credential does not look like one.
    return mask_credentials("\n".join(lines), message=True).strip()[:MAX_MESSAGE] or None
