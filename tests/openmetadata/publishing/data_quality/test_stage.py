"""Results of tests as results of test cases: cases that exist are used, results are added once, and only newer ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient, path
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, SEED, TOKEN, config
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.measured_events import (
    ORDERS,
    ORDERS_TABLE,
    START,
    assertion,
    checked,
    plan,
    with_tests,
)
from tests.support import dataset, parent, run_event

NOT_NULL = "not_null_orders_id"


@pytest.fixture(params=["1.8.0", "1.10.0", "1.11.0", "2.0.7"])
def server(request: pytest.FixtureRequest) -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, version=request.param, token=TOKEN) as catalogue:
        yield catalogue


def case_of_dbt_ingestion(client: OpenMetadataClient, name: str = NOT_NULL, column: str = "id") -> str:
    """Make a test case as OpenMetadata's own dbt ingestion does, and return its FQN."""
    platform = "DBT" if client.version < (1, 11) else "dbt"
    definition = {"name": name, "description": "", "entityType": "COLUMN", "testPlatforms": [platform]}
    client.put("v1/dataQuality/testDefinitions", definition)
    link = f"<#E::table::{ORDERS_TABLE}::columns::{column}>"
    case = client.post(
        "v1/dataQuality/testCases",
        {"name": name, "entityLink": link, "testDefinition": name, "description": "of the project"},
    )
    return str(case["fullyQualifiedName"])


def results(server: CatalogueServer) -> dict[str, list[tuple[int, str]]]:
    return {
        fqn.removeprefix(f"{ORDERS_TABLE}."): [(item["timestamp"] - START, item["testCaseStatus"]) for item in items]
        for fqn, items in server.test_results().items()
    }


def test_a_dbt_test_is_a_case_of_its_column(server: CatalogueServer, client: OpenMetadataClient) -> None:
    test = assertion("not_null", success=False, column="ID", name=NOT_NULL, expected="0", actual=3, severity="warn")
    report = publish_plan(plan(checked(test, state="FAIL")), client, with_tests()).report
    assert (report.tests.published, report.problems) == (1, ())
    fqn = f"{ORDERS_TABLE}.id.{NOT_NULL}"
    ((found, (result,)),) = server.test_results().items()
    assert found == fqn
    assert (result["timestamp"], result["testCaseStatus"]) == (START, "Failed")
    assert result["result"] == "expected: 0; actual: 3; severity: warn"
    assert result["testResultValue"] == [{"name": "expected", "value": "0"}, {"name": "actual", "value": "3"}]
    (definition,) = server.entities("testDefinition")
    assert (definition["name"], definition["entityType"]) == ("dbt-column-not_null", "COLUMN")
    assert definition["testPlatforms"] == ["DBT" if client.version < (1, 11) else "dbt"]
    case = server.store.test_cases[fqn]
    assert case["entityLink"] == f"<#E::table::{ORDERS_TABLE}::columns::id>"
    assert "`not_null`" in case["description"]


def test_a_case_of_the_dbt_ingestion_is_used_and_stays_as_it_is(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    fqn = case_of_dbt_ingestion(client)
    before = server.store.test_cases[fqn]
    for policy in ("existing", "create"):
        seconds = 5 if policy == "create" else 1
        test = assertion("not_null", column="id", name=NOT_NULL)
        publish_plan(plan(checked(test, seconds=seconds)), client, with_tests(policy))
    assert server.store.test_cases == {fqn: before}
    assert results(server) == {f"id.{NOT_NULL}": [(1000, "Success"), (5000, "Success")]}
    assert len(server.entities("testDefinition")) == 1


def test_existing_creates_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    test = assertion("not_null", column="id", name=NOT_NULL)
    report = publish_plan(plan(checked(test)), client, with_tests("existing")).report
    assert (report.tests.unchanged, server.store.test_cases, server.entities("testDefinition")) == (1, {}, [])


def test_never_is_the_default(server: CatalogueServer, client: OpenMetadataClient) -> None:
    case_of_dbt_ingestion(client)
    report = publish_plan(plan(checked(assertion("not_null", column="id", name=NOT_NULL))), client, config()).report
    assert (results(server), report.tests) == ({f"id.{NOT_NULL}": []}, type(report.tests)())


def test_failed_aborted_and_skipped_are_three_things(server: CatalogueServer, client: OpenMetadataClient) -> None:
    error = "Database Error in test three (models/schema.yml)"
    facets = {
        "test": {"tests": [{"name": "test.shop.four", "status": "skip"}, {"name": "test.shop.five", "status": "error"}]}
    }
    event = checked(
        assertion("one", success=False, actual="2"),
        assertion("two", success=True),
        assertion("three", success=False, actual=error),
        run_facets=facets,
        state="FAIL",
    )
    publish_plan(plan(event), client, with_tests())
    assert results(server) == {
        "one": [(0, "Failed")], "two": [(0, "Success")], "three": [(0, "Aborted")], "five": [(0, "Aborted")],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "is_of_orders"),
    [
        ("relationships_facts_order_id__id__ref_orders_", False),
        ("dbt_utils_relationships_facts_ref_orders_", False),
        ("relationships_orders_user_id__id__ref_users_", True),
        ("relationships_orders_parent_id__id__ref_orders_", True),
        ("source_relationships_shop_orders_user_id__id__ref_users_", True),
        ("every order has a user", True),
    ],
)
def test_a_test_of_dbt_that_only_refers_to_a_table_is_not_its_own(
    server: CatalogueServer, client: OpenMetadataClient, name: str, is_of_orders: bool
) -> None:
    report = publish_plan(
        plan(checked(assertion("relationships", column="id", name=name))), client, with_tests()
    ).report
    assert list(results(server)) == ([f"id.{name}"] if is_of_orders else [])
    assert [problem.kind for problem in report.problems] == ([] if is_of_orders else ["test_without_table"])
    assert all(name in problem.detail for problem in report.problems)


@pytest.mark.parametrize(
    ("integration", "test", "platform"),
    [
        ("GREAT_EXPECTATIONS", "row_count", "GreatExpectations"),
        ("", "expect_table_row_count_to_be_between", "GreatExpectations"),
        ("great-expectations 1.5", "row_count", "GreatExpectations"),
        ("SODA", "row_count", "Soda"),
        ("MYDBTOOLS", "row_count", "Other"),
        ("GREAT_LAKES_ETL", "row_count", "Other"),
        ("DEEQU", "Completeness", "Deequ"),
        ("AIRFLOW", "row_count", "Other"),
    ],
)
def test_the_platform_of_a_test(server: CatalogueServer, integration: str, test: str, platform: str) -> None:
    with OpenMetadataClient(server.url, TOKEN) as client:
        publish_plan(plan(checked(assertion(test), integration=integration)), client, with_tests())
    (found,) = server.entities("testDefinition")
    assert (found["name"], found["testPlatforms"]) == (f"{platform}-table-{test}", [platform])
    assert results(server) == {test: [(0, "Success")]}


def test_parameters_are_those_of_the_definition_which_grows(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    first = assertion("accepted_range", column="id", name="low", params={"min": 1})
    second = assertion("accepted_range", column="amount", name="high", params={"min": 0, "max": 9})
    for seconds, test in enumerate((first, second)):
        publish_plan(plan(checked(test, seconds=seconds)), client, with_tests())
    cases = {case["name"]: case["parameterValues"] for case in server.store.test_cases.values()}
    assert cases["low"] == [{"name": "min", "value": "1"}]
    assert cases["high"] == [{"name": "max", "value": "9"}, {"name": "min", "value": "0"}]


def test_tests_of_one_type_that_differ_in_parameters_are_several_cases(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    tests = [assertion("range", column="id", params={"max": number}, success=number > 1) for number in (1, 2)]
    publish_plan(plan(checked(*tests)), client, with_tests())
    assert sorted(status for ((_, status),) in results(server).values()) == ["Failed", "Success"]


def test_tests_that_cannot_be_told_apart_are_one_and_the_worst_counts(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    tests = [assertion("expect_x", success=True), assertion("expect_x", success=False, actual="1")]
    publish_plan(plan(checked(*tests)), client, with_tests())
    assert results(server) == {"expect_x": [(0, "Failed")]}


def test_a_replay_adds_nothing_and_an_older_result_does_not_follow_a_newer_one(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    test = assertion("not_null", column="id", name=NOT_NULL)
    again = plan(*(checked(test, seconds=seconds) for seconds in (9, 3)))
    assert publish_plan(again, client, with_tests()).report.tests.published == 2
    assert results(server) == {f"id.{NOT_NULL}": [(3000, "Success"), (9000, "Success")]}
    server.reset_requests()
    assert publish_plan(again, client, with_tests()).report.tests.unchanged == 2
    publish_plan(plan(checked(test, seconds=6)), client, with_tests())
    assert len(results(server)[f"id.{NOT_NULL}"]) == 2


def test_with_a_history_a_second_publication_costs_no_call(server: CatalogueServer, client: OpenMetadataClient) -> None:
    history, again = KeptHistory(), plan(checked(assertion("not_null", column="id", name=NOT_NULL)))
    history.publish(again, client, with_tests())
    server.reset_requests()
    history.publish(again, client, with_tests())
    assert server.requests == []


def test_a_test_that_names_no_table_is_of_the_one_that_its_run_reads(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    facets = {"test": {"tests": [{"name": "test.shop.no_negatives", "status": "fail", "actual": "2"}]}}
    kind = {"jobType": {"integration": "DBT", "jobType": "TEST", "processingType": "BATCH"}}
    event = run_event("FAIL", run_facets=facets, job_facets=kind, inputs=[dataset(ORDERS, PG)])
    publish_plan(plan(event), client, with_tests())
    assert results(server) == {"no_negatives": [(0, "Failed")]}
    (definition,) = server.entities("testDefinition")
    assert definition["name"] == "dbt-table-singular"


@pytest.mark.parametrize("inputs", [[], [dataset(ORDERS, PG), dataset("shop.public.totals", PG)]])
def test_a_test_of_no_known_table_is_a_line_that_is_told_once(
    server: CatalogueServer, client: OpenMetadataClient, inputs: list[Any]
) -> None:
    facets = {"test": {"tests": [{"name": "test.shop.no_negatives", "status": "fail"}]}}
    history = KeptHistory()
    told = []
    for number in (1, 2):
        event = run_event("FAIL", run_id=f"r{number}", run_facets=facets, inputs=inputs)
        report = history.publish(plan(event), client, with_tests())
        told.append([problem.where for problem in report.problems if problem.kind == "test_without_table"])
    assert told == [["job ns job"], []]
    assert results(server) == {}


def test_a_test_that_another_event_names_a_table_for_is_no_line(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    """From its artifacts, ``dbt-ol`` reports a singular test for a model, and by itself with all that it reads."""
    both = [dataset(ORDERS, PG), dataset("shop.public.totals", PG)]
    facets = {"test": {"tests": [{"name": "test.shop.no_negatives", "status": "fail"}]}}
    chain = {"parent": parent("dbt", "r-dbt", root=("dbt", "r-dbt"))}
    alone = run_event("FAIL", run_id="r-1", job="test", run_facets={**facets, **chain}, inputs=both)
    of_model = checked(
        assertion("no_negatives", success=False, name="no_negatives"), state="FAIL", run_id="r-2", run_facets=chain
    )
    report = publish_plan(plan(alone, of_model), client, with_tests()).report
    assert [problem.kind for problem in report.problems] == []
    assert results(server) == {"no_negatives": [(0, "Failed")]}


def test_a_column_that_the_table_lacks_is_a_line(server: CatalogueServer, client: OpenMetadataClient) -> None:
    tests = [assertion("unique", column="nowhere"), assertion("unique", column="id")]
    report = publish_plan(plan(checked(*tests)), client, with_tests()).report
    assert [(item.kind, item.where) for item in report.problems] == [("unknown_column", ORDERS_TABLE)]
    assert results(server) == {"id.unique": [(0, "Success")]}


# -- what others do ----------------------------------------------------------------------------------------------------


def test_a_deleted_case_stays_deleted(server: CatalogueServer, client: OpenMetadataClient) -> None:
    fqn = case_of_dbt_ingestion(client)
    server.store.test_cases[fqn] = {**server.store.test_cases[fqn], "deleted": True}
    report = publish_plan(plan(checked(assertion("not_null", column="id", name=NOT_NULL))), client, with_tests()).report
    assert (report.tests.unchanged, report.tests.failed, results(server)) == (1, 0, {f"id.{NOT_NULL}": []})


def test_a_result_of_the_same_time_by_another_ingestion_is_no_failure(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    fqn = case_of_dbt_ingestion(client)
    server.fail("POST", "/testCaseResults/", 409, times=1, message="Entity already exists")
    report = publish_plan(plan(checked(assertion("not_null", column="id", name=NOT_NULL))), client, with_tests()).report
    assert (report.tests.unchanged, report.tests.failed, server.test_results()[fqn]) == (1, 0, [])


def test_a_refused_result_is_tried_again_and_keeps_no_other_back(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    history = KeptHistory()
    server.fail("POST", r"/testCaseResults/.*\.one$", 400, times=1)
    report = history.publish(plan(checked(assertion("one"), assertion("two"))), client, with_tests())
    assert (report.tests.failed, report.parked, report.failure_ratio) == (1, 1, 0)
    assert results(server) == {"one": [], "two": [(0, "Success")]}
    report = history.publish(plan(), client, with_tests())
    assert (report.tests.published, report.parked) == (1, 0)
    assert results(server) == {"one": [(0, "Success")], "two": [(0, "Success")]}


def test_a_dry_run_counts_and_writes_nothing(server: CatalogueServer, client: OpenMetadataClient) -> None:
    report = publish_plan(plan(checked(assertion("one"))), client, with_tests(), dry_run=True).report
    assert (report.tests.published, server.writes()) == (1, [])


def test_names_with_dots_and_reserved_characters(server: CatalogueServer, client: OpenMetadataClient) -> None:
    publish_plan(plan(checked(assertion("range", name="amount.min > 0", column="amount"))), client, with_tests())
    (fqn,) = server.test_results()
    assert fqn == f'{ORDERS_TABLE}.amount."amount.min __reserved__arrow__ 0"'
    assert client.get(path("v1/dataQuality/testCases", "name", fqn)) is not None
