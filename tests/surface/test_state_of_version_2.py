"""A state of version 2 is read, and what follows is what follows without a break."""

from __future__ import annotations

import json
from typing import Any

from tests.surface.pins import assert_pinned
from tests.surface.scenario import read_variables, work, world, write_variables
from tests.surface.segments import remembered
from tests.surface.stored import unpacked, variables, without
from tests.surface.version_2 import after, leave


def edges(plan: dict[str, Any]) -> list[str]:
    return sorted(
        f"{edge['job']['name']}: {edge['source']['name'].split('.')[-1]} -> {edge['target']['name'].split('.')[-1]}"
        for edge in plan["edges"]
    )


def test_the_golden_state_has_all_that_came_with_version_2() -> None:
    document = json.loads(variables("version-2")[""])
    assert document["version"] == 2
    state = unpacked(document["runs"])
    assert_pinned("keys of the runs kept", set(state), {"anchors", "latest_at", "reported_once", "runs"})
    runs = state["runs"]
    assert {len(key.split("\x1f")) for part in ("runs", "anchors") for key in state[part]} == {3}
    assert {run["name"] for run in runs.values() if run["run_id"] == "shared"} == {"assets.customers", "assets.orders"}
    flags = {run["name"]: {flag for flag in ("spark", "is_dag", "saw_other") if run.get(flag)} for run in runs.values()}
    assert {name: found for name, found in flags.items() if found} == {
        "inner": {"is_dag"},
        "unknown": {"spark"},
        "odd": {"saw_other"},
    }
    (again,) = (run for run in runs.values() if run["run_id"] == "again")
    assert [one["state"] for one in again["instances"]] == ["START", "COMPLETE", "START"]


def test_a_state_of_version_2_goes_on_as_if_there_had_been_no_break(airflow_db: Any) -> None:
    with world() as here:
        leave(here)
        here.send.events(*after())
        _, expected, _ = work()
        expected_state = remembered(read_variables())
    with world() as here:
        leave(here)
        write_variables(variables("version-2"))
        here.send.events(*after())
        _, found, report = work()
        found_state = remembered(read_variables())
    write_variables({})
    assert (
        edges(found)
        == edges(expected)
        == [
            "app.save: customers -> stg_orders",
            "app: orders -> stg_customers",
            "assets.customers: customers -> stg_customers",
            "assets.orders: orders -> stg_orders",
            "partitions: customers -> stg_customers",
            "partitions: orders -> stg_orders",
        ]
    )
    assert {run["job"]["name"]: run["pipeline"]["name"] for run in found["runs"]}["app"] == "inner"
    # What was reported once is not reported again.
    assert [problem["kind"] for problem in found["problems"]] == []
    times = ("touched", "latest_at", "reported_once")
    assert without(found_state, *times) == without(expected_state, *times)
    assert report["edges"]["failed"] == 0
