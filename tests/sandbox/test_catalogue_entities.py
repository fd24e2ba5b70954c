"""Entities: their names, the bodies that are refused, and the changes that a write makes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, columns, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Http]

ORDERS = "pg.shop.public.orders"


def table(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "databaseSchema": "pg.shop.public", "columns": columns("a"), **more}


def message(answer: Any) -> str:
    return str(answer.json()["message"])


# names


def test_an_entity_is_found_by_its_exact_name_only(http: Http) -> None:
    assert http.by_name("tables", ORDERS).status_code == 200
    answer = http.by_name("tables", "pg.shop.public.ORDERS")
    assert (answer.status_code, message(answer)) == (404, "table instance for pg.shop.public.ORDERS not found")


@pytest.mark.parametrize("fqn", ['kafka."shop.orders"', '"kafka"."shop.orders"'])
def test_dotted_parts_are_quoted_and_unnecessary_quotes_are_accepted(http: Http, fqn: str) -> None:
    assert http.by_name("topics", fqn).json()["fullyQualifiedName"] == 'kafka."shop.orders"'


@pytest.mark.parametrize("fqn", ["kafka.shop.orders", 'kafka."shop.orders', 'kafka."shop"orders', "kafka..orders"])
def test_misquoted_names_find_nothing(http: Http, fqn: str) -> None:
    assert http.by_name("topics", fqn).status_code in (400, 404)


@pytest.mark.parametrize("name", ["s3://lake/x y", "50%", "a+b", "ü", "q?x=1&y=2", "tab#1"])
def test_names_with_special_characters_are_decoded_from_the_path(http: Http, name: str) -> None:
    assert http.put("tables", table(name)).status_code == 201
    assert http.by_name("tables", f"pg.shop.public.{name}").json()["name"] == name


def test_a_table_knows_its_schema_database_and_service(http: Http) -> None:
    table_ = http.by_name("tables", ORDERS).json()
    assert [table_[key]["fullyQualifiedName"] for key in ("databaseSchema", "database", "service")] == [
        "pg.shop.public",
        "pg.shop",
        "pg",
    ]
    assert table_["serviceType"] == "Postgres"


def test_columns_have_their_own_names_including_nested_ones(http: Http) -> None:
    body = table("nested", columns=[{"name": "a.b", "dataType": "STRUCT", "children": columns("c")}])
    outer = http.put("tables", body).json()["columns"][0]
    assert outer["fullyQualifiedName"] == 'pg.shop.public.nested."a.b"'
    assert outer["children"][0]["fullyQualifiedName"] == 'pg.shop.public.nested."a.b".c'


def test_containers_may_contain_containers(http: Http) -> None:
    container = http.by_name("containers", 's3.lake.raw."part.parquet"', fields="parent").json()
    assert container["parent"]["fullyQualifiedName"] == "s3.lake.raw"
    assert container["fullPath"] == "s3://lake/raw/part.parquet"
    children = http.by_name("containers", "s3.lake", fields="children").json()["children"]
    assert [child["fullyQualifiedName"] for child in children] == ["s3.lake.raw"]
    roots = http.get("containers", root="true").json()["data"]
    assert [root["fullyQualifiedName"] for root in roots] == ["s3.lake"]


def test_an_id_must_be_a_uuid_and_exist(http: Http) -> None:
    unknown = str(uuid.uuid4())
    assert message(http.get(f"tables/{unknown}")) == f"table instance for {unknown} not found"
    assert http.get("tables/17").status_code == 400


@pytest.mark.parametrize(
    ("version", "name", "status"),
    [
        ("1.13.0", "a::b", 400),
        ("1.12.0", "x" * 257, 400),
        ("1.13.0", "x" * 256, 201),
        ("1.13.0", "", 400),
        ("1.13.0", "a>b", 201),
        ("1.13.0", "a\nb", 201),
        ("1.13.0", 'a"b', 400),
        ("2.0.0", "a::b", 400),
        ("2.0.0", "a>b", 400),
        ("2.0.0", "a\nb", 400),
        ("2.0.0", 'a"b', 400),
        ("2.0.0", "a:b/c d", 201),
    ],
)
def test_names_follow_the_rules_of_the_version(serve: Serve, version: str, name: str, status: int) -> None:
    client = serve(version=version)
    assert client.put("tables", table(name)).status_code == status
    assert client.put("tables", table("t", columns=columns(name))).status_code == status


def test_newer_versions_accept_columns_with_longer_names_than_tables(serve: Serve) -> None:
    for version, status in (("1.12.1", 400), ("1.12.2", 201), ("1.11.14", 201), ("1.13.0", 201)):
        client = serve(version=version)
        assert client.put("tables", table("x" * 257)).status_code == 400
        assert client.put("tables", table("t", columns=columns("x" * 257))).status_code == status


# refusals


@pytest.mark.parametrize(
    ("collection", "body", "text"),
    [
        pytest.param("tables", table("t", colour="red"), 'Unrecognized field "colour"', id="unknown field"),
        pytest.param("tables", {"columns": []}, "name must not be null, databaseSchema must", id="all that is missing"),
        pytest.param("tables", table("t", columns=[{"name": "a", "dataType": "str"}]), "Enum", id="unknown data type"),
        pytest.param("tables", table("t", columns=[{"name": "a"}]), "columns[0].dataType must not", id="no data type"),
        pytest.param("tables", table("t", columns=[None]), "columns[0] must not be null", id="null in a list"),
        pytest.param("tables", table("t", columns={}), "ArrayList", id="object for a list"),
        pytest.param("tables", table(1), "String", id="number for a text"),
        pytest.param("tables", [], "CreateTable", id="list for an object"),
        pytest.param("services/pipelineServices", {"name": "s", "serviceType": "Nope"}, "Enum", id="service type"),
        pytest.param("services/pipelineServices", {"name": "s", "serviceType": "Prefect"}, "Enum", id="type of 2.0"),
        pytest.param("topics", {"name": "t", "service": "kafka"}, "partitions must not", id="no partitions"),
        pytest.param("tags", {"name": "t", "description": "d"}, "classification must not", id="no classification"),
        pytest.param("pipelines", {"name": "p", "service": "airflow", "domain": "d"}, "domain", id="domain since 1.9"),
    ],
)
def test_bodies_that_do_not_fit_are_400(http: Http, collection: str, body: Any, text: str) -> None:
    answer = http.put(collection, body)
    assert answer.status_code == 400
    assert text in message(answer)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"databaseSchema": "pg.shop.none"}, "databaseSchema instance for pg.shop.none not found"),
        ({"owners": [{"id": str(uuid.UUID(int=1)), "type": "user"}]}, "user instance for"),
        ({"tags": [tag("PII.None")]}, "tag instance for PII.None not found"),
        ({"domains": ["Sales"]}, "domain instance for Sales not found"),
    ],
)
def test_entities_named_in_a_body_must_exist(http: Http, more: dict[str, Any], text: str) -> None:
    answer = http.put("tables", table("t", **more))
    assert answer.status_code == 404
    assert text in message(answer)


def test_domains_are_one_before_1_9_and_many_since(serve: Serve) -> None:
    domain = {"name": "Sales", "description": "d", "domainType": "Aggregate"}
    for version, one, many in (("1.8.0", 201, 400), ("1.9.0", 400, 201)):
        client = serve(version=version)
        client.put("domains", domain)
        assert client.put("tables", table("one", domain="Sales")).status_code == one
        assert client.put("tables", table("many", domains=["Sales"])).status_code == many


def test_two_tags_of_an_exclusive_classification_are_refused(http: Http) -> None:
    answer = http.put("tables", table("t", tags=[tag("Tier.Gold"), tag("Tier.Tin")]))
    assert (answer.status_code, "mutually exclusive" in message(answer)) == (400, True)
    assert http.put("tables", table("t", tags=[tag("Tier.Gold"), tag("PII.Email")])).status_code == 201


def test_a_team_must_be_the_only_owner(http: Http) -> None:
    owners = [http.reference("user", "users", "ada"), http.reference("team", "teams", "data")]
    assert http.put("tables", table("t", owners=owners)).status_code == 400
    assert http.put("tables", table("t", owners=owners[1:])).status_code == 201
    http.put("teams", {"name": "sales", "teamType": "Department"})
    department = http.reference("team", "teams", "sales")
    assert http.put("tables", table("t", owners=[department])).status_code == 400
    nobody = http.reference("table", "tables", ORDERS)
    assert http.put("tables", table("t", owners=[nobody])).status_code == 400


# writing


def test_put_creates_then_reports_no_change_then_updates(http: Http) -> None:
    changes = []
    for more in ({}, {}, {"description": "new"}):
        answer = http.put("tables", table("t", **more))
        changes.append((answer.status_code, answer.headers["X-OpenMetadata-Change"], answer.json()["version"]))
    assert changes == [(201, "entityCreated", 0.1), (200, "entityNoChange", 0.1), (200, "entityUpdated", 0.2)]


def test_post_creates_once(http: Http) -> None:
    assert http.ask("POST", "tables", table("t")).status_code == 201
    answer = http.ask("POST", "tables", table("t"))
    assert (answer.status_code, message(answer)) == (409, "Entity already exists")


def test_some_fields_are_returned_only_when_requested(http: Http) -> None:
    body = table("t", tags=[tag("PII.Email")], owners=[http.reference("user", "users", "ada")], sourceUrl="http://x")
    assert {"tags", "owners", "columns"} <= http.put("tables", body).json().keys()
    plain = http.by_name("tables", "pg.shop.public.t").json()
    assert plain["sourceUrl"] == "http://x"
    assert not {"tags", "owners", "columns"} & plain.keys()
    asked = http.by_name("tables", "pg.shop.public.t", fields="owners,columns").json()
    assert (asked["owners"][0]["name"], asked["columns"][0]["name"], "tags" in asked) == ("ada", "a", False)
    assert {"tags", "owners", "columns"} <= http.by_name("tables", "pg.shop.public.t", fields="*").json().keys()


def test_requesting_an_unknown_field_is_400(http: Http) -> None:
    answer = http.by_name("tables", ORDERS, fields="owner")
    assert (answer.status_code, message(answer)) == (400, "Invalid field name owner")


def test_patch_changes_the_named_fields_by_name_or_id(http: Http) -> None:
    path = f"tables/name/{ORDERS}"
    answer = http.patch(path, {"op": "add", "path": "/description", "value": "orders"})
    assert (answer.status_code, answer.json()["description"], answer.json()["version"]) == (200, "orders", 0.2)
    owner = http.reference("user", "users", "bob")
    answer = http.patch(f"tables/{answer.json()['id']}", {"op": "add", "path": "/owners", "value": [owner]})
    assert answer.json()["owners"][0]["fullyQualifiedName"] == "bob"
    answer = http.patch(path, {"op": "add", "path": "/columns/1/description", "value": "money"})
    assert answer.json()["columns"][1]["description"] == "money"
    assert http.patch(path, {"op": "remove", "path": "/owners"}).json().get("owners") is None


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/name", "value": "x"}, 400),
        ({"op": "add", "path": "/colour", "value": "x"}, 400),
        ({"op": "add", "path": "/description", "value": 1}, 400),
        ({"op": "remove", "path": "/description"}, 500),
        ({"op": "test", "path": "/name", "value": "x"}, 500),
        ({"op": "add", "path": "/owners", "value": [{"id": str(uuid.UUID(int=1)), "type": "user"}]}, 404),
        ({"op": "add", "path": "/tags", "value": [tag("PII.None")]}, 404),
        ({"op": "paint", "path": "/name", "value": "x"}, 400),
    ],
)
def test_a_patch_to_something_invalid_changes_nothing(http: Http, operation: dict[str, Any], status: int) -> None:
    before = http.by_name("tables", ORDERS, fields="*").json()
    assert http.patch(f"tables/name/{ORDERS}", operation).status_code == status
    assert http.by_name("tables", ORDERS, fields="*").json() == before


def test_a_patch_is_refused_if_the_entity_was_changed_since_it_was_read(http: Http) -> None:
    path = f"tables/name/{ORDERS}"
    etag = http.get(path).headers["ETag"]
    operation = {"op": "add", "path": "/description", "value": "1"}
    assert http.patch(path, operation, **{"If-Match": etag}).status_code == 200
    assert http.patch(path, {**operation, "value": "2"}, **{"If-Match": etag}).status_code == 412


def test_a_patch_needs_its_own_media_type(http: Http) -> None:
    assert http.ask("PATCH", f"tables/name/{ORDERS}", []).status_code == 415
