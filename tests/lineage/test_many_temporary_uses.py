"""A task whose many queries use the same temporary tables has the edges of each query, and no others."""

from __future__ import annotations

import datetime as dt

import pytest

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage import temporary_datasets, temporary_sources
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import BASE, Json, dataset, decode, parent, run_event, stored

PG = "postgres://db:5432"
#: Queries of the task: one fills the temporary table, the next one reads it.
QUERIES = 120


@pytest.fixture(autouse=True)
def few_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (temporary_datasets, temporary_sources):
        monkeypatch.setattr(module, "MAX_SOURCES", 10)


def query(number: int) -> Json:
    between, name = dataset("shop.pg_temp_3.t", PG), f"shop.public.t{number // 2}"
    ends: Json = (
        {"inputs": [between], "outputs": [dataset(f"{name}_out", PG)]}
        if number % 2
        else {"inputs": [dataset(name, PG)], "outputs": [between]}
    )
    return run_event(
        run_id=f"q{number}",
        job=f"etl.task.query.{number}",
        seconds=number,
        run_facets={"parent": parent("etl.task", "task")},
        **ends,
    )


@pytest.mark.parametrize("size", [1, 7, 30, QUERIES])
def test_each_query_has_its_own_source_however_many_there_are(size: int) -> None:
    state, planned, most = RunState(), dict[tuple[str, str], int](), 0
    for begin in range(0, QUERIES, size):
        events = decode(*(query(number) for number in range(begin, min(begin + size, QUERIES))))
        now = BASE + dt.timedelta(seconds=begin + size)
        plan, state = translate(events, load_config(None), stored(state), now=now)
        most = max(most, len(plan.edges))
        assert plan.retracted == ()
        for edge in plan.edges:
            ends = edge.source.name, edge.target.name
            planned[ends] = planned.get(ends, 0) + 1
    names = [f"shop.public.t{number}" for number in range(QUERIES // 2)]
    assert planned.keys() == {(name, f"{name}_out") for name in names}
    # Nor is a query looked at again because others have used the table since.
    assert max(planned.values()) == 1
    assert most <= size // 2 + 1


def test_a_query_that_comes_late_is_given_no_source_that_is_only_one_of_those_remembered() -> None:
    events = [query(number) for number in range(QUERIES) if number != 1]
    config, now = load_config(None), BASE + dt.timedelta(seconds=QUERIES)
    state = translate(decode(*events), config, now=now).state
    plan = translate(decode(query(1)), config, stored(state), now=now).plan
    assert plan.edges
    assert all(edge.target.name == f"{edge.source.name}_out" for edge in plan.edges)
    assert "shop.public.t0_out" not in {edge.target.name for edge in plan.edges}
    assert (plan.retracted, {problem.kind.value for problem in plan.problems}) == ((), {"temporary_source"})
