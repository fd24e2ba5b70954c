"""Real events, damaged at random: only the damaged part is lost, and only MalformedEventError is raised."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.exceptions import MalformedEventError
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event, EventDataset
from tests.openlineage.mutations import FUZZ, INTRUDERS, damage, damaged_events, lines, torn_events
from tests.support import Json


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


@st.composite
def damaged_owners(draw: st.DrawFn) -> tuple[Json, Json, str, str]:
    """Return an event before and after one facet of its run or job was damaged, and which."""
    before = json.loads(draw(st.sampled_from(lines()).filter(lambda line: b'"job"' in line)))
    owners = [owner for owner in ("run", "job") if before.get(owner, {}).get("facets")]
    if not owners:
        before["job"]["facets"] = {"sql": {"query": "select 1"}}
        owners = ["job"]
    owner = draw(st.sampled_from(owners))
    key = draw(st.sampled_from(sorted(before[owner]["facets"])))
    after = copy.deepcopy(before)
    if isinstance(after[owner]["facets"][key], dict) and after[owner]["facets"][key] and draw(st.booleans()):
        damage(draw, after[owner]["facets"][key], donor=before)
    else:
        after[owner]["facets"][key] = draw(INTRUDERS)
    return before, after, owner, key


@FUZZ
@given(damaged_owners())
def test_a_damaged_facet_of_a_run_or_job_costs_nothing_else(case: tuple[Json, Json, str, str]) -> None:
    before, after, owner, key = case
    if not valid_unicode(json.dumps(after)):
        return
    del before[owner]["facets"][key]
    expected, found = (decode_event(json.dumps(event)).event for event in (before, after))
    assert comparable(found, without=(owner, key)) == comparable(expected)


def comparable(event: Event, without: tuple[str, str] = ("", "")) -> Json:
    """Return what is in an event, without one facet and without what is empty."""
    document = json.loads(msgspec.json.encode(event))
    owner, key = without
    document.get(owner, {}).get("facets", {}).pop(key, None)
    for part in (document.get("run", {}), document.get("job", {})):
        if part.get("facets") == {}:
            del part["facets"]
    return {name: value for name, value in document.items() if value != []}
