"""Ephemeral models of dbt are in no database: lineage goes through them, or is in the SQL of what uses them."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, arrows, dataset, parent, plan_of, run_event, translated

PARENT = parent("dbt-run-shop", "r-command", root=("dbt-run-shop", "r-command"))


def ephemeral(name: str) -> Json:
    return dataset(f"db.stg.{name}", dbt_model={"config": {"materialized": "ephemeral"}})


def node(name: str, inputs: list[str | Json], output: str | Json, seconds: float, sql: str | None = None) -> Json:
    """Return the end of a node: from dbt's logs, or from its artifacts, which have the compiled SQL."""
    job: Json = {"jobType": {"processingType": "BATCH", "integration": "DBT", "jobType": "MODEL"}}
    return run_event(
        job=f"model.shop.{name}",
        run_id=f"r-{name}",
        seconds=seconds,
        inputs=inputs,
        outputs=[output],
        run_facets={"parent": PARENT},
        job_facets={**job, "sql": {"query": sql}} if sql else job,
    )


PAYMENTS = node("payments", ["db.raw.payments"], ephemeral("payments"), 1)
ORDERS = node("orders", [ephemeral("payments"), "db.stg.orders"], "db.marts.orders", 3)
EDGES = ["db.raw.payments -> db.marts.orders", "db.stg.orders -> db.marts.orders"]


def test_lineage_goes_through_an_ephemeral_model() -> None:
    for events in ([PAYMENTS, ORDERS], [ORDERS, PAYMENTS]):
        plan = plan_of(*events)
        assert (arrows(plan), plan.problems) == (EDGES, ())


def test_lineage_goes_through_several_ephemeral_models() -> None:
    between = node("paid", [ephemeral("payments"), "db.raw.refunds"], ephemeral("paid"), 2)
    orders = node("orders", [ephemeral("paid")], "db.marts.orders", 3)
    assert arrows(plan_of(PAYMENTS, between, orders)) == [
        "db.raw.payments -> db.marts.orders",
        "db.raw.refunds -> db.marts.orders",
    ]


def test_an_ephemeral_model_may_come_in_an_earlier_batch() -> None:
    state = translated(PAYMENTS).state
    assert arrows(translated(ORDERS, state=state).plan) == EDGES


def test_an_ephemeral_model_that_no_event_writes_is_reported() -> None:
    plan = plan_of(ORDERS)
    assert arrows(plan) == ["db.stg.orders -> db.marts.orders"]
    assert [(problem.kind, problem.where.rpartition(" ")[2]) for problem in plan.problems] == [
        (ProblemKind.TEMPORARY_SOURCE, "db.stg.payments")
    ]


def stored(name: str) -> Json:
    return dataset(f"db.stg.{name}", dbt_model={"config": {"materialized": "table"}})


def test_an_ephemeral_model_that_becomes_a_table_has_edges_of_its_own() -> None:
    table = node("payments", ["db.raw.payments"], stored("payments"), 11)
    orders = node("orders", [stored("payments"), "db.stg.orders"], "db.marts.orders", 13)
    for event, number in ((table, 11), (orders, 13)):
        event["run"]["runId"] = f"00000000-0000-0000-0000-0000000000{number}"
    edges = ["db.raw.payments -> db.stg.payments", "db.stg.orders -> db.marts.orders"]
    edges.append("db.stg.payments -> db.marts.orders")
    before = translated(PAYMENTS, ORDERS)
    assert arrows(before.plan) == EDGES
    after = translated(table, orders, state=before.state)
    assert arrows(after.plan) == edges
    assert arrows(plan_of(orders, ORDERS, table, PAYMENTS)) == edges
    # What others read later, who do not say what it is, is the table.
    report = run_event(
        job="report", run_id="r-report", seconds=20, inputs=["db.stg.payments"], outputs=["db.bi.report"]
    )
    assert arrows(translated(report, state=after.state).plan) == ["db.stg.payments -> db.bi.report"]


INLINED = "with __dbt__cte__payments as (select * from db.raw.payments) select * from db.stg.orders join {} using (id)"


@pytest.mark.parametrize(
    ("sql", "edges"),
    [
        (INLINED.format("__dbt__cte__payments"), EDGES),
        ("with __dbt__cte__payments as (select 1 as id) select * from db.stg.orders", EDGES[1:]),
    ],
)
def test_where_the_sql_of_a_model_contains_it_an_ephemeral_model_is_not_looked_for(sql: str, edges: list[str]) -> None:
    plan = plan_of(node("orders", [ephemeral("payments"), "db.stg.orders"], "db.marts.orders", 3, sql))
    assert arrows(plan) == edges
    assert ProblemKind.TEMPORARY_SOURCE not in {problem.kind for problem in plan.problems}


def test_where_the_sql_of_a_model_cannot_be_read_an_ephemeral_model_is_reported() -> None:
    sql = "def model(dbt, session):\n    return dbt.ref('payments')"
    plan = plan_of(node("orders", [ephemeral("payments"), "db.stg.orders"], "db.marts.orders", 3, sql))
    assert arrows(plan) == ["db.stg.orders -> db.marts.orders"]
    assert [problem.kind for problem in plan.problems] == [ProblemKind.TEMPORARY_SOURCE]


def test_a_node_that_dbt_skipped_did_not_fail() -> None:
    skipped = node("orders", ["db.stg.orders"], "db.marts.orders", 3)
    skipped["eventType"] = "ABORT"
    (run,) = plan_of(skipped).runs
    assert (run.state, run.skipped, arrows(plan_of(skipped))) == ("COMPLETE", True, [])


@pytest.mark.parametrize(("integration", "kind"), [("DBT", "JOB"), ("DBT", "SQL"), ("AIRFLOW", "TASK"), ("SPARK", "")])
def test_any_other_job_that_was_aborted_is_not_skipped(integration: str, kind: str) -> None:
    job_type = {"processingType": "BATCH", "integration": integration, "jobType": kind}
    (run,) = plan_of(run_event("ABORT", job_facets={"jobType": job_type}, outputs=["a"])).runs
    assert (run.state, run.skipped) == ("ABORT", False)
