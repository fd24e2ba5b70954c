"""The stand-in keeps one row for each table and pipeline, as the server does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.catalogue_http import Http

FIRST = {"lastRunTime": 1, "lastRunStatus": "Successful"}


def rows(http: Http) -> str:
    return f"tables/{http.reference('table', 'tables', 'pg.shop.public.orders')['id']}/pipelineObservability"


def pipeline(http: Http, name: str) -> dict[str, Any]:
    made = http.put("pipelines", {"name": name, "service": "airflow"}).json()
    return {"id": made["id"], "type": "pipeline", "fullyQualifiedName": made["fullyQualifiedName"]}


@pytest.mark.behaviour("pipeline_observability")
def test_a_row_is_replaced_as_a_whole_and_others_stay(http: Http) -> None:
    one, other = pipeline(http, "one"), pipeline(http, "other")
    http.put(rows(http), [{"pipeline": one, "scheduleInterval": "@daily", **FIRST}, {"pipeline": other, **FIRST}])
    http.put(rows(http), [{"pipeline": one, "lastRunTime": 2}, {"pipeline": {"id": one["id"], "type": "pipeline"}}])
    stored = http.get(rows(http)).json()
    assert [(row["pipeline"]["fullyQualifiedName"], row["lastRunTime"]) for row in stored] == [
        (one["fullyQualifiedName"], 2),
        (other["fullyQualifiedName"], 1),
    ]
    assert "scheduleInterval" not in stored[0]
    assert stored[0]["serviceType"] == "Airflow"
    http.delete(f"pipelines/name/{other['fullyQualifiedName']}")
    assert len(http.get(rows(http)).json()) == 1


def test_a_body_that_is_no_list_of_rows_is_refused(http: Http) -> None:
    assert http.put(rows(http), {"pipeline": pipeline(http, "one")}).status_code == 400
    assert http.put(rows(http), [{"pipeline": pipeline(http, "one"), "colour": "red"}]).status_code == 400
    assert http.put(rows(http), [FIRST]).status_code == 400
