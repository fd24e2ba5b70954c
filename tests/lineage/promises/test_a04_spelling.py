"""Letter case, quotes, dots and hyphens in names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from tests.lineage.promises.spelling import named
from tests.support import PG, arrows, column_arrows, columns, dataset, plan_of, run_event


@pytest.mark.promise("A46")
def test_letter_case_does_not_make_two_tables_of_one() -> None:
    trino = "trino://t:8080"
    event = run_event(inputs=[dataset("ICE.S.ORDERS", trino)], outputs=[dataset("ice.s.orders", trino)])
    assert arrows(plan_of(event)) == []


@pytest.mark.promise("A46", "A47")
def test_a_column_source_in_other_letters_is_the_input() -> None:
    lineage = columns(t=[("D.S.ORDERS", "id")])
    plan = plan_of(run_event(inputs=["d.s.orders"], outputs=[dataset("d.s.x", columnLineage=lineage)]))
    assert column_arrows(plan.edges) == ["d.s.orders.id -> d.s.x.t"]


@pytest.mark.promise("A48", "A52")
@pytest.mark.parametrize("name", ["`my-db`.`tbl`", '"my-db"."tbl"', "[my-db].[tbl]", "my-db.`tbl`"])
def test_quotes_are_stripped_from_each_part(name: str) -> None:
    assert named("hive://m:9083", name) == ["table hive://m:9083 my-db.tbl"]


@pytest.mark.promise("A49")
def test_a_dot_inside_quotes_separates_nothing() -> None:
    assert named(PG, 'shop."my.schema".orders') == [f'table {PG} shop."my.schema".orders']
    assert split_identifier('shop."my.schema".orders') == ("shop", "my.schema", "orders")


@pytest.mark.promise("A50")
@given(parts=st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_identifier_survives_joining_and_splitting(parts: list[str]) -> None:
    assert split_identifier(join_identifier(tuple(parts))) == tuple(parts)


@pytest.mark.promise("A50")
@pytest.mark.parametrize("name", ["my-db.my-schema.my-table", "my_db.s.t", "2024.s.t", "db.s.tbl-2"])
def test_hyphens_and_digits_are_letters_like_others(name: str) -> None:
    assert named(PG, name) == [f"table {PG} {name}"]


@pytest.mark.promise("A51")
def test_a_name_of_three_parts_keeps_all_of_them() -> None:
    assert named("trino://t:8080", "catalog.schema.table") == ["table trino://t:8080 catalog.schema.table"]


@pytest.mark.promise("A52")
def test_a_quoted_snowflake_name_is_the_unquoted_one() -> None:
    account = "snowflake://org-acct"
    assert named(account, '"DB"."S"."ORDERS"') == named(account, "DB.S.ORDERS")


@pytest.mark.promise("A53")
def test_a_column_source_without_its_database_is_the_input_that_has_it() -> None:
    lineage = columns(t=[("s.orders", "id")])
    plan = plan_of(run_event(inputs=["d.s.orders"], outputs=[dataset("d.s.x", columnLineage=lineage)]))
    assert column_arrows(plan.edges) == ["d.s.orders.id -> d.s.x.t"]
