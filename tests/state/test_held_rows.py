"""Rows and counts that wait to be written move with the checkpoint, and are in exactly one lane."""

from __future__ import annotations

import uuid
from unittest.mock import ANY

import msgspec
import pytest
from msgspec.structs import replace

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held, HeldCount, HeldCounts, HeldRow, HeldRows
from openmetadata_ol_provider.state.chain import MAX_TAIL, SLOTS
from openmetadata_ol_provider.state.document import STATE_VERSION, StateHead, StoredState, decode_document
from openmetadata_ol_provider.state.held_text import held_text
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.repartition import ensure_lane_state, read_lane
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable, set_variable

BASE = "openmetadata_ol.lineage.t"
CHECKPOINT = {"t": {"0": 5, "1": 6}}


def rows(count: int, at: int = 1) -> HeldRows:
    made = (
        HeldRow(
            f"t{number}", f"pg.shop.public.t{number}", "id", "openlineage.etl", "r", at, "Successful", 1, None, True
        )
        for number in range(count)
    )
    return {row.key: row for row in made}


def different_rows(count: int) -> HeldRows:
    """Return rows whose text is long."""
    changed = (replace(row, table=uuid.uuid5(uuid.NAMESPACE_URL, row.table).hex) for row in rows(count).values())
    return {row.key: row for row in changed}


def totals(count: int, total: int = 3) -> HeldCounts:
    made = (HeldCount(f"p{number}", f"openlineage.etl{number}", "2026-01-01", total, 1) for number in range(count))
    return {one.key: one for one in made}


def begin(rows: HeldRows, counts: HeldCounts | None = None) -> StateStore:
    store = StateStore(BASE)
    store.write_state(StoredState(CHECKPOINT, RunState(), {}, held=Held(rows, counts or {})), None)
    return store


def test_they_are_read_back_as_they_were_written() -> None:
    store = begin(rows(3), totals(2))
    assert store.read_held() == store.read_state().held == store.read_history().held == Held(rows(3), totals(2))
    store.write_held(Held(rows(3), totals(2)), Held(rows(1)))
    assert (store.read_held(), store.read_checkpoint()) == (Held(rows(1)), CHECKPOINT)


def test_they_are_stored_as_lists_with_their_tries_at_the_end() -> None:
    (row,), (count,) = rows(1).values(), totals(1).values()
    tried = {"since": 7, "next_try": 8, "tries": 9}
    stored_row, stored_count = msgspec.json.decode(
        msgspec.json.encode((replace(row, **tried), replace(count, **tried)))
    )
    assert stored_row[:10] == ["t0", "pg.shop.public.t0", "id", "openlineage.etl", "r", 1, "Successful", 1, None, True]
    assert stored_row[10:] == [None, None, None, False, 7, 8, 9]
    assert stored_count == ["p0", "openlineage.etl0", "2026-01-01", 3, 1, True, False, 7, 8, 9]


def test_a_checkpoint_that_is_moved_leaves_them() -> None:
    store = begin(rows(2))
    store.move_checkpoint(CHECKPOINT, {"t": {"0": 0}})
    assert store.read_held() == Held(rows(2))


def test_what_is_damaged_is_an_error_that_names_the_variable() -> None:
    store = begin(rows(1))
    text = get_variable(BASE)
    assert text is not None
    set_variable(BASE, text.replace('"waiting":{"tail":"', '"waiting":{"tail":"damaged'), "")
    with pytest.raises(CheckpointError, match=r"openmetadata_ol\.lineage\.t"):
        store.read_held()


def test_many_are_a_segment_so_that_the_head_stays_short() -> None:
    store, many = begin({}), different_rows(2000)
    store.write_held(Held(), Held(many))
    head = get_variable(BASE)
    assert head is not None
    assert len(head) < MAX_TAIL < len(held_text(Held(many)))
    assert StateStore(BASE).read_history().held == Held(many)
    store.write_generation(3)
    store.move_checkpoint(CHECKPOINT, {"t": {"0": 0}})
    assert (StateStore(BASE).read_state().held, store.read_head()) == (Held(many), StateHead({"t": {"0": 0}}, 3, ANY))
    (segment,) = decode_document(BASE, get_variable(BASE) or "").segments
    set_variable(segment_key(BASE, segment.slot), "1_other", "")
    with pytest.raises(CheckpointError, match=r"segment of the state 'openmetadata_ol\.lineage\.t'"):
        store.read_held()


def test_a_segment_of_rows_that_were_written_is_deleted_after_the_next_write() -> None:
    store = begin(different_rows(2000))
    store.write_held(Held(different_rows(2000)), Held())
    store.write_generation(1)
    assert not [slot for slot in range(SLOTS) if get_variable(segment_key(BASE, slot)) is not None]


def test_they_are_read_from_a_head_that_has_all_of_them() -> None:
    many = Held(different_rows(2000))
    head = {"version": STATE_VERSION, "checkpoint": CHECKPOINT, "held": held_text(many)}
    set_variable(BASE, msgspec.json.encode(head).decode(), "")
    store = StateStore(BASE)
    assert store.read_held() == many
    store.write_generation(1)
    assert store.read_held() == many


@pytest.mark.parametrize("counts", [(3,), (3, 2), (2, 5, 1)])
def test_after_a_change_of_lanes_each_row_and_each_count_is_in_exactly_one(counts: tuple[int, ...]) -> None:
    begin(rows(20), totals(20))
    for count in counts:
        lanes = [Lane(number, count) for number in range(count)]
        held = [StateStore(ensure_lane_state(BASE, lane)).read_held() for lane in lanes]
    assert (sum(len(part.rows) for part in held), sum(len(part.counts) for part in held)) == (20, 20)
    assert {key: row for part in held for key, row in part.rows.items()} == rows(20)
    assert {key: count for part in held for key, count in part.counts.items()} == totals(20)


def test_of_two_lanes_with_the_same_row_the_newer_one_counts() -> None:
    begin({})
    for number, at in ((0, 7), (1, 9)):
        StateStore(ensure_lane_state(BASE, Lane(number, 2))).write_held(Held(), Held(rows(1, at)))
    assert read_lane(BASE, Lane()).held == Held(rows(1, 9))


def test_of_two_lanes_with_totals_of_the_same_day_only_the_statuses_tell_how_many_both_have_counted() -> None:
    begin({})
    for number, total in ((0, 7), (1, 9)):
        store = StateStore(ensure_lane_state(BASE, Lane(number, 2)))
        store.write_held(Held(), Held({}, totals(1, total)))
    (merged,) = read_lane(BASE, Lane()).held.counts.values()
    assert (merged.total, merged.sent) == (9, None)
