"""When the lineage of a run is true: most runs once they have ended well, streaming jobs while they run."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from openmetadata_ol_provider.openlineage.run_state import Run

_STREAMING = frozenset({"STREAMING", "SERVICE"})
_CONNECTORS = frozenset({"DEBEZIUM", "KAFKA_CONNECT", "KAFKACONNECT"})
#: A stream that has only started, and of which nothing else was heard for so long (microseconds), runs: some producers
#: say nothing more (Flink without checkpoints). One that fails at once has said so by then.
STARTED_FOR = 60 * 1_000_000


def _job_type(run: Run) -> tuple[str, ...]:
    """Return processingType, jobType and integration, in capitals."""
    kind = run.job_facets.jobType if run.job_facets else None
    return _in_capitals(kind.processingType, kind.jobType, kind.integration) if kind else ("", "", "")


@lru_cache(1024)
def _in_capitals(*texts: str | None) -> tuple[str, ...]:
    return tuple((text or "").upper() for text in texts)


def is_streaming(run: Run) -> bool:
    """Tell a job that may never end."""
    return _job_type(run)[0] in _STREAMING


def is_connector(run: Run) -> bool:
    """Tell a connector (Debezium, Kafka Connect): it streams, and no event of it has both inputs and outputs."""
    processing, kind, integration = _job_type(run)
    return not run.joint and (integration in _CONNECTORS or (processing in _STREAMING and kind == "TASK"))


def lineage_is_final(run: Run, on: Collection[str], latest_at: int) -> bool:
    """Tell whether what a run's events say has come true.

    A test writes nothing but its audit table. What a cancelled stream moved stays true; one that failed before it ran
    moved nothing.

    :param on: states whose runs are published (``lineage.on``)
    :param latest_at: time of the latest event of any run, microseconds
    """
    processing, kind, _ = _job_type(run)
    if kind == "TEST":
        return False
    if processing not in _STREAMING:
        return run.state in on
    return run.ran or run.state in ("COMPLETE", "ABORT") or is_presumed_running(run, latest_at)


def is_settled(run: Run, latest_at: int) -> bool:
    """Tell whether all datasets of a connector have shown: it has ended, or no new one came for a while."""
    if run.terminal:
        return True
    seen = [dataset.first_at or 0 for side in (run.inputs, run.outputs) for dataset in side.values()]
    return latest_at - max(seen, default=latest_at) >= STARTED_FOR


def is_presumed_running(run: Run, latest_at: int) -> bool:
    """Tell a stream that has started, says no more, and has had the time to fail."""
    return run.state == "START" and is_streaming(run) and latest_at - run.first_at >= STARTED_FOR
