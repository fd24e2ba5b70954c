"""Usage counts, queries of tables, and the changes of pipelines that a catalogue does not notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from catalogue_http import Http

ETL = "pipelines/name/airflow.etl"
ALL = {"fields": "tasks,sourceHash,usageSummary"}


# usage


def test_usage_can_be_read_back(http: Http) -> None:
    pipeline = http.get(ETL).json()["id"]
    place = f"usage/pipeline/{pipeline}"
    assert http.get(place, date="2026-11-23").json()["usage"] == []
    for day, count in (("2026-11-22", 3), ("2026-11-23", 5)):
        http.ask("POST", place, {"date": day, "count": count})
    found = http.get(place, date="2026-11-23", days=2).json()["usage"]
    assert [(usage["date"], usage["dailyStats"]["count"]) for usage in found] == [("2026-11-23", 5), ("2026-11-22", 3)]
    assert [usage["date"] for usage in http.get(place, date="2026-11-22").json()["usage"]] == ["2026-11-22"]


def test_an_entity_tells_its_latest_usage_when_asked_for(http: Http) -> None:
    assert "usageSummary" not in http.get(ETL, **ALL).json()
    pipeline = http.get(ETL).json()["id"]
    for day, count in (("2026-11-23", 5), ("2026-11-22", 3)):
        http.ask("POST", f"usage/pipeline/{pipeline}", {"date": day, "count": count})
    assert http.get(ETL, **ALL).json()["usageSummary"] == {"date": "2026-11-23", "dailyStats": {"count": 5}}
    assert "usageSummary" not in http.get(ETL).json()


def test_percentiles_are_computed_on_request(http: Http) -> None:
    assert http.ask("POST", "usage/compute.percentile/pipeline/2026-11-23").status_code == 201
    assert http.ask("POST", "usage/compute.percentile/pipeline/soon").status_code == 400
    assert http.ask("POST", "usage/compute.percentile/topic/2026-11-23").status_code == 404


# queries


def query(http: Http, text: str = "select 1", **fields: Any) -> Any:
    return http.put("queries", {"name": text.replace(" ", "-"), "service": "pg", "query": text, **fields})


def test_a_query_is_used_in_tables(http: Http) -> None:
    orders, facts = (http.reference("table", "tables", f"pg.shop.public.{name}") for name in ("orders", "facts"))
    made = query(http, queryUsedIn=[orders]).json()
    assert made["fullyQualifiedName"] == "pg.select-1"
    assert http.put(f"queries/{made['id']}/usage", [facts, orders]).status_code == 201
    found = http.by_name("queries", "pg.select-1", fields="queryUsedIn").json()["queryUsedIn"]
    assert [item["name"] for item in found] == ["orders", "facts"]
    assert "queryUsedIn" not in http.by_name("queries", "pg.select-1").json()


def test_a_put_of_a_query_replaces_the_tables_it_is_used_in(http: Http) -> None:
    orders, facts = (http.reference("table", "tables", f"pg.shop.public.{name}") for name in ("orders", "facts"))
    query(http, queryUsedIn=[orders])
    assert [item["name"] for item in query(http, queryUsedIn=[facts]).json()["queryUsedIn"]] == ["facts"]


def test_no_two_queries_have_the_same_text(http: Http) -> None:
    query(http)
    assert query(http).status_code == 200
    assert query(http, name="another").status_code == 409


# what a catalogue compares


def put(http: Http, **fields: Any) -> dict[str, Any]:
    body = {"name": "etl", "service": "airflow", "tasks": [{"name": "load"}, {"name": "check"}]}
    answer = http.put("pipelines", {**body, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = http.get(ETL, **ALL).json()
    return found


@pytest.mark.parametrize("field", ["downstreamTasks", "taskSQL", "taskType", "sourceUrl", "displayName"])
def test_what_only_tasks_say_differently_is_not_stored(http: Http, field: str) -> None:
    value = ["check"] if field == "downstreamTasks" else "x"
    load = {"name": "load", field: value}
    assert field not in put(http, tasks=[load, {"name": "check"}])["tasks"][0]
    more = put(http, tasks=[load, {"name": "check"}, {"name": "new"}])
    assert more["tasks"][0][field] == value


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_schedule_alone_is_not_stored(http: Http, method: str) -> None:
    if method == "PUT":
        put(http, scheduleInterval="@daily")
    else:
        http.patch(ETL, {"op": "add", "path": "/scheduleInterval", "value": "@daily"})
    assert "scheduleInterval" not in http.get(ETL).json()
    assert put(http, scheduleInterval="@daily", sourceHash="1")["scheduleInterval"] == "@daily"
    assert put(http, scheduleInterval="@hourly", sourceHash="1")["scheduleInterval"] == "@daily"
    assert put(http, scheduleInterval="@hourly", sourceHash="2")["scheduleInterval"] == "@hourly"


def test_a_task_s_description_is_noticed(http: Http) -> None:
    tasks = [{"name": "load", "description": "loads", "taskSQL": "SELECT 1"}, {"name": "check"}]
    found = put(http, tasks=tasks)["tasks"][0]
    assert (found["description"], found["taskSQL"]) == ("loads", "SELECT 1")
