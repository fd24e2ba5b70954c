"""Joining texts takes little memory, and damage is noticed while rows are copied."""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.run_state import Run, RunState, part_key, run_key
from openmetadata_ol_provider.openlineage.segments.delta import state_delta
from openmetadata_ol_provider.openlineage.segments.joining import joined_texts
from openmetadata_ol_provider.openlineage.segments.state_text import delta_text, state_of_texts, whole_text
from openmetadata_ol_provider.openlineage.variable_text import to_text, unpacked
from tests.openlineage.segments.states import real_runs

#: Most memory that joining may take, as a multiple of what the result has as MessagePack.
MOST = 9


def _runs(first: int, count: int) -> dict[str, Run]:
    captured = [run for _, run in real_runs()]
    runs = {}
    for number in range(first, first + count):
        run = replace(captured[number % len(captured)], run_id=f"run-{number:032}", last_seen_at=number)
        runs[part_key(run.namespace, run.run_id, run.name)] = run
    return runs


def _peak(texts: Sequence[str]) -> int:
    """Return the bytes that joining texts takes at most."""
    gc.collect()
    tracemalloc.start()
    try:
        joined_texts(iter(texts), whole=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_joining_takes_a_few_times_the_memory_of_its_result() -> None:
    runs = _runs(0, 6_000)
    before = RunState(runs=dict(list(runs.items())[:5_000]))
    texts = [whole_text(before), delta_text(state_delta(before, RunState(runs=dict(list(runs.items())[500:]))))]
    size = len(unpacked(joined_texts(texts, whole=True)))
    del runs, before
    assert _peak(texts) < MOST * size


def test_to_join_many_changes_takes_little_more_memory_than_one() -> None:
    state = RunState(runs=_runs(0, 2_000))
    texts = [whole_text(state)]
    for number in range(8):
        runs = list(state.runs.items())
        # Some runs stay open, and some of these have events; of the others the oldest are forgotten.
        open_runs = dict(runs[:20]) | {key: replace(run, last_seen_at=number) for key, run in runs[10:20]}
        later = RunState(runs=open_runs | dict(runs[460:]) | _runs(2_000 + 440 * number, 440))
        texts.append(delta_text(state_delta(state, later)))
        state = later
    del runs, open_runs, later
    assert _peak(texts) < 2.2 * _peak(texts[:2])


def test_runs_with_unusual_keys_stay_in_their_order_when_they_change() -> None:
    runs = list(_runs(0, 9).values())
    keys = [run_key(run.namespace, run.run_id) if number % 2 else f"key {number}" for number, run in enumerate(runs)]
    states = [RunState(runs=dict(zip(keys, runs, strict=True)))]
    for changed in (keys[:3], [keys[2], keys[6]], [keys[8], keys[1]]):
        before = states[-1].runs
        runs_after = dict(before) | {key: replace(before[key], last_seen_at=99) for key in changed}
        states.append(RunState(runs={key: run for key, run in runs_after.items() if key != keys[4]}))
    texts = [whole_text(states[0])]
    texts += [delta_text(state_delta(*pair)) for pair in itertools.pairwise(states)]
    joined = state_of_texts([joined_texts(texts, whole=True)])
    assert list(joined.runs.items()) == list(states[-1].runs.items())


@pytest.mark.parametrize("number", [-1, 1])
def test_a_key_of_a_run_that_is_missing_is_damage(number: int) -> None:
    column = [["r"], [0], [0], [0], [-1], [[]]]
    kind = [0, 0, -1, 0, None, None, [-1, []], [-1, []], [], []]
    rest = {"run_id": "", "namespace": "", "name": ""}
    segment = {"state": {}, "runs": column, "kinds": [kind], "jobs": [["n", "j"]], "rests": [rest]}
    with pytest.raises(ValueError, match="damaged: keys of other than the 1 run are given"):
        joined_texts([to_text({**segment, "keys": {number: "by hand"}}), to_text({"state": {}})], whole=True)
