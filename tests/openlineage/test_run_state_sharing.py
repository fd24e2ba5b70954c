"""Equal facets of different runs are one object, and what one run learns later does not show in another."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.run_assembler import assemble
from openmetadata_ol_provider.openlineage.run_state import Run, RunState
from openmetadata_ol_provider.openlineage.run_state_sharing import share_facets
from openmetadata_ol_provider.openlineage.serialization import pack, unpack
from tests.support import BASE, CAPTURES, Json, captured, columns, dataset, decode, run_event

KEYS = ("db.s.orders", "db.s.facts")


def event(run_id: str, field: str = "amount", seconds: float = 0, sql: str = "select 1") -> Json:
    output = dataset(
        KEYS[1], schema={"fields": [{"name": field}]}, columnLineage=columns(total=[("db.s.orders", field)])
    )
    return run_event(
        run_id=run_id, seconds=seconds, inputs=[KEYS[0]], outputs=[output], job_facets={"sql": {"query": sql}}
    )


def stored(state: RunState) -> RunState:
    """Return a state as it comes out of its Variable: nothing in it is shared."""
    return unpack(pack(state), RunState)


def state_of(*events: Json, state: RunState | None = None) -> RunState:
    return stored(assemble(decode(*events), state or RunState(), BASE).state)


def runs_of(state: RunState) -> list[Run]:
    return sorted(state.runs.values(), key=lambda run: run.run_id)


def facets(run: Run) -> list[object]:
    [output] = run.outputs.values()
    assert output.facets is not None
    assert run.job_facets is not None
    return [output.facets.schema, output.facets.columnLineage, run.job_facets.sql]


def test_equal_facets_are_kept_once() -> None:
    state = state_of(event("a"), event("b"), event("c", "price", sql="select 2"))
    before = pack(state)
    a, b, c = map(facets, runs_of(share_facets(state)))
    assert pack(state) == before
    assert all(one is other for one, other in zip(a, b, strict=True))
    assert not any(one is other for one, other in zip(a, c, strict=True))


def test_what_one_run_learns_later_stays_its_own() -> None:
    state = share_facets(state_of(event("a"), event("b")))
    before = pack(runs_of(state)[1])
    a, b = runs_of(share_facets(state_of(event("a", "price", seconds=5, sql="select 2"), state=state)))
    assert pack(b) == before
    assert not any(one is other for one, other in zip(facets(a), facets(b), strict=True))


@pytest.mark.parametrize("name", CAPTURES)
def test_a_state_is_the_same_with_and_without(name: str) -> None:
    events = [*captured(name), *(value.replace(b'"runId":"', b'"runId":"x') for value in captured(name))]
    plain = assemble([decode_event(value).event for value in events], RunState(), BASE).state
    assert share_facets(stored(plain)) == plain
