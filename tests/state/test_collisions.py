"""A state key that is also the name of a Variable of another state costs neither of the two anything."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError, ConfigError, OpenLineageProviderError
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.segments.change import whole_change
from openmetadata_ol_provider.openmetadata.publishing.core.history import History
from openmetadata_ol_provider.openmetadata.publishing.core.ledger import Ledger
from openmetadata_ol_provider.receipts.record import DeliveryRecord
from openmetadata_ol_provider.state import segment_store
from openmetadata_ol_provider.state.asset_queue import note_rewind
from openmetadata_ol_provider.state.chain import SLOTS
from openmetadata_ol_provider.state.collisions import collision_hint
from openmetadata_ol_provider.state.lanes import Lane
from openmetadata_ol_provider.state.receipts import ReceiptStore
from openmetadata_ol_provider.state.repartition import ensure_lane_state
from openmetadata_ol_provider.state.store import StateStore
from openmetadata_ol_provider.version_compat import get_variable
from tests.state.test_store import BATCH, parked, publication


def begun(state_key: str) -> StateStore:
    store = StateStore(state_key)
    store.commit(BATCH, whole_change(RunState()), publication(), History())
    return store


@pytest.mark.parametrize("end", ["ledger", "parked", "receipts", "lanes", "assets"])
def test_the_checkpoint_of_another_state_is_never_overwritten(end: str) -> None:
    other, store = begun(f"x.{end}"), begun("x")
    before = get_variable(f"x.{end}")
    writes = {
        "ledger": lambda: store.claim(History()),
        "parked": lambda: store.update_parked({"a": parked("a")}),
        "receipts": lambda: ReceiptStore("x").write(DeliveryRecord()),
        "lanes": lambda: ensure_lane_state("x", Lane(0, 2)),
        "assets": lambda: note_rewind("x", {"t": {"0": 9}}, {"t": {"0": 1}}),
    }
    with pytest.raises(ConfigError) as caught:
        writes[end]()
    assert f"state_key is 'x.{end}' in one DAG, but the state with the state_key 'x' needs" in str(caught.value)
    assert f"Give one of the two DAGs another state_key that does not end with '.{end}'" in str(caught.value)
    assert get_variable(f"x.{end}") == before
    assert other.read_checkpoint() == {"t": {"0": 9}}


@pytest.mark.parametrize("end", ["s05", "parked.s05", "ledger.s05"])
def test_nor_is_it_deleted_as_a_segment_that_a_crash_has_left(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other, store = begun(f"x.{end}"), begun("x")
    before = get_variable(f"x.{end}")
    monkeypatch.setattr(segment_store, "_SELDOM", 1)
    for number in range(SLOTS + 6):
        store.write_generation(number)
        store.update_parked({"a": parked(f"{number}")})
        store.invalidate_ledger()
    store.empty()
    store.forget()
    assert get_variable(f"x.{end}") == before
    assert other.read_checkpoint() == {"t": {"0": 9}}


@pytest.mark.parametrize("end", ["ledger", "parked"])
def test_the_error_of_the_second_names_the_state_and_does_not_ask_to_delete_what_the_first_needs(end: str) -> None:
    first = begun("x")
    first.write_ledger(Ledger(1, 2))
    first.write_parked({"a": parked("a")})
    with pytest.raises(CheckpointError) as caught:
        StateStore(f"x.{end}").read_state()
    text = str(caught.value)
    assert f"Variable 'x.{end}' is not the state of this DAG" in text
    assert "the state with the state_key 'x' has a Variable of this name, too. Give one of the two" in text
    assert "delete" not in text


@pytest.mark.parametrize("key", ["x.ledger", "x.parked", "x.receipts", "x.lanes", "x.assets", "x.s00"])
def test_such_a_key_alone_works(key: str) -> None:
    assert begun(key).read_history().parking.items == {}
    assert collision_hint(key)


@pytest.mark.parametrize("key", ["x", "ledger", ".ledger", "x.ledgers", "x.s1", "x.lane-0-of-2", "x.parked.events"])
def test_other_keys_are_those_of_states_only(key: str) -> None:
    assert collision_hint(key) == ""
    with pytest.raises(OpenLineageProviderError, match="or delete it"):
        raise_damaged(key)


def raise_damaged(key: str) -> None:
    from openmetadata_ol_provider.state.document import decode_document

    decode_document(key, "damaged")
