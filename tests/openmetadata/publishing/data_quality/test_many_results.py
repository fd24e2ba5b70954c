"""Results of tests in numbers and with names that producers are free to choose: each lands, or is said to wait."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.data_quality.writer import MOST_RESULTS
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.measured_events import ORDERS_TABLE, assertion, checked, plan, with_tests


def named(name: str, type_: str = "not_null") -> dict[str, Any]:
    return assertion(type_, column="id", name=name)


def test_one_publication_writes_a_bounded_number_of_results_and_the_next_one_the_rest(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    kept = KeptHistory()
    tests = [named(f"t{number}") for number in range(MOST_RESULTS + 5)]
    first = kept.publish(plan(checked(*tests, integration="SODA")), client, with_tests())
    assert len(server.test_results()) == MOST_RESULTS
    assert (first.tests.published, first.tests.failed, first.parked) == (0, 0, 1)
    kept.publish(plan(), client, with_tests())
    assert {len(found) for found in server.test_results().values()} == {1}
    assert len(server.test_results()) == MOST_RESULTS + 5
    assert kept.parking.items == {}
    server.reset_requests()
    kept.publish(plan(checked(*tests, integration="SODA")), client, with_tests())
    assert [one.path for one in server.requests if "dataQuality" in one.path] == []


@pytest.mark.parametrize("type_", ["freshness using loaded_at < 1.5d", "dbt_utils.at_least_one"])
def test_a_type_of_test_may_have_a_dot(server: CatalogueServer, client: OpenMetadataClient, type_: str) -> None:
    report = publish_plan(plan(checked(named("fresh", type_), integration="SODA")), client, with_tests()).report
    assert (report.tests.published, report.problems) == (1, ())
    assert list(server.test_results()) == [f"{ORDERS_TABLE}.id.fresh"]


def test_a_refusal_says_how_many_results_of_the_table_it_concerns(
    server: CatalogueServer, client: OpenMetadataClient
) -> None:
    server.fail("POST", "dataQuality/testCases", 400, times=100)
    tests = [named(f"t{number}") for number in range(3)]
    (problem,) = publish_plan(plan(checked(*tests)), client, with_tests()).report.problems
    assert problem.detail.endswith("; and 2 more results of this table")
