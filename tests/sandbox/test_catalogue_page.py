"""The page of the sandbox: a document of its own, in which what failed comes first and is marked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.picture.page import as_data
from openmetadata_ol_provider.sandbox.catalogue_page import catalogue_page
from openmetadata_ol_provider.sandbox.picture import graph

if TYPE_CHECKING:
    from catalogue_http import Http

ORDERS, FACTS = "pg.shop.public.orders", "pg.shop.public.facts"
TIME = 1_795_420_800_000


def add_edge(http: Http) -> None:
    ends = {
        "fromEntity": http.reference("table", "tables", ORDERS),
        "toEntity": http.reference("table", "tables", FACTS),
    }
    assert http.put("lineage", {"edge": ends}).status_code == 200


def add_test(http: Http, name: str, *statuses: str) -> None:
    """Add a test of the table of orders and its results, in the order of their times."""
    body: dict[str, Any] = {"name": "not_null", "description": "", "entityType": "COLUMN", "testPlatforms": ["Other"]}
    http.put("dataQuality/testDefinitions", body)
    case = {"name": name, "entityLink": f"<#E::table::{ORDERS}::columns::id>", "testDefinition": "not_null"}
    assert http.ask("POST", "dataQuality/testCases", case).status_code == 201
    for number, status in enumerate(statuses):
        result = {"timestamp": TIME + number, "testCaseStatus": status, "testResultValue": [], "result": f"of {name}"}
        path = f"dataQuality/testCases/testCaseResults/{ORDERS}.id.{name}"
        assert http.ask("POST", path, result).status_code == 201


def test_a_table_whose_tests_fail_is_marked_in_the_picture(http: Http) -> None:
    add_edge(http)
    add_test(http, "repaired", "Failed", "Success")
    add_test(http, "broken", "Success", "Failed")
    add_test(http, "without_results")
    cards = as_data(graph(http.server))["cards"]
    assert {card["id"]: card["alert"] for card in cards} == {ORDERS: "failed tests: 1 of 2", FACTS: ""}


def test_tests_that_failed_come_first_and_are_marked(http: Http) -> None:
    add_test(http, "a_passes", "Success")
    add_test(http, "b_fails", "Failed")
    page = catalogue_page(http.server)
    assert page.index("b_fails</td>") < page.index("a_passes</td>")
    assert re.findall(r'<td class="bad">([^<]*)</td>', page) == ["Failed at 2026-11-23 08:00:00 UTC"]


def test_the_page_is_a_document_for_every_screen(http: Http) -> None:
    page = catalogue_page(http.server)
    assert '<html lang="en">' in page
    assert '<meta name="viewport"' in page
    assert "<th>" not in page
