"""Judges whether a successful run has written a table since a time.

Three places of the catalogue tell: the pipeline observability of the table (1.11 and later), the statuses of the
pipelines that its lineage names, and the system profile. Each is asked only if those before have not settled it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError
from openmetadata_ol_provider.openmetadata.client.client import path
from openmetadata_ol_provider.openmetadata.gates.gate import FreshnessGate, Verdict, as_text
from openmetadata_ol_provider.openmetadata.gates.tables import Table, find_table
from openmetadata_ol_provider.openmetadata.pipeline_paths import path_by_name, status_path

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

Json = dict[str, Any]

#: First version with pipeline observability.
_OBSERVABILITY_SINCE = (1, 11)
#: Most pipelines whose statuses one look reads.
MOST_PIPELINES = 20
#: Milliseconds before the time in question in which a run may have begun that ended after it.
_LONGEST_RUN = 2 * 86_400_000
#: Milliseconds after now, because clocks differ.
_AHEAD = 86_400_000
_SUCCESS = "Successful"


class RunEnd(NamedTuple):
    """The latest known state of a run that writes the table.

    :param by: FQN of the pipeline
    :param at: its end in epoch milliseconds, or its start if the end is not known
    :param source: place of the catalogue that tells
    """

    by: str
    status: str
    at: int
    source: str


def check_freshness(client: OpenMetadataClient, gate: FreshnessGate, now: float) -> Verdict:
    """Look once whether a successful run has written the table.

    :param now: current time, in seconds since 1970
    :raises ConfigError: if the gate does not name one table
    :raises CatalogueError: if the catalogue refuses or does not answer
    """
    table, detail = find_table(client, gate.table)
    if table is None:
        return Verdict("missing" if gate.check_existence else "waiting", detail)
    since = gate.since.milliseconds(now) or 0
    reader = _RunReader(client, table, since, int(now * 1000))
    seen: list[RunEnd] = []
    for run in reader.runs():
        if run.status == _SUCCESS and run.at >= since:
            facts = {"table": table.fqn, "written_at": as_text(run.at), "by": run.by, "source": run.source}
            return Verdict("passed", f"{table.fqn} was written at {as_text(run.at)} by {run.by}", facts)
        seen.append(run)
    return _not_written(gate, table, since, seen, reader.unread)


def _not_written(
    gate: FreshnessGate, table: Table, since: int, seen: Iterable[RunEnd], unread: Iterable[str]
) -> Verdict:
    what = f"no successful run has written {table.fqn} since {as_text(since)}"
    newest: dict[str, RunEnd] = {}
    for run in seen:
        if run.by not in newest or run.at > newest[run.by].at:
            newest[run.by] = run
    failed = [run for run in newest.values() if run.status in gate.failed_states and run.at >= since]
    if failed:
        texts = "; ".join(f"the run of {run.by} at {as_text(run.at)} is {run.status}" for run in failed)
        return Verdict("failed", f"{what}; {texts}", table=table.fqn)
    latest = max(newest.values(), key=lambda run: run.at, default=None)
    last = f"the latest run of {latest.by}, {as_text(latest.at)}, is {latest.status}" if latest else "no run is known"
    return Verdict("waiting", "; ".join([what, last, *unread]), table=table.fqn)


class _RunReader:
    """Reads what the catalogue knows of the runs that have written a table.

    :param since: time in question, in epoch milliseconds
    :param now: current time, in epoch milliseconds
    """

    def __init__(self, client: OpenMetadataClient, table: Table, since: int, now: int) -> None:
        self._client = client
        self._table = table
        self._since = since
        self._until = now + _AHEAD
        #: What could not be read, and why.
        self.unread: list[str] = []

    def runs(self) -> Iterator[RunEnd]:
        """Yield runs, from what is cheapest to ask first."""
        pipelines: dict[str, None] = {}
        for row in self._observability():
            name = str((row.get("pipeline") or {}).get("fullyQualifiedName") or "")
            pipelines.update({name: None} if name else {})
            # Start and end may be those of the schedule.
            if name and row.get("lastRunTime") is not None:
                yield RunEnd(name, str(row.get("lastRunStatus")), int(row["lastRunTime"]), "pipelineObservability")
        pipelines.update(dict.fromkeys(self._upstream_pipelines()))
        if len(pipelines) > MOST_PIPELINES:
            self.unread.append(f"only {MOST_PIPELINES} of {len(pipelines)} pipelines were asked")
        for name in list(pipelines)[:MOST_PIPELINES]:
            yield from self._statuses(name)
        yield from self._profile()

    def _observability(self) -> list[Json]:
        if not self._client.version.at_least(*_OBSERVABILITY_SINCE):
            return []
        return self._listing(path("v1/tables", self._table.id, "pipelineObservability"))

    def _upstream_pipelines(self) -> Iterator[str]:
        """Yield the FQNs of the pipelines that edges into the table name, or begin at."""
        url = path("v1/lineage/table", self._table.id)
        graph = self._client.get(url, {"upstreamDepth": 1, "downstreamDepth": 0}) or {}
        named = [(edge.get("lineageDetails") or {}).get("pipeline") for edge in graph.get("upstreamEdges") or ()]
        nodes = [node for node in graph.get("nodes") or () if node.get("type") == "pipeline"]
        for pipeline in (*named, *nodes):
            if pipeline and pipeline.get("fullyQualifiedName"):
                yield str(pipeline["fullyQualifiedName"])

    def _statuses(self, pipeline: str) -> Iterator[RunEnd]:
        """Yield a pipeline's newest status, then those of the time in question: a newer run may hide them."""
        body = self._client.get(path_by_name(pipeline), {"fields": "pipelineStatus"}) or {}
        newest = body.get("pipelineStatus")
        if not newest:
            return
        yield _of_status(pipeline, newest)
        span = {"startTs": max(0, self._since - _LONGEST_RUN), "endTs": self._until}
        for status in self._listing(status_path(pipeline), span):
            yield _of_status(pipeline, status)

    def _profile(self) -> Iterator[RunEnd]:
        """Yield the operations in the system profile: each of them has written the table."""
        span = {"startTs": self._since, "endTs": self._until}
        for row in self._listing(path("v1/tables", self._table.fqn, "systemProfile"), span):
            if row.get("timestamp") is not None:
                by = f"{row.get('operation') or 'an operation'} in the system profile"
                yield RunEnd(by, _SUCCESS, int(row["timestamp"]), "systemProfile")

    def _listing(self, url: str, params: Json | None = None) -> list[Json]:
        """Return a listing, an empty one if it cannot be read: other places of the catalogue may tell, too."""
        try:
            answer = self._client.get(url, params)
        except CatalogueError as error:
            if error.status == 401:
                raise
            self.unread.append(f"not read: {error}")
            return []
        return list((answer or {}).get("data") or ())


def _of_status(pipeline: str, status: Json) -> RunEnd:
    # The timestamp is whatever identifies a run, at best its start.
    ends = [int(task["endTime"]) for task in status.get("taskStatus") or () if task.get("endTime")]
    at = status.get("endTime") or max(ends, default=None) or status.get("timestamp") or 0
    return RunEnd(pipeline, str(status.get("executionStatus")), int(at), "pipelineStatus")
