"""What runs have measured: rows written that are surely those of the run, metrics, and results of tests, run by run."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.config import Config
from openmetadata_ol_provider.lineage.plan import DatasetId, LineagePlan, Statistics
from openmetadata_ol_provider.lineage.translate import translate
from openmetadata_ol_provider.openlineage.decode import decode_event
from tests.support import PG, captured, dataset, plan_of, run_event

Json = dict[str, Any]
SNOWFLAKE = "snowflake://org-account"


def written_to(name: str = "t", namespace: str = PG, *, rows: int | None = 7, **facets: Any) -> Json:
    statistics = {"rowCount": rows, "size": 99, "fileCount": 2}
    return {**dataset(name, namespace, **facets), "outputFacets": {"outputStatistics": statistics}}


def of_job(integration: str, kind: str = "JOB", **facets: Any) -> Json:
    return {"jobType": {"integration": integration, "jobType": kind, "processingType": "BATCH"}, **facets}


def changed(how: str) -> Json:
    return {"lifecycleStateChange": {"lifecycleStateChange": how}}


def materialized(how: str) -> Json:
    return {"dbt_model": {"config": {"materialized": how}}}


def only(plan: LineagePlan) -> Statistics:
    (run,) = plan.runs
    (statistics,) = run.statistics
    return statistics


def outcome(plan: LineagePlan) -> tuple[str | None, bool]:
    statistics = only(plan)
    return statistics.operation, statistics.whole


@pytest.mark.parametrize(
    ("sql", "operation"),
    [
        ("insert into t select 1", "INSERT"),
        ("-- nightly\n/* all */ UPDATE t SET a = 1", "UPDATE"),
        ("Delete from t", "DELETE"),
        ("merge into t using s", "WRITE"),
        (None, "WRITE"),
    ],
)
def test_the_operation_is_that_of_the_sql(sql: str | None, operation: str) -> None:
    facets = of_job("TRINO", **({"sql": {"query": sql}} if sql else {}))
    assert outcome(plan_of(run_event(job_facets=facets, outputs=[written_to()]))) == (operation, False)


@pytest.mark.parametrize(("change", "whole"), [("OVERWRITE", True), ("CREATE", True)])
def test_what_replaces_a_table_is_all_that_it_holds(change: str, whole: bool) -> None:
    plan = plan_of(run_event(job_facets=of_job("TRINO"), outputs=[written_to(**changed(change))]))
    assert outcome(plan) == ("WRITE", whole)


@pytest.mark.parametrize("change", ["DROP", "TRUNCATE", "ALTER", "RENAME"])
def test_other_changes_write_no_rows(change: str) -> None:
    plan = plan_of(run_event(job_facets=of_job("TRINO"), outputs=[written_to(**changed(change))]))
    assert outcome(plan) == (None, False)


@pytest.mark.parametrize(
    ("command", "change", "expected"),
    [
        ("append_data", None, ("INSERT", False)),
        ("execute_insert_into_hadoop_fs_relation_command", None, ("INSERT", False)),
        ("execute_insert_into_hadoop_fs_relation_command", "OVERWRITE", ("WRITE", True)),
        ("atomic_create_table_as_select", "CREATE", ("WRITE", True)),
        ("overwrite_by_expression", "OVERWRITE", ("WRITE", False)),
        ("overwrite_partitions_dynamic", "OVERWRITE", ("WRITE", False)),
        ("replace_data", None, (None, False)),
        ("execute_merge_into_command", None, (None, False)),
    ],
)
def test_rows_of_spark_count_unless_files_are_rewritten(
    command: str, change: str | None, expected: tuple[str | None, bool]
) -> None:
    output = written_to(**(changed(change) if change else {}))
    # What the application and the table are called does not matter.
    job = f"update_all.{command}.deleted_rows"
    for integration in ("SPARK", "spark-3.4.1"):
        assert outcome(plan_of(run_event(job=job, job_facets=of_job(integration), outputs=[output]))) == expected


def test_an_overwritten_partition_is_not_the_whole_table() -> None:
    output = written_to("/lake/t/day=1", "file", **changed("OVERWRITE"))
    assert outcome(plan_of(run_event(job="app.save.t", job_facets=of_job("SPARK"), outputs=[output]))) == (
        "WRITE",
        False,
    )


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("table", ("WRITE", True)),
        ("seed", ("WRITE", True)),
        ("incremental", ("WRITE", False)),
        ("snapshot", ("WRITE", False)),
        ("view", (None, False)),
    ],
)
def test_rows_of_dbt_by_materialization(how: str, expected: tuple[str | None, bool]) -> None:
    for integration in ("DBT", "dbt 1.8"):
        event = run_event(job_facets=of_job(integration, "MODEL"), outputs=[written_to(**materialized(how))])
        assert outcome(plan_of(event)) == expected


def test_the_one_row_that_snowflake_answers_is_no_row_of_the_table() -> None:
    facets, table = of_job("DBT", "MODEL"), materialized("table")
    one, many = (written_to("a.b.c", SNOWFLAKE, rows=rows, **table) for rows in (1, 12))
    assert outcome(plan_of(run_event(job_facets=facets, outputs=[one]))) == (None, False)
    assert outcome(plan_of(run_event(job_facets=facets, outputs=[many]))) == ("WRITE", True)


def test_numbers_that_a_run_sends_before_its_end_are_not_final() -> None:
    plan = plan_of(
        run_event("RUNNING", seconds=0, outputs=[written_to()]),
        run_event("COMPLETE", seconds=5, outputs=[dataset("t")]),
    )
    assert (only(plan).rows, only(plan).operation) == (7, None)
    plan = plan_of(run_event("START", seconds=0), run_event("COMPLETE", seconds=5, outputs=[written_to()]))
    assert only(plan).operation == "WRITE"


@pytest.mark.parametrize("rows", [None, -1])
def test_without_a_number_of_rows_nothing_is_known_to_be_written(rows: int | None) -> None:
    assert outcome(plan_of(run_event(outputs=[written_to(rows=rows)]))) == (None, False)


# -- what is measured --------------------------------------------------------------------------------------------------


def asserted(name: str, *, success: bool = True, **fields: Any) -> Json:
    return {"dataQualityAssertions": {"assertions": [{"assertion": name, "success": success, **fields}]}}


def test_each_run_keeps_the_results_of_its_own_tests() -> None:
    plan = plan_of(
        run_event("COMPLETE", run_id="one", job="test.one", inputs=[dataset("t", **asserted("not_null", column="id"))]),
        run_event("FAIL", run_id="two", job="test.two", inputs=[dataset("t", **asserted("unique", success=False))]),
    )
    found = {run.job.name: [(item.name, item.assertions) for item in run.measurements] for run in plan.runs}
    assert {
        job: [(name, tests[0].assertion, tests[0].success) for name, tests in items] for job, items in found.items()
    } == {
        "test.one": [("t", "not_null", True)],
        "test.two": [("t", "unique", False)],
    }


def test_a_test_that_could_not_be_carried_out_is_told_from_one_that_failed() -> None:
    error = asserted("unique", success=False, expected="0", actual="Database Error in test unique (schema.yml)")
    failed = asserted("unique", success=False, expected="0", actual="12")
    for facets, aborted in ((error, True), (failed, False)):
        (run,) = plan_of(run_event("FAIL", inputs=[dataset("t", **facets)])).runs
        assert run.measurements[0].assertions[0].aborted is aborted


def validated(*tables: str) -> Json:
    """Return the event of a validation by Great Expectations, in whose facet the type of a test has its own field."""
    results = [
        {"expectationType": "expect_table_row_count_to_be_between", "success": True},
        {"expectationType": "expect_column_values_to_not_be_null", "success": False, "column": "id"},
    ]
    facets = {"dataQualityMetrics": {"rowCount": 10}, "greatExpectations_assertions": {"assertions": results}}
    return run_event(job="suite.batch", inputs=[dataset(table, **facets) for table in tables])


def test_results_of_great_expectations_are_those_of_the_table() -> None:
    (run,) = plan_of(validated("t")).runs
    ((measured,), tests) = run.measurements, run.tests
    assert [(item.assertion, item.column, item.success) for item in measured.assertions] == [
        ("expect_table_row_count_to_be_between", None, True),
        ("expect_column_values_to_not_be_null", "id", False),
    ]
    assert (len(measured.metrics), tests) == (1, ())


def test_results_of_a_query_of_several_tables_are_of_none_of_them() -> None:
    (run,) = plan_of(validated("t", "u")).runs
    assert (run.measurements, [item.name for item in run.reads]) == ((), ["t", "u"])
    assert [item.assertion for item in run.tests] == [
        "expect_table_row_count_to_be_between",
        "expect_column_values_to_not_be_null",
    ]


@pytest.mark.parametrize(
    ("version", "integration", "count", "aborted"),
    [
        ("1.54.0", "DBT", {}, True),
        ("1.54.0", "DBT", {"actual": "2", "expected": "0"}, False),
        ("1.46.0", "DBT", {}, False),
        ("", "DBT", {}, False),
        ("1.54.0", "SODA", {}, False),
    ],
    ids=["skipped", "failed", "earlier dbt-ol", "unknown dbt-ol", "other tool"],
)
def test_a_test_of_dbt_without_a_number_of_failures_was_not_carried_out(
    version: str, integration: str, count: Json, aborted: bool
) -> None:
    """With ``dbt build``, tests of models that were skipped are reported as if they had failed."""
    test = {"name": "test.shop.rows", "status": "fail", "severity": "error", **count}
    tags = {"tags": {"tags": [{"key": "openlineage_client_version", "value": version}]}}
    event = run_event(
        "FAIL",
        inputs=[dataset("t", **asserted("unique", success=False, column="id", severity="error", **count))],
        run_facets={"test": {"tests": [test]}, **tags},
        job_facets={"jobType": {"processingType": "BATCH", "integration": integration, "jobType": "TEST"}},
    )
    (run,) = plan_of(event).runs
    assert [item.aborted for item in (*run.measurements[0].assertions, *run.tests)] == [aborted, aborted]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("pass", (True, False)),
        ("fail", (False, False)),
        ("warn", (False, False)),
        ("error", (False, True)),
        ("skip", None),
    ],
)
def test_statuses_of_tests_that_a_run_reports_itself(status: str, expected: tuple[bool, bool] | None) -> None:
    facets = {"test": {"tests": [{"name": "test.shop.rows", "status": status}]}}
    (run,) = plan_of(run_event(run_facets=facets, inputs=["a"])).runs
    assert [(test.success, test.aborted) for test in run.tests] == ([expected] if expected else [])
    assert run.reads == ((DatasetId(PG, "a"),) if expected else ())


def test_metrics_are_those_of_the_run_that_measured() -> None:
    metrics = {"rowCount": 12, "columnMetrics": {"id": {"nullCount": 0, "quantiles": {"0.5": 3}}}}
    (run,) = plan_of(run_event(inputs=[dataset("t", dataQualityMetrics=metrics)])).runs
    (measured,) = run.measurements
    assert [(item.name, item.value, item.column) for item in measured.metrics] == [
        ("rowCount", 12, None),
        ("nullCount", 0, "id"),
        ("quantile:0.5", 3.0, "id"),
    ]
    assert LineagePlan.from_dict(plan_of(run_event(inputs=[dataset("t", dataQualityMetrics=metrics)])).to_dict())


# -- captures ----------------------------------------------------------------------------------------------------------


def counted(capture: str) -> list[tuple[str, int | None, str | None, bool]]:
    events = [event for line in captured(capture) if (event := decode_event(line).event)]
    plan = translate(events, Config(), final=True).plan
    return [
        (item.name, item.rows, item.operation, item.whole)
        for run in plan.runs
        if run.state == "COMPLETE"
        for item in run.statistics
        if item.direction == "written"
    ]


def test_what_spark_counted_while_it_ran_is_not_published() -> None:
    """Spark 1.12.0's integration counts per stage: 50 of 100 orders, 0 of adaptive plans."""
    found = counted("spark-1.12.0")
    assert ("/data/lake/bronze/orders", 50, None, False) in found
    assert {operation for _, _, operation, _ in found} == {None}


def test_what_spark_counted_at_the_end_is() -> None:
    found = counted("spark-1.53.0")
    assert ("/data/lake/bronze/orders", 100, "WRITE", True) in found
    assert ("/data/lake/silver/order_events", 7, "INSERT", False) in found
    assert [item for item in found if item[0] == "/data/iceberg/sales/orders"] == [
        ("/data/iceberg/sales/orders", 100, "INSERT", False),
        ("/data/iceberg/sales/orders", 100, "WRITE", True),
        ("/data/iceberg/sales/orders", 37, "INSERT", False),
        ("/data/iceberg/sales/orders", 100, None, False),
        ("/data/iceberg/sales/orders", 14, None, False),
    ]


def test_rows_of_a_table_that_dbt_writes_first_are_not_all_of_the_models() -> None:
    facets = of_job("TRINO", sql={"query": "create table orders__dbt_tmp as select 1"})
    output = written_to("shop.mart.orders__dbt_tmp", **changed("CREATE"))
    assert outcome(plan_of(run_event(job_facets=facets, outputs=[output]))) == ("WRITE", False)
