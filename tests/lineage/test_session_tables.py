"""Temporary tables of databases are seen by one session, so lineage goes through them within one task only."""

from __future__ import annotations

import pytest

from tests.support import PG, Json, arrows, dataset, parent, plan_of, run_event

SQLSERVER = "mssql://db:1433"


def query(number: int, source: Json, target: Json, run: str = "r-task", dag_run: str = "r-dag") -> Json:
    """Return the event of a query of a task."""
    facets = {"parent": parent("dag.task", run, root=("dag", dag_run))}
    return run_event(run_id=f"{run}-{number}", job=f"dag.task.query.{number}", seconds=number, inputs=[source],
                     outputs=[target], run_facets=facets)  # fmt: skip


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        *((SQLSERVER, name) for name in ("#tmp", "tempdb.dbo.#tmp", "[#tmp]")),
        *(("redshift://cluster.eu-west-1:5439", name) for name in ("#tmp", "dev.pg_temp_12.tmp")),
        *((PG, name) for name in ("shop.pg_temp.tmp", "pg_temp_3.tmp")),
    ],
)
def test_the_queries_of_a_task_share_the_tables_of_their_session(namespace: str, name: str) -> None:
    table, a, c = (dataset(one, namespace) for one in (name, "shop.dbo.a", "shop.dbo.c"))
    assert arrows(plan_of(query(1, a, table), query(2, table, c))) == ["shop.dbo.a -> shop.dbo.c"]


def test_two_sessions_have_tables_of_their_own() -> None:
    table, a, b, c = (dataset(one, SQLSERVER) for one in ("#tmp", "shop.dbo.a", "shop.dbo.b", "shop.dbo.c"))
    alone = run_event(run_id="1", job="one", inputs=[a], outputs=[table])
    other = run_event(run_id="2", job="two", seconds=1, inputs=[b, table], outputs=[table, c])
    plan = plan_of(alone, other)
    assert [(edge.source.name, edge.target.name) for edge in plan.edges] == [("shop.dbo.b", "shop.dbo.c")]
    plan = plan_of(query(1, a, table), query(2, table, c, "another run", "another run of the DAG"))
    assert (plan.edges, [str(problem.kind) for problem in plan.problems]) == ((), ["temporary_source"])


def test_tasks_that_run_at_once_have_sessions_of_their_own() -> None:
    table, a, b, x, y = (dataset(one, SQLSERVER) for one in ("#tmp", "a", "b", "x", "y"))
    one = [query(1, a, table, "one"), query(3, table, x, "one")]
    other = [query(2, b, table, "other"), query(4, table, y, "other")]
    assert arrows(plan_of(*one, *other)) == ["a -> x", "b -> y"]
    plan = plan_of(one[0], other[1])
    assert (plan.edges, [str(problem.kind) for problem in plan.problems]) == ((), ["temporary_source"])


@pytest.mark.parametrize(("namespace", "name"), [("oracle://db:1521", "s.#t"), (SQLSERVER, "##shared"), (PG, "s.#t")])
def test_other_tables_with_a_number_sign_are_tables(namespace: str, name: str) -> None:
    table = dataset(name, namespace)
    plan = plan_of(query(1, dataset("a"), table), query(2, table, dataset("x")))
    assert arrows(plan) == sorted((f"a -> {name}", f"{name} -> x"))
