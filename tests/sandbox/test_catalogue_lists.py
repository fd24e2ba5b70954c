"""Lists of entities in pages, and entities that are deleted and restored."""

from __future__ import annotations

from typing import Any

import pytest
from catalogue_http import Http, columns

ORDERS = "pg.shop.public.orders"


def table(name: str) -> dict[str, Any]:
    return {"name": name, "databaseSchema": "pg.shop.public", "columns": columns("a")}


def message(answer: Any) -> str:
    return str(answer.json()["message"])


# lists


def test_lists_come_in_pages_of_ten_by_default(http: Http) -> None:
    for number in range(20):
        http.put("tables", table(f"t{number:02}"))
    first = http.get("tables").json()
    assert (len(first["data"]), first["paging"]["total"]) == (10, 23)
    names, after = [], None
    while True:
        page = http.get("tables", limit=7, **({"after": after} if after else {})).json()
        names += [item["fullyQualifiedName"] for item in page["data"]]
        after = page["paging"].get("after")
        if after is None:
            break
    assert names == sorted(names)
    assert len(names) == len(set(names)) == 23


@pytest.mark.parametrize(
    ("params", "count"),
    [({"service": "pg"}, 3), ({"database": "pg.shop"}, 3), ({"databaseSchema": "pg.shop.pub"}, 0), ({}, 3)],
)
def test_lists_are_filtered_by_the_parents_of_the_entities(http: Http, params: dict[str, str], count: int) -> None:
    assert http.get("tables", **params).json()["paging"]["total"] == count


@pytest.mark.parametrize("params", [{"limit": -1}, {"include": "some"}, {"after": "%%%"}, {"fields": "x"}])
def test_an_invalid_list_request_is_400(http: Http, params: dict[str, Any]) -> None:
    assert http.get("tables", **params).status_code == 400


# deleting


def test_a_deleted_entity_is_hidden_unless_requested_and_can_be_restored(http: Http) -> None:
    answer = http.delete(f"tables/name/{ORDERS}")
    assert (answer.status_code, answer.json()["deleted"]) == (200, True)
    assert http.by_name("tables", ORDERS).status_code == 404
    assert http.by_name("tables", ORDERS, include="all").json()["deleted"] is True
    assert http.by_name("tables", ORDERS, include="deleted").status_code == 200
    assert http.get("tables").json()["paging"]["total"] == 2
    assert http.get("tables", include="deleted").json()["paging"]["total"] == 1
    restored = http.put("tables/restore", {"id": answer.json()["id"]})
    assert (restored.status_code, restored.json()["deleted"]) == (200, False)


def test_put_brings_a_deleted_entity_back_with_its_id(http: Http) -> None:
    before = http.delete(f"tables/name/{ORDERS}").json()
    answer = http.put("tables", table("orders"))
    assert (answer.status_code, answer.json()["id"], answer.json()["deleted"]) == (200, before["id"], False)


def test_a_hard_deleted_entity_leaves_nothing(http: Http) -> None:
    before = http.by_name("tables", ORDERS).json()
    http.delete(f"tables/name/{ORDERS}", hardDelete="true")
    assert http.by_name("tables", ORDERS, include="all").status_code == 404
    assert http.put("tables", table("orders")).json()["id"] != before["id"]


def test_an_entity_with_content_is_deleted_only_recursively(http: Http) -> None:
    answer = http.delete("services/databaseServices/name/pg")
    assert (answer.status_code, message(answer)) == (400, "databaseService is not empty")
    http.put("services/pipelineServices", {"name": "pg", "serviceType": "Airflow"})
    http.put("pipelines", {"name": "same", "service": "pg"})
    assert http.delete("services/databaseServices/name/pg", recursive="true", hardDelete="true").status_code == 200
    assert http.server.entities("table") == []
    assert http.by_name("pipelines", "pg.same").status_code == 200
