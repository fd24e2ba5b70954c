"""States that change step by step, at random but the same each time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import cache

from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_state import (
    Alias,
    Declaration,
    PipelineRunStart,
    PresumedEnd,
    Run,
    RunState,
    TemporaryDataset,
    ViewSources,
)
from tests.support import BASE, CAPTURES, captured


@cache
def real_runs() -> tuple[tuple[str, Run], ...]:
    """Return the runs of all captures with their keys."""
    runs: dict[str, Run] = {}
    for capture in CAPTURES:
        events = [decode_event(value).event for value in captured(capture)]
        runs |= translate(events, Config(), now=BASE).state.runs
    return tuple(runs.items())


def steps(seed: int, count: int) -> Iterator[RunState]:
    """Yield states, each after the one before it: things are added, changed, used again and forgotten."""
    draw, state = random.Random(seed), RunState()  # noqa: S311 - no secret
    for number in range(1, count + 1):
        state = _changed(state, number, draw)
        yield state


def _changed(state: RunState, number: int, draw: random.Random) -> RunState:
    runs = dict(state.runs)
    for key, run in draw.sample(real_runs(), draw.randint(0, 12)):
        runs[key] = replace(run, last_seen_at=number, lineage_emitted=draw.random() < 0.5)
    for key in draw.sample(sorted(runs), min(len(runs), draw.randint(0, 4))):
        del runs[key]
    if runs and draw.random() < 0.3:
        key = draw.choice(sorted(runs))
        runs[key] = replace(runs[key], presumed_end=PresumedEnd(at=number), other_names=["a", "b"])
    if draw.random() < 0.1:
        # Another order: all of it is written again.
        runs = dict(sorted(runs.items(), key=lambda _: draw.random()))
    used = draw.choice(["a", "b", "c", "d"])
    return RunState(
        runs=runs,
        pipeline_starts=_used(state.pipeline_starts, used, PipelineRunStart(at=number, last_seen_at=number), draw),
        temporary_datasets=_used(state.temporary_datasets, used, TemporaryDataset(last_seen_at=number), draw),
        aliases=_used(state.aliases, used, Alias(last_seen_at=number), draw),
        declarations=_used(state.declarations, used, Declaration(at=number, last_seen_at=number), draw),
        views=_used(state.views, used, ViewSources(sources=[used], last_seen_at=number), draw),
        reported_once=_used(state.reported_once, used, number, draw),
        latest_at=number,
        evicted_at=number // 2,
    )


def _used(items, key, item, draw):  # type: ignore[no-untyped-def]
    """Return items with one that was used, at the end; sometimes without the one that was used least recently."""
    if draw.random() < 0.4:
        return items
    left = {name: value for name, value in items.items() if name != key}
    if left and draw.random() < 0.3:
        del left[next(iter(left))]
    return {**left, key: item}


def in_order(state: RunState) -> list[object]:
    """Return a state with the order of what is in it."""
    return [list(items.items()) if isinstance(items, Mapping) else items for items in _fields(state)]


def _fields(state: RunState) -> Iterator[object]:
    for name in state.__struct_fields__:
        yield getattr(state, name)
