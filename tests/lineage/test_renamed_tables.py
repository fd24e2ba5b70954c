"""Tables that a script renames: their new names are in their schema, and lineage goes with them."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.plan import LineagePlan
from tests.support import Json, arrows, column_arrows, columns, dataset, plan_of, run_event

REPLACED = """
CREATE TABLE mart.orders_new AS SELECT id, amount FROM raw.orders;
ALTER TABLE mart.orders RENAME TO orders_old;
ALTER TABLE mart.orders_new RENAME TO orders;
DROP TABLE mart.orders_old;
"""


def script(
    sql: str, inputs: list[str], outputs: list[str], namespace: str = "postgres://db:5432", **facets: Json
) -> Json:
    """Return the event of a task of Airflow, whose parser completes names with the default schema."""
    job_facets = {"sql": {"query": sql}, "jobType": {"processingType": "BATCH", "integration": "AIRFLOW"}}
    sides = ([dataset(name, namespace, **more) for name in names] for names, more in ((inputs, {}), (outputs, facets)))
    ins, outs = sides
    return run_event(job="dag.task", inputs=ins, outputs=outs, job_facets=job_facets)


def replaced(sql: str = REPLACED, **facets: Json) -> LineagePlan:
    """Return the plan of a script that builds a table anew and puts it in the place of the old one."""
    inputs = ["shop.mart.orders", "shop.mart.orders_new", "shop.raw.orders"]
    outputs = ["shop.mart.orders_new", "shop.mart.orders_old", "shop.public.orders", "shop.public.orders_old"]
    return plan_of(script(sql, inputs, outputs, **facets))


def test_what_fills_the_new_table_fills_the_one_that_it_replaces() -> None:
    assert arrows(replaced()) == ["shop.raw.orders -> shop.mart.orders"]


def test_columns_go_with_a_table_that_is_renamed() -> None:
    facet = columns(id=[("shop.raw.orders", "id")], amount=[("shop.raw.orders", "amount")])
    assert column_arrows(replaced(columnLineage=facet).edges) == [
        "shop.raw.orders.amount -> shop.mart.orders.amount",
        "shop.raw.orders.id -> shop.mart.orders.id",
    ]


def test_an_old_table_that_stays_has_what_was_in_it() -> None:
    assert arrows(replaced(REPLACED.replace("DROP TABLE mart.orders_old;", ""))) == [
        "shop.mart.orders -> shop.mart.orders_old",
        "shop.raw.orders -> shop.mart.orders",
    ]


@pytest.mark.parametrize(
    ("sql", "target"),
    [
        ("ALTER TABLE mart.facts_new RENAME TO facts", "shop.mart.facts"),
        ("alter table if exists only shop.mart.facts_new rename to facts;", "shop.mart.facts"),
        ('ALTER TABLE "mart"."facts_new" RENAME TO "facts"', "shop.mart.facts"),
        ("ALTER TABLE facts_new RENAME TO facts", "shop.public.facts"),
        ("ALTER TABLE mart.facts_new RENAME TO public.facts", "shop.public.facts"),
        ("ALTER TABLE mart.facts_new RENAME COLUMN facts TO n", "shop.public.facts"),
        ("ALTER TABLE mart.facts_new RENAME TO facts; INSERT INTO log SELECT 1 FROM facts", "shop.public.facts"),
    ],
)
def test_a_new_name_without_a_schema_is_in_that_of_the_table(sql: str, target: str) -> None:
    assert arrows(plan_of(script(sql, ["shop.mart.facts_new"], ["shop.public.facts"]))) == [
        f"shop.mart.facts_new -> {target}"
    ]


@pytest.mark.parametrize("namespace", ["mysql://db:3306", "snowflake://org-account"])
def test_where_it_is_in_the_schema_of_the_session_it_stays(namespace: str) -> None:
    sql = "ALTER TABLE mart.facts_new RENAME TO facts"
    assert arrows(plan_of(script(sql, ["mart.facts_new"], ["app.facts"], namespace))) == ["mart.facts_new -> app.facts"]


def test_a_table_that_gets_its_name_from_another_is_an_output_even_if_the_event_does_not_list_it() -> None:
    sql = """
    CREATE TABLE mart.facts_new LIKE mart.facts;
    INSERT INTO mart.facts_new SELECT * FROM raw.sales;
    RENAME TABLE mart.facts TO mart.facts_old, mart.facts_new TO mart.facts;
    DROP TABLE mart.facts_old
    """
    event = script(sql, ["mart.facts", "raw.sales"], ["mart.facts_new", "mart.facts_old"], "mysql://db:3306")
    assert arrows(plan_of(event)) == ["raw.sales -> mart.facts"]


def test_names_keep_their_letter_case() -> None:
    sql = "CREATE TABLE MART.F_NEW AS SELECT * FROM RAW.S; DROP TABLE MART.F; ALTER TABLE MART.F_NEW RENAME TO F"
    outputs = ["XE.APP.F", "XE.MART.F", "XE.MART.F_NEW"]
    event = script(sql, ["XE.MART.F_NEW", "XE.RAW.S"], outputs, "oracle://db:1521")
    assert arrows(plan_of(event)) == ["XE.RAW.S -> XE.MART.F"]


@pytest.mark.parametrize(
    ("sql", "sides", "expected"),
    [
        (
            "INSERT INTO mart.orders SELECT * FROM raw.orders; ALTER TABLE orders RENAME TO orders_old",
            (["shop.raw.orders"], ["shop.mart.orders"]),
            ["shop.raw.orders -> shop.mart.orders"],
        ),
        (
            "ALTER TABLE mart.f_new RENAME TO f",
            (["shop.mart.f_new"], ["shop.public.f", "shop.reports.f"]),
            ["shop.mart.f_new -> shop.public.f", "shop.mart.f_new -> shop.reports.f"],
        ),
    ],
    ids=["old names", "new names"],
)
def test_names_that_several_datasets_have_are_left_as_they_are(
    sql: str, sides: tuple[list[str], list[str]], expected: list[str]
) -> None:
    assert arrows(plan_of(script(sql, *sides))) == expected
