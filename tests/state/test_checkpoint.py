"""The rules of the checkpoint: which batch continues it, which one it is past, and how it moves."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.exceptions import CheckpointError
from openmetadata_ol_provider.openlineage.batch import BatchOrigin
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.state.checkpoint import advance_checkpoint, is_past, require_start
from openmetadata_ol_provider.state.keys import MAX_KEY, default_state_key, ledger_key, parked_key


def origin(*ranges: tuple[str, int, int | None, int, int]) -> BatchOrigin:
    """Return an origin from (topic, partition, checkpoint, start, end)."""
    return BatchOrigin("the_key", "kafka_default", tuple(OffsetRange(*item) for item in ranges))


TWO = origin(("t", 0, 5, 5, 9), ("t", 1, None, 0, 3))


@pytest.mark.parametrize(
    ("checkpoint", "fits", "done"),
    [
        pytest.param({"t": {"0": 5}}, True, False, id="where the batch starts"),
        pytest.param({"t": {"0": 5, "7": 1}, "other": {"0": 2}}, True, False, id="others do not matter"),
        pytest.param({"t": {"0": 9, "1": 3}}, False, True, id="where the batch ends"),
        pytest.param({"t": {"0": 20, "1": 30}}, False, True, id="past it"),
        pytest.param({"t": {"0": 9}}, False, False, id="past one partition only"),
        pytest.param({"t": {"0": 7, "1": 3}}, False, False, id="in the middle"),
        pytest.param({"t": {"0": 4}}, False, False, id="before it"),
        pytest.param({"t": {"0": 5, "1": 0}}, False, False, id="somewhere where the batch saw none"),
        pytest.param({}, False, False, id="nowhere"),
    ],
)
def test_a_batch_has_to_continue_the_checkpoint(checkpoint: dict[str, dict[str, int]], fits: bool, done: bool) -> None:
    assert is_past(TWO, checkpoint) is done
    if fits:
        require_start(TWO, checkpoint)
    else:
        with pytest.raises(CheckpointError, match="the_key"):
            require_start(TWO, checkpoint)


def test_a_refusal_names_each_partition_that_does_not_fit() -> None:
    with pytest.raises(CheckpointError) as refused:
        require_start(TWO, {"t": {"0": 4, "1": 2}})
    message = str(refused.value)
    assert "t[0]: batch from 5, checkpoint at 4" in message
    assert "t[1]: batch from None, checkpoint at 2" in message


def test_the_checkpoint_moves_past_the_batch_and_keeps_the_rest() -> None:
    before = {"t": {"0": 5, "7": 1}, "other": {"0": 2}}
    assert advance_checkpoint(before, TWO) == {"t": {"0": 9, "1": 3, "7": 1}, "other": {"0": 2}}
    assert before == {"t": {"0": 5, "7": 1}, "other": {"0": 2}}


def test_once_moved_the_same_batch_is_done_and_the_next_fits() -> None:
    moved = advance_checkpoint({"t": {"0": 5}}, TWO)
    assert is_past(TWO, moved)
    require_start(origin(("t", 0, 9, 9, 9), ("t", 1, 3, 3, 8)), moved)


def test_a_batch_of_a_recreated_topic_moves_the_checkpoint_back() -> None:
    recreated = origin(("t", 0, 100, 0, 4))
    assert not is_past(recreated, {"t": {"0": 100}})
    require_start(recreated, {"t": {"0": 100}})
    assert advance_checkpoint({"t": {"0": 100}}, recreated) == {"t": {"0": 4}}


def test_an_empty_batch_fits_everywhere_and_is_never_done() -> None:
    require_start(origin(), {"t": {"0": 5}})
    assert not is_past(origin(), {"t": {"0": 5}})
    assert advance_checkpoint({"t": {"0": 5}}, origin()) == {"t": {"0": 5}}


def test_the_key_is_one_for_the_same_dag_and_topics_whatever_their_order() -> None:
    assert default_state_key("dag", ["b", "a", "b"]) == default_state_key("dag", ["a", "b"])
    keys = {default_state_key("dag", ["a"]), default_state_key("dag", ["b"]), default_state_key("other", ["a"])}
    assert len(keys) == 3


def test_a_key_that_is_too_long_is_cut_and_still_its_own() -> None:
    topics = [f"topic-{number:04}" for number in range(100)]
    keys = [default_state_key("dag", topics), default_state_key("dag", [*topics, "one-more"])]
    assert [len(key) for key in keys] == [MAX_KEY, MAX_KEY]
    assert keys[0] != keys[1]


def test_the_keys_beside_a_long_one_are_not_too_long_either() -> None:
    key = default_state_key("dag", [f"topic-{number:04}" for number in range(100)])
    keys = {key, parked_key(key), ledger_key(key)}
    assert len(keys) == 3
    assert max(map(len, keys)) <= MAX_KEY
    assert parked_key("short") == "short.parked"
