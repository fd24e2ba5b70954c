"""The state store: what moves together, who may trust the ledger, and how a second task is noticed."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.segments.change import StoredRuns, fit_to_size, whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.held import Held
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import (
    UNVERIFIED,
    EdgeFact,
    Fact,
    Ledger,
    LedgerChanges,
    LedgerTarget,
)
from openmetadata_ol_provider.openmetadata.publishing.core.parked import Parked
from openmetadata_ol_provider.openmetadata.publishing.core.parked_items import ParkedItems
from openmetadata_ol_provider.openmetadata.publishing.core.parking import Parking
from openmetadata_ol_provider.openmetadata.publishing.core.publication import Publication
from openmetadata_ol_provider.openmetadata.publishing.core.report import PublishReport
from openmetadata_ol_provider.state.store import StateStore, apply
from openmetadata_ol_provider.version_compat import set_variable

KEY = "the_key"
BATCH = BatchOrigin(KEY, "kafka_default", (OffsetRange("t", 0, None, 0, 9),))
TARGET = LedgerTarget(1, 2)


@pytest.fixture
def store() -> StateStore:
    return StateStore(KEY)


def parked(key: str) -> Parked:
    return Parked(key=key, reason="unresolved", where="a -> b", detail="not there")


def publication(**parts: Any) -> Publication:
    return Publication(PublishReport(), LedgerChanges(TARGET), {}, {})._replace(**parts)


def begun(store: StateStore) -> None:
    """Let there be a state, and a ledger that can be trusted."""
    store.advance(BATCH, whole_change(RunState()), {}, Held())
    store.write_ledger(Ledger(*TARGET[:2], {5: Fact(6, 7.0)}, {8: EdgeFact(9, 7.0, "job")}))


# -- claims ------------------------------------------------------------------------------------------------------------


def test_a_claim_is_written_before_the_publication_and_kept_until_it_is_released(store: StateStore) -> None:
    begun(store)
    history = store.claim(store.read_history())
    assert store.read_ledger().token == history.token != ""
    assert store.read_history().interrupted
    assert store.read_history().ledger.facts == {}
    assert store.release(history)
    assert not store.read_history().interrupted
    assert store.read_history().ledger.facts == {5: Fact(6, 7.0)}


def test_a_task_claims_once_whatever_the_number_of_its_batches(store: StateStore) -> None:
    history = store.claim(History())
    assert store.claim(history) is history


def test_a_ledger_is_not_believed_when_two_have_published_at_once(store: StateStore) -> None:
    one, two = store.claim(History()), store.claim(History())
    for history in (one, two):
        assert not store.release(history)
        assert store.read_history().interrupted
    three = store.claim(History())
    assert store.release(three)
    assert not store.read_history().interrupted


def test_who_has_published_nothing_leaves_the_ledger_of_others_as_it_is(store: StateStore) -> None:
    store.claim(History())
    assert store.release(History())
    assert store.read_history().interrupted


def test_a_task_after_which_another_has_written_the_state_is_not_alone(store: StateStore) -> None:
    history = store.claim(store.read_history())
    store.commit(BATCH, whole_change(RunState()), publication(), history)
    assert store.release(history)
    StateStore(KEY).write_generation(3)
    assert not store.release(history)
    assert store.read_history().interrupted


def test_a_task_that_is_killed_leaves_a_ledger_that_knows_edges_but_calls_none_current(store: StateStore) -> None:
    begun(store)
    store.claim(store.read_history())
    history = store.read_history()
    assert (history.ledger.facts, history.ledger.edges[8].digest) == ({}, UNVERIFIED)
    assert history.token == ""


def test_moving_the_checkpoint_ends_every_claim(store: StateStore) -> None:
    begun(store)
    history = store.claim(store.read_history())
    store.move_checkpoint({"t": {"0": 9}}, {"t": {"0": 3}})
    assert not store.release(history)


# -- commits -----------------------------------------------------------------------------------------------------------


def test_a_batch_moves_checkpoint_runs_and_usage_together(store: StateStore) -> None:
    runs = RunState(runs={"r": Run(run_id="r", namespace="ns", name="job")})
    store.commit(BATCH, whole_change(runs), publication(usage={("p", "2026-01-01"): 3}), History())
    assert store.read_state()[:3] == ({"t": {"0": 9}}, runs, {("p", "2026-01-01"): 3})
    assert store.read_history().usage == {("p", "2026-01-01"): 3}


def test_the_ids_of_topics_move_with_the_checkpoint_and_end_where_it_is_set(store: StateStore) -> None:
    def advance(start: int, topic_id: str) -> None:
        ranges = tuple(
            OffsetRange(topic, 0, start or None, start, start + 9, topic_id=topic_id) for topic in ("t", "u")
        )
        store.advance(BatchOrigin(KEY, "kafka_default", ranges), whole_change(RunState()), {}, Held())

    advance(0, "first")
    # A cluster that was not asked, or has not answered.
    advance(9, "")
    assert store.read_positions().topic_ids == {"t": "first", "u": "first"}
    store.write_generation(7)
    store.move_checkpoint({"t": {"0": 18}, "u": {"0": 18}}, {"t": {"0": 18}, "u": {"0": 3}})
    assert store.read_state().topic_ids == {"t": "first"}


def test_a_batch_that_another_task_has_overtaken_is_refused_but_what_it_parked_is_kept(store: StateStore) -> None:
    begun(store)
    with pytest.raises(CheckpointError, match="It was moved while the batch was published"):
        store.commit(BATCH, whole_change(RunState()), publication(parking={"a": parked("a")}), History())
    assert store.read_checkpoint() == {"t": {"0": 9}}
    assert set(store.read_parked()) == {"a"}


@pytest.mark.parametrize("max_bytes", [None, 1])
def test_a_batch_that_was_translated_as_if_nothing_were_remembered_is_refused(
    store: StateStore, max_bytes: int | None
) -> None:
    remembered = RunState(runs={"r": Run(run_id="r", namespace="ns", name="job")})
    store.commit(BATCH, fit_to_size(StoredRuns(), remembered, None).change, publication(), History())
    nothing = fit_to_size(StoredRuns(), RunState(), max_bytes).change
    next_batch = BatchOrigin(KEY, "kafka_default", (OffsetRange("t", 0, 9, 9, 12),))
    with pytest.raises(CheckpointError, match="is not what the batch was translated with"):
        store.commit(next_batch, nothing, publication(), History())
    assert store.read_state()[:2] == ({"t": {"0": 9}}, remembered)


def test_without_ranges_only_what_is_parked_is_stored(store: StateStore) -> None:
    begun(store)
    store.commit(
        BatchOrigin(KEY, "kafka_default"), whole_change(RunState()), publication(parking={"a": parked("a")}), History()
    )
    assert store.read_checkpoint() == {"t": {"0": 9}}
    assert set(store.read_parked()) == {"a"}


def test_what_others_park_and_drop_meanwhile_stays_as_they_left_it(store: StateStore) -> None:
    store.write_parked({name: parked(name) for name in "abc"})
    history = store.read_history()
    store.write_parked({name: parked(name) for name in "bd"})
    store.update_parked({"b": None, "e": parked("e")})
    assert set(history.parking.items) == set("abc")
    assert set(store.read_parked()) == set("de")


def test_what_a_slower_task_undoes_before_the_checkpoint_moves_is_parked_again(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_parked({name: parked(name) for name in "ab"})
    advance = StateStore.advance

    def undone(*args: Any, **options: Any) -> Any:
        StateStore(KEY).write_parked({name: parked(name) for name in ["a", "b", "d"]})
        return advance(*args, **options)

    monkeypatch.setattr(StateStore, "advance", undone)
    changes = {"a": None, "c": parked("c")}
    store.commit(BATCH, whole_change(RunState()), publication(parking=changes), store.read_history())
    assert set(store.read_parked()) == set("bcd")


def test_what_is_parked_is_read_again_only_after_another_task_has_changed_it(store: StateStore) -> None:
    store.write_parked({name: parked(name) for name in "ab"})
    assert store.read_parked() is store.read_parked()
    StateStore(KEY).update_parked({"a": None})
    assert set(store.read_parked()) == {"b"}


def test_a_publication_is_applied_without_changing_the_history_before(store: StateStore) -> None:
    ledger = Ledger(*TARGET[:2], {1: Fact(1, 1.0), 2: Fact(2, 1.0)}, {8: EdgeFact(9, 7.0, "job")}, {"job": 3})
    before = History(ledger, Parking(ParkedItems({"a": parked("a")})), {("p", "2026-01-01"): 1}, token="t")
    known = copy.deepcopy(before)
    changes = LedgerChanges(TARGET, True, {1: None, 3: Fact(3, 2.0)}, {8: None}, {"other": 4}, 10)
    after = apply(before, publication(ledger=changes, parking={"a": None, "b": parked("b")}, usage={}))
    assert before == known
    assert (after.ledger.facts, after.ledger.edges) == ({2: Fact(2, 1.0), 3: Fact(3, 2.0)}, {})
    assert (set(after.parking.items), after.usage, after.token) == ({"b"}, {}, "t")


def test_a_ledger_of_another_catalogue_is_replaced_and_one_that_was_not_trusted_keeps_its_edges() -> None:
    ledger = Ledger(*TARGET[:2], {1: Fact(1, 1.0)}, {8: EdgeFact(9, 7.0, "job")})
    elsewhere = ledger.updated(LedgerChanges(LedgerTarget(3, 2), facts={2: Fact(2, 1.0)}))
    assert (elsewhere.catalogue, elsewhere.facts, elsewhere.edges) == (3, {2: Fact(2, 1.0)}, {})
    refreshed = ledger.updated(LedgerChanges(TARGET, trusted=False, facts={2: Fact(2, 1.0)}))
    assert (refreshed.facts, refreshed.edges[8].digest) == ({2: Fact(2, 1.0)}, UNVERIFIED)


def test_a_state_that_was_deleted_takes_the_trust_in_its_ledger_with_it(store: StateStore) -> None:
    begun(store)
    set_variable(KEY, "")
    assert store.read_history().ledger.facts == {}
    assert not store.read_history().interrupted


# -- the command line at the same time ---------------------------------------------------------------------------------


def released(store: StateStore, changes: LedgerChanges) -> None:
    """Let a task publish something that moves no checkpoint."""
    history = store.claim(store.read_history())
    assert store.release(history._replace(ledger=history.ledger.updated(changes)))


def test_a_task_does_not_trust_a_ledger_that_another_one_has_changed_between_its_reading_and_its_claim(
    store: StateStore,
) -> None:
    begun(store)
    history = store.read_history()
    released(StateStore(KEY), LedgerChanges(TARGET, facts={5: Fact(1, 8.0)}, edges={7: EdgeFact(9, 8.0, "other")}))
    history = store.claim(history)
    assert (history.interrupted, history.ledger.facts) == (True, {})
    assert {key: edge.digest for key, edge in history.ledger.edges.items()} == {7: UNVERIFIED, 8: UNVERIFIED}
    assert store.release(history)
    assert StateStore(KEY).read_history().ledger == history.ledger


@pytest.mark.parametrize("other", [StateStore.invalidate_ledger, lambda store: store.claim(store.read_history())])
def test_a_task_does_not_trust_a_ledger_that_lost_its_trust_between_its_reading_and_its_claim(
    store: StateStore, other: Callable[[StateStore], object]
) -> None:
    begun(store)
    history = store.read_history()
    other(StateStore(KEY))
    assert store.claim(history).ledger.facts == {}


def test_a_claim_leaves_a_ledger_as_it_was_read_if_nobody_has_changed_it(store: StateStore) -> None:
    begun(store)
    history = store.read_history()
    released(StateStore(KEY), LedgerChanges(TARGET))
    assert store.claim(history).ledger is history.ledger


def test_what_the_command_line_adds_to_the_ledger_undoes_no_claim(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(store)
    updated = Ledger.updated

    def claimed_meanwhile(ledger: Ledger, changes: LedgerChanges) -> Ledger:
        monkeypatch.setattr(Ledger, "updated", updated)
        StateStore(KEY).claim(History())
        return updated(ledger, changes)

    monkeypatch.setattr(Ledger, "updated", claimed_meanwhile)
    reason = store.add_to_ledger(LedgerChanges(TARGET, edges={7: EdgeFact(9, 8.0, "other")}))
    assert reason == "a task with this state key is publishing, or was killed"
    assert StateStore(KEY).read_history().interrupted
    assert set(StateStore(KEY).read_ledger().edges) == {7, 8}


def test_a_task_notices_that_the_command_line_has_published_meanwhile(store: StateStore) -> None:
    begun(store)
    history = store.claim(store.read_history())
    StateStore(KEY).add_to_ledger(LedgerChanges(TARGET, facts={5: Fact(1, 8.0)}))
    assert not store.release(history)
    assert StateStore(KEY).read_history().ledger.facts == {}


def test_a_task_notices_that_edges_were_taken_out_of_the_ledger_meanwhile(store: StateStore) -> None:
    begun(store)
    history = store.claim(store.read_history())
    StateStore(KEY).forget_edges(lambda _: {})
    assert not store.release(history)
    assert StateStore(KEY).read_history().ledger.edges[8].digest == UNVERIFIED


def test_edges_that_are_taken_out_of_the_ledger_are_gone_and_the_rest_is_still_trusted(store: StateStore) -> None:
    begun(store)
    before = store.read_history().ledger
    StateStore(KEY).forget_edges(lambda ledger: dict(ledger.edges))
    assert StateStore(KEY).read_history().ledger == before
    StateStore(KEY).forget_edges(lambda _: {})
    assert StateStore(KEY).read_history().ledger == msgspec.structs.replace(before, edges={})
