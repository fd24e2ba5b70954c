"""While a task goes on to write, its segments are joined later: there are few all the same, and nothing is lost."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredRuns, fit_to_size
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.state import chain, segment_store
from openmetadata_ol_provider.state.chain import SegmentRef, segments_to_join
from openmetadata_ol_provider.state.store import StateStore
from tests.openlineage.segments.states import in_order, steps

KEY = "a_state"


def advance(store: StateStore, stored: StoredRuns, state: RunState, number: int, *, more: bool) -> StoredRuns:
    origin = BatchOrigin(KEY, "kafka_default", (OffsetRange("t", 0, number or None, number, number + 1),))
    change = fit_to_size(stored, state, None).change
    return stored.after(state, store.advance(origin, change, {}, Held(), more=more))


def sizes(store: StateStore) -> list[int]:
    return [segment.size for segment in store._document().segments]


def test_the_whole_state_is_written_again_when_the_task_ends_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_store, "MAX_TAIL", 600)
    store, stored, states = StateStore(KEY), StoredRuns(), list(steps(5, 20))
    for number, state in enumerate(states[:15]):
        stored = advance(store, stored, state, number, more=False)
    first = sizes(store)[0]
    for number, state in enumerate(states[15:19], 15):
        stored = advance(store, stored, state, number, more=True)
        assert in_order(StateStore(KEY).read_state().runs) == in_order(state)
    assert sizes(store)[0] == first
    assert sum(sizes(store)[1:]) > first / 2, "as many changes would have been joined"
    advance(store, stored, states[19], 19, more=False)
    assert len(sizes(store)) == 1
    assert in_order(StateStore(KEY).read_state().runs) == in_order(states[19])


@pytest.mark.parametrize("size", [20_000, 400_000])
def test_however_long_a_task_goes_on_there_are_few_segments_and_each_change_is_joined_rarely(size: int) -> None:
    segments, written, count = (SegmentRef(0, "", 1_000_000),), 0, 200
    for _ in range(count):
        joined = segments_to_join(segments, size, more=True)
        whole = len(joined) == len(segments)
        added = 1_000_000 if whole else size + sum(segment.size for segment in joined)
        segments = (*segments[: len(segments) - len(joined)], SegmentRef(0, "", added))
        written += added
        assert len(segments) <= 8
        assert sum(segment.size for segment in segments[1:]) <= chain._MAX_WAITING
    assert written < 3.5 * count * size + 1_000_000
