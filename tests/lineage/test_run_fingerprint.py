"""Runs with equal facets are used once; the plan is the same whether they share the facets or only have equal ones."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from openmetadata_ol_provider.openlineage.event import Event
from openmetadata_ol_provider.openlineage.run_state import RunState
from tests.support import arrows, captured, columns, dataset, plan_of, run_event

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.timezone.utc)
CAPTURES = ["airflow-scheduler", "dbt-postgres", "debezium", "flink2-session", "spark-1.12.0", "spark-1.53.0"]


def runs_of(name: str, number: int) -> list[Event]:
    """Return the events of a capture as so many runs of the same jobs, one after the other."""
    found = []
    for copy in range(number):
        for value in captured(name):
            event = decode_event(value).event
            run = event.run and msgspec.structs.replace(event.run, runId=f"{event.run.runId}-{copy}")
            time = event.eventTime + dt.timedelta(hours=copy)
            found.append(msgspec.structs.replace(event, run=run, eventTime=time))
    return found


def plans_of(events: list[Event], batch: int) -> list[LineagePlan]:
    state, plans = RunState(), []
    for start in range(0, len(events), batch):
        plan, state = translate(events[start : start + batch], Config(), state, now=NOW)
        plans.append(plan)
    return plans


@pytest.mark.parametrize("batch", [50, 10_000])
@pytest.mark.parametrize("name", CAPTURES)
def test_sharing_never_shows_in_the_plan(name: str, batch: int) -> None:
    shared = runs_of(name, 3)
    own = [msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event) for event in shared]
    assert plans_of(shared, batch) == plans_of(own, batch)


def test_a_run_that_says_something_else_in_between_is_heard() -> None:
    usual = {"inputs": ["a"], "outputs": [dataset("x", columnLineage=columns(c=[("a", "f")]))]}
    plan = plan_of(
        run_event(run_id="1", seconds=1, **usual),
        run_event(run_id="2", seconds=2, inputs=["b"], outputs=["x"]),
        run_event(run_id="3", seconds=3, **usual),
    )
    assert arrows(plan) == ["a -> x", "b -> x"]
    assert [(run.run_id, run.state) for run in plan.runs] == [("1", "COMPLETE"), ("2", "COMPLETE"), ("3", "COMPLETE")]
    assert [pair.target_field for edge in plan.edges for pair in edge.columns] == ["c"]


def test_the_sql_of_the_latest_run_is_the_jobs() -> None:
    first, second = ({"job_facets": {"sql": {"query": text}}} for text in ("select 1", "select 2"))
    plan = plan_of(
        run_event(run_id="1", seconds=1, inputs=["a"], outputs=["x"], **first),
        run_event(run_id="2", seconds=2, inputs=["a"], outputs=["x"], **second),
        run_event(run_id="3", seconds=3, inputs=["a"], outputs=["x"], **first),
    )
    assert [job.sql for job in plan.jobs] == ["select 1"]


def test_a_run_that_failed_says_nothing_else_than_one_that_ended_well_but_is_not_true() -> None:
    plan = plan_of(
        run_event("FAIL", run_id="1", seconds=1, inputs=["a"], outputs=["x"]),
        run_event("COMPLETE", run_id="2", seconds=2, inputs=["a"], outputs=["x"]),
        run_event("FAIL", run_id="3", seconds=3, inputs=["a"], outputs=["x"]),
    )
    assert arrows(plan) == ["a -> x"]
