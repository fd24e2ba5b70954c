"""Long segments are stored in pieces, each in a Variable of its own, because Airflow takes several times its memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import NamedTuple

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.state import chain, segment_store
from openmetadata_ol_provider.state.chain import SLOTS, Chain, SegmentRef, in_pieces
from openmetadata_ol_provider.state.keys import segment_key
from openmetadata_ol_provider.state.segment_store import SegmentStore, needed_slots
from openmetadata_ol_provider.state.segmented_variable import SegmentedVariable, StoredHead
from openmetadata_ol_provider.version_compat import delete_variable, get_variable, set_variable

KEY = "the_key"
PIECE = 1000

pytestmark = pytest.mark.usefixtures("airflow_db")


class Head(NamedTuple):
    """A head with one chain."""

    segments: tuple[SegmentRef, ...] = ()
    retired: tuple[int, ...] = ()
    writes: int = 0


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> SegmentStore:
    monkeypatch.setattr(chain, "MAX_PIECE", PIECE)
    monkeypatch.setattr("openmetadata_ol_provider.state.segment_store.MAX_TAIL", 10)
    return SegmentStore(KEY, "state", "delete it")


def newest(texts: Iterable[str], *, whole: bool) -> str:
    return list(texts)[-1]


def stored() -> set[int]:
    return {slot for slot in range(SLOTS) if get_variable(segment_key(KEY, slot)) is not None}


@pytest.mark.parametrize(
    ("length", "free", "pieces"),
    [
        (1, 64, 1),
        (chain.MAX_PIECE, 64, 1),
        (chain.MAX_PIECE + 1, 64, 2),
        (8_000_000, 64, 16),
        (80_000_000, 64, 16),
        (8_000_000, 16, 8),
        (8_000_000, 1, 1),
        (8_000_000, 0, 1),
    ],
)
def test_a_text_is_cut_into_few_pieces(length: int, free: int, pieces: int) -> None:
    text = "x" * length
    cut = list(in_pieces(text, free))
    assert (len(cut), "".join(cut)) == (pieces, text)


def test_no_variable_is_longer_than_a_piece_and_the_text_is_read_as_it_was_written(store: SegmentStore) -> None:
    text = "".join(map(str, range(1500)))
    extended = store.extend(Chain(), text, newest, set())
    (segment,) = extended.segments
    assert len(segment.slots) == len(set(segment.slots)) == -(-len(text) // PIECE)
    assert max(len((get_variable(segment_key(KEY, slot)) or "").partition("_")[2]) for slot in stored()) == PIECE
    assert list(store.texts(extended)) == [text]
    assert store.are_stored([segment])


@pytest.mark.parametrize("damage", ["deleted", "edited"])
def test_a_piece_that_is_missing_or_another_one_is_named(damage: str, store: SegmentStore) -> None:
    extended = store.extend(Chain(), "x" * 2500, newest, set())
    (segment,) = extended.segments
    key = segment_key(KEY, segment.slots[1])
    if damage == "deleted":
        delete_variable(key)
    else:
        set_variable(key, "1_another text")
    assert not store.are_stored([segment])
    with pytest.raises(CheckpointError, match=f"'{key}'.*, a segment of the state 'the_key', is .*delete it"):
        list(store.texts(extended))


def test_there_is_room_for_a_long_state_that_is_written_whole_with_each_batch(store: SegmentStore) -> None:
    before = Head()
    for number in range(6):
        text = str(number) * 16 * PIECE
        protected = needed_slots(before)
        extended = store.extend(Chain(), text, newest, protected)
        small = store.extend(Chain(), "counts of usage", newest, protected)
        segments = (*extended.segments, *small.segments)
        retired = chain.slots_of(before.segments) - chain.slots_of(segments)
        head = Head(segments, tuple(sorted(retired)), before.writes + 1)
        assert not needed_slots(before) & chain.slots_of(segments)
        assert len(extended.segments[0].slots) >= 14
        store.collect(before, head)
        assert stored() == needed_slots(head)
        assert list(store.texts(extended)) == [text]
        before = head


def test_leftovers_of_a_head_without_segments_go_away_and_few_of_its_writes_look_for_them(
    store: SegmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, young = int(time.time()) - 4000, int(time.time())
    for slot in range(SLOTS):
        set_variable(segment_key(KEY, slot), f"{young if slot == 5 else old}_text")
    reads = list[str]()

    def read(key: str) -> str | None:
        reads.append(key)
        return get_variable(key)

    monkeypatch.setattr(segment_store, "get_variable", read)
    for number in range(512):
        store.collect(Head(writes=number), Head(writes=number + 1))
    assert stored() == {5}
    assert len(reads) == SLOTS


def test_where_few_variables_are_left_those_of_the_head_before_are_used_again(store: SegmentStore) -> None:
    protected = needed_slots(Head())
    long = store.extend(Chain(), "a" * 16 * PIECE, newest, protected)
    retired = tuple(sorted(set(range(SLOTS)) - chain.slots_of(long.segments)))
    for slot in retired:
        set_variable(segment_key(KEY, slot), "1800000000_of the head before")
    stored_head = StoredHead("", Head(long.segments, retired, 7))
    protected = SegmentedVariable.protected(stored_head)
    chains = [store.extend(Chain(), letter * 3 * PIECE, newest, protected) for letter in "bc"]
    assert [list(store.texts(one)) for one in (long, *chains)] == [["a" * 16 * PIECE], ["bbb" * PIECE], ["ccc" * PIECE]]
