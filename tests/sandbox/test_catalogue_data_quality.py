"""Test definitions, test cases and their results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

if TYPE_CHECKING:
    from catalogue_http import Http

ORDERS = "pg.shop.public.orders"
TIME = 1_795_420_800_000
CASE = f"{ORDERS}.id.no_nulls"
PASSED = {"timestamp": TIME, "testCaseStatus": "Success", "testResultValue": []}


def define(http: Http, **fields: Any) -> None:
    body = {"name": "not_null", "description": "", "entityType": "COLUMN", "testPlatforms": ["Other"], **fields}
    assert http.put("dataQuality/testDefinitions", body).status_code == 201


def case(**fields: Any) -> dict[str, Any]:
    link = f"<#E::table::{ORDERS}::columns::id>"
    return {"name": "no_nulls", "entityLink": link, "testDefinition": "not_null", **fields}


def create(http: Http, **fields: Any) -> Any:
    return http.ask("POST", "dataQuality/testCases", case(**fields))


def add(http: Http, **fields: Any) -> int:
    return http.ask("POST", f"dataQuality/testCases/testCaseResults/{CASE}", {**PASSED, **fields}).status_code


def test_a_case_has_its_results_and_shows_the_latest(http: Http) -> None:
    define(http, parameterDefinition=[{"name": "max"}])
    created = create(http, parameterValues=[{"name": "max", "value": "3"}])
    assert (created.status_code, created.json()["fullyQualifiedName"]) == (201, CASE)
    assert [add(http), add(http, timestamp=TIME - 5, testCaseStatus="Failed")] == [201, 201]
    found = http.by_name("dataQuality/testCases", CASE, fields="testCaseResult").json()
    assert found["testCaseResult"]["timestamp"] == TIME
    assert "testCaseResult" not in http.by_name("dataQuality/testCases", CASE).json()
    results = http.get(f"dataQuality/testCases/testCaseResults/{CASE}", startTs=TIME - 9, endTs=TIME).json()["data"]
    assert [result["testCaseStatus"] for result in results] == ["Success", "Failed"]


def test_one_name_and_one_time_are_taken_once(http: Http) -> None:
    define(http)
    assert [create(http).status_code, create(http).status_code] == [201, 409]
    assert [add(http), add(http)] == [201, 409]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"entityLink": f"<#E::table::{ORDERS}>"}, 400),
        ({"entityLink": f"<#E::table::{ORDERS}::columns::nowhere>"}, 400),
        ({"entityLink": "<#E::table::pg.shop.public.nowhere::columns::id>"}, 404),
        ({"entityLink": "orders"}, 400),
        ({"entityLink": "<#E::topic::orders>"}, 400),
        ({"testDefinition": "nowhere"}, 404),
        ({"parameterValues": [{"name": "max", "value": "1"}]}, 500),
    ],
)
def test_cases_that_are_refused(http: Http, fields: dict[str, Any], status: int) -> None:
    define(http)
    assert create(http, **fields).status_code == status


@pytest.mark.parametrize("defined", [[], [{"name": "min"}]])
def test_parameters_that_are_not_defined_are_refused(http: Http, defined: list[Any]) -> None:
    define(http, parameterDefinition=defined)
    assert create(http, parameterValues=[{"name": "max", "value": "1"}]).status_code == 400
    assert create(http, parameterValues=[]).status_code == 201


@pytest.mark.parametrize(
    "fields", [{"timestamp": TIME // 1000}, {"testCaseStatus": "Skipped"}, {"testResultValue": None}]
)
def test_results_that_are_refused(http: Http, fields: dict[str, Any]) -> None:
    define(http)
    create(http)
    assert add(http, **fields) == 400


def test_a_case_that_does_not_exist_has_no_results(http: Http) -> None:
    assert add(http) == 404
    assert http.by_name("dataQuality/testCases", CASE).status_code == 404


def test_tests_need_their_rights(serve: Callable[..., Http]) -> None:
    http = serve(deny=["EditTests", "ViewTests"])
    define(http)
    assert create(http).status_code == 403
    assert http.by_name("dataQuality/testCases", CASE).status_code == 403


def test_results_survive_a_restart(serve: Callable[..., Http], tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    http = serve(state_file=file)
    define(http)
    create(http)
    add(http)
    with CatalogueServer(state_file=file) as server:
        ((fqn, (result,)),) = server.test_results().items()
        assert (fqn, result["testCaseStatus"]) == (CASE, "Success")
