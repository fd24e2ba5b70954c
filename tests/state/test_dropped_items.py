"""What is dropped from the parking lot while a task tries it again stays dropped."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.state.store import StateStore
from tests.state.test_store import BATCH, KEY, parked, publication

CHANGES = {name: parked(name) for name in "abc"}


@pytest.fixture
def store() -> StateStore:
    return StateStore(KEY)


def test_what_was_dropped_while_a_task_tried_it_again_is_not_parked_again(store: StateStore) -> None:
    store.write_parked({name: parked(name) for name in "ab"})
    history = store.read_history()
    StateStore(KEY).update_parked({"a": None})
    store.commit(BATCH, whole_change(RunState()), publication(parking=CHANGES), history)
    assert set(store.read_parked()) == set("bc")


def test_what_is_dropped_before_the_checkpoint_moves_stays_dropped(
    store: StateStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_parked({name: parked(name) for name in "ab"})
    history, advance = store.read_history(), StateStore.advance

    def dropped(*args: Any, **options: Any) -> Any:
        StateStore(KEY).update_parked({"a": None})
        return advance(*args, **options)

    monkeypatch.setattr(StateStore, "advance", dropped)
    store.commit(BATCH, whole_change(RunState()), publication(parking=CHANGES), history)
    assert set(store.read_parked()) == set("bc")


def test_a_task_tries_nothing_again_that_was_dropped_between_two_batches(store: StateStore) -> None:
    store.write_parked({name: parked(name) for name in "ab"})
    history = store.read_history()
    StateStore(KEY).update_parked({"a": None})
    assert set(store.with_parked(history).parking.items) == {"b"}
    assert store.with_parked(History()) == History()
