"""Equal facets of different runs are one object, and what one run learns later stays its own."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage import sharing
from openmetadata_ol_provider.openlineage.packing import pack, unpack
from openmetadata_ol_provider.openlineage.runs import assemble
from openmetadata_ol_provider.openlineage.runstate import Run, RunState
from openmetadata_ol_provider.openlineage.sharing import share
from tests.support import BASE, CAPTURES, Json, captured, columns, dataset, decode, run_event

KEYS = ("db.s.orders", "db.s.facts")


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    sharing._known.clear()


def event(run_id: str, field: str = "amount", seconds: float = 0, sql: str = "select 1") -> Json:
    output = dataset(
        KEYS[1], schema={"fields": [{"name": field}]}, columnLineage=columns(total=[("db.s.orders", field)])
    )
    return run_event(
        run_id=run_id, seconds=seconds, inputs=[KEYS[0]], outputs=[output], job_facets={"sql": {"query": sql}}
    )


def state_of(*events: Json, state: RunState | None = None) -> RunState:
    return assemble(decode(*events), state or RunState(), BASE).state


def runs_of(state: RunState) -> list[Run]:
    return sorted(state.runs.values(), key=lambda run: run.run_id)


def facets(run: Run) -> list[object]:
    [output] = run.outputs.values()
    assert output.facets is not None
    assert run.job_facets is not None
    return [output.facets.schema, output.facets.columnLineage, run.job_facets.sql]


def test_equal_facets_are_kept_once() -> None:
    state = state_of(event("a"), event("b"), event("c", "price", sql="select 2"))
    share(state.runs.values())
    a, b, c = map(facets, runs_of(state))
    assert all(one is other for one, other in zip(a, b, strict=True))
    assert not any(one is other for one, other in zip(a, c, strict=True))


def test_runs_of_a_later_batch_share_with_those_before() -> None:
    first, second = state_of(event("a")), state_of(event("b"))
    share(first.runs.values())
    share(second.runs.values())
    assert facets(runs_of(first)[0])[0] is facets(runs_of(second)[0])[0]


def test_what_one_run_learns_later_stays_its_own() -> None:
    state = state_of(event("a"), event("b"))
    share(state.runs.values())
    before = pack(runs_of(state)[1])
    state = state_of(event("a", "price", seconds=5, sql="select 2"), state=state)
    share(state.runs.values())
    a, b = runs_of(state)
    assert pack(b) == before
    assert not any(one is other for one, other in zip(facets(a), facets(b), strict=True))


@pytest.mark.parametrize("name", CAPTURES)
def test_a_state_is_the_same_with_and_without(name: str) -> None:
    events = [*captured(name), *(value.replace(b'"runId":"', b'"runId":"x') for value in captured(name))]
    from openmetadata_ol_provider.openlineage.decode import decode_event

    state = assemble([decode_event(value).event for value in events], RunState(), BASE).state
    plain = unpack(pack(state), RunState)
    share(state.runs.values())
    assert state == plain


def test_no_more_than_a_bounded_number_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_MOST", 5)
    for number in range(20):
        share(state_of(event(str(number), sql=f"select {number}")).runs.values())
        assert len(sharing._known) <= 5
