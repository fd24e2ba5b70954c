"""Where reading starts: pure arithmetic."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from openmetadata_ol_provider.kafka.offsets import (
    Backlog,
    GroupOffset,
    PartitionBacklog,
    json_checkpoint,
    partition_backlog,
    rewind_checkpoint,
)
from openmetadata_ol_provider.kafka.retry import REQUEST_TIMEOUT
from openmetadata_ol_provider.kafka.settings import KafkaSettings
from openmetadata_ol_provider.kafka.topic_ids import fetch_topic_ids, recreated_topics


@pytest.mark.parametrize(
    ("checkpoint", "committed", "policy", "start", "origin"),
    [
        pytest.param({"t": {0: 4}}, 6, "latest", 4, "checkpoint", id="the checkpoint decides"),
        pytest.param({"t": {"0": 4}}, None, "earliest", 4, "checkpoint", id="also with the text keys of JSON"),
        pytest.param({}, 6, "latest", 6, "group", id="then the group's committed offset"),
        pytest.param({}, None, "earliest", 2, "earliest", id="then auto.offset.reset earliest"),
        pytest.param({}, None, "latest", 10, "latest", id="then auto.offset.reset latest"),
        pytest.param({"t": {1: 3}}, None, "latest", 2, "earliest", id="a partition added later is read whole"),
        pytest.param({"t": {0: 0}}, None, "earliest", 2, "checkpoint", id="a checkpoint below the retained is clamped"),
        pytest.param({"t": {0: 11}}, None, "latest", 2, "checkpoint", id="a checkpoint beyond the end starts over"),
        pytest.param({"t": {0: 10}}, None, "latest", 10, "checkpoint", id="a checkpoint at the end stays"),
    ],
)
def test_reading_starts(checkpoint: Any, committed: int | None, policy: Any, start: int, origin: str) -> None:
    of_group = None if committed is None else GroupOffset(committed, "me", "a-group")
    placed = partition_backlog("t", 0, (2, 10), checkpoint=checkpoint, committed=of_group, policy=policy)
    assert (placed.start, placed.origin, placed.events) == (start, origin, 10 - start)
    assert (placed.group, placed.owner) == (("a-group", "me") if origin == "group" else ("", ""))


@pytest.mark.parametrize(
    ("position", "start", "reset", "recreated"),
    [
        pytest.param(4, 2, True, True, id="within the offsets of the new one"),
        pytest.param(10, 2, True, True, id="at its end"),
        pytest.param(11, 2, True, False, id="beyond its end, as is noticed without an id"),
        pytest.param(1, 2, True, True, id="before its first message"),
        pytest.param(2, 2, False, False, id="where it begins"),
        pytest.param(None, 2, False, False, id="nowhere"),
    ],
)
def test_a_position_of_a_deleted_topic_is_none_of_the_one_of_that_name(
    position: int | None, start: int, reset: bool, recreated: bool
) -> None:
    checkpoint = {} if position is None else {"t": {"0": position}}
    placed = partition_backlog("t", 0, (2, 10), checkpoint=checkpoint, topic_id="new", recreated=True)
    assert (placed.start, placed.reset, placed.recreated, placed.lost) == (start, reset, recreated, 0)
    # What sensors hand on has neither.
    assert not {"topic_id", "recreated"} & Backlog((placed,)).to_dict()["partitions"][0].keys()


def test_only_a_topic_with_two_ids_was_recreated() -> None:
    stored = {"same": "a", "other": "a", "unknown by now": "a"}
    assert recreated_topics(stored, {"same": "a", "other": "b", "not known before": "a"}) == {"other"}


def _raise(error: object) -> None:
    raise RuntimeError(error)


@pytest.mark.parametrize("extra", [{"no.such.setting": "1"}, {"error_cb": _raise}], ids=["setting", "no answer"])
def test_that_there_are_no_ids_is_never_an_error_and_soon_known(extra: dict[str, Any]) -> None:
    begun = time.monotonic()
    assert fetch_topic_ids(KafkaSettings("kafka_default", {"bootstrap.servers": "127.0.0.1:9", **extra}), ["t"]) == {}
    assert time.monotonic() - begun < REQUEST_TIMEOUT / 2


def test_what_retention_deleted_is_counted() -> None:
    assert partition_backlog("t", 0, (7, 10), checkpoint={"t": {0: 4}}).lost == 3
    assert partition_backlog("t", 0, (7, 10), checkpoint={}, committed=GroupOffset(5)).lost == 2
    assert partition_backlog("t", 0, (7, 10), checkpoint={}).lost == 0


def test_a_recreated_topic_is_told_apart_from_loss() -> None:
    placed = partition_backlog("t", 0, (0, 10), checkpoint={"t": {0: 50}})
    assert (placed.reset, placed.lost, placed.start, placed.checkpoint) == (True, 0, 0, 50)


def test_a_backlog_survives_json() -> None:
    backlog = Backlog((PartitionBacklog("t", 0, 1, 9, 4, 4), PartitionBacklog("t", 1, 0, 3, None, 0, 2, True, "group")))
    document = json.loads(json.dumps(backlog.to_dict()))
    assert Backlog.from_dict(document) == backlog
    assert (document["events"], document["lost"]) == (8, 2)


@pytest.mark.parametrize("document", [{}, {"partitions": 3}, {"partitions": [{"topic": "t"}]}])
def test_what_is_no_backlog_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"partitions|topic|Expected|required"):
        Backlog.from_dict(document)


def test_ready_means_enough_events_or_a_position_to_be_kept() -> None:
    two = Backlog((PartitionBacklog("t", 0, 0, 2, 0, 0),))
    assert two.ready(2)
    assert not two.ready(3)
    assert not Backlog().ready()
    assert Backlog((PartitionBacklog("t", 0, 0, 2, None, 2, origin="latest"),)).ready()


@pytest.mark.parametrize(
    ("checkpoint", "at_time", "start", "origin"),
    [
        pytest.param({}, 5, 5, "time", id="a time says where"),
        pytest.param({}, 0, 2, "time", id="what is gone cannot be read"),
        pytest.param({}, 2**62, 10, "time", id="a time after every message is the end"),
        pytest.param({"t": {0: 4}}, 7, 4, "checkpoint", id="the checkpoint decides"),
        pytest.param({"t": {1: 4}}, 7, 2, "earliest", id="a partition added later is read whole"),
    ],
)
def test_reading_starts_at_a_time(checkpoint: Any, at_time: int, start: int, origin: str) -> None:
    placed = partition_backlog("t", 0, (2, 10), checkpoint=checkpoint, at_time=at_time, policy="latest")
    assert (placed.start, placed.origin) == (start, origin)


def test_a_checkpoint_moves_back_and_never_forward() -> None:
    checkpoint = {"t": {"0": 10, "1": 3}, "u": {"0": 5}}
    assert rewind_checkpoint(checkpoint, {"t": {0: 4, "1": 7, "2": 6}, "v": {"0": 1}}) == {
        "t": {"0": 4, "1": 3, "2": 6},
        "u": {"0": 5},
        "v": {"0": 1},
    }
    assert checkpoint == {"t": {"0": 10, "1": 3}, "u": {"0": 5}}


def test_a_checkpoint_has_text_keys_for_json() -> None:
    assert json_checkpoint({"t": {0: 1, "1": 2}, "u": {}}) == {"t": {"0": 1, "1": 2}, "u": {}}
