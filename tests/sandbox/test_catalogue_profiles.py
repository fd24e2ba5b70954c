"""Profiles of tables and columns, and the operations on them."""

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
SPAN = {"startTs": TIME - 9, "endTs": TIME + 9}


def place(http: Http) -> str:
    return f"tables/{http.by_name('tables', ORDERS).json()['id']}/tableProfile"


def body(*, time: int = TIME, **rows: Any) -> dict[str, Any]:
    return {"tableProfile": {"timestamp": time, "rowCount": 3}, "columnProfile": [], **rows}


def profiles(http: Http, kind: str, fqn: str = ORDERS) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"tables/{fqn}/{kind}Profile", **SPAN).json()["data"]
    return found


@pytest.mark.behaviour("entity_profiles")
def test_rows_of_one_time_add_up_and_operations_are_replaced(serve: Callable[..., Http]) -> None:
    http = serve(version="1.10.0")
    for rows in (5, 6):
        operation = {"timestamp": TIME, "operation": "INSERT", "rowsAffected": rows}
        column = {"name": "id", "timestamp": TIME, "nullCount": rows}
        answer = http.put(place(http), body(columnProfile=[column], systemProfile=[operation]))
        assert answer.status_code == 200, answer.text
    assert [row["rowsAffected"] for row in profiles(http, "system")] == [6]
    assert len(profiles(http, "table")) == 2
    assert len(profiles(http, "column", f"{ORDERS}.id")) == 2
    single = {"entityType": "table", "timestamp": TIME, "profileType": "system"}
    row = {"timestamp": TIME, "operation": "DELETE", "rowsAffected": 1}
    answer = http.ask("POST", place(http).replace("tables/", "entity/profiles/id/table/").removesuffix("/tableProfile"),
                      {**single, "profileData": row})  # fmt: skip
    assert answer.status_code == 201, answer.text
    assert len(profiles(http, "system")) == 2
    assert len(profiles(http, "table")) == 2


def test_before_1_10_there_are_no_single_rows(serve: Callable[..., Http]) -> None:
    http = serve(version="1.9.0")
    assert http.ask("POST", "entity/profiles/id/table/1", {"entityType": "table", "profileData": {}}).status_code == 404


def test_the_latest_profile_is_that_of_the_latest_time(http: Http) -> None:
    column = {"name": "id", "timestamp": TIME, "min": 1}
    assert "profile" not in http.get(f"tables/{ORDERS}/tableProfile/latest").json()
    http.put(place(http), body(columnProfile=[column]))
    http.put(place(http), body(time=TIME - 5))
    latest = http.get(f"tables/{ORDERS}/tableProfile/latest").json()
    assert latest["profile"]["timestamp"] == TIME
    assert next(column.get("profile", {}).get("min") for column in latest["columns"]) == 1
    assert [row["timestamp"] for row in profiles(http, "table")] == [TIME, TIME - 5]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"columnProfile": None}, 500),
        ({"tableProfile": None}, 400),
        ({"tableProfile": {"timestamp": 1_795_420_800}}, 400),
        ({"columnProfile": [{"name": "nowhere", "timestamp": TIME}]}, 400),
        ({"systemProfile": [{"timestamp": TIME, "operation": "MERGE"}]}, 400),
    ],
)
def test_what_is_refused(http: Http, change: dict[str, Any], status: int) -> None:
    assert http.put(place(http), {**body(), **change}).status_code == status


def test_a_list_needs_its_span(http: Http) -> None:
    assert http.get(f"tables/{ORDERS}/systemProfile").status_code == 400


def test_profiles_need_their_rights(serve: Callable[..., Http]) -> None:
    http = serve(deny=["EditDataProfile", "ViewDataProfile"])
    assert http.put(place(http), body()).status_code == 403
    assert http.get(f"tables/{ORDERS}/tableProfile/latest").status_code == 403


def test_profiles_survive_a_restart(serve: Callable[..., Http], tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    http = serve(state_file=file)
    http.put(place(http), body())
    with CatalogueServer(state_file=file) as server:
        assert server.profiles("table", ORDERS) == [{"timestamp": TIME, "rowCount": 3}]
