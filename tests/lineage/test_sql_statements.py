"""SQL with several statements: a table has edges only from those that a statement that writes it names."""

from __future__ import annotations

import itertools
import time

import pytest

from openmetadata_ol_provider.lineage.sql_statements import MAX_STATEMENTS, leaves_nothing, statements_of
from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import (
    Json,
    arrows,
    column_arrows,
    columns,
    dataset,
    parent,
    plan_of,
    query_event,
    run_event,
    stored,
    translated,
)  # fmt: skip


def script(sql: str, inputs: list[str], outputs: list[str | Json], **options: Json) -> Json:
    """Return the event of a task of Airflow, whose parser lists the tables of all statements."""
    facets = {"sql": {"query": sql}, "jobType": {"processingType": "BATCH", "integration": "AIRFLOW"}}
    return run_event(job="dag.task", inputs=inputs, outputs=outputs, job_facets=facets, **options)


def pairs(sql: str, inputs: list[str], outputs: list[str]) -> list[str]:
    return arrows(plan_of(script(sql, inputs, list(outputs))))


TWO = "INSERT INTO a.x SELECT id, name FROM s.one;\nINSERT INTO a.y SELECT id, total FROM s.two"
#: What Airflow's parser attaches to each output: the columns of all statements.
ALL_COLUMNS = columns(
    id=[("shop.s.one", "id"), ("shop.s.two", "id")], name=[("shop.s.one", "name")], total=[("shop.s.two", "total")]
)


def test_tables_of_other_statements_are_no_sources() -> None:
    plan = plan_of(script(TWO, ["shop.s.one", "shop.s.two"], ["shop.a.x", "shop.a.y"]))
    assert arrows(plan) == ["shop.s.one -> shop.a.x", "shop.s.two -> shop.a.y"]
    (problem,) = plan.problems
    assert problem.kind is ProblemKind.OTHER_STATEMENT
    assert "2 pairs" in problem.detail


def test_columns_that_each_output_has_are_those_of_its_own_statement() -> None:
    outputs: list[str | Json] = [dataset(name, columnLineage=ALL_COLUMNS) for name in ("shop.a.x", "shop.a.y")]
    plan = plan_of(script(TWO, ["shop.s.one", "shop.s.two"], outputs))
    assert column_arrows(plan.edges) == [
        "shop.s.one.id -> shop.a.x.id",
        "shop.s.one.name -> shop.a.x.name",
        "shop.s.two.id -> shop.a.y.id",
        "shop.s.two.total -> shop.a.y.total",
    ]


def test_columns_of_one_source_go_to_the_statement_that_names_them() -> None:
    outputs: list[str | Json] = [
        dataset(name, columnLineage=columns(name=[("shop.s.one", "name")], total=[("shop.s.one", "total")]))
        for name in ("shop.a.x", "shop.a.y")
    ]
    sql = "INSERT INTO a.x SELECT name FROM s.one; INSERT INTO a.y SELECT total FROM s.one"
    assert column_arrows(plan_of(script(sql, ["shop.s.one"], outputs)).edges) == [
        "shop.s.one.name -> shop.a.x.name",
        "shop.s.one.total -> shop.a.y.total",
    ]


def test_columns_go_through_a_temporary_table() -> None:
    outputs: list[str | Json] = [
        dataset(name, columnLineage=columns(id=[("p.one", "id")], n=[("p.one", "n")])) for name in ("p.x", "p.y")
    ]
    sql = "CREATE TEMP TABLE t AS SELECT id, n FROM one; INSERT INTO x SELECT id FROM t; INSERT INTO y SELECT n FROM t"
    plan = plan_of(script(sql, ["p.one"], outputs))
    assert column_arrows(plan.edges) == ["p.one.id -> p.x.id", "p.one.n -> p.y.n"]
    (problem,) = plan.problems
    assert problem.kind is ProblemKind.OTHER_STATEMENT
    assert "2 pairs of columns" in problem.detail


def test_names_that_the_producer_makes_up_do_not_count() -> None:
    outputs: list[str | Json] = [
        dataset(name, columnLineage=columns(_0=[("shop.s.one", "name")])) for name in ("shop.a.x", "shop.a.y")
    ]
    sql = "INSERT INTO a.x SELECT max(name) FROM s.one; TRUNCATE a.y"
    plan = plan_of(script(sql, ["shop.s.one"], outputs))
    assert column_arrows(plan.edges) == ["shop.s.one.name -> shop.a.x._0"]


def test_a_source_without_columns_is_not_lost() -> None:
    outputs: list[str | Json] = [
        dataset(name, columnLineage=columns(id=[("shop.s.one", "id")])) for name in ("shop.a.x", "shop.a.y")
    ]
    sql = "INSERT INTO a.x SELECT id FROM s.one; INSERT INTO a.y SELECT * FROM s.two"
    plan = plan_of(script(sql, ["shop.s.one", "shop.s.two"], outputs))
    assert arrows(plan) == ["shop.s.one -> shop.a.x", "shop.s.two -> shop.a.y"]


def test_what_is_only_read_or_only_emptied_has_no_edges() -> None:
    sql = "TRUNCATE TABLE a.x; SELECT count(*) FROM s.two; INSERT INTO a.y SELECT * FROM s.one"
    assert pairs(sql, ["shop.s.one", "shop.s.two"], ["shop.a.x", "shop.a.y"]) == ["shop.s.one -> shop.a.y"]


def test_the_way_through_a_table_that_stays_is_two_edges() -> None:
    sql = "CREATE TABLE stg AS SELECT * FROM one; INSERT INTO x SELECT * FROM stg JOIN two USING (id)"
    assert pairs(sql, ["p.one", "p.stg", "p.two"], ["p.stg", "p.x"]) == [
        *("p.one -> p.stg", "p.stg -> p.x", "p.two -> p.x"),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP TABLE stg AS SELECT * FROM one; INSERT INTO x SELECT * FROM stg JOIN two USING (id)",
        "CREATE OR REPLACE TEMPORARY VIEW stg AS SELECT * FROM one; INSERT INTO x SELECT * FROM stg, two",
        "DROP TABLE IF EXISTS stg; CREATE TABLE stg AS TABLE one; INSERT INTO x SELECT * FROM stg, two; DROP TABLE stg",
    ],
    ids=["temporary table", "temporary view", "dropped"],
)
def test_lineage_goes_through_a_table_that_is_gone_at_the_end(sql: str) -> None:
    found = pairs(sql, ["p.one", "p.stg", "p.two"], ["p.stg", "p.x"])
    assert {"p.one -> p.x", "p.two -> p.x"} <= set(found)
    assert "p.two -> p.stg" not in found


@pytest.mark.parametrize(
    "rename",
    [
        "ALTER TABLE dw.facts RENAME TO facts_old; ALTER TABLE dw.facts_new RENAME TO facts",
        "ALTER TABLE dw.facts SWAP WITH dw.facts_new",
        "RENAME TABLE dw.facts TO dw.facts_old, dw.facts_new TO dw.facts",
        "EXCHANGE TABLES dw.facts_new AND dw.facts",
    ],
)
def test_lineage_goes_with_a_table_that_is_renamed(rename: str) -> None:
    around = ("CREATE TABLE dw.facts_new AS SELECT * FROM raw.orders", "INSERT INTO dw.log SELECT 1 FROM raw.runs")
    sql = f"; {rename}; ".join(around)
    outputs = ["db.dw.facts", "db.dw.facts_new", "db.dw.log"]
    found = pairs(sql, ["db.raw.orders", "db.raw.runs"], outputs)
    assert {"db.raw.orders -> db.dw.facts", "db.raw.runs -> db.dw.log"} <= set(found)
    assert not {"db.raw.orders -> db.dw.log", "db.raw.runs -> db.dw.facts"} & set(found)


@pytest.mark.parametrize(
    ("sql", "source", "target", "written"),
    [
        ("MERGE INTO a.x USING s.one ON 1 = 1 WHEN MATCHED THEN UPDATE SET n = 2; SELECT 1", "s.one", "a.x", True),
        ("MERGE `p-1.d.x` t USING `p-1`.d.s ON 1 = 1 WHEN MATCHED THEN DELETE; SELECT 1", "p-1.d.s", "p-1.d.x", True),
        ("UPDATE f SET n = o.n FROM mart.x AS f JOIN s.one o ON 1 = 1; SELECT 1", "d.s.one", "d.mart.x", True),
        ("DELETE f FROM mart.x f JOIN s.one o ON 1 = 1; SELECT 1", "d.s.one", "d.mart.x", True),
        ("UPDATE s.one JOIN a.x ON 1 = 1 SET x.n = one.n; SELECT 1", "s.one", "a.x", True),
        ("UPDATE a.x SET n = 1 FROM s.one; SELECT 1 FROM s.two", "s.two", "a.x", False),
        ("INSERT OVERWRITE TABLE x PARTITION (d) SELECT * FROM one; SELECT 1", "h.one", "h.x", True),
        ("FROM one INSERT INTO x SELECT a INSERT INTO y SELECT b; SELECT 1", "h.one", "h.y", True),
        ("ALTER TABLE a.one SWAP WITH a.x; SELECT 1", "d.a.one", "d.a.x", True),
        ("WITH c AS (SELECT * FROM one) INSERT INTO x SELECT * FROM c; SELECT 1", "p.one", "p.x", True),
        ('INSERT INTO "A"."X" SELECT "n" FROM "S"."ONE"; SELECT 1', "s.one", "a.x", True),
        ("INSERT INTO [a].[x] SELECT n FROM [s].[one]; SELECT 1", "d.s.one", "d.a.x", True),
        ("INSERT INTO [a].[1x] SELECT n FROM [s].[1one]; SELECT 1", "d.s.1one", "d.a.1x", True),
        ("SELECT n INTO #x FROM s.one; SELECT 1", "d.s.one", "d.dbo.#x", True),
        ("-- s.two; \nINSERT INTO x SELECT ';' FROM one /* two; */; SELECT 1", "p.one", "p.x", True),
        ("-- s.two; \nINSERT INTO x SELECT ';' FROM one /* two; */; SELECT 1", "p.two", "p.x", None),
        ("INSERT INTO x SELECT * FROM v; SELECT 1 FROM y", "p.behind_v", "p.x", None),
        ("CALL load('one', 'x'); SELECT 1", "p.one", "p.x", None),
        ("INSERT INTO x SELECT identifier FROM one FETCH FIRST 9 ROWS ONLY; SELECT 1 FROM two", "p.two", "p.x", False),
        ("INSERT INTO a.orders SELECT * FROM s.orders; SELECT 1 FROM t.orders", "d.t.orders", "d.a.orders", False),
    ],
)  # fmt: skip
def test_statements_are_read_in_the_dialects_of_producers(
    sql: str, source: str, target: str, written: bool | None
) -> None:
    statements = statements_of(sql)
    assert statements is not None
    assert statements.write(target, source) is written


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO x SELECT * FROM one",
        "INSERT INTO x SELECT ';' FROM one;",
        "SELECT 1;" * (MAX_STATEMENTS + 1),
        "INSERT INTO x_new SELECT * FROM one; EXEC sp_rename 'x_new', 'x'",
        "INSERT INTO x SELECT 'a\\' , ' FROM one; INSERT INTO y SELECT 'b\\' , ' FROM two",
        "INSERT INTO x SELECT 1 /* a /* b */ FROM one; SELECT 1 */ FROM two",
    ],
    ids=["one", "one with its end", "too many", "renamed unseen", "a string or more", "a comment or more"],
)
def test_sql_that_tells_nothing(sql: str) -> None:
    assert statements_of(sql) is None


@pytest.mark.parametrize(
    "part",
    [
        "[a",
        '"',
        "`b",
        "a-",
        "$x",
        "/* ",
        "'",
        "update a ",
        "from a.b, ",
        "(",
        "delete from a ",
        "a..",
        "set x=1 ",
        "'''a",
    ],
)
def test_sql_of_any_length_is_read_in_time(part: str) -> None:
    statements = statements_of("INSERT INTO x SELECT 1 FROM one; TRUNCATE y; " + part * (200_000 // len(part)))
    assert statements is not None
    assert (statements.write("x", "one"), statements.write("y", "one")) == (True, False)


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE x; EXECUTE IMMEDIATE $$INSERT INTO x SELECT * FROM one$$; SELECT 1 FROM one",
        "TRUNCATE x; EXEC('INSERT INTO x SELECT * FROM one'); SELECT 1 FROM one",
        "TRUNCATE x; INSERT INTO IDENTIFIER($t) SELECT * FROM one",
        "TRUNCATE x; INSERT INTO $t SELECT * FROM one",
        "INSERT INTO x SELECT * FROM OPENQUERY(s, 'SELECT * FROM one'); SELECT 1 FROM one",
        "BEGIN FOR r IN (SELECT * FROM one) LOOP v := r.n; INSERT INTO x VALUES (v); END LOOP; END",
    ],
)
def test_what_sql_does_not_show_is_left_open(sql: str) -> None:
    statements = statements_of(sql)
    assert statements is not None
    assert (statements.write("x", "one"), statements.show("x", "one")) == (None, False)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT IGNORE x SELECT * FROM one; SELECT 1",
        "INSERT TOP (10) x SELECT * FROM one; SELECT 1",
        "INSERT INTO d..x SELECT * FROM d..one; SELECT 1",
        "CREATE MATERIALIZED VIEW v TO x AS SELECT * FROM one; SELECT 1",
        "CREATE STREAM s ON TABLE one; INSERT INTO x SELECT * FROM s",
        "CREATE VIEW v AS SELECT * FROM one; INSERT INTO x SELECT * FROM v",
        "CACHE TABLE c AS SELECT * FROM one; INSERT INTO x SELECT * FROM c",
        "SELECT max(n) INTO v FROM one; INSERT INTO x VALUES (v)",
        "DECLARE c CURSOR FOR SELECT * FROM one; FETCH c INTO @v; INSERT INTO x VALUES (@v)",
        "SET v = (SELECT max(n) FROM one); INSERT INTO x SELECT $v",
        "DECLARE @s TABLE (n int); INSERT INTO @s SELECT * FROM one; INSERT INTO x SELECT * FROM @s",
        "CREATE TABLE s AS SELECT * FROM one; INSERT INTO x SELECT * FROM s; DROP TABLE r, s",
        "CREATE TABLE s AS SELECT * FROM one; INSERT INTO x SELECT * FROM s; BEGIN DROP TABLE s; END",
        "INSERT INTO x SELECT 'it\\'s; ' FROM one; SELECT 1",
        "INSERT INTO x SELECT 'it\\'s; ', 'that\\'s' FROM one; SELECT 1",
        "INSERT INTO x SELECT 'C:\\' FROM one WHERE n = ';'; SELECT 1",
        "# don't do; this\nINSERT INTO x SELECT * FROM one; SELECT 1",
        "// don't do; this\nINSERT INTO x SELECT * FROM one; SELECT 1",
    ],
)
def test_no_source_is_lost(sql: str) -> None:
    statements = statements_of(sql)
    assert statements is not None
    assert statements.write("d.dbo.x", "d.dbo.one") is True


def test_a_table_that_is_listed_as_an_output_only_is_a_source_as_well() -> None:
    sql = "CREATE TABLE stg AS SELECT * FROM one; INSERT INTO x SELECT * FROM stg JOIN two USING (id)"
    assert pairs(sql, ["p.one", "p.two"], ["p.stg", "p.x"]) == ["p.one -> p.stg", "p.stg -> p.x", "p.two -> p.x"]


def test_a_table_that_the_event_does_not_list_is_read_through() -> None:
    sql = "INSERT INTO stg SELECT * FROM one; INSERT INTO x SELECT * FROM stg; INSERT INTO y SELECT * FROM two"
    assert pairs(sql, ["p.one", "p.two"], ["p.x", "p.y"]) == ["p.one -> p.x", "p.two -> p.y"]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO x SELECT n, orders FROM one; INSERT INTO y SELECT n FROM orders",
        "INSERT INTO x SELECT n FROM one orders; INSERT INTO y SELECT n FROM orders",
        "LOCK TABLE x, orders; INSERT INTO x SELECT n FROM one; INSERT INTO y SELECT n FROM orders",
        "DROP TABLE x, orders; INSERT INTO x SELECT n FROM one; INSERT INTO y SELECT n FROM orders",
        "CREATE TABLE x (n int REFERENCES orders); INSERT INTO x SELECT n FROM one; INSERT INTO y SELECT n FROM orders",
    ],
    ids=["column", "alias", "lock", "drop", "foreign key"],
)
def test_only_tables_that_a_statement_reads_are_added(sql: str) -> None:
    outputs: list[str | Json] = [
        dataset("p.x", columnLineage=columns(n=[("p.one", "n")])),
        dataset("p.y", columnLineage=columns(n=[("p.orders", "n")])),
    ]
    assert arrows(plan_of(script(sql, ["p.one", "p.orders"], outputs))) == ["p.one -> p.x", "p.orders -> p.y"]


def test_redacted_sql_tells_the_same() -> None:
    sql = "INSERT INTO a.x SELECT id, 'blue' FROM s.one; INSERT INTO a.y SELECT id, 7 FROM s.two"
    event = script(sql, ["shop.s.one", "shop.s.two"], ["shop.a.x", "shop.a.y"])
    plan = plan_of(event, config={"write": {"sql": "redacted"}})
    assert arrows(plan) == ["shop.s.one -> shop.a.x", "shop.s.two -> shop.a.y"]


def test_each_mapped_instance_has_its_own_sql() -> None:
    sql = "TRUNCATE a.NAME; INSERT INTO a.NAME SELECT * FROM s.NAME; SELECT count(*) FROM s.other"
    events = [
        script(
            sql.replace("NAME", name),
            [f"d.s.{name}", "d.s.other"],
            [f"d.a.{name}"],
            run_id=f"run-{name}",
            run_facets={"parent": parent("dag", "r-dag")},
        )
        for name in ("one", "two")
    ]
    assert arrows(plan_of(*events)) == ["d.s.one -> d.a.one", "d.s.two -> d.a.two"]


def test_without_the_sql_nothing_is_guessed_from_columns_that_outputs_share() -> None:
    outputs: list[str | Json] = [dataset(name, columnLineage=ALL_COLUMNS) for name in ("shop.a.x", "shop.a.y")]
    event = script(TWO, ["shop.s.one", "shop.s.two"], outputs)
    event["producer"] = "https://github.com/apache/airflow/tree/providers-openlineage/2.20.3"
    plan = plan_of(event, config={"write": {"sql": "never"}})
    assert (arrows(plan), [problem.kind for problem in plan.problems]) == ([], [ProblemKind.UNASSIGNED_INPUT])


@pytest.mark.parametrize("policy", ["always", "redacted"])
def test_nothing_follows_from_what_a_script_does_not_say_because_its_end_was_cut_off(policy: str) -> None:
    sql = "TRUNCATE a.x; SELECT 'b' FROM s.one; INSERT INTO a.x VALUES (LONG); INSERT INTO a.x SELECT * FROM s.one"
    sql = sql.replace("LONG", ", ".join(["'value'"] * 70_000))
    plan = plan_of(script(sql, ["d.s.one"], ["d.a.x"]), config={"write": {"sql": policy}})
    assert arrows(plan) == ["d.s.one -> d.a.x"]
    event = script(sql, ["d.s.one", "d.s.two"], ["d.a.x"])
    assert arrows(plan_of(event, config={"write": {"sql": policy}})) == ["d.s.one -> d.a.x", "d.s.two -> d.a.x"]


@pytest.mark.parametrize(
    ("sql", "edges"),
    [
        ("FROM one INSERT INTO x SELECT n INSERT INTO y SELECT n", ["p.one -> p.x", "p.one -> p.y"]),
        ("INSERT INTO x SELECT n FROM one; INSERT INTO y SELECT 1; EXEC sp_rename 'z', 'one'", []),
    ],
    ids=["one statement", "not certain"],
)
def test_columns_that_outputs_share_are_those_of_one_statement(sql: str, edges: list[str]) -> None:
    shared = columns(n=[("p.one", "n"), ("p.two", "n")] if not edges else [("p.one", "n")])
    outputs: list[str | Json] = [dataset(name, columnLineage=shared) for name in ("p.x", "p.y")]
    event = script(sql, ["p.one"] if edges else ["p.one", "p.two"], outputs)
    event["producer"] = "https://github.com/apache/airflow/tree/providers-openlineage/2.20.3"
    assert arrows(plan_of(event)) == edges


def test_a_task_is_read_the_same_in_a_later_batch() -> None:
    outputs: list[str | Json] = [dataset(name, columnLineage=ALL_COLUMNS) for name in ("shop.a.x", "shop.a.y")]
    task = script(TWO, ["shop.s.one", "shop.s.two"], outputs, run_id="r-task", seconds=60)
    first = translated(task)
    second = translated(query_event(1, ["shop.s.one"], ["shop.a.x"]), state=stored(first.state))
    assert arrows(second.plan) == ["shop.s.one -> shop.a.x", "shop.s.two -> shop.a.y"]
    assert second.plan.retracted == ()


STAGED = """
CREATE TEMPORARY TABLE stage AS SELECT id, amount FROM raw.orders;
INSERT INTO mart.facts SELECT id, amount FROM stage;
"""


INSERT = "INSERT INTO mart.facts SELECT id FROM stage;"


def staged(sql: str = STAGED, stage: str = "shop.public.stage") -> Json:
    """Return the event of a script whose temporary table the parser takes for one of the default schema."""
    whole = columns(id=[("shop.raw.orders", "id"), (stage, "id")])
    outputs: list[str | Json] = [dataset(name, columnLineage=whole) for name in ("shop.mart.facts", stage)]
    return script(sql, ["shop.raw.orders", stage], outputs)


def test_a_temporary_table_of_a_script_is_no_table_of_the_default_schema() -> None:
    plan = plan_of(staged())
    assert column_arrows(plan.edges) == ["shop.raw.orders.id -> shop.mart.facts.id"]
    assert arrows(plan) == ["shop.raw.orders -> shop.mart.facts"]
    assert ProblemKind.UNASSIGNED_INPUT not in {problem.kind for problem in plan.problems}


@pytest.mark.parametrize(
    "sql",
    [
        STAGED.replace("TEMPORARY ", ""),
        STAGED.replace("FROM stage;", "FROM public.stage;") + STAGED,
        STAGED.replace("FROM raw.orders", "FROM stage"),
        f"{INSERT} {STAGED}",
        f"{STAGED} DROP TABLE stage; {INSERT}",
    ],
    ids=["lasting", "both", "made from it", "before", "after"],
)
def test_a_table_that_may_last_stays(sql: str) -> None:
    assert "shop.public.stage -> shop.mart.facts" in arrows(plan_of(staged(sql)))


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE IF EXISTS stage;" + STAGED,
        STAGED.replace("AS SELECT id FROM raw.orders", "AS WITH stage AS (SELECT id FROM raw.orders) TABLE stage"),
    ],
    ids=["dropped in advance", "also the name of a query"],
)
def test_a_table_that_is_used_only_where_it_is_temporary_is_temporary(sql: str) -> None:
    assert arrows(plan_of(staged(sql))) == ["shop.raw.orders -> shop.mart.facts"]


TEMP = "CREATE TEMP TABLE {} AS SELECT id FROM {};"


def test_many_temporary_tables_in_a_row_lose_no_columns() -> None:
    names = ["raw.orders", *(f"public.t{number}" for number in range(30))]
    pairs = [*itertools.pairwise(names), ("public.t29", "mart.facts")]
    made = [TEMP.format(new.removeprefix("public."), old.removeprefix("public.")) for old, new in pairs[:-1]]
    sql = "".join([*made, STAGED.splitlines()[-1].replace("stage", "t29")])
    outputs: list[str | Json] = [
        dataset(f"shop.{new}", columnLineage=columns(id=[(f"shop.{old}", "id")])) for old, new in pairs
    ]
    plan = plan_of(script(sql, [f"shop.{name}" for name in names], outputs))
    assert column_arrows(plan.edges) == ["shop.raw.orders.id -> shop.mart.facts.id"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMP TABLE stage AS SELECT id FROM raw.orders",
        "CREATE TEMP TABLE stage AS SELECT id FROM raw.orders; SELECT count(*) FROM stage",
        "CREATE OR REPLACE TEMPORARY VIEW stage AS SELECT id FROM raw.orders;",
        "create table stage (like raw.orders including all)",
        "CREATE TABLE IF NOT EXISTS stage LIKE raw.orders",
        "CREATE TABLE stage AS SELECT id FROM raw.orders WITH NO DATA",
    ],
)
def test_one_table_that_does_not_last_or_has_no_rows_has_no_source(sql: str) -> None:
    assert pairs(sql, ["shop.raw.orders"], ["shop.public.stage"]) == []


def test_a_temporary_table_that_other_queries_may_read_is_reported() -> None:
    sql = "CREATE TEMP TABLE stage AS SELECT id FROM raw.orders"
    plan = plan_of(script(sql, ["shop.raw.orders"], ["shop.public.stage"]))
    (problem,) = plan.problems
    assert problem.kind == ProblemKind.OTHER_STATEMENT
    assert "shop.public.stage" in problem.detail


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mart.x (LIKE raw.y); INSERT INTO mart.x SELECT * FROM raw.z",
        "CREATE TABLE mart.x AS TABLE raw.y WITH NO DATA; INSERT INTO mart.x SELECT * FROM raw.z",
        "CREATE TEMP TABLE t (LIKE raw.y); INSERT INTO t SELECT * FROM raw.z; INSERT INTO mart.x SELECT * FROM t",
    ],
)
def test_the_table_that_another_has_its_columns_from_is_no_source(sql: str) -> None:
    plan = plan_of(script(sql, ["shop.raw.y", "shop.raw.z"], ["shop.mart.x"]))
    assert arrows(plan) == ["shop.raw.z -> shop.mart.x"]
    assert [problem.kind for problem in plan.problems] == [ProblemKind.OTHER_STATEMENT]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mart.x AS SELECT * FROM raw.z WHERE name LIKE 'a%'",
        "CREATE MATERIALIZED VIEW mart.x AS SELECT * FROM raw.z WITH NO DATA",
        "CREATE TABLE mart.x (LIKE raw.z); INSERT INTO mart.x SELECT * FROM raw.z",
        "CREATE TABLE mart.x CLONE raw.z",
    ],
)
def test_other_tables_are_filled(sql: str) -> None:
    assert pairs(sql, ["shop.raw.z"], ["shop.mart.x"]) == ["shop.raw.z -> shop.mart.x"]


@pytest.mark.parametrize(
    "sql", ["create table x" + " " * 100_000, "create table" + " " * 100_000 + "if" + " " * 100_000]
)
def test_blanks_without_end_are_read_in_one_go(sql: str) -> None:
    # Each blank tried again for all that follow would take minutes.
    before = time.process_time()
    assert not leaves_nothing(sql)
    assert time.process_time() - before < 5
