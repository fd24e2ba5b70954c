"""Decides when the lineage of a run is final: usually once it has ended well, for streaming jobs while they run."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from openmetadata_ol_provider.openlineage.run_state import Run

_STREAMING = frozenset({"STREAMING", "SERVICE"})
_CONNECTORS = frozenset({"DEBEZIUM", "KAFKA_CONNECT", "KAFKACONNECT"})
#: Microseconds after which a stream with no event but its START is presumed to run: some producers send nothing more
#: (Flink without checkpoints). A stream that fails at once has sent its FAIL by then.
STARTED_FOR = 60 * 1_000_000


def _job_type(run: Run) -> tuple[str, ...]:
    """Return processingType, jobType and integration in upper case."""
    kind = run.job_facets.jobType if run.job_facets else None
    return _in_upper_case(kind.processingType, kind.jobType, kind.integration) if kind else ("", "", "")


@lru_cache(1024)
def _in_upper_case(*texts: str | None) -> tuple[str, ...]:
    return tuple((text or "").upper() for text in texts)


def is_streaming(run: Run) -> bool:
    """Return whether the run's job is a stream, which may never end."""
    return _job_type(run)[0] in _STREAMING


def is_connector(run: Run) -> bool:
    """Return whether the run's job is a connector (Debezium, Kafka Connect), none of whose events has both sides."""
    processing, kind, integration = _job_type(run)
    return not run.has_paired_event and (integration in _CONNECTORS or (processing in _STREAMING and kind == "TASK"))


def lineage_is_final(run: Run, on: Collection[str], latest_at: int) -> bool:
    """Return whether the data that a run's events describe has really been written.

    A test writes nothing but its audit table. What a cancelled stream has written stays written; a stream that failed
    before it ran has written nothing.

    :param on: states whose runs are published (``lineage.on``)
    :param latest_at: time of the latest event of any run, in microseconds
    """
    processing, kind, _ = _job_type(run)
    if kind == "TEST":
        return False
    if processing not in _STREAMING:
        return run.state in on
    return run.saw_running or run.state in ("COMPLETE", "ABORT") or is_presumed_running(run, latest_at)


def is_settled(run: Run, latest_at: int) -> bool:
    """Return whether all datasets of a connector are known: it has ended, or no new one has come for a while.

    :param latest_at: time of the latest event of any run, in microseconds
    """
    if run.terminal:
        return True
    first_seen = [dataset.first_at or 0 for side in (run.inputs, run.outputs) for dataset in side.values()]
    return latest_at - max(first_seen, default=latest_at) >= STARTED_FOR


def is_presumed_running(run: Run, latest_at: int) -> bool:
    """Return whether a run is a stream that has started, has sent nothing since, and has had the time to fail.

    :param latest_at: time of the latest event of any run, in microseconds
    """
    return run.state == "START" and is_streaming(run) and latest_at - run.first_at >= STARTED_FOR
