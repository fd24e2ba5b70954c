"""Assembles runs: merges all events of one run, whatever their order, their duplicates and their batches.

What is remembered are parts: the events with one job name and run id. Which parts are one run is decided each time
(:mod:`~openmetadata_ol_provider.openlineage.run_identity`), so that jobs that share a run id never merge.

Runs are remembered while they are open, and for some time afterwards, so that a late or repeated event does not change
what was true (a FAIL of a Spark job is followed by a COMPLETE of the same run). Memory is bounded in time and number;
open runs that are given up are reported.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from typing import NamedTuple, TypeVar

from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.forgotten_starts import most_recent_starts
from openmetadata_ol_provider.openlineage.kept_index import take_index
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openlineage.lost_runs import given_up, is_lost
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_ages import RunAges
from openmetadata_ol_provider.openlineage.run_identity import is_unnamed
from openmetadata_ol_provider.openlineage.run_index import RunIndex
from openmetadata_ol_provider.openlineage.run_merge import (
    MAX_DATASETS,
    RunEvent,
    merge_events,
    new_run,
    snapshots_of,
)
from openmetadata_ol_provider.openlineage.run_state import (
    Alias,
    Declaration,
    PipelineRunStart,
    Run,
    RunState,
    TemporaryDataset,
    ViewSources,
    part_key,
    run_key,
)
from openmetadata_ol_provider.openlineage.serialization import encode_json
from openmetadata_ol_provider.openlineage.shared_run_ids import identity_problems
from openmetadata_ol_provider.openlineage.times import microseconds

_Remembered = TypeVar("_Remembered", Alias, Declaration, PipelineRunStart, TemporaryDataset, ViewSources)


class Limits(NamedTuple):
    """Limits on how many runs are remembered, and for how long.

    :param open_seconds: seconds after its last event until an open run is given up
    :param closed_seconds: seconds after its last event for which an ended run is remembered for late events
    :param max_runs: most runs that are remembered; ended ones are forgotten before open ones, and of these the least
        recently seen first
    :param max_bytes: most characters of the stored state, see
        :mod:`~openmetadata_ol_provider.openlineage.segments.change`; ``None``: the state is not going to be stored
    :param max_ended: most runs of these that have ended: a backlog is full of them, and they only wait for late events
    :param max_starts: most starts of pipeline runs of which no run is remembered any more
    """

    open_seconds: int = 7 * 86400
    closed_seconds: int = 3600
    max_runs: int = 100_000
    max_bytes: int | None = None
    max_ended: int = 10_000
    max_starts: int = 10_000


class Assembled(NamedTuple):
    """The outcome of a batch.

    :param state: the new state
    :param runs: the runs of that state
    :param changed: runs with events in the batch, by key, ordered by their first event
    :param snapshots: events that must not be merged, each in the form of a run of its own, which is not remembered
    :param static: events that belong to no run
    :param problems: open runs that were given up, datasets that were left out
    :param new: keys of the runs that no earlier batch has shown
    """

    state: RunState
    runs: RunIndex
    changed: Mapping[str, Run]
    snapshots: tuple[Run, ...]
    static: tuple[Event, ...]
    problems: tuple[Problem, ...]
    new: frozenset[str] = frozenset()


DEFAULT_LIMITS = Limits()


def assemble(events: Iterable[Event], state: RunState, now: dt.datetime, limits: Limits = DEFAULT_LIMITS) -> Assembled:
    """Merge a batch of events into the runs that are known.

    :param events: the batch, in any order
    :param state: state after earlier batches, which is not changed
    :param now: time of consumption, for the limits
    """
    seen_at = microseconds(now)
    index = take_index(state)
    by_run, static = _by_run(events, index)
    parts: dict[str, Run] = {}
    snapshots: dict[bytes, Run] = {}
    problems: list[Problem] = []
    for key, its_events in by_run.items():
        run, left_out = merge_events(state.runs.get(key) or new_run(its_events[0]), its_events, seen_at)
        parts[key] = run
        if left_out:
            problems.append(_too_many_datasets(run, left_out))
        if alone := snapshots_of(run, its_events, seen_at):
            snapshots |= {encode_json(one): one for one in alone}
    latest = max([event[0] for its_events in by_run.values() for event in its_events], default=0)
    index.begin_batch(parts)
    changed = {key: index.runs[key] for key in dict.fromkeys(index.key_of(part) for part in parts)}
    expired = _forget_expired_runs(index, seen_at, limits, changed)
    forget_before = seen_at - limits.open_seconds * 1_000_000
    return Assembled(
        RunState(
            runs=index.parts,
            pipeline_starts=most_recent_starts(_since(forget_before, state.pipeline_starts), index, limits.max_starts),
            temporary_datasets=_since(forget_before, state.temporary_datasets),
            aliases=_since(forget_before, state.aliases),
            declarations=_since(forget_before, state.declarations),
            views=_since(forget_before, state.views),
            reported_once={digest: at for digest, at in state.reported_once.items() if at >= forget_before},
            latest_at=max(state.latest_at, min(seen_at, latest)),
            evicted_at=state.evicted_at,
        ),
        index,
        dict(sorted(changed.items(), key=_first_event)),
        tuple(snapshots[content] for content in sorted(snapshots)),
        tuple(static),
        (*problems, *expired, *identity_problems(index, changed.values())),
        frozenset(key for key in changed if _is_new(index.members(key), state.runs)),
    )


def _by_run(events: Iterable[Event], index: RunIndex) -> tuple[dict[str, list[RunEvent]], list[Event]]:
    """Return the events of each part of a run, and those that belong to no run.

    :param index: runs that are remembered; one of an earlier version takes the events of all jobs with its run id
    """
    by_run: dict[str, list[RunEvent]] = {}
    static = []
    for event in events:
        run, job = event.run, event.job
        if run is None or job is None:
            static.append(event)
            continue
        its_events = by_run.setdefault(part_key(job.namespace, run.runId, job.name), [])
        its_events.append((microseconds(event.eventTime), run, job, event))
    for key in list(by_run) if index.has_legacy else ():
        _, run, job, _ = by_run[key][0]
        earlier = run_key(job.namespace, run.runId)
        if earlier in index.parts and key not in index.parts:
            by_run.setdefault(earlier, []).extend(by_run.pop(key))
    return by_run, static


def _is_new(parts: Iterable[str], before: Mapping[str, Run]) -> bool:
    """Return whether no earlier batch has shown a run; one that has no name yet is not shown."""
    earlier = [before[part] for part in parts if part in before]
    return not earlier or all(is_unnamed(part) for part in earlier)


def _first_event(item: tuple[str, Run]) -> tuple[int, str, str, str]:
    _, run = item
    return run.first_at, run.namespace, run.name, run.run_id


def _forget_expired_runs(index: RunIndex, now: int, limits: Limits, changed: Collection[str]) -> list[Problem]:
    """Forget the runs that are too old or too many; return the open runs that are given up."""
    problems = []
    ages = index.followed_by(RunAges)
    expired = {}
    for terminal, seconds in ((False, limits.open_seconds), (True, limits.closed_seconds)):
        keys = ages.keys_before(now - seconds * 1_000_000, terminal=terminal)
        expired.update(dict.fromkeys((key for key in keys if key not in changed), seconds))
    for key in index.in_order(expired):
        run = index.runs[key]
        index.forget(key)
        if is_lost(run):
            problems.append(given_up(run, f"no event for {expired[key]} s (open_run_ttl)"))
    for key in _least_needed(index, max(len(index.runs) - limits.max_runs, _ended(index) - limits.max_ended)):
        run = index.runs[key]
        index.forget(key)
        if is_lost(run):
            problems.append(given_up(run, f"more runs are open than max_open_runs ({limits.max_runs})"))
    return problems


def _ended(index: RunIndex) -> int:
    """Return the number of runs that have ended."""
    return index.followed_by(RunAges).ended


def _least_needed(index: RunIndex, count: int) -> list[str]:
    """Return the keys of the runs to be forgotten first: ended ones, of these the least recently seen."""
    keys: list[str] = []
    if count > 0:
        ages = index.followed_by(RunAges)
        for of_one_age in chain(ages.by_age(terminal=True), ages.by_age(terminal=False)):
            keys += sorted(index.in_order(of_one_age), key=lambda key: index.runs[key].first_at)
            if len(keys) >= count:
                break
    return keys[:count]


def _since(time: int, remembered: Mapping[str, _Remembered]) -> Mapping[str, _Remembered]:
    """Return what was last seen at a time or later."""
    if all(item.last_seen_at >= time for item in remembered.values()):
        return remembered
    return {key: item for key, item in remembered.items() if item.last_seen_at >= time}


def _too_many_datasets(run: Run, left_out: int) -> Problem:
    detail = f"{counted(left_out, 'dataset')} left out: at most {MAX_DATASETS} are remembered on each side of a run"
    return Problem(ProblemKind.TOO_MANY, run.label, detail)
