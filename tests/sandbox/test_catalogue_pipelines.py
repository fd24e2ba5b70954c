"""Pipelines: a PUT replaces the tasks, texts of people are preserved, and run statuses are stored by timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Http]

ETL = "pipelines/name/airflow.etl"
STATUS = "pipelines/airflow.etl/status"
HUMAN = {"X-Sandbox-User": "ada"}


def put(http: Http, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    answer = http.ask("PUT", "pipelines", {"name": "etl", "service": "airflow", **fields}, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def tasks(*names: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"name": name, **fields} for name in names]


def status(timestamp: int, *task_names: str, **fields: Any) -> dict[str, Any]:
    done = {"executionStatus": "Successful"}
    return {"timestamp": timestamp, **done, "taskStatus": [{"name": name, **done} for name in task_names], **fields}


def test_tasks_have_their_own_names(http: Http) -> None:
    found = put(http, tasks=tasks("load", "v1.2"))["tasks"]
    assert [task["fullyQualifiedName"] for task in found] == ["airflow.etl.load", 'airflow.etl."v1.2"']


@pytest.mark.parametrize("fields", [{}, {"tasks": None}, {"tasks": []}])
def test_tasks_missing_from_a_request_are_removed(http: Http, fields: dict[str, Any]) -> None:
    assert [task["name"] for task in put(http, tasks=tasks("load", "new"))["tasks"]] == ["load", "new"]
    assert not put(http, **fields).get("tasks")


def test_tasks_are_returned_only_when_requested(http: Http) -> None:
    assert "tasks" not in http.get(ETL).json()
    assert [task["name"] for task in http.get(ETL, fields="tasks").json()["tasks"]] == ["load", "check"]


def test_a_bot_does_not_overwrite_existing_texts(http: Http) -> None:
    first = {"description": "by Ada", "displayName": "ETL", "tasks": tasks("load", description="loads")}
    put(http, HUMAN, **first)
    again = {"description": "by a bot", "displayName": "etl", "tasks": tasks("load", description="LOAD")}
    after = put(http, **again)
    assert (after["description"], after["tasks"][0]["description"]) == ("by Ada", "loads")
    after = put(http, HUMAN, **again)
    assert (after["description"], after["tasks"][0]["description"]) == ("by a bot", "LOAD")


def test_a_bot_fills_in_empty_texts_but_not_the_extension(http: Http) -> None:
    after = put(http, description="by a bot", extension={"a": 1})
    assert after["description"] == "by a bot"
    assert "extension" not in after
    assert put(http, HUMAN, extension={"a": 1})["extension"] == {"a": 1}
    assert put(http, extension={"a": 2})["extension"] == {"a": 1}


def test_a_patch_overwrites_for_a_bot_too(http: Http) -> None:
    put(http, HUMAN, description="by Ada")
    answer = http.patch(ETL, {"op": "replace", "path": "/description", "value": "by a bot"})
    assert answer.json()["description"] == "by a bot"


def test_tags_are_added_by_put_and_replaced_by_patch(http: Http) -> None:
    put(http, tags=[tag("PII.Email")], tasks=tasks("load", tags=[tag("PII.Email")]))
    after = put(http, tags=[tag("Tier.Gold")], tasks=tasks("load"))
    assert [label["tagFQN"] for label in after["tags"]] == ["PII.Email", "Tier.Gold"]
    assert [label["tagFQN"] for label in after["tasks"][0]["tags"]] == ["PII.Email"]
    answer = http.patch(ETL, {"op": "replace", "path": "/tags", "value": [tag("Tier.Tin")]})
    assert [label["tagFQN"] for label in answer.json()["tags"]] == ["Tier.Tin"]


def test_owners_are_not_removed_by_put(http: Http) -> None:
    put(http, owners=[http.reference("user", "users", "ada")])
    assert [owner["name"] for owner in put(http)["owners"]] == ["ada"]
    assert [owner["name"] for owner in put(http, owners=[])["owners"]] == ["ada"]
    changed = put(http, owners=[http.reference("user", "users", "bob")])
    assert [owner["name"] for owner in changed["owners"]] == ["bob"]


def test_other_fields_are_replaced_or_cleared(http: Http) -> None:
    fields = {
        "sourceUrl": "http://airflow",
        "concurrency": 4,
        "pipelineLocation": "/dags",
        "scheduleInterval": "1 d",
    }
    assert fields.items() <= put(http, **fields).items()
    assert not fields.keys() & put(http, sourceUrl=None).keys()


def test_put_restores_a_deleted_pipeline(http: Http) -> None:
    before = http.delete(ETL).json()
    after = put(http)
    assert (after["id"], after["deleted"]) == (before["id"], False)


# status


def test_a_status_is_stored_under_its_timestamp(http: Http) -> None:
    assert http.put(STATUS, status(10, "load")).json()["fullyQualifiedName"] == "airflow.etl"
    http.put(STATUS, status(20))
    http.put(STATUS, status(10, "load", executionStatus="Failed"))
    assert [(item["timestamp"], item["executionStatus"]) for item in http.server.statuses("airflow.etl")] == [
        (10, "Failed"),
        (20, "Successful"),
    ]
    assert http.get(ETL, fields="pipelineStatus").json()["pipelineStatus"]["timestamp"] == 20
    assert "pipelineStatus" not in http.get(ETL).json()


def test_statuses_are_listed_between_two_times_latest_first(http: Http) -> None:
    for timestamp in (10, 20, 30):
        http.put(STATUS, status(timestamp))
    answer = http.get(STATUS, startTs=10, endTs=20).json()
    assert answer == {"data": [status(20), status(10)], "paging": {"total": 2}}
    assert [item["timestamp"] for item in http.get(STATUS, startTs=0, endTs=99, limit=1).json()["data"]] == [30]


@pytest.mark.parametrize("params", [{}, {"startTs": 1}, {"endTs": 1}])
def test_both_times_are_required(http: Http, params: dict[str, int]) -> None:
    assert http.get(STATUS, **params).status_code == 400


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        pytest.param(status(1, "nope"), 400, "Invalid task name nope", id="unknown task"),
        pytest.param(status(1, executionStatus="Running"), 400, "Enum", id="unknown execution status"),
        pytest.param({"executionStatus": "Failed", "taskStatus": []}, 400, "timestamp must not", id="no timestamp"),
        pytest.param(status(1, runId="x"), 400, "Unrecognized", id="unknown field"),
        pytest.param({"timestamp": 1, "executionStatus": "Failed"}, 500, "exception", id="no task status"),
    ],
)
def test_an_invalid_status_is_refused(http: Http, body: dict[str, Any], code: int, message: str) -> None:
    answer = http.put(STATUS, body)
    assert answer.status_code == code
    assert message in answer.json()["message"]
    assert http.server.statuses("airflow.etl") == []


@pytest.mark.parametrize(("version", "code"), [("1.8.0", 400), ("1.9.5", 400), ("1.10.0", 200), ("2.0.7", 200)])
def test_more_fields_of_a_run_are_accepted_since_1_10(serve: Serve, version: str, code: int) -> None:
    client = serve(version=version)
    for more in ({"endTime": 5}, {"executionId": "x"}, {"error": {"errorMessage": "x"}}, {"parameters": {}}):
        assert client.put(STATUS, status(1, **more)).status_code == code
    assert client.put(STATUS, status(1, "load")).status_code == 200


@pytest.mark.parametrize(("version", "code"), [("1.11.0", 405), ("1.12.0", 200)])
def test_many_statuses_at_once_are_accepted_since_1_12(serve: Serve, version: str, code: int) -> None:
    client = serve(version=version)
    assert client.put(f"{STATUS}/bulk", [status(1), status(2, "load")]).status_code == code
    assert len(client.server.statuses("airflow.etl")) == (2 if code == 200 else 0)


def test_at_most_1000_statuses_are_accepted_at_once_all_or_none(http: Http) -> None:
    assert http.put(f"{STATUS}/bulk", [status(number) for number in range(1001)]).status_code == 400
    assert http.put(f"{STATUS}/bulk", [status(1), status(2, "nope")]).status_code == 400
    assert http.server.statuses("airflow.etl") == []


def test_a_status_can_be_deleted(http: Http) -> None:
    http.put(STATUS, status(10))
    assert http.delete(f"{STATUS}/10").status_code == 200
    assert http.delete(f"{STATUS}/10").status_code == 404
    assert http.server.statuses("airflow.etl") == []


def test_a_pipeline_with_a_dotted_name_has_a_status_too(http: Http) -> None:
    http.put("pipelines", {"name": "a.b/c", "service": "airflow", "tasks": []})
    assert http.put("pipelines/airflow.%22a.b%2Fc%22/status", status(1)).status_code == 200
    assert len(http.server.statuses('airflow."a.b/c"')) == 1
