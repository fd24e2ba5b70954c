"""Where Athena stores results of queries is an output of its tasks, and no part of the lineage of the tables."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openlineage.problem_kind import ProblemKind
from tests.support import Json, arrows, dataset, plan_of, run_event

ATHENA = "awsathena://athena.eu-west-1.amazonaws.com"
SOURCE, RESULTS = dataset("AwsDataCatalog.web.orders", ATHENA), dataset("/q/", "s3://results")
TARGET = dataset("AwsDataCatalog.web.stats", ATHENA)


def query(sql: str | None, *outputs: Json) -> Json:
    return run_event(inputs=[SOURCE], outputs=outputs, job_facets={"sql": {"query": sql}} if sql else {})


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO web.stats SELECT id FROM web.orders",
        "CREATE TABLE web.stats AS SELECT id FROM web.orders",
        "INSERT INTO web.stats SELECT location FROM web.orders",
    ],
)
def test_a_query_that_writes_a_table_writes_nothing_else(sql: str) -> None:
    plan = plan_of(query(sql, TARGET, RESULTS))
    assert arrows(plan) == ["AwsDataCatalog.web.orders -> AwsDataCatalog.web.stats"]
    (problem,) = plan.problems
    assert problem.kind is ProblemKind.TOOL_DATASET
    assert "s3://results /q/: Athena stores results of queries there" in problem.detail


def test_a_query_that_writes_no_table_writes_its_results() -> None:
    plan = plan_of(query("SELECT id FROM web.orders", RESULTS))
    assert (arrows(plan), plan.problems) == (["AwsDataCatalog.web.orders -> /q/"], ())


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE web.stats WITH (external_location = ?) AS SELECT id FROM web.orders",
        "CREATE TABLE web.stats WITH (location='s3://results/q/') AS SELECT id FROM web.orders",
        "CREATE EXTERNAL TABLE web.stats (id int) LOCATION 's3://results/q/'",
        "UNLOAD (SELECT id FROM web.orders) TO 's3://results/q/'",
        None,
    ],
)
def test_a_place_that_the_sql_may_name_is_an_output(sql: str | None) -> None:
    assert "AwsDataCatalog.web.orders -> /q/" in arrows(plan_of(query(sql, TARGET, RESULTS)))


def test_a_job_of_another_system_writes_all_of_its_outputs() -> None:
    event = run_event(
        inputs=["db.s.orders"],
        outputs=["db.s.stats", RESULTS],
        job_facets={"sql": {"query": "select 1 from db.s.orders"}},
    )
    assert arrows(plan_of(event)) == ["db.s.orders -> /q/", "db.s.orders -> db.s.stats"]
