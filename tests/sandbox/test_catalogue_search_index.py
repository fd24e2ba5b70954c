"""Search: wildcards regardless of case but in paths, deleted entities on request, filters, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, columns

if TYPE_CHECKING:
    from collections.abc import Callable

ORDERS = "pg.shop.public.orders"


def field_query(http: Http, value: str, field: str = "fullyQualifiedName", index: str = "table") -> list[str]:
    answer = http.get(
        "search/fieldQuery", fieldName=field, fieldValue=value, index=f"{index}_search_index", deleted="false"
    )
    return names(answer.json())


def query(http: Http, q: str, index: str = "table_search_index", **more: Any) -> list[str]:
    return names(http.get("search/query", q=q, index=index, **more).json())


def names(body: dict[str, Any]) -> list[str]:
    return [hit["_source"]["fullyQualifiedName"] for hit in body["hits"]["hits"]]


@pytest.mark.parametrize(
    "value",
    ["pg.shop.public.orders", "PG.Shop.PUBLIC.Orders", "*.public.orders", "*.PUBLIC.orders", "*orders", "pg.*.o?ders"],
)
def test_a_table_is_found_by_a_pattern_in_any_case(http: Http, value: str) -> None:
    assert field_query(http, value) == [ORDERS]


@pytest.mark.parametrize(
    "value", ["orders", "*.orders.*", "?orders", "pg.shop.public.order", "*.public.*rders.x", r"\*"]
)
def test_a_partial_match_is_not_found(http: Http, value: str) -> None:
    assert field_query(http, value) == []


def test_names_with_dots_and_wildcards_in_them_are_found(http: Http) -> None:
    assert field_query(http, '*."shop.orders"', index="topic") == ['kafka."shop.orders"']
    assert field_query(http, '*.ORDERS"', index="topic") == ['kafka."shop.orders"']
    http.put("tables", {"name": "a*b", "databaseSchema": "pg.shop.public", "columns": columns("a")})
    http.put("tables", {"name": "axb", "databaseSchema": "pg.shop.public", "columns": columns("a")})
    assert field_query(http, r"*.a\*b") == ["pg.shop.public.a*b"]


def test_people_are_found_by_their_email(http: Http) -> None:
    assert query(http, 'email.keyword:"ada@example.com"', "user_search_index") == ["ada"]
    assert query(http, 'email.keyword:"ada@example.co"', "user_search_index") == []
    assert query(http, "name:data", "team_search_index") == ["data"]


@pytest.mark.behaviour("path_is_case_sensitive")
def test_containers_are_found_by_their_path(http: Http) -> None:
    assert field_query(http, "s3://lake/raw", "fullPath", "container") == ["s3.lake.raw"]
    assert field_query(http, "S3://lake/raw", "fullPath", "container") == []
    assert len(field_query(http, "s3://lake*", "fullPath", "container")) == 3


def test_a_container_is_found_only_by_its_current_path(http: Http) -> None:
    moved = {"name": "lake", "service": "s3", "fullPath": "s3://Pond"}
    assert http.put("containers", moved).status_code == 200
    assert field_query(http, "s3://Pond", "fullPath", "container") == ["s3.lake"]
    assert field_query(http, "s3://pond", "fullPath", "container") == []
    assert field_query(http, "s3://lake", "fullPath", "container") == []
    http.delete("containers/name/s3.lake", hardDelete="true", recursive="true")
    assert field_query(http, "s3://Pond", "fullPath", "container") == []


@pytest.mark.behaviour("field_query_limit")
def test_at_most_ten_hits_are_returned_and_all_are_counted(http: Http) -> None:
    for number in range(12):
        body = {"name": f"t{number}", "databaseSchema": "pg.shop.public", "columns": columns("a")}
        http.put("tables", body)
    answer = http.get("search/fieldQuery", fieldName="name", fieldValue="t*", index="table_search_index").json()
    assert (len(answer["hits"]["hits"]), answer["hits"]["total"]["value"]) == (10, 12)


def test_a_hit_contains_its_type(http: Http) -> None:
    answer = http.get("search/fieldQuery", fieldName="name", fieldValue="raw", index="container_search_index").json()
    source = answer["hits"]["hits"][0]["_source"]
    assert (source["entityType"], source["fullPath"]) == ("container", "s3://lake/raw")
    assert (source["service"]["name"], source["service"]["type"]) == ("s3", "storageService")
    assert source["id"] == http.by_name("containers", "s3.lake.raw").json()["id"]


def test_deleted_entities_are_found_only_when_requested(http: Http) -> None:
    http.delete(f"tables/name/{ORDERS}")
    assert field_query(http, "*.orders") == []
    assert query(http, "name:orders", deleted="true") == [ORDERS]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("*", 3),
        ("name:orders", 1),
        ("name.keyword:ORDERS", 1),
        ("name:or* AND service.name.keyword:pg", 1),
        ("name:or* AND service.name:mysql", 0),
        (f'fullyQualifiedName:"{ORDERS}"', 1),
        ('fullyQualifiedName:"*orders"', 0),
        ("fullyQualifiedName:*public.f*", 1),
        ("databaseSchema.name.keyword:public AND columnNames:total", 2),
        ("orders", 1),
        ("order", 0),
        (r"name:or\:ders", 0),
    ],
)
def test_terms_are_joined_by_and(http: Http, q: str, found: int) -> None:
    assert len(query(http, q)) == found


@pytest.mark.parametrize("index", ["all", "dataAsset", "table_search_index,topic_search_index"])
def test_several_indexes_are_searched_at_once(http: Http, index: str) -> None:
    assert {ORDERS, 'kafka."shop.orders"'} <= set(query(http, "name:*orders", index))


def test_hits_come_in_pages(http: Http) -> None:
    pages = [query(http, "*", **{"from": start, "size": 2}) for start in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 1, 0]
    assert len({name for page in pages for name in page}) == 3


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"q": "a OR b"}, 400),
        ({"q": "a b"}, 400),
        ({"q": "name:(a b)"}, 400),
        ({"q": "*", "index": "nothing_search_index"}, 500),
    ],
)
def test_unsupported_parameters_are_refused_rather_than_ignored(
    http: Http, params: dict[str, str], status: int
) -> None:
    assert http.get("search/query", **params).status_code == status


def test_a_field_query_needs_a_field_and_a_value(http: Http) -> None:
    assert http.get("search/fieldQuery", fieldName="name").status_code == 400
    assert http.get("search/fieldQuery", fieldValue="x").status_code == 400


def by_path(http: Http, pattern: str, **options: Any) -> list[str]:
    filter_ = {"query": {"regexp": {"fullPath": {"value": pattern, **options}}}}
    return query(http, "", "container_search_index", query_filter=json.dumps(filter_))


def test_a_regular_expression_filter_must_match_the_whole_field(http: Http) -> None:
    assert by_path(http, "s3://lake/raw") == ["s3.lake.raw"]
    assert by_path(http, "s3a?://lake(/raw)?/?") == ["s3.lake", "s3.lake.raw"]
    assert by_path(http, "lake") == by_path(http, "s3://LAKE") == []
    assert by_path(http, "s3://LAKE", case_insensitive=True) == ["s3.lake"]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({"match_all": {}}, ["facts", "orders", "report"]),
        ({"term": {"name.keyword": "ORDERS"}}, ["orders"]),
        ({"term": {"name": {"value": "orders"}}}, ["orders"]),
        ({"terms": {"name": ["orders", "facts"]}}, ["facts", "orders"]),
        ({"prefix": {"fullyQualifiedName": "pg.shop.public.f"}}, ["facts"]),
        ({"wildcard": {"name": {"value": "*T*"}}}, ["facts", "report"]),
        ({"exists": {"field": "displayName"}}, []),
        (
            {"bool": {"must": [{"term": {"deleted": False}}], "must_not": {"term": {"name": "facts"}}}},
            ["orders", "report"],
        ),
        ({"bool": {"should": [{"term": {"name": "facts"}}, {"term": {"name": "report"}}]}}, ["facts", "report"]),
        ({"bool": {"filter": {"term": {"entityType": "topic"}}}}, []),
    ],
)
def test_a_filter_restricts_the_hits(http: Http, filter_: dict[str, Any], found: list[str]) -> None:
    hits = query(http, "*", query_filter=json.dumps({"query": filter_}))
    assert [name.rpartition(".")[2] for name in hits] == found


@pytest.mark.behaviour("ignores_unknown_filter")
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"query":{"paint":{"a":"b"}}}', '{"query":{"bool":{"perhaps":[]}}}']
)
def test_a_filter_that_cannot_be_parsed_is_ignored(serve: Callable[..., Http], text: str) -> None:
    assert len(query(serve(), "*", query_filter=text)) == 3
    strict = serve(behaviours={"ignores_unknown_filter": False})
    assert strict.get("search/query", q="*", query_filter=text).status_code == (400 if text else 200)


def test_a_regular_expression_that_cannot_be_compiled_is_refused(http: Http) -> None:
    assert http.get("search/query", q="*", query_filter='{"query":{"regexp":{"a":"("}}}').status_code == 400


@pytest.mark.behaviour("ignores_deleted_parameter")
def test_deleted_entities_are_hits_of_later_versions_unless_the_filter_excludes_them(
    serve: Callable[..., Http],
) -> None:
    present = json.dumps({"query": {"term": {"deleted": False}}})
    for version, found in (("1.13.0", []), ("2.0.0", [ORDERS])):
        http = serve(version=version)
        http.delete(f"tables/name/{ORDERS}")
        assert query(http, "name:orders", deleted="false") == found
        assert query(http, "name:orders", query_filter=present) == []


def test_display_names_are_searched_in_any_case_by_their_first_256_characters(http: Http) -> None:
    http.patch(f"tables/name/{ORDERS}", {"op": "add", "path": "/displayName", "value": "A" * 300})
    assert field_query(http, "a" * 256, "displayName.keyword") == [ORDERS]
    assert field_query(http, "a" * 300, "displayName.keyword") == []


def test_an_entity_that_is_not_indexed_yet_exists_but_is_not_found(http: Http) -> None:
    http.server.store.unindexed.add(ORDERS)
    assert field_query(http, ORDERS) == query(http, "name:orders") == []
    assert http.by_name("tables", ORDERS).status_code == 200
