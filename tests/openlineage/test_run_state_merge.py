"""The merged states of several lanes equal the state of one reader that has read all their events."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given

from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_assembler import Limits, assemble
from openmetadata_ol_provider.openlineage.run_state import (
    Alias,
    Declaration,
    PipelineRunStart,
    Run,
    RunState,
    TemporaryDataset,
    TemporarySource,
)
from openmetadata_ol_provider.openlineage.run_state_merge import merge_run_states
from tests.openlineage.test_run_assembler_properties import EVENTS, LAWS
from tests.support import BASE, CAPTURES, Json, captured, decode, run_event


def encoded(runs: dict[str, Run]) -> bytes:
    # A run that no event has named has no time of its naming.
    plain = {
        key: msgspec.structs.replace(run, name_at=0) if run.name == "unknown" else run for key, run in runs.items()
    }
    return msgspec.json.encode(plain, enc_hook=dict, order="deterministic")


def state_of(*events: Json) -> RunState:
    return assemble(decode(*events), RunState(), BASE).state


def decoded(lines: list[bytes]) -> list[Event]:
    return [decode_event(line).event for line in lines]


@LAWS
@given(EVENTS, EVENTS)
def test_runs_of_two_lanes_add_up_to_those_of_one(some: list[Json], others: list[Json]) -> None:
    whole = encoded(state_of(*some, *others).runs)
    assert encoded(merge_run_states([state_of(*some), state_of(*others)]).runs) == whole
    assert encoded(merge_run_states([state_of(*others), state_of(*some)]).runs) == whole


@LAWS
@given(EVENTS)
def test_a_state_united_with_itself_or_with_nothing_is_the_same(events: list[Json]) -> None:
    whole = encoded(state_of(*events).runs)
    assert encoded(merge_run_states([state_of(*events), state_of(*events)]).runs) == whole
    assert encoded(merge_run_states([state_of(*events), RunState()]).runs) == whole


@pytest.mark.parametrize("name", CAPTURES)
def test_real_events_dealt_out_to_three_lanes_add_up(name: str) -> None:
    lines = captured(name)
    whole = encoded(assemble(decoded(lines), RunState(), BASE).state.runs)
    lanes = [assemble(decoded(lines[lane::3]), RunState(), BASE).state for lane in range(3)]
    assert encoded(merge_run_states(lanes).runs) == whole


def test_what_else_is_remembered_is_united_too() -> None:
    def source(*columns: str) -> TemporarySource:
        return TemporarySource(namespace="pg", name="orders", columns=[[column, column] for column in columns])

    one = RunState(
        pipeline_starts={"a": PipelineRunStart(at=5, last_seen_at=1), "b": PipelineRunStart(at=1)},
        temporary_datasets={"t": TemporaryDataset(sources=[source("id")], last_seen_at=9)},
        aliases={"x": Alias(last_seen_at=3), "y": Alias(last_seen_at=1)},
        declarations={"j": Declaration(at=2, last_seen_at=2)},
        latest_at=7,
    )
    other = RunState(
        pipeline_starts={"a": PipelineRunStart(at=3, logical_at=2, last_seen_at=4)},
        temporary_datasets={
            "t": TemporaryDataset(sources=[source("id", "n")], last_seen_at=2),
            "u": TemporaryDataset(last_seen_at=1),
        },
        aliases={"z": Alias(last_seen_at=2)},
        declarations={"j": Declaration(at=1, last_seen_at=9)},
        latest_at=6,
    )
    merged = merge_run_states([one, other])
    assert merged.pipeline_starts == {
        "a": PipelineRunStart(at=3, logical_at=2, last_seen_at=4),
        "b": PipelineRunStart(at=1),
    }
    assert merged.temporary_datasets["t"] == TemporaryDataset(sources=[source("id", "n")], last_seen_at=9)
    # Uses of earlier versions have no numbers of flows.
    uses = [
        TemporaryDataset(
            sources=[msgspec.structs.replace(source("id"), writes=writes, writers=flows)],
            reads={"f": reads},
            readers=of,
        )
        for writes, flows, reads, of in (([1, 4], [], [2], {}), ([3], [77], [5], {"f": [77]}))
    ]
    both = merge_run_states([RunState(temporary_datasets={"t": one}) for one in uses]).temporary_datasets["t"]
    assert [(one.writes, one.writers) for one in both.sources] == [([1, 3, 4], [0, 77, 0])]
    assert (both.reads, both.readers) == ({"f": [2, 5]}, {"f": [0, 77]})
    # The longest unused first: these are forgotten first.
    assert list(merged.temporary_datasets) == ["u", "t"]
    assert list(merged.aliases) == ["y", "z", "x"]
    assert merged.declarations["j"].at == 2
    assert merged.latest_at == 7


def test_a_run_taken_over_is_forgotten_silently_unless_an_event_of_it_came_in() -> None:
    state = state_of(run_event("START", run_id="theirs"), run_event("START", run_id="mine"))
    runs = {key: msgspec.structs.replace(run, from_previous_lanes=True) for key, run in state.runs.items()}
    state = msgspec.structs.replace(state, runs=runs)
    state = assemble(decode(run_event("RUNNING", run_id="mine", seconds=9)), state, BASE).state
    assert {run.run_id: run.from_previous_lanes for run in state.runs.values()} == {"theirs": True, "mine": False}
    later = BASE + dt.timedelta(hours=1)
    found = assemble((), state, later, Limits(open_seconds=600))
    assert found.state.runs == {}
    assert [problem.where for problem in found.problems] == ["run mine of ns job"]
