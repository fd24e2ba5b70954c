"""SQL with its literals taken out."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.lineage.sql import apply_sql_policy, redact_literals
from tests.support import Json, columns, dataset, decode, plan_of, run_event

SQL = "INSERT INTO x SELECT id FROM a WHERE mail = 'j@d.example' -- since 2024"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 'it''s', 1.5e3 from t2", "select ?, ? from t2"),
        ('select "a 1", `b 2`, [c 3] from s', 'select "a 1", `b 2`, [c 3] from s'),
        ("select $$secret 'x'$$, $q$y$q$", "select ?, ?"),
        ("a /* 'kept' 7 */ b -- 8\n9", "a /* 'kept' 7 */ b -- 8\n?"),
        ("where x = 'a\\'b'", "where x = ?"),
        ("select a[1], m['key'], ARRAY['x', 2], [Order Details]", "select a[?], m[?], ARRAY[?, ?], [Order Details]"),
        ("select v$session from x where y = $1", "select v$session from x where y = $?"),
        # Cut off within a literal, a comment, a name.
        ("where x = 'sec", "where x = ?"),
        ("where x = $$sec", "where x = ?"),
        ("where x = 'sec\\", "where x = ?"),
        ("select /* 'kept", "select /* 'kept"),
        ('select "a', 'select "a'),
        ("select `a", "select `a"),
    ],
)
def test_strings_and_numbers_go_names_and_comments_stay(sql: str, expected: str) -> None:
    assert redact_literals(sql) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("always", SQL), ("redacted", SQL.replace("'j@d.example'", "?")), ("never", None)],
)
def test_the_plan_carries_sql_by_policy(policy: str, expected: str | None) -> None:
    event = run_event("COMPLETE", inputs=["a"], outputs=["x"], job_facets={"sql": {"query": SQL}})
    plan = plan_of(event, config={"write": {"sql": policy}})
    assert [(job.sql, edge.sql) for job in plan.jobs for edge in plan.edges] == [(expected, None)]


@pytest.mark.parametrize("dialect", ["mysql", "BIGQUERY", "spark", "sparksql", "databricks", "hive"])
def test_where_double_quotes_are_those_of_a_text_it_goes_too(dialect: str) -> None:
    assert redact_literals('where "a" = "it\\"s" and `b` = 1', dialect) == "where ? = ? and `b` = ?"
    assert redact_literals('where "a" = 1', "postgres") == 'where "a" = ?'


@pytest.mark.parametrize("facets", [{"sql": {"dialect": "mysql"}}, {"jobType": {"integration": "SPARK"}}])
def test_the_dialect_is_that_of_the_sql_or_of_the_integration(facets: Json) -> None:
    sql = facets.get("sql", {}) | {"query": 'select "x"'}
    plan = plan_of(run_event(job_facets={**facets, "sql": sql}), config={"write": {"sql": "redacted"}})
    assert [job.sql for job in plan.jobs] == ["select ?"]


@pytest.mark.parametrize(
    ("policy", "sql", "expression"),
    [("always", SQL, "a || 'x'"), ("redacted", SQL.replace("'j@d.example'", "?"), "a || ?"), ("never", None, None)],
)
def test_an_event_keeps_only_what_may_be_published(policy: str, sql: str | None, expression: str | None) -> None:
    how = [{"type": "DIRECT", "description": "a || 'x'"}]
    source = {"namespace": "n", "name": "a", "field": "f", "transformations": how}
    lineage = columns(c=[("a", "f")]) | {"dataset": [source]}
    lineage["fields"]["c"] = {"inputFields": [source], "transformationDescription": "a || 'x'"}
    stated = {"inputs": [source], "fields": {"c": {"inputs": [source]}}}
    entries = {"entries": [{"namespace": "n", "name": "b", **stated}]}
    [event] = decode(
        run_event(
            outputs=[dataset("b", columnLineage=lineage, lineage=stated)],
            job_facets={"sql": {"query": SQL}, "lineage": entries},
        )
    )
    before = repr(event)
    whole, event = event, apply_sql_policy(event, policy)
    assert repr(whole) == before
    texts = repr(event)
    assert event.job is not None
    assert event.job.facets is not None
    assert event.job.facets.sql is not None
    assert event.job.facets.sql.query == sql
    assert texts.count("a || 'x'") == (7 if policy == "always" else 0)
    assert texts.count(repr(expression)) == (7 if policy != "never" else texts.count("None"))
