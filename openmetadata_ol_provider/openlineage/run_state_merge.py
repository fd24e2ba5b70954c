"""Uniting states that were kept apart: what several lanes remember, as if one had read all their events. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from openmetadata_ol_provider.openlineage.event import State
from openmetadata_ol_provider.openlineage.facet_merge import merge_facets
from openmetadata_ol_provider.openlineage.run_state import (
    OPEN,
    TERMINAL,
    UNKNOWN,
    Alias,
    Bridge,
    DatasetState,
    PipelineRunStart,
    Run,
    RunState,
)


def merge_run_states(states: Iterable[RunState]) -> RunState:
    """Return what several states remember; they are taken over, do not use them afterwards.

    A run that is in two of them is what all its events add up to.
    """
    united = RunState()
    for state in states:
        for key, run in state.runs.items():
            united.runs[key] = unite_runs(united.runs[key], run) if key in united.runs else run
        for key, anchor in state.anchors.items():
            united.anchors[key] = _anchor(united.anchors[key], anchor) if key in united.anchors else anchor
        for key, bridge in state.bridges.items():
            united.bridges[key] = _bridge(united.bridges[key], bridge) if key in united.bridges else bridge
        for key, alias in state.aliases.items():
            united.aliases[key] = _alias(united.aliases[key], alias) if key in united.aliases else alias
        for key, said in state.declared.items():
            if key not in united.declared or united.declared[key].at <= said.at:
                united.declared[key] = said
        united.latest_at = max(united.latest_at, state.latest_at)
    # The order of these is that of use, and the longest unused are forgotten first.
    for name in ("bridges", "aliases", "declared"):
        kept = getattr(united, name)
        setattr(united, name, dict(sorted(kept.items(), key=lambda item: item[1].touched)))
    return united


def unite_runs(one: Run, other: Run) -> Run:
    """Return what two parts of one run add up to, the same whichever comes first."""
    named = max(one, other, key=lambda run: (run.name != UNKNOWN, run.name_at, run.name))
    state, ended_at = _end(one, other)
    starts = [at for at in (one.started_at, other.started_at) if at is not None]
    return msgspec.structs.replace(
        named,
        state=state,
        first_at=min(one.first_at, other.first_at),
        started_at=min(starts, default=None),
        ended_at=ended_at,
        ran=one.ran or other.ran,
        joint=one.joint or other.joint,
        touched=max(one.touched, other.touched),
        shown=one.shown or other.shown,
        trimmed=one.trimmed or other.trimmed,
        inherited=one.inherited and other.inherited,
        # The times of the first are changed together with its facets.
        run_facets=merge_facets(one.run_facets, one.run_times, other.run_facets, 0, other.run_times),
        run_times=one.run_times,
        job_facets=merge_facets(one.job_facets, one.job_times, other.job_facets, 0, other.job_times),
        job_times=one.job_times,
        inputs=_datasets(one.inputs, other.inputs),
        outputs=_datasets(one.outputs, other.outputs),
    )


def _end(one: Run, other: Run) -> tuple[State, int | None]:
    """Return state and end: the first terminal state, at the same time the worse; else how far it has come."""
    ended = [(run.ended_at, -TERMINAL[run.state], run.state) for run in (one, other) if run.ended_at is not None]
    if ended:
        at, _, state = min(ended)
        return state, at
    return max(one.state, other.state, key=OPEN.index), None


def _datasets(one: dict[str, DatasetState], other: dict[str, DatasetState]) -> dict[str, DatasetState]:
    united = dict(one)
    for key, dataset in other.items():
        known = united.get(key)
        if known is None:
            united[key] = dataset
            continue
        seen = [at for at in (known.first_at, dataset.first_at) if at is not None]
        known.first_at = min(seen, default=None)
        known.facets = merge_facets(known.facets, known.times, dataset.facets, 0, dataset.times)
    return united


def _anchor(one: PipelineRunStart, other: PipelineRunStart) -> PipelineRunStart:
    # Both key a status in the catalogue; the earlier one is more likely the run's own start.
    first = min(one, other, key=lambda anchor: anchor.at)
    logical_at = one.logical_at if one.logical_at is not None else other.logical_at
    return PipelineRunStart(at=first.at, logical_at=logical_at, touched=max(one.touched, other.touched))


def _bridge(one: Bridge, other: Bridge) -> Bridge:
    united = Bridge(sources=list(one.sources), touched=max(one.touched, other.touched))
    known = {(source.namespace, source.name): source for source in united.sources}
    for source in other.sources:
        same = known.get((source.namespace, source.name))
        if same is None:
            united.sources.append(source)
        else:
            same.columns += [pair for pair in source.columns if pair not in same.columns]
    return united


def _alias(one: Alias, other: Alias) -> Alias:
    names = {(item.namespace, item.name, item.type): item for item in (*one.identifiers, *other.identifiers)}
    return Alias(identifiers=list(names.values()), touched=max(one.touched, other.touched))
