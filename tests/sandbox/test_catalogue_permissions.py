"""The permissions that the stand-in lists are those it enforces."""

from __future__ import annotations

from collections.abc import Callable

from catalogue_http import Http


def access(http: Http, resource: str) -> dict[str, str]:
    found = http.get(f"permissions/{resource}").json()
    assert found["resource"] == resource
    return {item["operation"]: item["access"] for item in found["permissions"]}


def test_everything_is_allowed_by_default(http: Http) -> None:
    assert set(access(http, "table").values()) == {"allow"}
    assert {"Create", "EditAll", "ViewBasic", "EditLineage", "EditTags"} <= access(http, "table").keys()
    assert "EditStatus" in access(http, "pipeline")


def test_denied_operations_are_listed_as_not_allowed(serve: Callable[..., Http]) -> None:
    http = serve(deny=["EditStatus", "Create"])
    found = access(http, "pipeline")
    assert {name for name, allowed in found.items() if allowed != "allow"} == {"EditStatus", "Create"}
    body = {"name": "x", "serviceType": "OpenLineage"}
    assert http.put("services/pipelineServices", body).status_code == 403


def test_the_list_of_all_resources_agrees_with_the_single_ones(http: Http) -> None:
    found = http.get("permissions").json()
    assert found["paging"]["total"] == len(found["data"]) > 10
    assert {"table", "topic", "pipelineService", "query"} <= {item["resource"] for item in found["data"]}
    assert http.get("permissions/topic").json() in found["data"]


def test_not_every_kind_that_supports_lineage_lists_its_permission(http: Http) -> None:
    assert "EditLineage" not in access(http, "topic")


def test_an_unknown_resource_is_refused(http: Http) -> None:
    answer = http.get("permissions/nothing")
    assert answer.status_code == 400
    assert answer.json()["message"] == "Resource type nothing not found"


def test_a_caller_without_token_gets_no_permissions(serve: Callable[..., Http]) -> None:
    assert serve(token="t").get("permissions").status_code == 401
