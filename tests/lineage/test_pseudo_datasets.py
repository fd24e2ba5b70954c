"""Words for queries, and queries, are no tables: they are left out with a line, and the rest of the run stays."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import PG, arrows, column_lineage, dataset, plan_of, run_event, translated

PSEUDO = [
    ("bigquery", "QUERY"),
    ("redshift://c.eu-west-1:5439", "dev.public._generated_query"),
    ("snowflake://acme-prod", "_generated_query"),
    (PG, "(select id, name from shop.orders where id > 1) tmp"),
    (PG, "SELECT id FROM orders"),
    ("mysql://db:3306", "( ( WITH x AS (SELECT 1) SELECT * FROM x) ) q"),
    ("prod", "QUERY"),
    ("hamilton", "--UNKNOWN--"),
    ("snowflake://acme-prod", "SHOP.PUBLIC.(select id from orders) t"),
    ("azurekusto://c.kusto.windows.net/shop", "COMPLEX"),
    ("sqlserver://s.database.windows.net:1433;database=dw;", "COMPLEX"),
    ("snowflake://acme-prod.snowflakecomputing.com", "SHOP.PUBLIC.COMPLEX"),
]


@pytest.mark.promise("A225")
@pytest.mark.parametrize(("namespace", "name"), PSEUDO)
def test_a_word_for_a_query_is_left_out_and_told_once(namespace: str, name: str) -> None:
    event = run_event(inputs=["a", dataset(name, namespace)], outputs=["out"])
    first = translated(event)
    assert arrows(first.plan) == ["a -> out"]
    assert [item.name for item in first.plan.datasets] == ["a", "out"]
    (problem,) = first.plan.problems
    assert (problem.kind, problem.where) == (ProblemKind.PSEUDO_DATASET, "job ns job")
    assert problem.detail.startswith(f"{name} of {namespace} is no table")
    again = translated({**event, "run": {"runId": "later"}}, state=first.state)
    assert arrows(again.plan) == ["a -> out"]
    assert again.plan.problems == ()


def test_columns_and_outputs_of_a_query_are_left_out_too() -> None:
    lineage = column_lineage(id=[("bigquery", "QUERY", "id"), (PG, "a", "id")])
    target = dataset("out", PG, columnLineage=lineage)
    plan = plan_of(run_event(inputs=["a"], outputs=[target, dataset("QUERY", "bigquery")]))
    assert arrows(plan) == ["a -> out"]


@pytest.mark.parametrize(
    ("namespace", "name"),
    [
        ("kafka://b:9092", "QUERY"),
        ("s3://lake", "QUERY"),
        ("s3://lake", "exports/_generated_query"),
        ("bigquery", "p.d.QUERY"),
        ("bigquery", "QUERY_LOG"),
        (PG, "shop.public.selected"),
        (PG, "shop.public.my_generated_query"),
        (PG, "select"),
        (PG, "shop.public.COMPLEX"),
        ("snowflake://acme-prod", "SHOP.PUBLIC.complex"),
        ("kafka://b:9092", "a.b.COMPLEX"),
    ],
)
def test_names_that_only_look_like_it_are_datasets(namespace: str, name: str) -> None:
    plan = plan_of(run_event(inputs=[dataset(name, namespace)], outputs=["out"]))
    assert arrows(plan) == [f"{name} -> out"]
    assert plan.problems == ()


@pytest.mark.parametrize(
    "name", ["_dummy_database._dummy_table", "shop.values__tmp__table__1", "d.Values__Tmp__Table__12"]
)
def test_rows_in_a_statement_of_hive_are_no_input(name: str) -> None:
    hive = "hive://metastore:9083"
    table, target = dataset("shop.orders", hive), dataset("shop.facts", hive)
    plan = plan_of(run_event(inputs=[table, dataset(name, hive)], outputs=[target]))
    assert (arrows(plan), plan.problems) == (["shop.orders -> shop.facts"], ())
    assert plan_of(run_event(inputs=[dataset(name, hive)], outputs=[target])).edges == ()
    assert len(plan_of(run_event(inputs=[dataset(name)], outputs=["x"])).edges) == 1
