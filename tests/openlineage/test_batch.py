"""Batches and states survive the way through plain JSON; damaged ones are refused."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest

from openmetadata_ol_provider.openlineage import serialization as packing
from openmetadata_ol_provider.openlineage.batch import BatchOrigin, EventBatch
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.positions import OffsetRange
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from openmetadata_ol_provider.openlineage.problems import Problem
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import RunState
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from tests.support import BASE, CAPTURES, captured, decode, job_event, run_event, stored

ORIGIN = BatchOrigin("key", "kafka_default", (OffsetRange("t", 0, 5, 7, 12, lost=2), OffsetRange("t", 1, None, 0, 3)))


def batch(**changes: Any) -> EventBatch:
    events = tuple(decode(run_event("START", inputs=["a"]), run_event(outputs=["x"], seconds=1), job_event()))
    problems = (Problem(ProblemKind.MALFORMED, "t[0]@8", "not JSON"),)
    return EventBatch(ORIGIN, events, dead_letters=1, skipped=2, more=True, problems=problems, **changes)


def test_a_batch_comes_back_as_it_was_through_plain_json() -> None:
    assert EventBatch.from_dict(json.loads(json.dumps(batch().to_dict()))) == batch()


def test_an_empty_batch_comes_back_as_it_was() -> None:
    empty = EventBatch(BatchOrigin("key", "kafka_default"))
    assert EventBatch.from_dict(json.loads(json.dumps(empty.to_dict()))) == empty


def test_a_batch_says_what_it_covers_without_being_unpacked() -> None:
    document = batch().to_dict()
    assert document["count"] == 3
    assert document["origin"]["ranges"][0] == {
        "topic": "t",
        "partition": 0,
        "checkpoint": 5,
        "start": 7,
        "end": 12,
        "lost": 2,
    }


@pytest.mark.parametrize("name", CAPTURES)
def test_real_events_come_back_as_they_were(name: str) -> None:
    events = tuple(decode_event(line).event for line in captured(name))
    assert unpack(pack(events), tuple[Event, ...]) == events
    state = assemble(unpack(pack(events), tuple[Event, ...]), RunState(), BASE).state
    assert stored(state) == state


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"version": 2}, id="another version"),
        pytest.param({"version": None}, id="no version"),
        pytest.param({"events": ""}, id="no events"),
        pytest.param({"events": None}, id="events are null"),
        pytest.param({"events": "no base64!"}, id="no base64"),
        pytest.param({"events": base64.b64encode(b"plain").decode()}, id="not compressed"),
        pytest.param({"events": pack({"runs": {}})}, id="something else packed"),
        pytest.param({"events": base64.b64encode(zlib.compress(b"[{")).decode()}, id="no JSON packed"),
        pytest.param({"origin": {"state_key": "k"}}, id="half an origin"),
        pytest.param({"origin": None}, id="no origin"),
        pytest.param({"problems": "none"}, id="no problems"),
    ],
)
def test_a_damaged_batch_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        EventBatch.from_dict(batch().to_dict() | damage)


@pytest.mark.parametrize("key", ["origin", "events", "problems", "dead_letters", "more"])
def test_a_batch_with_a_part_missing_is_refused(key: str) -> None:
    document = batch().to_dict()
    del document[key]
    with pytest.raises(ValueError, match=key):
        EventBatch.from_dict(document)


@pytest.mark.parametrize("value", [None, [], "batch", 1])
def test_what_is_no_batch_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="version None is not supported"):
        EventBatch.from_dict(value)


def test_every_cut_of_a_packed_value_is_refused() -> None:
    packed = pack(batch().events)
    for length in range(0, len(packed), 4):
        with pytest.raises(ValueError, match="damaged"):
            unpack(packed[:length], tuple[Event, ...])


def test_what_was_packed_before_xz_was_used_is_still_read() -> None:
    before = base64.b64encode(zlib.compress(b'{"runs": 7}', 6)).decode()
    assert unpack(before, dict[str, int]) == {"runs": 7}
    for length in range(4, len(before), 4):
        with pytest.raises(ValueError, match=r"\w"):
            unpack(before[:length], dict[str, int])


def test_what_would_unpack_to_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_UNPACKED", 1000)
    assert unpack(pack("x" * 998), str) == "x" * 998
    with pytest.raises(ValueError, match="larger than 1000 bytes"):
        unpack(pack("x" * 999), str)
