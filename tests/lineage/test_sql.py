"""SQL with its literals taken out."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.sql import redacted
from tests.support import plan_of, run_event

SQL = "INSERT INTO x SELECT id FROM a WHERE mail = 'j@d.example' -- since 2024"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 'it''s', 1.5e3 from t2", "select ?, ? from t2"),
        ('select "a 1", `b 2`, [c 3] from s', 'select "a 1", `b 2`, [c 3] from s'),
        ("select $$secret 'x'$$, $q$y$q$", "select ?, ?"),
        ("a /* 'kept' 7 */ b -- 8\n9", "a /* 'kept' 7 */ b -- 8\n?"),
        ("where x = 'a\\'b'", "where x = ?"),
    ],
)
def test_strings_and_numbers_go_names_and_comments_stay(sql: str, expected: str) -> None:
    assert redacted(sql) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("always", SQL), ("redacted", SQL.replace("'j@d.example'", "?")), ("never", None)],
)
def test_the_plan_carries_sql_by_policy(policy: str, expected: str | None) -> None:
    event = run_event("COMPLETE", inputs=["a"], outputs=["x"], job_facets={"sql": {"query": SQL}})
    plan = plan_of(event, config={"write": {"sql": policy}})
    assert [(job.sql, edge.sql) for job in plan.jobs for edge in plan.edges] == [(expected, None)]
