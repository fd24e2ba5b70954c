"""The number of lanes changes: nothing is read twice or left out; what was open, parked or published is remembered."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.segments.change import whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Fact, Ledger
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.state import repartition, segment_store
from openmetadata_ol_provider.state.chain import SLOTS
from openmetadata_ol_provider.state.document import StoredState
from openmetadata_ol_provider.state.keys import lanes_key, ledger_key, parked_key, segment_key
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_checkpoints, read_lane
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable
from tests.state.test_crashes import Crash, Writes

BASE = "openmetadata_ol.lineage.t"
PARTITIONS = 8


def lanes(count: int) -> list[Lane]:
    return [Lane(number, count) for number in range(count)]


def runs(*names: str, **facts: Any) -> RunState:
    return RunState(runs={name: Run(run_id=name, namespace="ns", name="job", **facts) for name in names})


def begin(*open_runs: str, offset: int = 100) -> None:
    """Let a task without lanes have read all partitions."""
    checkpoint = {"t": {str(number): offset + number for number in range(PARTITIONS)}}
    StateStore(BASE).write_state(StoredState(checkpoint, runs(*open_runs), {("p", "2026-01-01"): 10}), None)


def prepared(count: int, *numbers: int) -> list[StoredState]:
    """Let lanes begin, all of them if none are named, and return their states."""
    chosen = [lane for lane in lanes(count) if not numbers or lane.number in numbers]
    return [StateStore(ensure_lane_state(BASE, lane)).read_state() for lane in chosen]


def advance(lane: Lane, by: int, *open_runs: str) -> None:
    """Let a lane publish a batch of all its partitions."""
    key = ensure_lane_state(BASE, lane)
    stored = StateStore(key).read_state()
    ranges = tuple(
        OffsetRange("t", int(number), offset, offset, offset + by) for number, offset in stored.checkpoint["t"].items()
    )
    stored.runs.runs.update(runs(*open_runs).runs)
    StateStore(key).advance(
        BatchOrigin(key, "kafka_default", ranges, lane.lanes), whole_change(stored.runs), stored.usage, stored.held
    )


def positions(*states: StoredState) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in states:
        for partition, offset in state.checkpoint.get("t", {}).items():
            assert partition not in found, "a partition is in two lanes"
            found[partition] = offset
    return dict(sorted(found.items()))


def at(offset: int) -> dict[str, int]:
    return {str(number): offset + number for number in range(PARTITIONS)}


# -- checkpoints -------------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.parametrize("count", [1, 2, 3, 4, 8, 16])
def test_lanes_go_on_where_the_task_without_lanes_stood(count: int) -> None:
    begin()
    assert positions(*prepared(count)) == at(100)
    assert read_checkpoints(BASE, count) == {"t": at(100)}


@pytest.mark.exhaustive
@pytest.mark.parametrize("counts", [(4, 1), (4, 2), (2, 3, 1), (3, 4, 3), (1, 4, 1, 4, 1)])
def test_any_number_of_lanes_may_follow_any_other(counts: tuple[int, ...]) -> None:
    begin()
    offset = 100
    for count in counts:
        assert positions(*prepared(count)) == at(offset)
        for lane in lanes(count):
            advance(lane, 10)
        offset += 10
    assert positions(*prepared(2)) == at(offset)


def test_lanes_go_on_with_the_ids_of_topics_about_which_all_agree() -> None:
    begin()
    stored = StateStore(BASE).read_state()
    StateStore(BASE).write_state(stored._replace(topic_ids={"t": "first"}), None)
    assert read_lane(BASE, Lane(0, 1)).topic_ids == {"t": "first"}
    assert [state.topic_ids for state in prepared(2)] == [{"t": "first"}] * 2
    key = Lane(1, 2).key(BASE)
    ranges = (OffsetRange("t", 1, 101, 0, 5, topic_id="second"),)
    mine = StateStore(key).read_state()
    assert "1" in mine.checkpoint["t"]
    StateStore(key).advance(BatchOrigin(key, "kafka_default", ranges, 2), whole_change(mine.runs), {}, mine.held)
    assert [state.topic_ids for state in prepared(1)] == [{}]


def test_nothing_is_taken_from_a_division_that_is_over() -> None:
    begin()
    prepared(4)
    for lane in lanes(4):
        advance(lane, 50)
    assert positions(*prepared(1)) == at(150)
    # It reads once more what is far behind, because somebody wants that; the lanes do not come back.
    checkpoint = {"t": {"0": 0}}
    set_variable(BASE, json.dumps({"version": 1, "checkpoint": checkpoint}))
    assert positions(*prepared(1)) == {"0": 0}
    assert positions(*prepared(2)) == {"0": 0}


def test_lanes_that_never_began_leave_their_partitions_where_the_division_before_had_them() -> None:
    begin()
    prepared(4, 0, 1)
    for lane in lanes(4)[:2]:
        advance(lane, 7)
    moved = {str(number) for number in range(PARTITIONS) if any(lane.takes("t", number) for lane in lanes(4)[:2])}
    expected = {number: offset + 7 if number in moved else offset for number, offset in at(100).items()}
    assert read_checkpoints(BASE, 4) == {"t": expected}
    assert positions(*prepared(3)) == expected
    assert positions(*prepared(1)) == expected


def test_a_lane_that_has_begun_is_not_recreated() -> None:
    begin()
    prepared(4)
    advance(Lane(1, 4), 5)
    before = get_variable(Lane(1, 4).key(BASE))
    prepared(4)
    assert get_variable(Lane(1, 4).key(BASE)) == before


def test_a_checkpoint_set_by_hand_counts_also_for_a_lane() -> None:
    begin()
    prepared(4)
    key = Lane(0, 4).key(BASE)
    set_variable(key, json.dumps({"version": 1, "checkpoint": {"t": {"0": 3}}}))
    assert StateStore(ensure_lane_state(BASE, Lane(0, 4))).read_state().checkpoint == {"t": {"0": 3}}


def test_a_deleted_lane_begins_like_any_other_task_without_a_state() -> None:
    begin()
    prepared(4)
    key = Lane(2, 4).key(BASE)
    set_variable(key, "")
    assert StateStore(ensure_lane_state(BASE, Lane(2, 4))).read_state()[:3] == ({}, RunState(), {})


def test_a_dag_may_begin_with_lanes() -> None:
    assert [state.checkpoint for state in prepared(3)] == [{}, {}, {}]
    assert read_checkpoints(BASE, 3) == {}
    StateStore(Lane(0, 3).key(BASE)).advance(
        BatchOrigin(Lane(0, 3).key(BASE), "kafka_default", (OffsetRange("t", 0, None, 0, 9),), 3),
        whole_change(RunState()),
        {},
        {},
    )
    assert read_checkpoints(BASE, 3) == ({"t": {"0": 9}} if Lane(0, 3).takes("t", 0) else {})


def test_without_lanes_nothing_is_written_that_was_not_before() -> None:
    begin()
    before = get_variable(BASE)
    assert ensure_lane_state(BASE, Lane()) == BASE
    assert get_variable(BASE) == before
    assert get_variable(lanes_key(BASE)) is None
    assert "generation" not in json.loads(before or "")


def test_looking_writes_nothing() -> None:
    begin("r")
    before = get_variable(BASE)
    state = read_lane(BASE, Lane(1, 4))
    assert positions(state)
    assert set(state.runs.runs) == {"r"}
    assert read_checkpoints(BASE, 4) == {"t": at(100)}
    assert get_variable(BASE) == before
    assert get_variable(lanes_key(BASE)) is None
    assert get_variable(Lane(1, 4).key(BASE)) is None


# -- states of before --------------------------------------------------------------------------------------------------


def test_once_all_lanes_have_begun_a_task_of_before_is_refused() -> None:
    begin("r")
    StateStore(BASE).write_parked({"edge:1": Parked(key="edge:1", reason="unresolved", where="", detail="")})
    StateStore(BASE).write_ledger(Ledger(1, 2))
    prepared(4, 0, 1, 2)
    assert StateStore(BASE).read_head() is not None
    prepared(4, 3)
    assert [get_variable(name) for name in (BASE, parked_key(BASE), ledger_key(BASE))] == ["", "", ""]
    old = BatchOrigin(BASE, "kafka_default", (OffsetRange("t", 0, 100, 100, 120),))
    with pytest.raises(CheckpointError, match="the start of the batch differs from the checkpoint"):
        StateStore(BASE).advance(old, whole_change(RunState()), {}, Held())


def test_a_crash_while_taking_over_is_made_good_by_doing_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begin("r")
    StateStore(BASE).write_parked({f"edge:{number}": parked(number) for number in range(20)})

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("killed")

    for name in ("write_parked", "write_ledger", "write_state"):
        with monkeypatch.context() as patch:
            patch.setattr(StateStore, name, crash)
            with pytest.raises(RuntimeError):
                ensure_lane_state(BASE, Lane(1, 2))
        assert StateStore(Lane(1, 2).key(BASE)).read_head() is None
    assert positions(*prepared(2)) == at(100)
    kept = [set(StateStore(lane.key(BASE)).read_parked()) for lane in lanes(2)]
    assert len(kept[0] | kept[1]) == 20
    assert not kept[0] & kept[1]


@pytest.mark.exhaustive
@pytest.mark.parametrize("kill", range(1, 12))
def test_a_crash_while_old_states_are_emptied_leaves_none_that_cannot_be_read(
    kill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment_store, "MAX_TAIL", 100)
    begin(*(f"r{number}" for number in range(50)))
    StateStore(BASE).write_parked({f"edge:{number}": parked(number) for number in range(50)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repartition, "_retire_old_states", lambda *_: None)
        prepared(2)
    with pytest.MonkeyPatch.context() as patch:
        writes = Writes(patch)
        writes.left, writes.after = kill, True
        with contextlib.suppress(Crash):
            ensure_lane_state(BASE, Lane(0, 2))
    old = StateStore(BASE)
    assert len(old.read_state().runs.runs) in {0, 50}
    assert len(old.read_parked()) in {0, 50}
    ensure_lane_state(BASE, Lane(0, 2))
    variables = (get_variable(segment_key(key, slot)) for key in (BASE, parked_key(BASE)) for slot in range(SLOTS))
    assert set(variables) == {None}


@pytest.mark.exhaustive
@pytest.mark.parametrize("point", ["write_parked", "write_ledger", "write_state"])
def test_two_tasks_of_a_lane_may_take_over_at_once(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin("r")
    StateStore(BASE).write_parked({f"edge:{number}": parked(number) for number in range(20)})
    lane, real = Lane(1, 2), getattr(StateStore, point)
    key = lane.key(BASE)

    def overtaken(*args: Any, **options: Any) -> Any:
        # Another task of the lane takes over, and publishes a batch that parks an item.
        monkeypatch.undo()
        advance(lane, 5, "s")
        StateStore(key).update_parked({"edge:20": parked(20)})
        return real(*args, **options)

    monkeypatch.setattr(StateStore, point, overtaken)
    ensure_lane_state(BASE, lane)
    store = StateStore(key)
    assert positions(store.read_state()) == {number: offset + 5 for number, offset in taken(lane, at(100)).items()}
    assert set(store.read_state().runs.runs) == {"r", "s"}
    # A task that is paused for a whole batch right before it writes what is parked undoes that.
    assert ("edge:20" in store.read_parked()) == (point != "write_parked")


def taken(lane: Lane, offsets: dict[str, int]) -> dict[str, int]:
    return {number: offset for number, offset in offsets.items() if lane.takes("t", int(number))}


def test_lanes_that_are_no_lanes_are_refused_with_the_remedy() -> None:
    begin()
    for text in ("x", "{}x", '{"counts": []}', '{"counts": [0]}'):
        set_variable(lanes_key(BASE), text)
        with pytest.raises(CheckpointError, match=r"lanes.*does not say how partitions were divided.*counts"):
            ensure_lane_state(BASE, Lane(0, 2))


@pytest.mark.exhaustive
@pytest.mark.parametrize(("former", "present", "next_"), [((1, 2), 4, 4), ((1, 2), 4, 8), ((1, 2), 1, 2), ((3,), 2, 2)])
def test_a_lane_history_that_cannot_be_read_does_not_begin_anew(
    former: tuple[int, ...], present: int, next_: int
) -> None:
    begin("a")
    for count in (*former, present):
        prepared(count)
    advance(Lane(0, present), 5, "b")
    states = [StateStore(lane.key(BASE)).read_state() for lane in lanes(present)]
    history = str(get_variable(lanes_key(BASE)))
    # Airflow's API says the same if its own database does not answer.
    delete_variable(lanes_key(BASE))
    if (former, next_) == ((1, 2), 8):
        set_variable(lanes_key(BASE), '{"first": 0, "counts": [4]}')
    with contextlib.suppress(CheckpointError):
        for _ in range(3):
            prepared(next_)
    set_variable(lanes_key(BASE), history)
    assert [StateStore(lane.key(BASE)).read_state() for lane in lanes(present)] == states
    assert positions(*prepared(next_)) == positions(*states)


# -- runs --------------------------------------------------------------------------------------------------------------


def test_every_lane_knows_the_open_runs_since_any_may_be_where_they_go_on() -> None:
    begin("r1", "r2")
    for state in prepared(4):
        assert set(state.runs.runs) == {"r1", "r2"}
        assert all(run.from_previous_lanes for run in state.runs.runs.values())


def test_the_task_without_lanes_has_the_runs_of_all_lanes_and_they_are_its_own() -> None:
    begin("old")
    prepared(4)
    for lane in lanes(4):
        advance(lane, 1, f"r{lane.number}")
    [state] = prepared(1)
    assert set(state.runs.runs) == {"old", "r0", "r1", "r2", "r3"}
    assert not any(run.from_previous_lanes for run in state.runs.runs.values())


def test_a_run_that_ended_in_one_lane_has_ended_for_those_that_come_after() -> None:
    begin("r")
    prepared(2)
    key = ensure_lane_state(BASE, Lane(1, 2))
    stored = StateStore(key).read_state()
    ended = Run(run_id="r", namespace="ns", name="job", state="COMPLETE", ended_at=9, lineage_emitted=True)
    runs = msgspec.structs.replace(stored.runs, runs={**stored.runs.runs, "r": ended})
    StateStore(key).write_state(stored._replace(runs=runs), StateStore(key).read_head().generation)
    for state in prepared(3):
        assert state.runs.runs["r"].state == "COMPLETE"
        assert state.runs.runs["r"].lineage_emitted


def test_what_was_counted_is_not_counted_again() -> None:
    begin()
    prepared(4)
    advance(Lane(2, 4), 1)
    assert [state.usage for state in prepared(1)] == [{("p", "2026-01-01"): 10}]


# -- parked, ledger ----------------------------------------------------------------------------------------------------


def parked(number: int) -> Parked:
    return Parked(key=f"edge:{number}", reason="unresolved", where="a -> b", detail="not there", tries=3)


@pytest.mark.exhaustive
@pytest.mark.parametrize("counts", [(4,), (4, 1), (2, 3)])
def test_what_is_parked_is_in_exactly_one_lane(counts: tuple[int, ...]) -> None:
    begin()
    items = {f"edge:{number}": parked(number) for number in range(50)}
    StateStore(BASE).write_parked(items)
    for count in counts:
        prepared(count)
    found = [StateStore(lane.key(BASE)).read_parked() for lane in lanes(counts[-1])]
    assert sum(map(len, found)) == 50
    assert {key: item for part in found for key, item in part.items()} == items


def test_what_was_published_is_known_to_every_lane() -> None:
    begin()
    StateStore(BASE).write_ledger(Ledger(1, 2, {5: Fact(6, 7.0)}, ended={"j": 3}))
    prepared(2)
    assert [StateStore(lane.key(BASE)).read_ledger().facts for lane in lanes(2)] == [{5: Fact(6, 7.0)}] * 2
    StateStore(Lane(1, 2).key(BASE)).write_ledger(Ledger(1, 2, {8: Fact(9, 7.0), 5: Fact(6, 7.0)}))
    prepared(1)
    ledger = StateStore(BASE).read_ledger()
    assert (set(ledger.facts), ledger.ended) == ({5, 8}, {"j": 3})


def test_a_ledger_of_another_catalogue_counts_nothing() -> None:
    begin()
    prepared(2)
    StateStore(Lane(0, 2).key(BASE)).write_ledger(Ledger(1, 2, {5: Fact(6, 7.0), 6: Fact(1, 7.0)}))
    StateStore(Lane(1, 2).key(BASE)).write_ledger(Ledger(3, 2, {8: Fact(9, 7.0)}))
    prepared(1)
    assert (StateStore(BASE).read_ledger().catalogue, set(StateStore(BASE).read_ledger().facts)) == (1, {5, 6})
