"""Decides when the lineage of a run is final: usually once it has ended well, for streaming jobs while they run."""

from __future__ import annotations

from collections.abc import Collection

from openmetadata_ol_provider.lineage.dbt_jobs import is_node
from openmetadata_ol_provider.lineage.value import Value
from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.job_types import is_streaming_job, job_type_of
from openmetadata_ol_provider.openlineage.repeated_runs import is_repeated, repeated, states_of
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, Run

#: Microseconds after which a stream with no event but its START is presumed to run: some producers send nothing more
#: (Flink without checkpoints). A stream that fails at once has sent its FAIL by then.
STARTED_FOR = 60 * 1_000_000


class EffectiveState(Value, frozen=True):
    """The state of a run, whether its own events say it or those of others.

    :param ended_at: time of the end, in microseconds
    :param presumed: whether the end was not sent
    :param skipped: whether the orchestrator skipped the run; the state is then COMPLETE
    """

    state: State
    ended_at: int | None = None
    presumed: bool = False
    skipped: bool = False


def ends_with_its_events(run: Run) -> bool:
    """Return whether the end of a run is simply that of its own events."""
    several = run.instances and run.state in TERMINAL
    return run.presumed_end is None and not (several or run.untyped_is_paired)


def effective_state(run: Run) -> EffectiveState:
    """Return the state of a run: the end it sent itself, else the end that follows from others."""
    presumed, skipped = run.presumed_end, _was_skipped(run)
    if presumed is None and not (skipped or run.instances or run.untyped_is_paired):
        return EffectiveState(run.state, run.ended_at)
    if run.state in TERMINAL:
        if skipped or (presumed is not None and presumed.skipped and run.state == "COMPLETE"):
            return EffectiveState("COMPLETE", run.ended_at, skipped=True)
        return (
            _worst_of_instances(run) if run.instances and is_repeated(run) else EffectiveState(run.state, run.ended_at)
        )
    if presumed is not None:
        state = "COMPLETE" if presumed.skipped else presumed.state
        return EffectiveState(state, presumed.at, presumed=True, skipped=presumed.skipped)
    if run.untyped_is_paired and run.is_single_event:
        return EffectiveState("COMPLETE", run.untyped_from, presumed=True)
    return EffectiveState(run.state, run.ended_at)


def _was_skipped(run: Run) -> bool:
    """Return whether a run's own end says that it was skipped: of a node, ABORT is dbt's word for that."""
    return run.skipped or (run.state == "ABORT" and is_node(run))


def _worst_of_instances(run: Run) -> EffectiveState:
    ends = states_of(run)
    worst = max((end.state for end in ends), key=TERMINAL.__getitem__)
    return EffectiveState(worst, max(end.at for end in ends))


def is_streaming(run: Run) -> bool:
    """Return whether the run's job is a stream, which may never end."""
    return is_streaming_job(run.job_facets)


def lineage_is_final(run: Run, on: Collection[str], latest_at: int) -> bool:
    """Return whether the data that a run's events describe has really been written.

    A test writes nothing but its audit table. What a cancelled stream has written stays written; a stream that failed
    before it ran has written nothing.

    :param on: states whose runs are published (``lineage.on``)
    :param latest_at: time of the latest event of any run, in microseconds
    """
    if job_type_of(run.job_facets) == "TEST":
        return False
    effective = effective_state(run)
    if effective.skipped:
        return False
    if is_repeated(run):
        return any(instance.state in on for instance in repeated(run).instances)
    if not is_streaming(run):
        return effective.state in on
    return run.saw_running or effective.state in ("COMPLETE", "ABORT") or is_presumed_running(run, latest_at)


def is_presumed_running(run: Run, latest_at: int) -> bool:
    """Return whether a run is a stream that has started, has sent nothing since, and has had the time to fail.

    :param latest_at: time of the latest event of any run, in microseconds
    """
    return run.state == "START" and not run.terminal and is_streaming(run) and latest_at - run.first_at >= STARTED_FOR
