"""A state of version 3 is read, and what follows is what follows without a break."""

from __future__ import annotations

import json
from typing import Any

from tests.surface.pins import assert_covers, assert_pinned
from tests.surface.scenario import read_variables, second_half, work, world, write_variables
from tests.surface.segments import counts, remembered, without_segments
from tests.surface.stored import golden
from tests.surface.version_3 import NAME

GOLDEN = golden(NAME)
VARIABLES = GOLDEN["variables"]


def test_the_golden_state_has_something_of_everything() -> None:
    head = json.loads(VARIABLES[""])
    keys = {"version", "checkpoint", "updated_at", "remembered", "counts", "writes"}
    assert_pinned("keys of the head", set(head) - {"retired"}, keys)
    assert head["version"] == 3
    chain = head["remembered"]
    assert_pinned("keys of a chain", chain, {"segments", "tail"})
    assert len(chain["segments"]) > 1
    assert all(set(segment) == {"slot", "digest", "size"} for segment in chain["segments"])
    # What the head no longer refers to is kept until the next write.
    slots = {segment["slot"] for segment in chain["segments"]} | set(head.get("retired", ()))
    assert {f".s{slot:02}" for slot in slots} == set(VARIABLES) - {""}
    state = GOLDEN["remembered"]
    parts = {"runs", "anchors", "bridges", "aliases", "declared", "views", "latest_at"}
    assert_pinned("keys of what is remembered", state, parts)


def test_it_is_read_as_it_was_written() -> None:
    assert_covers("what is remembered", remembered(VARIABLES), GOLDEN["remembered"])
    assert counts(VARIABLES) == GOLDEN["counts"]


def test_a_state_of_version_3_goes_on(airflow_db: Any) -> None:
    with world() as here:
        write_variables(VARIABLES)
        here.send.events(*second_half())
        # The topic of this test begins with what the golden state has not read.
        write_variables({**VARIABLES, "": json.dumps({**json.loads(VARIABLES[""]), "checkpoint": {}})})
        _, plan, _ = work()
        after = read_variables()
    write_variables({})
    assert without_segments(after) == {"", ".ledger", ".parked", ".receipts"}
    # Lineage through what only the golden state knows: a temporary dataset.
    (edge,) = (edge for edge in plan["edges"] if edge["job"]["name"] == "memory.load")
    assert edge["source"]["name"] == "shop.public.customers"
    runs = remembered(after)["runs"]
    assert set(GOLDEN["remembered"]["runs"]) <= set(runs)
