"""The Variable of asset events: what waits, how far was read before, and what lanes take over."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.state.asset_queue import AssetQueue, ReadBefore, WaitingEvent, read_queue, write_queue
from openmetadata_ol_provider.state.document import StoredState
from openmetadata_ol_provider.state.keys import assets_key
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.repartition import ensure_lane_state
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable

KEY = "openmetadata_ol.lineage.t"
EVENT = WaitingEvent(
    "orders", "s3://lake/orders", "run-1", ("ns", "job"), ("s3a://lake", "orders"), "2026-11-29T10:00:00Z"
)


def waiting(count: int) -> dict[str, WaitingEvent]:
    events = [
        WaitingEvent("a", f"s3://lake/{number}", "run", ("ns", "job"), ("s3://lake", str(number)), EVENT.noted_at)
        for number in range(count)
    ]
    return {event.key: event for event in events}


def test_a_queue_is_read_as_it_was_written_and_an_empty_one_takes_no_space() -> None:
    queue = AssetQueue({EVENT.key: EVENT}, {"t": {"0": 7}})
    write_queue(KEY, queue)
    assert read_queue(KEY) == queue
    write_queue(KEY, AssetQueue())
    assert get_variable(assets_key(KEY)) == ""
    assert read_queue(KEY) == AssetQueue()


def test_an_event_is_known_by_asset_job_and_run() -> None:
    assert EVENT.key == "s3://lake/orders\x1fns\x1fjob\x1frun-1"


def test_a_variable_of_somebody_else_is_named_with_the_remedy() -> None:
    set_variable(assets_key(KEY), "mine")
    with pytest.raises(CheckpointError, match=r"Variable 'openmetadata_ol.lineage.t.assets' does not.*Restore it, or"):
        read_queue(KEY)


def test_moving_the_checkpoint_back_notes_how_far_was_read() -> None:
    store = StateStore(KEY)
    before = {"t": {"0": 9, "1": 4, "2": 6}, "u": {"0": 3}}
    store.write_state(StoredState(before, RunState(), {}), None)
    write_queue(KEY, AssetQueue({EVENT.key: EVENT}))
    store.move_checkpoint(before, {"t": {"0": 2, "1": 4, "2": 8}})
    assert read_queue(KEY) == AssetQueue({EVENT.key: EVENT}, {"t": {"0": 9}, "u": {"0": 3}})
    # Further back again, before what was noted has been read: the furthest end counts.
    store.move_checkpoint({"t": {"0": 2, "1": 4, "2": 8}}, {"t": {"0": 0, "1": 4, "2": 8}})
    assert read_queue(KEY).read_until == {"t": {"0": 9}, "u": {"0": 3}}


def test_a_recreated_topic_was_never_read_before() -> None:
    write_queue(KEY, AssetQueue({EVENT.key: EVENT}, {"t": {"0": 9, "1": 5}}))
    read_before = ReadBefore(KEY)
    assert read_before.of([OffsetRange("t", 0, 2, 2, 4)]) == {"t": {"0": 9, "1": 5}}
    assert read_before.of([OffsetRange("t", 0, 9, 0, 4, reset=True)]) == {"t": {"1": 5}}
    assert read_queue(KEY) == AssetQueue({EVENT.key: EVENT}, {"t": {"1": 5}})


@pytest.mark.parametrize("count", [2, 3])
def test_lanes_take_over_each_event_once_and_what_was_read_of_their_partitions(count: int) -> None:
    positions = {str(number): 10 for number in range(6)}
    StateStore(KEY).write_state(StoredState({"t": positions}, RunState(), {}), None)
    write_queue(KEY, AssetQueue(waiting(40), {"t": {str(number): 20 + number for number in range(6)}}))
    queues = [read_queue(ensure_lane_state(KEY, Lane(number, count))) for number in range(count)]
    assert sorted(key for queue in queues for key in queue.waiting) == sorted(waiting(40))
    assert all(queue.waiting for queue in queues)
    ends = [(partition, end) for queue in queues for partition, end in queue.read_until["t"].items()]
    assert sorted(ends) == [(str(number), 20 + number) for number in range(6)]
    assert get_variable(assets_key(KEY)) == ""
    back = read_queue(ensure_lane_state(KEY, Lane()))
    assert back == AssetQueue(back.waiting, {"t": dict(sorted(ends))})
    assert sorted(back.waiting) == sorted(waiting(40))
