"""Translates events into a plan and the state to remember; changes nothing that it is given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.config.model import MAX_EXPIRE_AFTER
from openmetadata_ol_provider.lineage.affected_runs import AffectedRuns
from openmetadata_ol_provider.lineage.derivations import derivations_of, keep_derivations
from openmetadata_ol_provider.lineage.late_parents import late_parent_problems, moved_runs
from openmetadata_ol_provider.lineage.missing_ends import close_runs
from openmetadata_ol_provider.lineage.mounts import learn_mounts
from openmetadata_ol_provider.lineage.open_runs import open_run_problems
from openmetadata_ol_provider.lineage.plan import LineagePlan, Retraction
from openmetadata_ol_provider.lineage.plan_builder import PlanBuilder
from openmetadata_ol_provider.lineage.retractions import Reading, retractions, revised_runs
from openmetadata_ol_provider.lineage.run_ends import end_problems
from openmetadata_ol_provider.lineage.runs import suspected_split_runs
from openmetadata_ol_provider.lineage.sql import SqlPolicy, apply_sql_policy
from openmetadata_ol_provider.lineage.symlinks import learn_aliases, symlinked
from openmetadata_ol_provider.lineage.transfers import transfers
from openmetadata_ol_provider.lineage.written_datasets import BatchRuns, newly_written
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.event_types import event_type_problems
from openmetadata_ol_provider.openlineage.gc_pause import without_collection
from openmetadata_ol_provider.openlineage.kept_index import keep_index
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import DEFAULT_LIMITS, Assembled, Limits, assemble
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.times import microseconds

#: Most days with events that a plan names.
MAX_EVENT_DAYS = MAX_EXPIRE_AFTER + 1
#: A time after all events.
_END_OF_TIME = 1 << 62


class Translation(NamedTuple):
    """A plan, and the state to remember for the next batch."""

    plan: LineagePlan
    state: RunState


@without_collection()
def translate(
    events: Iterable[Event],
    config: Config,
    state: RunState | None = None,
    *,
    now: dt.datetime | None = None,
    limits: Limits = DEFAULT_LIMITS,
    problems: Sequence[Problem] = (),
    final: bool = False,
    lanes: int = 1,
    replayed: Collection[tuple[str, str, str]] = (),
) -> Translation:
    """Translate a batch of events.

    :param events: decoded events, in any order
    :param config: configuration
    :param state: state after earlier batches
    :param now: time of consumption (default: now), for the limits on what is remembered
    :param limits: limits in time and number; that on the size is applied when the state is stored
    :param problems: problems of decoding, which are passed on in the plan
    :param final: whether no more events will come (files): a stream that has only started is presumed to run
    :param lanes: number of lanes; with several, runs that seem to be split between lanes are reported
    :param replayed: runs whose COMPLETE event was read before: namespace and name of the job, id of the run
    """
    events = _with_publishable_sql(events, config.write.sql)
    now = now or dt.datetime.now(dt.timezone.utc)
    seen_at = microseconds(now)
    before = state or RunState()
    assembled = assemble(events, before, now, limits)
    latest_at = _END_OF_TIME if final else assembled.state.latest_at
    changed = close_runs(assembled.runs, assembled.changed, latest_at)
    moved = moved_runs(before.runs, assembled.runs, assembled.changed, assembled.new, config.pipelines.level)
    changed = {**changed, **{key: assembled.runs.runs[key] for key in moved}} if moved else changed
    # Symlinks before anything else: one that comes late in a batch holds for the whole batch.
    aliases = learn_aliases(assembled.state.aliases, symlinked(events), seen_at)
    mounts = learn_mounts(aliases, assembled.changed.values(), seen_at)
    derivations = derivations_of(state, config)
    batch_runs = BatchRuns(assembled.changed, assembled.runs, before.runs, replayed)
    builder = PlanBuilder(
        config,
        replace(assembled.state, aliases=mounts.aliases),
        assembled.runs,
        seen_at=seen_at,
        latest_at=latest_at,
        earlier_at=before.latest_at,
        derivations=derivations,
        written=newly_written(batch_runs, config.lineage.on),
    )
    affected = _add_batch(builder, assembled, changed, before)
    plan, remembered = builder.finish(
        len(events),
        (
            *problems,
            *assembled.problems,
            *mounts.problems,
            *(open_run_problems(assembled.runs.runs.values(), config.lineage.on, latest_at) if final else ()),
            *event_type_problems(events),
            *end_problems(changed.values()),
            *late_parent_problems(moved, assembled.runs),
            *(suspected_split_runs(assembled.changed.values(), assembled.runs) if lanes > 1 else ()),
        ),
    )
    keep_derivations(remembered, derivations)
    retracted: tuple[Retraction, ...] = ()
    if state is not None:
        retracted = retractions(
            plan,
            (state, remembered),
            assembled.runs,
            revised_runs(state.runs, assembled.runs, changed, affected),
            config=config,
            derivations=derivations,
            reading=Reading(seen_at, latest_at, limits, lanes),
        )
    plan = replace(plan, event_days=_event_days(events, now), retracted=retracted)
    keep_index(remembered, assembled.runs)
    return Translation(plan, remembered)


def _with_publishable_sql(events: Iterable[Event], policy: SqlPolicy) -> list[Event]:
    """Return events without the SQL, or the literals in it, that must not be published."""
    return list(events) if policy == "always" else [apply_sql_policy(event, policy) for event in events]


def _add_batch(
    builder: PlanBuilder, assembled: Assembled, changed: Mapping[str, Run], before: RunState
) -> AffectedRuns:
    """Add a batch to a plan, with all that it says of earlier runs; return the runs that it affects.

    :param assembled: the runs of the batch
    :param changed: the runs about which it says something new, by key
    :param before: state after earlier batches
    """
    # Views before any edge: what is behind one gives none.
    builder.learn_views((*assembled.changed.values(), *assembled.snapshots), assembled.static)
    builder.add_runs(changed, assembled.new)
    builder.add_snapshots(assembled.snapshots)
    affected = AffectedRuns.by(changed, assembled.runs)
    builder.add_earlier_runs(affected.keys)
    builder.add_later_runs(changed)
    builder.add_quiet_streams(changed)
    builder.add_transfers(affected.transfers)
    builder.add_ends(changed, before.runs)
    builder.add_static(assembled.static)
    return affected


def _event_days(events: Iterable[Event], now: dt.datetime) -> tuple[str, ...]:
    """Return the UTC days of events, the latest of them; a day after the time of consumption is a wrong clock's."""
    dates = {event.eventTime.astimezone(dt.timezone.utc).date() for event in events}
    latest = now.astimezone(dt.timezone.utc).date()
    return tuple(date.isoformat() for date in sorted(date for date in dates if date <= latest)[-MAX_EVENT_DAYS:])


def plan_from_state(state: RunState, config: Config, *, now: dt.datetime | None = None) -> LineagePlan:
    """Return the plan of all runs that are remembered, none of them new.

    It repairs a catalogue in which something older may have overwritten what was published.

    :param state: state after earlier batches
    :param config: configuration
    :param now: time of publication (default: now)
    """
    # Runs without their columns and SQL would remove those that they once published.
    index = RunIndex(state.runs)
    runs = {key: run for key, run in index.runs.items() if not run.columns_evicted}
    seen_at = microseconds(now or dt.datetime.now(dt.timezone.utc))
    builder = PlanBuilder(config, state, index, seen_at=seen_at, latest_at=state.latest_at)
    builder.add_runs(runs)
    builder.add_later_runs(runs)
    builder.add_quiet_streams(runs)
    builder.add_transfers(transfers(runs, index))
    return builder.finish(0, ()).plan
