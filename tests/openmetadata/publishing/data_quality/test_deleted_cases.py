"""A test case that a steward has deleted stays deleted, and the report says so once."""

from __future__ import annotations

from openmetadata_ol_provider.lineage.plan import LineagePlan
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.measured_events import ORDERS_TABLE, assertion, checked, plan, with_tests

CASE = f"{ORDERS_TABLE}.id.not_null_id"


def checks_at(seconds: float) -> LineagePlan:
    return plan(checked(assertion("not_null", column="id", name="not_null_id"), seconds=seconds))


def test_what_the_web_interface_deletes_without_a_trace_is_not_created_again(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    kept.publish(checks_at(0), client, with_tests())
    del server.store.test_cases[CASE]
    reports = [kept.publish(checks_at(seconds), client, with_tests()) for seconds in (1, 2)]
    assert server.store.test_cases == {}
    assert [report.tests.unchanged for report in reports] == [1, 1]
    (problem,) = (problem for report in reports for problem in report.problems)
    assert (problem.kind, problem.where) == ("test_case_deleted", f"test case {CASE}")


def test_a_case_that_is_there_again_gets_results(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    kept.publish(checks_at(0), client, with_tests())
    case = server.store.test_cases.pop(CASE)
    kept.publish(checks_at(1), client, with_tests())
    server.store.test_cases[CASE] = case
    assert kept.publish(checks_at(2), client, with_tests()).tests.published == 1


def test_a_table_that_was_made_again_gets_its_cases_again(server: CatalogueServer, client: OpenMetadataClient) -> None:
    kept = KeptHistory()
    kept.publish(checks_at(0), client, with_tests())
    server.store.test_cases.clear()
    (table,) = [one for one in server.entities("table") if one["fullyQualifiedName"] == ORDERS_TABLE]
    server.store.collection("table").remove(table)
    server.store.collection("table").put({**table, "id": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c12"})
    report = kept.publish(checks_at(1), client, with_tests())
    assert (report.tests.published, report.problems, list(server.store.test_cases)) == (1, (), [CASE])
