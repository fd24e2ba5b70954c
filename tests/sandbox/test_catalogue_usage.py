"""Usage counts with their percentiles, and queries with the entities they are used in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from catalogue_http import Http

ORDERS, FACTS = "pg.shop.public.orders", "pg.shop.public.facts"
DAY = "2026-11-23"


def table_id(http: Http, name: str = ORDERS) -> str:
    found: str = http.by_name("tables", name).json()["id"]
    return found


def report(http: Http, place: str, count: int, day: str = DAY) -> None:
    assert http.ask("POST", f"usage/{place}", {"date": day, "count": count}).status_code == 201


def usage(http: Http, place: str, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"usage/{place}", **params).json()["usage"]
    return found


# counts


def test_counts_are_returned_for_the_requested_days(http: Http) -> None:
    place = f"table/{table_id(http)}"
    for day, count in (("2026-11-20", 1), ("2026-11-22", 2), (DAY, 4)):
        report(http, place, count, day)
    found = usage(http, place, date=DAY, days=3)
    assert [(item["date"], item["dailyStats"]["count"]) for item in found] == [(DAY, 4), ("2026-11-22", 2)]
    assert (found[0]["weeklyStats"]["count"], found[0]["monthlyStats"]["count"]) == (7, 7)
    assert [item["date"] for item in usage(http, place, date=DAY)] == [DAY]
    assert usage(http, place, date="2026-11-21") == []
    assert len(usage(http, place, date=DAY, days=1000)) == 3


def test_the_day_is_today_unless_given(http: Http) -> None:
    place = f"table/name/{ORDERS}"
    report(http, place, 3, dt.datetime.now(dt.timezone.utc).date().isoformat())
    assert [item["dailyStats"]["count"] for item in usage(http, place)] == [3]


def test_a_tables_usage_is_added_to_its_schema_and_database_each_time_it_is_reported(http: Http) -> None:
    for _ in range(2):
        report(http, f"table/{table_id(http)}", 2)
    assert usage(http, f"table/name/{ORDERS}", date=DAY)[0]["dailyStats"]["count"] == 2
    assert usage(http, "databaseSchema/name/pg.shop.public", date=DAY)[0]["dailyStats"]["count"] == 4
    assert usage(http, "database/name/pg.shop", date=DAY)[0]["dailyStats"]["count"] == 4


def test_an_entity_contains_its_latest_usage_when_requested(http: Http) -> None:
    for day, count in ((DAY, 5), ("2026-11-22", 3)):
        report(http, f"table/name/{ORDERS}", count, day)
    summary = http.by_name("tables", ORDERS, fields="usageSummary").json()["usageSummary"]
    assert (summary["date"], summary["dailyStats"]["count"], summary["weeklyStats"]["count"]) == (DAY, 5, 8)
    assert "usageSummary" not in http.by_name("tables", ORDERS).json()


def test_percentiles_are_computed_on_request(http: Http) -> None:
    for name, count in ((ORDERS, 5), (FACTS, 1), ("pg.shop.public.report", 3)):
        report(http, f"table/name/{name}", count)
    assert usage(http, f"table/name/{ORDERS}", date=DAY)[0]["dailyStats"]["percentileRank"] == 0
    answer = http.ask("POST", f"usage/compute.percentile/table/{DAY}")
    assert (answer.status_code, answer.content) == (201, b"")
    ranks = [usage(http, f"table/name/{name}", date=DAY)[0]["dailyStats"]["percentileRank"] for name in (ORDERS, FACTS)]
    assert ranks == [100, 0]


@pytest.mark.parametrize(
    ("place", "body", "status"),
    [
        pytest.param("table/name/pg.shop.public.none", {"date": DAY, "count": 1}, 404, id="no such table"),
        pytest.param("topic/name/kafka.%22shop.orders%22", {"date": DAY, "count": 1}, 500, id="a kind without usage"),
        pytest.param(f"table/name/{ORDERS}", {"date": DAY, "count": -1}, 400, id="fewer than none"),
        pytest.param(f"table/name/{ORDERS}", {"date": "23.11.2026", "count": 1}, 400, id="not a date"),
        pytest.param(f"table/name/{ORDERS}", {"date": DAY}, 400, id="no count"),
    ],
)
def test_invalid_usage_is_refused(http: Http, place: str, body: dict[str, Any], status: int) -> None:
    assert http.ask("POST", f"usage/{place}", body).status_code == status


def test_usage_is_replaced_by_post_and_added_to_by_put(http: Http) -> None:
    table_id = http.by_name("tables", "pg.shop.public.orders").json()["id"]
    day = {"date": "2026-11-23", "count": 2}
    path = f"usage/table/{table_id}"
    for method, total in (("POST", 2), ("POST", 2), ("PUT", 4), ("PUT", 6), ("POST", 2)):
        answer = http.ask(method, path, day)
        assert answer.status_code == 201
        assert http.server.store.usage["table", table_id] == {"2026-11-23": total}
    assert http.ask("POST", path, {**day, "date": "today"}).status_code == 400
    assert http.ask("POST", f"usage/topic/{table_id}", day).status_code == 404


# queries


def query(http: Http, text: str, *tables: str, **more: Any) -> dict[str, Any]:
    used_in = [http.reference("table", "tables", name) for name in tables]
    answer = http.put("queries", {"service": "pg", "query": text, "queryUsedIn": used_in, **more})
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def used_in(http: Http, found: dict[str, Any]) -> list[str]:
    full = http.get(f"queries/{found['id']}", fields="queryUsedIn").json()
    return [item["fullyQualifiedName"] for item in full.get("queryUsedIn", ())]


def test_a_query_is_named_after_its_text_and_stored_once(http: Http) -> None:
    first, again = query(http, "select 1", ORDERS), query(http, "select 1", ORDERS)
    assert first["id"] == again["id"]
    assert first["name"] == first["checksum"]
    assert first["fullyQualifiedName"] == f"pg.{first['name']}"
    assert query(http, "select 2", name="mine")["fullyQualifiedName"] == "pg.mine"


def test_a_put_replaces_the_entities_a_query_is_used_in_and_its_usage_route_adds_to_them(http: Http) -> None:
    found = query(http, "select 1", ORDERS)
    more = [http.reference("table", "tables", FACTS)]
    assert http.put(f"queries/{found['id']}/usage", more).status_code == 201
    assert used_in(http, found) == [ORDERS, FACTS]
    assert http.ask("DELETE", f"queries/{found['id']}/usage", more).status_code == 201
    assert used_in(http, found) == [ORDERS]
    query(http, "select 1", FACTS)
    assert used_in(http, found) == [FACTS]


def test_no_two_queries_have_the_same_text(http: Http) -> None:
    query(http, "select 1")
    assert http.put("queries", {"service": "pg", "query": "select 1", "name": "another"}).status_code == 409


def test_queries_are_listed_by_what_they_are_used_in(http: Http) -> None:
    query(http, "select 1", ORDERS)
    query(http, "select 2", FACTS)
    listed = http.get("queries", entityId=table_id(http), limit=10).json()["data"]
    assert [item["query"] for item in listed] == ["select 1"]


def test_a_query_of_unknown_tables_or_services_is_refused(http: Http) -> None:
    unknown = [{"id": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c11", "type": "table"}]
    assert http.put("queries", {"service": "pg", "query": "select 1", "queryUsedIn": unknown}).status_code == 404
    assert http.put("queries", {"service": "none", "query": "select 1"}).status_code == 404
    assert http.put("queries", {"service": "pg"}).status_code == 400
