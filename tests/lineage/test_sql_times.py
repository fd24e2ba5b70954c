"""SQL whose dates and times alone differ is one statement: pure."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.sql_times import current_sql, is_same_statement

SAME = [
    ("WHERE ds = '2026-11-29'", "WHERE ds = '2026-11-30'"),
    ("ts >= '2026-11-29 13:00:00+00:00' AND x", "ts >= '2026-11-30 14:00:00+00:00' AND x"),
    ("t < TIMESTAMP '2026-11-29T13:00:00.123456Z'", "t < TIMESTAMP '2026-11-30T00:00:00Z'"),
    ("FROM orders_20261129", "FROM orders_20261130"),
    ("ts_nodash = 20261129T130000", "ts_nodash = 20261130T140000"),
    ("at > 1764400000123", "at > 1764500000123"),
]
OTHER = [
    ("WHERE country = 'DE'", "WHERE country = 'FR'"),
    ("WHERE ds = '2026-11-29' AND x = 1", "WHERE ds = '2026-11-30' AND x = 2"),
    ("LIMIT 1000", "LIMIT 2000"),
    ("id = 1234567890", "id = 1234567891"),
    ("year = 2025", "year = 2026"),
    ("ds > '2026-11-29'", "ds > CURRENT_DATE"),
    ("SELECT 1", ""),
]


@pytest.mark.parametrize(("sql", "other"), SAME)
def test_dates_and_times_make_no_other_statement(sql: str, other: str) -> None:
    assert is_same_statement(sql, other)
    assert current_sql(sql, other) == sql


@pytest.mark.parametrize(("sql", "other"), OTHER)
def test_anything_else_does(sql: str, other: str) -> None:
    assert not is_same_statement(sql, other)
    assert current_sql(sql, other) == (other or sql)
