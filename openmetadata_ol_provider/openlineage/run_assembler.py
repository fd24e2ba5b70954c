"""The run assembler: all events of one run, merged, whatever their order, their duplicates and their batches.

Runs stay in the state while they are open, and for a while after, so that a late or repeated event changes nothing that
was true (a Spark job's FAIL is followed by a COMPLETE of the same run). All of it is a value: the state goes in, the
state comes out, and what is kept is bounded in time and number; what is given up is reported.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from openmetadata_ol_provider.openlineage.facet_merge import merge_facets
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_state import TERMINAL, UNKNOWN, DatasetState, Run, RunState, run_key
from openmetadata_ol_provider.openlineage.run_state_eviction import given_up, is_lost
from openmetadata_ol_provider.openlineage.times import microseconds

#: Datasets of one side with which a run is remembered: a stream may show new ones for ever.
MAX_DATASETS = 10_000


class Limits(NamedTuple):
    """How long and how many runs are kept.

    :param open_seconds: open runs are given up this long after their last event
    :param closed_seconds: ended runs are remembered this long for late events
    :param max_runs: no more runs than this are kept; the longest untouched go first, ended ones before open ones
    :param max_bytes: what is kept is no larger than this when it is packed, see
        :mod:`~openmetadata_ol_provider.openlineage.run_state_eviction`; ``None``: it is not going to be kept
    """

    open_seconds: int = 7 * 86400
    closed_seconds: int = 3600
    max_runs: int = 10_000
    max_bytes: int | None = None


class Assembled(NamedTuple):
    """The outcome of a batch.

    :param changed: the runs that events came in for, by their first event's time
    :param snapshots: events that stand alone (COMPLETE_SNAPSHOT), each in the form of a run, never kept
    :param static: events that belong to no run
    :param problems: what was given up
    :param new: keys of the runs that this batch has shown first
    """

    state: RunState
    changed: tuple[Run, ...]
    snapshots: tuple[Run, ...]
    static: tuple[Event, ...]
    problems: tuple[Problem, ...]
    new: frozenset[str] = frozenset()


DEFAULT_LIMITS = Limits()


def assemble(events: Iterable[Event], state: RunState, now: dt.datetime, limits: Limits = DEFAULT_LIMITS) -> Assembled:
    """Merge a batch of events into the runs that are known.

    :param events: the batch, in any order
    :param state: runs of earlier batches; taken over, do not use it afterwards
    :param now: the time of consumption, for the limits
    """
    touched = microseconds(now)
    changed: dict[str, Run] = {}
    new: set[str] = set()
    merged: list[tuple[Run, Event, int]] = []
    static = []
    for event in events:
        if event.run is None or event.job is None:
            static.append(event)
            continue
        at = microseconds(event.eventTime)
        key = run_key(event.job.namespace, event.run.runId)
        run = state.runs.get(key)
        if run is None:
            run = Run(run_id=event.run.runId, namespace=event.job.namespace, name=UNKNOWN, name_at=at, first_at=at)
            state.runs[key] = run
            new.add(key)
        _merge_event(run, event, at)
        run.touched = touched
        run.inherited = False
        if state.latest_at < at:
            state.latest_at = max(state.latest_at, min(touched, at))
        changed[key] = run
        merged.append((run, event, at))
    # Datasets second: what sort of events a run sends may only be said by one that came in after others.
    snapshots = {}
    left_out: Counter[str] = Counter()
    for run, event, at in merged:
        if not _sends_snapshots(run):
            count = _merge_datasets(run, event, at)
            if count:
                left_out[run_key(run.namespace, run.run_id)] += count
        elif event.inputs or event.outputs:
            snapshot = _snapshot(run, event)
            snapshots[msgspec.json.encode(snapshot)] = snapshot
    full = [_full(changed[key], count) for key, count in left_out.items()]
    problems = (*full, *_expire(state, touched, limits, changed.keys()))
    runs = sorted(changed.values(), key=lambda run: (run.first_at, run.namespace, run.name, run.run_id))
    alone = (snapshots[key] for key in sorted(snapshots))
    return Assembled(state, tuple(runs), tuple(alone), tuple(static), problems, frozenset(new))


def _merge_event(run: Run, event: Event, time: int) -> None:
    assert event.run is not None
    assert event.job is not None
    run.first_at = min(run.first_at, time)
    # The latest event names the job: some producers know the name only later.
    if event.job.name != UNKNOWN and (run.name == UNKNOWN or (time, event.job.name) >= (run.name_at, run.name)):
        run.name, run.name_at = event.job.name, time
    _merge_state(run, (event.eventType or "OTHER").upper(), time)
    run.run_facets = merge_facets(run.run_facets, run.run_times, event.run.facets, time)
    run.job_facets = merge_facets(run.job_facets, run.job_times, event.job.facets, time)


def _merge_datasets(run: Run, event: Event, time: int) -> int:
    """Add the datasets of an event to those of its run, and return how many there was no room for."""
    run.joint = run.joint or bool(event.inputs and event.outputs)
    left_out = 0
    for side, datasets in ((run.inputs, event.inputs), (run.outputs, event.outputs)):
        for dataset in datasets or ():
            left_out += not _merge_dataset(side, dataset, time)
    return left_out


def _sends_snapshots(run: Run) -> bool:
    """Tell a run whose events each hold the whole picture of their time window, and must not be united."""
    kind = run.job_facets.jobType if run.job_facets else None
    pattern = kind.emissionPattern if kind else None
    return pattern is not None and (pattern.eventContentMode or "").upper() == "COMPLETE_SNAPSHOT"


def _snapshot(run: Run, event: Event) -> Run:
    """Return one event of such a run in the form of a run of its own."""
    assert event.run is not None
    assert event.job is not None
    at = microseconds(event.eventTime)
    alone = Run(run_id=run.run_id, namespace=run.namespace, name=run.name, name_at=at, first_at=at)
    _merge_event(alone, event, at)
    alone.run_facets, alone.job_facets = run.run_facets, run.job_facets
    _merge_datasets(alone, event, at)
    return alone


def _merge_dataset(side: dict[str, DatasetState], dataset: EventDataset, time: int) -> bool:
    key = f"{dataset.namespace}\x1f{dataset.name}"
    kept = side.get(key)
    if kept is None:
        if len(side) >= MAX_DATASETS:
            return False
        kept = side[key] = DatasetState(namespace=dataset.namespace, name=dataset.name)
    if kept.first_at is None or time < kept.first_at:
        kept.first_at = time
    kept.facets = merge_facets(kept.facets, kept.times, dataset.facets, time)
    return True


def _merge_state(run: Run, event_type: str, time: int) -> None:
    """Move the run's state forward: the first terminal state stays, nothing undoes it."""
    if event_type in TERMINAL:
        # The first terminal state stays; at the same time the worse one does.
        new = (time, -TERMINAL[event_type])
        if run.ended_at is None or new < (run.ended_at, -TERMINAL[run.state]):
            run.state, run.ended_at = event_type, time  # type: ignore[assignment]
    elif event_type == "START":
        run.started_at = time if run.started_at is None else min(run.started_at, time)
        if run.state == "OTHER":
            run.state = "START"
    elif event_type == "RUNNING":
        run.ran = True
        if run.state in ("OTHER", "START"):
            run.state = "RUNNING"


def _expire(state: RunState, now: int, limits: Limits, changed: Iterable[str]) -> Iterator[Problem]:
    """Drop runs and anchors that are too old or too many; open runs that are given up are reported."""
    keep = set(changed)
    for key, run in list(state.runs.items()):
        seconds = limits.closed_seconds if run.terminal else limits.open_seconds
        if key not in keep and now - run.touched > seconds * 1_000_000:
            del state.runs[key]
            if is_lost(run):
                yield given_up(run, f"no event for {seconds} s (open_run_ttl)")
    excess = len(state.runs) - limits.max_runs
    if excess > 0:
        by_age = sorted(state.runs.items(), key=lambda item: (not item[1].terminal, item[1].touched, item[1].first_at))
        for key, run in by_age[:excess]:
            del state.runs[key]
            if is_lost(run):
                yield given_up(run, f"more than {limits.max_runs} runs are open (max_open_runs)")
    for kept in (state.anchors, state.bridges, state.aliases, state.declared):
        for key in [key for key, item in kept.items() if now - item.touched > limits.open_seconds * 1_000_000]:
            del kept[key]


def _full(run: Run, count: int) -> Problem:
    detail = f"{count} datasets beside the {MAX_DATASETS} that a run is remembered with on each side were left out"
    return Problem(ProblemKind.TOO_MANY, f"run {run.run_id} of {run.namespace} {run.name}", detail)
