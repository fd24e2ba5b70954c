"""Tables that a dbt model's SQL reads are its inputs, whether or not its event lists them."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, arrows, column_arrows, columns, dataset, parent, plan_of, run_event

SELECT = "select * from db.stg.a"


def model(sql: str, inputs: list[str], output: str | Json = "db.marts.facts", **kind: str) -> Json:
    job_type = {"processingType": "BATCH", "integration": "DBT", "jobType": "MODEL", **kind}
    return run_event(inputs=inputs, outputs=[output], job_facets={"sql": {"query": sql}, "jobType": job_type})


def sources(sql: str, inputs: list[str] | None = None, output: str = "db.marts.facts") -> list[str]:
    return [arrow.partition(" -> ")[0] for arrow in arrows(plan_of(model(sql, inputs or [], output)))]


def test_a_seed_that_the_event_does_not_list_is_a_source() -> None:
    """As in dbt's own tutorial project: ``dbt-ol`` lists models and sources only."""
    sql = 'with source as (\n  select * from "db"."raw"."users"\n) select id from source'
    plan = plan_of(model(sql.replace("raw", "marts"), []))
    assert arrows(plan) == ["db.marts.users -> db.marts.facts"]
    (problem,) = plan.problems
    assert problem.kind is ProblemKind.SQL_SOURCE
    assert "db.marts.users" in problem.detail


def test_what_is_behind_an_ephemeral_model_is_a_source() -> None:
    ephemeral = dataset("db.marts.big", dbt_model={"config": {"materialized": "ephemeral"}})
    sql = 'with __dbt__cte__big as (select * from "db"."marts"."orders") select * from __dbt__cte__big'
    event = model(sql, [])
    event["inputs"] = [ephemeral]
    assert arrows(plan_of(event)) == ["db.marts.orders -> db.marts.facts"]


def test_sources_join_those_that_the_event_and_its_columns_name() -> None:
    output = dataset("db.marts.facts", columnLineage=columns(id=[("db.stg.orders", "id")]))
    sql = 'select o.id from "db"."stg"."orders" o join "db"."ref"."codes" c on c.id = o.code'
    plan = plan_of(model(sql, ["db.stg.orders"], output))
    assert arrows(plan) == ["db.ref.codes -> db.marts.facts", "db.stg.orders -> db.marts.facts"]
    assert column_arrows(plan.edges) == ["db.stg.orders.id -> db.marts.facts.id"]


def test_what_columns_name_is_not_reported() -> None:
    output = dataset("db.marts.facts", columnLineage=columns(id=[("db.marts.users", "id")]))
    plan = plan_of(model('select id from "db"."marts"."users"', [], output))
    assert (arrows(plan), plan.problems) == (["db.marts.users -> db.marts.facts"], ())


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select * from `db`.`stg`.`a` left join `db.stg.b` using (id)", ["db.stg.a", "db.stg.b"]),
        ("select * from DB.stg.a, db.stg.b as x, db.stg.c", ["DB.stg.a", "db.stg.b", "db.stg.c"]),
        (
            "select x[1] from [db].[stg].[1table] t join db.stg.[2026 plan] p on 1 = 1",
            ["db.stg.1table", "db.stg.2026 plan"],
        ),
        ("select 1 from db.stg.a group by db.stg.b, db.stg.c", ["db.stg.a"]),
        ("select extract(year from db.stg.day), trim(both ' ' from db.stg.t) from db.stg.a", ["db.stg.a"]),
        ("select a is distinct from db.stg.c from db.stg.a", ["db.stg.a"]),
        ("select * from db.stg.a, t.items.parts", ["db.stg.a"]),
        ("select * from db.stg.load_all(1) join db.stg.a on true", ["db.stg.a"]),
        ("select '-- from db.stg.x' -- from db.stg.y\n from db.stg.a /* join db.stg.z */", ["db.stg.a"]),
        ("select * from stg.a join a", []),
        ("select * from elsewhere.stg.a", []),
        ("select * from db.information_schema.tables", []),
        ("select * from db.stg.`events_*`", []),
        ("select * from db.marts.facts", []),
        ("from a.b.c import d\n\ndef model(dbt, session):\n    return d", []),
        ("from db.stg.c import d\n\ndef model(dbt, session):\n    return d", []),
    ],
)
def test_only_whole_names_after_from_and_join_are_sources(sql: str, found: list[str]) -> None:
    assert sources(sql) == found


@pytest.mark.parametrize(
    "text",
    [
        "where p like 'C:\\' and n = 'from db.stg.x'",
        "where n = 'it\\'s from db.stg.x'",
        "where n = r'\\' and m = 'from db.stg.x'",
        "where n = '''it's from db.stg.x'''",
        'where n = """say "it" from db.stg.x"""',
        'where n = "a \\" from db.stg.x"',
        "where n = $$it's from db.stg.x$$",
        "# don't join db.stg.x\n where n = 'y from db.stg.x z'",
        "// don't join db.stg.x\n where n = 'y from db.stg.x z'",
    ],
)
def test_nothing_in_a_string_or_comment_of_any_dialect_is_a_source(text: str) -> None:
    assert sources(f"{SELECT} {text}") == ["db.stg.a"]


@pytest.mark.parametrize("text", ["/* x /* y */ join db.stg.x */", "where n = 'it''s"])
def test_nothing_is_a_source_if_nobody_knows_where_a_string_or_comment_ends(text: str) -> None:
    assert sources(f"{SELECT} {text}") == []


@pytest.mark.parametrize(
    "sql",
    [
        "select * from db.stg.a t, t.items.parts",
        "select * from db.stg.a db, db.items.parts",
        "select array(select x from db.items.parts) from db.stg.a as db",
        "with db as (select * from db.stg.a) select * from db, db.items.parts",
        "with `db.stg.x` as (select 1) select * from `db.stg.x` join db.stg.a",
        "select btrim(x from db.stg.x), json_value(y from db.stg.x) from db.stg.a",
        "select trim('x' from db.stg.x), extract('day' from db.stg.x) from db.stg.a",
        "select * from db.stg.a where x, db.stg.x",
        "select * from db.stg.a limit 1, db.stg.x",
        "select * from db.stg.a left array join db.stg.x",
        "select * from db.stg.a, lateral flatten(input => db.stg.x), table(db.stg.x)",
        "delete from db.stg.x where true; select * from db.stg.a",
        "insert into db.stg.y select * from db.stg.x; select * from db.stg.a",
        "select * from db.stg.a, @db.stg.x/file.csv, db.stg.x@link",
        "select * from db.stg.a, db.stg.x_{{ name }}",
        'select * from db.stg.a, "db.stg.x"',
        "select * from db.stg.a join db.pg_catalog.pg_class on true",
    ],
)
def test_what_is_no_table_is_no_source(sql: str) -> None:
    assert sources(sql) == (["db.stg.a"] if "with db as" not in sql else [])


@pytest.mark.parametrize(
    "sql",
    [
        "select * from (db.stg.a join db.stg.b on true)",
        "select * from db.stg.a, (select 1) x, db.stg.b",
        "select * from db.stg.a at(timestamp => x) t, db.stg.b",
        "select * from db.stg.a for system_time as of x, db.stg.b",
        "select * from db.stg.a left join (select 1) x using (id), db.stg.b",
        "from db.stg.a |> where x = 1 |> join db.stg.b using (id)",
    ],
)
def test_lists_of_tables_go_on_after_what_belongs_to_one(sql: str) -> None:
    assert sources(sql) == ["db.stg.a", "db.stg.b"]


def test_names_without_database_have_the_schema_of_another_name() -> None:
    assert sources("select * from stg.a join marts.b join t.items", ["stg.a"], "marts.facts") == ["marts.b", "stg.a"]


def test_the_only_model_of_a_task_of_cosmos_is_read_the_same() -> None:
    event = model("select * from db.stg.a", [], integration="AIRFLOW", jobType="TASK")
    event["run"]["facets"]["airflow"] = {"task": {"operator_class": "cosmos.operators.local.DbtRunLocalOperator"}}
    assert arrows(plan_of(event)) == ["db.stg.a -> db.marts.facts"]


@pytest.mark.parametrize("kind", [{"integration": "AIRFLOW"}, {"jobType": "TEST"}], ids=["Airflow", "test"])
def test_other_jobs_have_the_inputs_of_their_events(kind: dict[str, str]) -> None:
    assert arrows(plan_of(model("select * from db.stg.a", [], **kind))) == []


def test_the_sql_of_a_model_whose_end_was_cut_off_is_not_read() -> None:
    """Its last name may be half of one."""
    assert sources(f"{SELECT} where n in ({'1, ' * 70_000} 1)") == []


@pytest.mark.parametrize(
    ("sql", "unread"),
    [
        ("-- depends_on: db.stg.b\nselect * from db.stg.a", ["db.stg.b"]),
        ("with b as (select * from db.stg.a) select * from b", ["db.stg.b"]),
        ('select * from "db"."stg"."a" join "db"."raw"."b" using (id)', []),
        ('select * from "db"."stg"."a" join "db"."stg"."b_v2" using (id)', ["db.stg.b"]),
        ("select * from stg.a, stg.b", []),
        ("select * from a join b using (id)", []),
        ("select * from `db.stg.a` union all select * from db.stg.B", []),
        ("select * from db.stg.a where exists (select 1 from db.stg.b)", []),
        ("select * from db.stg.a, read_parquet('b.parquet')", []),
        ("select * from db.stg.a join read_parquet('b.parquet')", []),
        ("select * from db.stg.a join @stage/b", []),
        ("select * from db.stg.a join 'b.parquet'", []),
        ("def model(dbt, session):\n    return dbt.ref('a')", []),
        ("select 'it''s", []),
        ("select id // 10 as decade from db.stg.a join db.stg.b using (id)", []),
        ("select a.id # b.id from db.stg.a, db.stg.b", []),
        ("# don't\nselect * from db.stg.a", ["db.stg.b"]),
        ("select * from a, b", []),
        ("select * from a join (select 1 as b) using (id)", ["db.stg.b"]),
        ("select * from {{ ref('a') }}", []),
    ],
)
def test_what_the_sql_of_a_model_does_not_read_is_no_source(sql: str, unread: list[str]) -> None:
    plan = plan_of(model(sql, ["db.stg.a", "db.stg.b"]))
    sources = {arrow.partition(" -> ")[0] for arrow in arrows(plan)}
    assert {"db.stg.a", "db.stg.b"} - sources == set(unread)
    details = [problem.detail for problem in plan.problems if "does not read" in problem.detail]
    assert [all(name in detail for name in unread) for detail in details] == ([True] if unread else [])


def test_what_column_lineage_names_is_read() -> None:
    output = dataset("db.marts.facts", columnLineage=columns(id=[("db.stg.a", "id"), ("db.stg.b", "id")]))
    plan = plan_of(model(SELECT, ["db.stg.a", "db.stg.b"], output))
    assert arrows(plan) == ["db.stg.a -> db.marts.facts", "db.stg.b -> db.marts.facts"]


def test_inputs_of_other_jobs_are_not_compared_with_their_sql() -> None:
    plan = plan_of(model(SELECT, ["db.stg.a", "db.stg.b"], integration="AIRFLOW"))
    assert arrows(plan) == ["db.stg.a -> db.marts.facts", "db.stg.b -> db.marts.facts"]


def test_a_model_that_is_also_listed_as_an_input_is_no_difference() -> None:
    """So are the tests of a task of Cosmos that builds a model."""
    plan = plan_of(model("select * from db.stg.a", ["db.stg.a", "db.marts.facts"]))
    assert (arrows(plan), plan.problems) == (["db.stg.a -> db.marts.facts"], ())


def test_a_session_table_is_not_left_out_without_a_line() -> None:
    plan = plan_of(model("select * from db.stg.a join pg_temp.b using (id)", ["db.stg.a", "db.pg_temp_3.b"]))
    assert [problem.kind for problem in plan.problems] == [ProblemKind.TEMPORARY_SOURCE]


def test_a_task_that_sums_up_models_has_the_sources_of_their_sql() -> None:
    below = {"parent": parent("dag.task", "r-task")}
    facts = model("select * from db.stg.a -- db.stg.b", ["db.stg.a", "db.stg.b"])
    items = model("select * from db.stg.b join db.raw.c using (id)", ["db.stg.b"], "db.marts.items")
    for number, event in enumerate((facts, items)):
        event["run"].update(runId=f"00000000-0000-0000-0000-00000000000{number}", facets=below)
    task = run_event(
        job="dag.task",
        run_id="r-task",
        seconds=60,
        inputs=["db.stg.a", "db.stg.b", "db.raw.c"],
        outputs=["db.marts.facts", "db.marts.items"],
    )
    assert sorted(set(arrows(plan_of(facts, items, task)))) == [
        "db.raw.c -> db.marts.items",
        "db.stg.a -> db.marts.facts",
        "db.stg.b -> db.marts.items",
    ]
