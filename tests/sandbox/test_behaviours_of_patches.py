"""What becomes of patches: their tests and conditions, and those of one user that the catalogue consolidates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, columns

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Http]

ETL = "pipelines/name/airflow.etl"
ORDERS, FACTS, REPORT = (f"pg.shop.public.{name}" for name in ("orders", "facts", "report"))
CONSOLIDATING = ["1.9.0", "1.13.0", "2.0.0"]


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def patch(http: Http, fqn: str, *operations: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = http.patch(f"tables/name/{fqn}", *operations, **headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def put_edges(http: Http) -> None:
    """Put edges orders -> facts -> report, whose mappings name the new column of facts and an old one."""
    for source, target, mappings in (
        (ORDERS, FACTS, [("id", "new"), ("amount", "total")]),
        (FACTS, REPORT, [("new", "total"), ("total", "total")]),
    ):
        lines = [{"fromColumns": [f"{source}.{old}"], "toColumn": f"{target}.{new}"} for old, new in mappings]
        ends = {
            "fromEntity": http.reference("table", "tables", source),
            "toEntity": http.reference("table", "tables", target),
        }
        details = {"columnsLineage": lines, "sqlQuery": "SELECT 1"}
        assert http.put("lineage", {"edge": {**ends, "lineageDetails": details}}).status_code == 200


def mappings(http: Http) -> list[int]:
    return [len(details["columnsLineage"]) for details in http.server.edges().values()]


@pytest.mark.behaviour("consolidates_patches")
@pytest.mark.parametrize("version", CONSOLIDATING)
def test_a_second_patch_of_a_user_costs_the_columns_of_the_first_their_lineage(serve: Serve, version: str) -> None:
    http = serve(version=version)
    first = patch(http, FACTS, add("/columns/-", columns("new")[0]))
    put_edges(http)
    assert mappings(http) == [2, 2]
    second = patch(http, FACTS, add("/description", "later"))
    assert (second["version"], second["description"], len(second["columns"])) == (first["version"], "later", 3)
    assert second["updatedAt"] > first["updatedAt"]
    assert mappings(http) == [1, 1]
    assert ["sqlQuery" in details for details in http.server.edges().values()] == [False, False]
    put_edges(http)
    patch(http, FACTS, add("/description", "later still"))
    assert mappings(http) == [1, 1]


@pytest.mark.parametrize("version", CONSOLIDATING)
def test_a_consolidated_patch_leaves_the_version_but_not_the_etag(serve: Serve, version: str) -> None:
    http = serve(version=version)
    first = http.patch(ETL, add("/tasks/-", {"name": "new"}))
    second = http.patch(ETL, add("/tasks/-", {"name": "newer"}))
    assert second.json()["version"] == first.json()["version"]
    assert second.headers["ETag"] != first.headers["ETag"]
    assert len(second.json()["tasks"]) == 4


@pytest.mark.parametrize("version", ["1.8.0", "2.1.0"])
def test_other_versions_do_not_consolidate(serve: Serve, version: str) -> None:
    http = serve(version=version)
    first = patch(http, FACTS, add("/columns/-", columns("new")[0]))
    put_edges(http)
    assert patch(http, FACTS, add("/description", "later"))["version"] > first["version"]
    assert mappings(http) == [2, 2]


def test_a_patch_is_not_consolidated_with_another_user_s_or_with_one_of_long_ago(serve: Serve) -> None:
    http = serve()
    patch(http, FACTS, add("/columns/-", columns("new")[0]))
    put_edges(http)
    patch(http, FACTS, add("/description", "by Ada"), **{"X-Sandbox-User": "ada"})
    assert mappings(http) == [2, 2]
    patch(http, FACTS, add("/columns/-", columns("newer")[0]))
    http.server.end_patch_sessions()
    patch(http, FACTS, add("/description", "by a bot"))
    assert mappings(http) == [2, 2]


@pytest.mark.behaviour("if_match_prevents_consolidation", "if_match_loses_columns")
def test_a_patch_with_if_match_is_not_consolidated_in_later_versions(serve: Serve) -> None:
    for version, left in (("1.13.0", [1, 1]), ("2.0.0", [2, 2])):
        http = serve(version=version)
        patch(http, FACTS, add("/columns/-", columns("new")[0]))
        put_edges(http)
        etag = http.by_name("tables", FACTS).headers["ETag"]
        patch(http, FACTS, add("/description", "later"), **{"If-Match": etag})
        assert mappings(http) == left
    http = serve(behaviours={"if_match_loses_columns": True})
    etag = http.by_name("tables", FACTS).headers["ETag"]
    changed = patch(http, FACTS, add("/columns/-", columns("new")[0]), add("/description", "x"), **{"If-Match": etag})
    assert (len(changed["columns"]), changed["description"]) == (2, "x")


@pytest.mark.behaviour("removed_columns_lose_lineage")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_column_that_is_removed_loses_its_lineage(serve: Serve, method: str) -> None:
    http = serve()
    patch(http, FACTS, add("/columns/-", columns("new")[0]))
    http.server.end_patch_sessions()
    put_edges(http)
    if method == "PUT":
        http.put(
            "tables", {"name": "facts", "databaseSchema": "pg.shop.public", "columns": columns("order_id", "total")}
        )
    else:
        patch(http, FACTS, {"op": "remove", "path": "/columns/2"})
    assert mappings(http) == [1, 1]


@pytest.mark.behaviour("failed_patch_is_500")
@pytest.mark.parametrize(
    ("version", "switches", "status"),
    [("1.8.0", {}, 500), ("1.13.0", {}, 500), ("2.0.0", {}, 400), ("1.13.0", {"failed_patch_is_500": False}, 400)],
)
@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/version", "value": 9.9},
        {"op": "test", "path": "/displayName", "value": "absent"},
        {"op": "remove", "path": "/displayName"},
    ],
)
def test_a_patch_that_does_not_fit_is_a_server_error_in_earlier_versions(
    serve: Serve, version: str, switches: dict[str, bool], status: int, operation: dict[str, Any]
) -> None:
    http = serve(version=version, behaviours=switches)
    assert http.patch(ETL, operation, add("/description", "x")).status_code == status
    assert "description" not in http.get(ETL).json()


def test_an_edge_s_patch_that_does_not_fit_is_one_too(serve: Serve) -> None:
    for version, status in (("1.13.0", 500), ("2.0.0", 400)):
        http = serve(version=version)
        patch(http, FACTS, add("/columns/-", columns("new")[0]))
        put_edges(http)
        ids = [http.reference("table", "tables", fqn)["id"] for fqn in (ORDERS, FACTS)]
        path = f"lineage/table/{ids[0]}/table/{ids[1]}"
        assert http.patch(path, {"op": "test", "path": "/sqlQuery", "value": "x"}).status_code == status


@pytest.mark.behaviour("gives_etags")
def test_entities_have_etags_from_1_9_on(serve: Serve) -> None:
    stale = {"If-Match": '"0.0-0"'}
    for version, has_etag in (("1.8.0", False), ("1.9.0", True), ("2.0.0", True)):
        http = serve(version=version)
        assert ("ETag" in http.get(ETL).headers) is has_etag
        assert http.patch(ETL, add("/description", "x"), **stale).status_code == (412 if has_etag else 200)


def test_every_change_has_its_own_etag(serve: Serve) -> None:
    http = serve()
    etags = [http.patch(ETL, add("/description", str(number))).headers["ETag"] for number in range(20)]
    assert len(set(etags)) == 20


@pytest.mark.behaviour("marks_compressed_etags")
def test_the_etag_of_a_compressed_response_may_be_marked(serve: Serve) -> None:
    for switches, is_marked in (({}, False), ({"marks_compressed_etags": True}, True)):
        http = serve(version="2.0.0", behaviours=switches)
        etag = http.get(ETL).headers["ETag"]
        assert etag.endswith('--gzip"') is is_marked
        assert http.patch(ETL, add("/description", "x"), **{"If-Match": etag}).status_code == 200
        assert http.patch(ETL, add("/description", "y"), **{"If-Match": etag}).status_code == 412
