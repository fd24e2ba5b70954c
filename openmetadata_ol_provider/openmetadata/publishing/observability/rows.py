"""The rows of a table's pipeline observability: the newest run of each pipeline that writes the table.

A row is replaced as a whole, and others may have written it: OpenMetadata's own connectors for Airflow and dbt Cloud
do. So a row is merged with the one that is stored, and one with a later time stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.fqn import split
from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PENDING, epoch_ms

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.publishing.core.values import PipelineRef
    from openmetadata_ol_provider.openmetadata.publishing.observability.tables import TableRef
    from openmetadata_ol_provider.openmetadata.publishing.runs.status_merge import PipelineRun

Json = dict[str, Any]
#: Times of a row; the latest of them tells how new it is.
_TIMES = ("lastRunTime", "startTime", "endTime")
#: What the server keeps of a pipeline rather than of its last run.
_OF_PIPELINE = ("serviceType", "scheduleInterval", "averageRunTime")
#: What tells whether a row has to be written for a run that is stored already: not the average, which any other run
#: changes.
_OF_RUN = ("lastRunTime", "lastRunStatus", "startTime", "endTime", "scheduleInterval")


class Average(NamedTuple):
    """The mean of the durations of a pipeline's last successful runs.

    :param milliseconds: mean duration
    :param runs: number of runs that it was made from
    """

    milliseconds: float
    runs: int


class EndedRun(NamedTuple):
    """A run of a pipeline that has ended.

    :param at: key of its status, in epoch milliseconds
    :param start: start in epoch milliseconds; ``None`` if it is not known, or not before the end
    :param end: end in epoch milliseconds; ``None`` if it is not known
    :param final: whether the run itself has reported its end, so that no task of it is still to come
    """

    ref: PipelineRef
    run_id: str
    at: int
    status: str
    start: int | None
    end: int | None
    final: bool

    @property
    def duration(self) -> int | None:
        """Milliseconds that a successful run took; ``None`` if they are not known, or the run may go on."""
        if not self.final or self.status != "Successful" or self.start is None or self.end is None:
            return None
        return self.end - self.start

    @property
    def newest_time(self) -> int:
        """Latest time of the run, which decides which run is the newest."""
        return max(self.at, self.start or 0, self.end or 0)


class Row(NamedTuple):
    """A row to publish.

    :param table: table that the run wrote
    :param schedule: schedule of the pipeline, as its producer writes it
    :param average: mean duration of the pipeline's runs; ``None`` if it is not known
    """

    table: TableRef
    run: EndedRun
    schedule: str | None = None
    average: Average | None = None

    @property
    def body(self) -> Json:
        """What is to be stored, without the pipeline and its average."""
        run = self.run
        values = {
            "lastRunTime": run.at,
            "lastRunStatus": run.status,
            "startTime": run.start,
            "endTime": run.end,
            "scheduleInterval": self.schedule,
        }
        return {name: value for name, value in values.items() if value is not None}


def ended_run(run: PipelineRun, status: Mapping[str, Any]) -> EndedRun | None:
    """Return a run that has ended, ``None`` if it goes on.

    :param status: its status as the catalogue stores it
    """
    if status["executionStatus"] == PENDING:
        return None
    tasks = status.get("taskStatus") or ()
    reported = status.get("endTime")
    end = reported or max((task["endTime"] for task in tasks if task.get("endTime")), default=None)
    # The same in every batch, whichever records of the run it has.
    start = min(filter(None, (epoch_ms(record.pipeline_started_at) for record in run.records)), default=None)
    if start is None:
        start = min((task["startTime"] for task in tasks if task.get("startTime")), default=None)
    if start is not None and end is not None and start >= end:
        # Its START was not seen: the first event is the end.
        start = None
    return EndedRun(run.ref, run.run_id, run.timestamp, status["executionStatus"], start, end, reported is not None)


def newest_rows(rows: Iterable[Row]) -> list[Row]:
    """Return the newest row of each table and pipeline."""
    newest: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row.table.id, row.run.ref.fqn)
        if key not in newest or row.run.newest_time >= newest[key].run.newest_time:
            newest[key] = row
    return list(newest.values())


def merged_row(row: Row, stored: Mapping[str, Any] | None, *, averages: bool) -> Json | None:
    """Return the row to write, given the one that is stored for the same pipeline; ``None`` if it can stay.

    :param averages: ``True`` if the server's rows have an average run time
    """
    stored = {name: value for name, value in (stored or {}).items() if value is not None}
    body = row.body
    if max((stored.get(name, 0) for name in _TIMES), default=0) > row.run.newest_time:
        return None
    if stored.get("lastRunTime") == body["lastRunTime"]:
        body = {**{name: stored[name] for name in _OF_RUN if name in stored}, **body}
    kept = {name: stored[name] for name in _OF_PIPELINE if name in stored}
    if all((kept | body).get(name) == stored.get(name) for name in _OF_RUN):
        return None
    average = row.average
    if average is not None and averages and (average.runs > 1 or "averageRunTime" not in kept):
        body["averageRunTime"] = average.milliseconds
    service_type = row.run.ref.stored.get("serviceType")
    if service_type:
        body["serviceType"] = service_type
    return {"pipeline": _reference(row.run.ref), **kept, **body}


def _reference(ref: PipelineRef) -> Json:
    """Return the reference of a pipeline: rows are stored under its FQN, and read by its id."""
    return {"id": ref.id, "type": "pipeline", "name": split(ref.fqn)[-1], "fullyQualifiedName": ref.fqn}
