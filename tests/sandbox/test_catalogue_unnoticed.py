"""Changes of pipelines that the catalogue accepts but does not store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from catalogue_http import Http

ETL = "pipelines/name/airflow.etl"
ALL = {"fields": "tasks,sourceHash,usageSummary"}


# usage


def put(http: Http, **fields: Any) -> dict[str, Any]:
    body = {"name": "etl", "service": "airflow", "tasks": [{"name": "load"}, {"name": "check"}]}
    answer = http.put("pipelines", {**body, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = http.get(ETL, **ALL).json()
    return found


@pytest.mark.parametrize("field", ["downstreamTasks", "taskSQL", "taskType", "sourceUrl", "displayName"])
def test_a_change_of_task_fields_alone_is_not_stored(http: Http, field: str) -> None:
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
