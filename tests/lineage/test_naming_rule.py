"""Names of both sides that follow one rule are paired by it."""

from __future__ import annotations

from openmetadata_ol_provider.lineage.likeness import Name, read_name
from openmetadata_ol_provider.lineage.naming_rule import by_stems, one_rule


def names(*texts: str) -> list[Name]:
    return [read_name(text)[0] for text in texts]


def test_one_rule_explains_all_names() -> None:
    assert one_rule(names("db.orders", "db.cdc"), names("cdc_cdc", "orders_cdc")) == {0: 1, 1: 0}
    assert one_rule(names("pg-a", "pg-b"), names("b", "a")) == {0: 1, 1: 0}
    assert one_rule(names("orders"), names("pg-orders")) is None
    assert one_rule(names("a", "b"), names("pg-a", "pg-b", "pg-c")) is None
    assert one_rule(names("a", "b"), names("pg-a", "my-b")) is None
    assert one_rule(names("a.t", "b.t"), names("x.t", "y.t")) is None


def test_stems_are_what_differs_on_each_side() -> None:
    assert by_stems(names("a_orders", "a_users"), names("b_users", "b_orders")) == {0: 1, 1: 0}
    assert by_stems(names("a_orders", "a_users", "a_more"), names("b_users", "b_orders")) == {0: 1, 1: 0}
    assert by_stems(names("a_orders", "a_users"), names("b_users", "b_others")) == {}
    assert by_stems(names("orders"), names("orders")) == {}
    assert by_stems(names("x", "x"), names("y", "y")) == {}
