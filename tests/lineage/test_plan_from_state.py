"""The runs that are remembered can be published again."""

from __future__ import annotations

from msgspec.structs import replace

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.translate import plan_from_state
from tests.support import BASE, arrows, run_event, translated

SQL = {"sql": {"query": "select 2"}}


def test_all_runs_are_in_the_plan_the_latest_of_a_job_last_and_none_is_new() -> None:
    first = translated(run_event("START", run_id="open", job="open", inputs=["b"], outputs=["y"]))
    told = translated(
        run_event("COMPLETE", run_id="late", seconds=20, inputs=["a"], outputs=["x"], job_facets=SQL),
        run_event("COMPLETE", run_id="early", seconds=10, inputs=["a"], outputs=["x"]),
        state=first.state,
    )
    again = plan_from_state(told.state, Config(), now=BASE)
    assert (again.events, arrows(again)) == (0, ["a -> x"])
    assert {(run.run_id, run.state, run.new) for run in again.runs} == {
        ("open", "START", False),
        ("late", "COMPLETE", False),
        ("early", "COMPLETE", False),
    }
    assert [job.sql for job in again.jobs if job.name == "job"] == ["select 2"]


def test_a_run_of_which_columns_and_sql_are_forgotten_is_not_told_without_them() -> None:
    state = translated(run_event("COMPLETE", inputs=["a"], outputs=["x"], job_facets=SQL)).state
    evicted = {key: replace(run, columns_evicted=True) for key, run in state.runs.items()}
    state = replace(state, runs=evicted)
    again = plan_from_state(state, Config(), now=BASE)
    assert (again.edges, again.runs, again.jobs) == ((), (), ())
