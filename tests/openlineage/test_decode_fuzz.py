"""Real events, damaged at random: only the damaged part is lost, and only MalformedEventError is raised."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import EventDataset
from tests.support import CAPTURES, Json, captured

FUZZ = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
#: What stands where something else should.
INTRUDERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from([10**400, "\ud800", "\x00", float("nan"), [], {}, [None], [[]], {"": None}, {"fields": {"a": 1}}]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=4), st.none() | st.integers(), max_size=3),
)


@cache
def lines() -> tuple[bytes, ...]:
    return tuple(line for name in CAPTURES for line in captured(name))


@cache
def sites() -> tuple[tuple[int, str, int], ...]:
    """Return every dataset of the captured events: event, side, index."""
    return tuple(
        (number, side, index)
        for number, line in enumerate(lines())
        for side in ("inputs", "outputs")
        for index, item in enumerate(json.loads(line).get(side) or ())
        if item.get("name")
    )


def damage(draw: st.DrawFn, part: Any) -> None:
    """Replace or remove something within ``part``, at any depth."""
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        key = draw(st.sampled_from(keys))
        child = part[key]
        if isinstance(child, dict | list) and child and draw(st.booleans()):
            part = child
        elif draw(st.integers(0, 3)):
            part[key] = draw(INTRUDERS)
            return
        else:
            del part[key]
            return


@st.composite
def damaged_events(draw: st.DrawFn) -> bytes:
    event = json.loads(draw(st.sampled_from(lines())))
    for _ in range(draw(st.integers(1, 3))):
        if event:
            damage(draw, event)
    return json.dumps(event).encode()


@st.composite
def torn_events(draw: st.DrawFn) -> bytes:
    line = draw(st.sampled_from(lines()))
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(st.binary(max_size=4)) + line[at + draw(st.integers(0, 4)) :]


@FUZZ
@given(damaged_events() | torn_events())
def test_a_damaged_event_is_read_or_refused_and_what_is_read_can_be_passed_on(value: bytes) -> None:
    try:
        found = decode_event(value)
    except MalformedEventError:
        return
    assert decode_event(msgspec.json.encode(found.event)).event == found.event


class Damaged(NamedTuple):
    """An event before and after one of its datasets was damaged."""

    before: Json
    after: Json
    side: str
    index: int


@st.composite
def damaged_datasets(draw: st.DrawFn, facet_only: bool = False) -> Damaged:
    number, side, index = draw(st.sampled_from(sites()))
    before = json.loads(lines()[number])
    after = copy.deepcopy(before)
    item = after[side][index]
    if facet_only and item.get("facets"):
        item["facets"][draw(st.sampled_from(sorted(item["facets"])))] = draw(INTRUDERS)
    else:
        damage(draw, item)
    return Damaged(before, after, side, index)


def valid_unicode(value: str) -> bool:
    try:
        json.dumps(json.loads(value), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def read(event: Json) -> dict[str, list[EventDataset]] | None:
    """Decode an event; ``None`` if it is no JSON at all (a lone surrogate cannot be written as UTF-8)."""
    value = json.dumps(event)
    if not valid_unicode(value):
        with pytest.raises(MalformedEventError, match="not JSON"):
            decode_event(value)
        return None
    found = decode_event(value).event
    return {"inputs": list(found.inputs or ()), "outputs": list(found.outputs or ())}


@FUZZ
@given(damaged_datasets())
def test_a_damaged_dataset_costs_no_other_dataset(case: Damaged) -> None:
    after = read(case.after)
    if after is None:
        return
    case.before[case.side].pop(case.index)
    for side, survivors in (read(case.before) or {}).items():
        assert [item for item in survivors if item not in after[side]] == []
        assert len(after[side]) - len(survivors) in ((0, 1) if side == case.side else (0,))


@FUZZ
@given(damaged_datasets(facet_only=True))
def test_a_damaged_facet_costs_no_other_facet(case: Damaged) -> None:
    item = case.before[case.side][case.index]
    left = case.after[case.side][case.index]["facets"] if item.get("facets") else {}
    spoilt = [key for key, value in (item.get("facets") or {}).items() if left.get(key) != value]
    after = read(case.after)
    if after is None or not spoilt:
        return
    [key] = spoilt
    item["facets"].pop(key)
    [expected] = (read({**case.before, "inputs": [item], "outputs": []}) or {})["inputs"]
    [found] = [one for one in after[case.side] if (one.namespace, one.name) == (item["namespace"], item["name"])][:1]
    for name in expected.facets.__struct_fields__ if expected.facets else ():
        if name != key:
            assert getattr(found.facets, name) == getattr(expected.facets, name)
