"""Joining texts takes little memory, and damage is noticed while rows are copied."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.openlineage.run_state import RunState, part_key
from openmetadata_ol_provider.openlineage.segments.delta import state_delta
from openmetadata_ol_provider.openlineage.segments.joining import joined_texts
from openmetadata_ol_provider.openlineage.segments.state_text import delta_text, whole_text
from openmetadata_ol_provider.openlineage.variable_text import to_text, unpacked
from tests.openlineage.segments.states import real_runs

#: Most memory that joining may take, as a multiple of what the result has as MessagePack.
MOST = 9


def test_joining_takes_a_few_times_the_memory_of_its_result() -> None:
    captured = [run for _, run in real_runs()]
    runs = {}
    for number in range(6_000):
        run = replace(captured[number % len(captured)], run_id=f"run-{number:032}", last_seen_at=number)
        runs[part_key(run.namespace, run.run_id, run.name)] = run
    before = RunState(runs=dict(list(runs.items())[:5_000]))
    texts = [whole_text(before), delta_text(state_delta(before, RunState(runs=dict(list(runs.items())[500:]))))]
    size = len(unpacked(joined_texts(texts, whole=True)))
    del runs, before
    gc.collect()
    tracemalloc.start()
    try:
        joined_texts(texts, whole=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MOST * size


@pytest.mark.parametrize("number", [-1, 1])
def test_a_key_of_a_run_that_is_missing_is_damage(number: int) -> None:
    column = [["r"], [0], [0], [0], [-1], [[]]]
    kind = [0, 0, -1, 0, None, None, [-1, []], [-1, []], [], []]
    rest = {"run_id": "", "namespace": "", "name": ""}
    segment = {"state": {}, "runs": column, "kinds": [kind], "jobs": [["n", "j"]], "rests": [rest]}
    with pytest.raises(ValueError, match="damaged: keys of other than the 1 run are given"):
        joined_texts([to_text({**segment, "keys": {number: "by hand"}}), to_text({"state": {}})], whole=True)
