"""Whether the tests of a table have passed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.gates.check import check_gate
from openmetadata_ol_provider.openmetadata.gates.gate import QualityGate, Since, TableName, Verdict
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN
from tests.openmetadata.gates.cases import add_case, add_result

ORDERS = "pg.shop.public.orders"


def at(text: str) -> float:
    return dt.datetime.fromisoformat(f"2026-01-01T{text}:00+00:00").timestamp()


def ms(text: str) -> int:
    return int(at(text) * 1000)


@pytest.fixture(params=["1.8.0", "2.0.7"])
def server(request: pytest.FixtureRequest) -> Any:
    with CatalogueServer(SEED, token=TOKEN, version=request.param) as catalogue:
        yield catalogue


@pytest.fixture
def cases(client: OpenMetadataClient) -> list[str]:
    """Return a test case of the table, and one of its columns."""
    return [add_case(client, ORDERS, "row count"), add_case(client, ORDERS, "unique", "id")]


def look(client: OpenMetadataClient, **options: Any) -> Verdict:
    table = options.pop("table", TableName(fqn=ORDERS))
    return check_gate(client, QualityGate(table, **options), at("12:00"))


def test_all_tests_have_to_pass(client: OpenMetadataClient, cases: list[str]) -> None:
    add_result(client, cases[0], "Success", ms("10:00"))
    verdict = look(client)
    assert verdict.state == "waiting"
    assert verdict.detail == f"1 of 2 tests of {ORDERS} have not passed: {cases[1]} (no result)"
    add_result(client, cases[1], "Success", ms("10:05"))
    verdict = look(client)
    assert verdict.state == "passed"
    assert verdict.facts == {
        "table": ORDERS,
        "tests": {
            cases[0]: {"status": "Success", "at": "2026-01-01T10:00:00Z"},
            cases[1]: {"status": "Success", "at": "2026-01-01T10:05:00Z"},
        },
    }


def test_a_failed_test_fails_the_gate_and_says_why(client: OpenMetadataClient, cases: list[str]) -> None:
    add_result(client, cases[0], "Success", ms("10:00"))
    add_result(client, cases[1], "Failed", ms("10:05"), result="3 rows twice; password=geheim")
    verdict = look(client)
    assert verdict.state == "failed"
    assert verdict.detail.startswith(f"1 of 2 tests of {ORDERS} have failed: {cases[1]} (Failed at 2026-01-01T10:05")
    assert "3 rows twice" in verdict.detail
    assert "geheim" not in verdict.detail


@pytest.mark.parametrize(
    ("status", "options", "expected"),
    [
        ("Aborted", {}, "waiting"),
        ("Queued", {}, "waiting"),
        ("Aborted", {"failed_states": ("Failed", "Aborted")}, "failed"),
        ("Failed", {"failed_states": ()}, "waiting"),
        ("Aborted", {"allowed_states": ("Success", "Aborted")}, "passed"),
    ],
)
def test_each_status_means_what_it_is_set_to(
    client: OpenMetadataClient, status: str, options: dict[str, Any], expected: str
) -> None:
    add_result(client, add_case(client, ORDERS, "rows"), status, ms("10:00"))
    assert look(client, **options).state == expected


def test_a_result_of_before_does_not_count(client: OpenMetadataClient) -> None:
    case = add_case(client, ORDERS, "rows")
    add_result(client, case, "Failed", ms("08:00"))
    verdict = look(client, since=Since(at=at("09:00")))
    assert verdict.state == "waiting"
    assert "have not passed since 2026-01-01T09:00:00Z" in verdict.detail
    assert look(client).state == "failed"
    add_result(client, case, "Success", ms("11:00"))
    assert look(client, since=Since(age=2 * 3600)).state == "passed"
    assert look(client, since=Since(age=1800)).state == "waiting"


def test_only_the_tests_that_are_named_count(client: OpenMetadataClient, cases: list[str]) -> None:
    add_result(client, cases[0], "Success", ms("10:00"))
    add_result(client, cases[1], "Failed", ms("10:00"))
    assert look(client, test_cases=("row count",)).state == "passed"
    assert look(client, test_cases=(cases[0],)).state == "passed"
    assert look(client, test_cases=("row count", "unique")).state == "failed"


@pytest.mark.parametrize(("check_existence", "expected"), [(True, "missing"), (False, "waiting")])
def test_what_does_not_exist_has_not_passed(client: OpenMetadataClient, check_existence: bool, expected: str) -> None:
    verdict = look(client, check_existence=check_existence)
    assert (verdict.state, verdict.detail) == (expected, f"{ORDERS} has no test case, so none can pass")
    add_case(client, ORDERS, "rows")
    verdict = look(client, check_existence=check_existence, test_cases=("rows", "typo"))
    assert (verdict.state, verdict.detail) == (expected, f"{ORDERS} has no test case typo")
    verdict = look(client, check_existence=check_existence, table=TableName(fqn="pg.shop.public.gone"))
    assert (verdict.state, verdict.detail) == (expected, "OpenMetadata has no table pg.shop.public.gone")


def test_tests_of_a_table_with_a_similar_name_do_not_count() -> None:
    seed = {
        "databaseServices": [{"name": "pg", "serviceType": "Postgres"}],
        "tables": [
            {"fqn": f"pg.a.b.{name}", "columns": [{"name": "id", "dataType": "INT"}]} for name in ("t_1", "tx1")
        ],
    }
    with CatalogueServer(seed, token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        add_result(client, add_case(client, "pg.a.b.tx1", "rows"), "Failed", ms("10:00"))
        add_result(client, add_case(client, "pg.a.b.t_1", "rows"), "Success", ms("10:00"))
        assert look(client, table=TableName(fqn="pg.a.b.t_1")).state == "passed"
