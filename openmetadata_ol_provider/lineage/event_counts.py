"""Counts the events of each run of a batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from openmetadata_ol_provider.lineage.plan_jobs import RunRecord
from openmetadata_ol_provider.openlineage.event import Event


def with_event_counts(runs: Sequence[RunRecord], events: Iterable[Event]) -> tuple[RunRecord, ...]:
    """Return the records of runs with the numbers of their events.

    Where several jobs share a run id, an event counts for the run of the job that it names.

    :param runs: records of a plan
    :param events: events that it was made of
    """
    named = [(event.run.runId, event.job.name) for event in events if event.run and event.job]
    by_run = Counter([run_id for run_id, _ in named])
    sharing = Counter([run.run_id for run in runs])
    by_job = Counter([both for both in named if sharing[both[0]] > 1]) if len(sharing) < len(runs) else Counter()
    return tuple(
        [
            replace(run, events=by_run[run.run_id] if sharing[run.run_id] == 1 else by_job[run.run_id, run.job.name])
            for run in runs
        ]
    )
