"""SQL with its literals taken out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openmetadata_ol_provider.config import load_config
from openmetadata_ol_provider.lineage.sql import SqlPolicy, apply_sql_policy, redact_literals
from openmetadata_ol_provider.lineage.translate import plan_from_state, translate
from openmetadata_ol_provider.openlineage.serialization import encode_json
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
        ("where x = 'C:\\' and y = 'secret' and z = 1", "where x = ? and y = ? and z = ?"),
        ("where x = 'it\\'s' and y = 'secret'", "where x = ? and y = ?"),
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


def event_with_sql() -> Json:
    """Return an event with a literal in every place where SQL may be."""
    how = [{"type": "DIRECT", "subtype": "TRANSFORMATION", "description": "a || 'secret'"}]
    source = {"namespace": "n", "name": "a", "field": "f", "transformations": how}
    lineage = {
        "fields": {
            "c": {"inputFields": [source]},
            "d": {"inputFields": [{"namespace": "n", "name": "a", "field": "f"}]},
        },
        "dataset": [source],
    }
    lineage["fields"]["d"]["transformationDescription"] = "b || 'secret'"  # type: ignore[index,call-overload]
    return run_event(
        inputs=[dataset("a", namespace="n")],
        outputs=[dataset("b", columnLineage=lineage), dataset("e", namespace="n", columnLineage=lineage)],
        job_facets={"sql": {"query": "insert into b select 'secret' from a"}, "jobType": {"integration": "DBT"}},
    )


def stored(*values: object) -> str:
    return "".join(encode_json(value).decode() for value in values)


@pytest.mark.parametrize(("policy", "words"), [("redacted", ("secret",)), ("never", ("secret", "insert", "||"))])
def test_no_sql_is_in_the_plan_or_the_state_against_the_policy(policy: SqlPolicy, words: tuple[str, ...]) -> None:
    config = load_config({"write": {"sql": policy}})
    [event] = decode(event_with_sql())
    plan, state = translate([event], config)
    texts = stored(apply_sql_policy(event, policy), plan, state)
    assert plan.edges
    assert not [word for word in words if word in texts]
    assert "secret" in stored(*translate([event], load_config()))


@pytest.mark.parametrize(("policy", "words"), [("redacted", ("secret",)), ("never", ("secret", "insert", "||"))])
def test_sql_remembered_from_before_the_policy_is_not_in_a_plan(policy: SqlPolicy, words: tuple[str, ...]) -> None:
    config = load_config({"write": {"sql": policy}})
    state = translate(decode(event_with_sql()), load_config()).state
    again = run_event("COMPLETE", seconds=1, inputs=[dataset("a2", namespace="n")])
    for plan in (plan_from_state(state, config), translate(decode(again), config, state).plan):
        assert any(pair.transformations for edge in plan.edges for pair in edge.columns)
        assert not [word for word in words if word in stored(plan)]


@pytest.mark.parametrize("policy", ["redacted", "never"])
def test_an_event_without_sql_is_not_copied(policy: SqlPolicy) -> None:
    [event] = decode(run_event(outputs=[dataset("b", columnLineage=columns(c=[("a", "f")]))]))
    assert apply_sql_policy(event, policy) is event


def test_mapped_tasks_that_differ_in_literals_only_have_one_sql() -> None:
    events = [
        run_event(run_id=name, inputs=["a"], outputs=[name], job_facets={"sql": {"query": f"select '{name}'"}})
        for name in ("x", "y")
    ]
    plan = plan_of(*events, config={"write": {"sql": "redacted"}})
    assert [edge.sql for edge in plan.edges] == [None, None]
    assert [job.sql for job in plan.jobs] == ["select ?"]


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet="a1 '\"\\$-/*[]`.,?\n", max_size=30), st.sampled_from([None, "mysql"]))
def test_redacting_twice_is_redacting_once(sql: str, dialect: str | None) -> None:
    once = redact_literals(sql, dialect)
    assert redact_literals(once, dialect) == once
