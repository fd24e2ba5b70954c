"""Assembles runs: merges all events of one run, whatever their order, their duplicates and their batches.

Runs are remembered while they are open, and for some time afterwards, so that a late or repeated event does not change
what was true (a FAIL of a Spark job is followed by a COMPLETE of the same run). Memory is bounded in time and number;
open runs that are given up are reported.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_merge import (
    MAX_DATASETS,
    RunEvent,
    merge_events,
    new_run,
    sends_snapshots,
    snapshot,
)
from openmetadata_ol_provider.openlineage.run_state import (
    Alias,
    Declaration,
    PipelineRunStart,
    Run,
    RunState,
    TemporaryDataset,
    run_key,
)
from openmetadata_ol_provider.openlineage.run_state_eviction import given_up, is_lost
from openmetadata_ol_provider.openlineage.times import microseconds

_Remembered = TypeVar("_Remembered", Alias, Declaration, PipelineRunStart, TemporaryDataset)


class Limits(NamedTuple):
    """Limits on how many runs are remembered, and for how long.

    :param open_seconds: seconds after its last event until an open run is given up
    :param closed_seconds: seconds after its last event for which an ended run is remembered for late events
    :param max_runs: most runs that are remembered; ended ones are forgotten before open ones, and of these the least
        recently seen first
    :param max_bytes: most bytes of the packed state, see
        :mod:`~openmetadata_ol_provider.openlineage.run_state_eviction`; ``None``: the state is not going to be stored
    """

    open_seconds: int = 7 * 86400
    closed_seconds: int = 3600
    max_runs: int = 10_000
    max_bytes: int | None = None


class Assembled(NamedTuple):
    """The outcome of a batch.

    :param state: the new state
    :param changed: runs with events in the batch, by key, ordered by their first event
    :param snapshots: COMPLETE_SNAPSHOT events, each in the form of a run of its own, which is not remembered
    :param static: events that belong to no run
    :param problems: open runs that were given up, datasets that were left out
    :param new: keys of the runs that were first seen in this batch
    """

    state: RunState
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
    by_run, static = _by_run(events)
    changed: dict[str, Run] = {}
    snapshots: dict[bytes, Run] = {}
    problems: list[Problem] = []
    for key, its_events in by_run.items():
        run, left_out = merge_events(state.runs.get(key) or new_run(its_events[0]), its_events, seen_at)
        changed[key] = run
        if left_out:
            problems.append(_too_many_datasets(run, left_out))
        if sends_snapshots(run.job_facets):
            with_datasets = (event for event in its_events if event[3].inputs or event[3].outputs)
            alone = [snapshot(run, event, seen_at) for event in with_datasets]
            snapshots |= {msgspec.json.encode(one): one for one in alone}
    latest = max([event[0] for its_events in by_run.values() for event in its_events], default=0)
    kept, expired = _without_expired_runs({**state.runs, **changed}, seen_at, limits, changed)
    forget_before = seen_at - limits.open_seconds * 1_000_000
    return Assembled(
        RunState(
            runs=kept,
            pipeline_starts=_since(forget_before, state.pipeline_starts),
            temporary_datasets=_since(forget_before, state.temporary_datasets),
            aliases=_since(forget_before, state.aliases),
            declarations=_since(forget_before, state.declarations),
            latest_at=max(state.latest_at, min(seen_at, latest)),
        ),
        dict(sorted(changed.items(), key=_first_event)),
        tuple(snapshots[content] for content in sorted(snapshots)),
        tuple(static),
        (*problems, *expired),
        frozenset(key for key in by_run if key not in state.runs),
    )


def _by_run(events: Iterable[Event]) -> tuple[dict[str, list[RunEvent]], list[Event]]:
    """Return the events of each run, and those that belong to no run."""
    by_run: dict[str, list[RunEvent]] = {}
    static = []
    for event in events:
        run, job = event.run, event.job
        if run is None or job is None:
            static.append(event)
            continue
        its_events = by_run.setdefault(run_key(job.namespace, run.runId), [])
        its_events.append((microseconds(event.eventTime), run, job, event))
    return by_run, static


def _first_event(item: tuple[str, Run]) -> tuple[int, str, str, str]:
    _, run = item
    return run.first_at, run.namespace, run.name, run.run_id


def _without_expired_runs(
    runs: dict[str, Run], now: int, limits: Limits, changed: Collection[str]
) -> tuple[dict[str, Run], list[Problem]]:
    """Return the runs that are neither too old nor too many, and the open runs that are given up."""
    problems = []
    for key, run in list(runs.items()):
        seconds = limits.closed_seconds if run.terminal else limits.open_seconds
        if now - run.last_seen_at > seconds * 1_000_000 and key not in changed:
            del runs[key]
            if is_lost(run):
                problems.append(given_up(run, f"no event for {seconds} s (open_run_ttl)"))
    excess = len(runs) - limits.max_runs
    if excess > 0:
        least_needed = sorted(
            runs.items(), key=lambda item: (not item[1].terminal, item[1].last_seen_at, item[1].first_at)
        )
        for key, run in least_needed[:excess]:
            del runs[key]
            if is_lost(run):
                problems.append(given_up(run, f"more than {limits.max_runs} runs are open (max_open_runs)"))
    return runs, problems


def _since(time: int, remembered: Mapping[str, _Remembered]) -> Mapping[str, _Remembered]:
    """Return what was last seen at a time or later."""
    if all(item.last_seen_at >= time for item in remembered.values()):
        return remembered
    return {key: item for key, item in remembered.items() if item.last_seen_at >= time}


def _too_many_datasets(run: Run, left_out: int) -> Problem:
    detail = f"{left_out} datasets were left out: at most {MAX_DATASETS} are remembered on each side of a run"
    return Problem(ProblemKind.TOO_MANY, run.label, detail)
