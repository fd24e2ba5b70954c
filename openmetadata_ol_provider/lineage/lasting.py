"""Plans the lineage that holds without further events: of streams that are still running, and of declarations."""

from __future__ import annotations

import datetime as dt

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.plan_builder import PlanBuilder
from openmetadata_ol_provider.lineage.run_completion import is_streaming
from openmetadata_ol_provider.openlineage.event import Event, EventDataset, EventJob
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Declaration, RunState
from openmetadata_ol_provider.openlineage.times import iso_of, microseconds, parse_time


def lasting_lineage(state: RunState, config: Config, *, now: dt.datetime | None = None) -> LineagePlan:
    """Return the plan of streams that have not ended and of declarations that have not been replaced.

    :param state: state after all events read so far
    :param config: configuration
    :param now: current time (default: now)
    """
    index = RunIndex(state.runs)
    streams = {key: run for key, run in index.runs.items() if not run.terminal and is_streaming(run)}
    seen_at = microseconds(now or dt.datetime.now(dt.timezone.utc))
    builder = PlanBuilder(config, state, index, seen_at=seen_at, latest_at=state.latest_at)
    builder.add_runs(streams)
    builder.add_static(_event(key, declaration) for key, declaration in state.declarations.items())
    return builder.finish(0, ()).plan


def _event(key: str, declaration: Declaration) -> Event:
    """Return a JobEvent that declares what is remembered.

    :param key: key of the job in the state
    """
    namespace, _, name = key.partition("\x1f")
    inputs, outputs = (
        [EventDataset(item.namespace, item.name, item.facets) for item in side.values()]
        for side in (declaration.inputs, declaration.outputs)
    )
    job = EventJob(namespace, name, declaration.job_facets)
    return Event(eventTime=parse_time(iso_of(declaration.at)), job=job, inputs=inputs, outputs=outputs)
