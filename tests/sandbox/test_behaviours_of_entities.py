"""What OpenMetadata does to entities beyond its schemas, each in the versions that do it and in one that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, columns, tag

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Serve = Callable[..., Http]

ETL = "pipelines/name/airflow.etl"
ORDERS = "tables/name/pg.shop.public.orders"
DOMAINS = [{"name": name, "description": name, "domainType": "Aggregate"} for name in ("sales", "other")]


def add(field: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": f"/{field}", "value": value}


def put_etl(http: Http, **fields: Any) -> dict[str, Any]:
    answer = http.put("pipelines", {"name": "etl", "service": "airflow", **fields})
    assert answer.status_code == 200, answer.text
    return etl(http)


def etl(http: Http) -> dict[str, Any]:
    body: dict[str, Any] = http.get(ETL, fields="*").json()
    return body


@pytest.mark.behaviour("inherits_references")
@pytest.mark.parametrize(("version", "field"), [("1.8.0", "domain"), ("1.12.0", "domains"), ("2.0.0", "domains")])
def test_domains_and_owners_of_the_service_are_inherited_until_a_put_names_them(
    serve: Serve, version: str, field: str
) -> None:
    http = serve(version=version)
    for domain in DOMAINS:
        http.put("domains", domain)
    ada = http.reference("user", "users", "ada")
    named: Any = "sales" if field == "domain" else ["sales"]
    service = {"name": "airflow", "serviceType": "Airflow", "owners": [ada], field: named}
    assert http.put("services/pipelineServices", service).status_code == 200

    def shown() -> list[tuple[str, bool]]:
        body = etl(http)
        domains = body[field] if isinstance(body[field], list) else [body[field]]
        return [(item["name"], item.get("inherited", False)) for item in (*domains, *body["owners"])]

    assert shown() == [("sales", True), ("ada", True)]
    assert field not in http.get(ETL).json()
    assert http.patch(ETL, add("description", "x")).status_code == 200
    put_etl(http, tasks=[{"name": "load"}])
    assert shown() == [("sales", True), ("ada", True)]
    put_etl(http, owners=etl(http)["owners"], **{field: named})
    assert shown() == [("sales", False), ("ada", False)]


def test_references_are_inherited_from_every_ancestor_and_can_be_replaced(serve: Serve) -> None:
    http = serve()
    ada, bob = (http.reference("user", "users", name) for name in ("ada", "bob"))
    http.put("services/databaseServices", {"name": "pg", "serviceType": "Postgres", "owners": [ada]})
    http.put("services/storageServices", {"name": "s3", "serviceType": "S3", "owners": [ada]})
    for path in (ORDERS, "containers/name/s3.lake.raw"):
        owner = http.get(path, fields="owners").json()["owners"][0]
        assert (owner["name"], owner["inherited"]) == ("ada", True)
        assert http.patch(path, add("owners", [bob])).status_code == 200
        owner = http.get(path, fields="owners").json()["owners"][0]
        assert (owner["name"], "inherited" in owner) == ("bob", False)


@pytest.mark.behaviour("clears_display_name")
def test_a_put_without_a_display_name_clears_that_of_the_entity_but_not_of_its_parts(serve: Serve) -> None:
    for switches, left in (({}, None), ({"clears_display_name": False}, "ETL")):
        http = serve(behaviours=switches)
        tasks = [{"name": "load", "displayName": "Load"}]
        put_etl(http, displayName="ETL", tasks=[*tasks, {"name": "new"}])
        body = put_etl(http, tasks=[{"name": "load"}])
        assert (body.get("displayName"), body["tasks"][0]["displayName"]) == (left, "Load")


@pytest.mark.behaviour("clears_certification", "people_clear_certification")
@pytest.mark.parametrize(
    ("version", "person", "is_left"),
    [("1.8.0", "", False), ("1.10.0", "", False), ("1.11.0", "", True), ("2.0.0", "", True), ("2.0.0", "ada", False)],
)
def test_a_put_clears_the_certification(serve: Serve, version: str, person: str, is_left: bool) -> None:
    http = serve(version=version)
    certification = {"tagLabel": tag("Tier.Gold"), "appliedDate": 1, "expiryDate": 2}
    assert http.patch(ETL, add("certification", certification)).status_code == 200
    assert etl(http)["certification"] == certification
    http.session.headers.update({"X-Sandbox-User": person} if person else {})
    assert ("certification" in put_etl(http, tasks=[{"name": "load"}])) is is_left


@pytest.mark.behaviour("resets_entity_status")
@pytest.mark.parametrize(
    ("version", "default"),
    [("1.9.0", None), ("1.10.0", "Approved"), ("1.12.0", "Unprocessed"), ("2.0.0", "Unprocessed")],
)
def test_a_put_resets_the_entity_status(serve: Serve, version: str, default: str | None) -> None:
    http = serve(version=version)
    assert etl(http).get("entityStatus") == default
    answer = http.patch(ETL, add("entityStatus", "Deprecated"))
    if default is None:
        assert answer.status_code == 400
        return
    assert etl(http)["entityStatus"] == "Deprecated"
    assert put_etl(http, tasks=[{"name": "load"}])["entityStatus"] == default
    assert http.patch(ETL, add("entityStatus", "Great")).status_code == 400


@pytest.mark.behaviour("data_products_need_domain")
@pytest.mark.parametrize(("version", "status"), [("1.8.0", 400), ("1.9.0", 400), ("1.10.0", 200), ("2.0.0", 200)])
def test_data_products_need_a_domain_in_the_request(serve: Serve, version: str, status: int) -> None:
    http = serve(version=version)
    is_single = version == "1.8.0"
    sales: dict[str, Any] = {"domain": "sales"} if is_single else {"domains": ["sales"]}
    http.put("domains", DOMAINS[0])
    product = http.put("dataProducts", {"name": "reports", "description": "x", **sales})
    assert product.status_code == 201, product.text
    request = {"name": "etl", "service": "airflow", "dataProducts": ["reports"]}
    assert http.put("pipelines", request).status_code == status
    assert http.put("pipelines", {**request, **sales}).status_code == 200


@pytest.mark.behaviour("encodes_descriptions")
def test_a_put_encodes_descriptions_and_a_patch_does_not(serve: Serve) -> None:
    text = 'it\'s `a` "b" = @c + <d> & e'
    code = "it&#39;s &#96;a&#96; &#34;b&#34; &#61; &#64;c &#43; &lt;d&gt; &amp; e"
    for version, stored in (("1.12.0", text), ("1.13.0", code), ("2.0.0", code)):
        http = serve(version=version)
        body = {
            "name": "new", "databaseSchema": "pg.shop.public", "description": text,
            "columns": [{**columns("a")[0], "description": text}],
        }  # fmt: skip
        created = http.put("tables", body).json()
        assert (created["description"], created["columns"][0]["description"]) == (stored, stored)
        again = http.put("tables", {**body, "description": stored}).json()
        assert again["description"] == stored
        patched = http.patch("tables/name/pg.shop.public.new", add("description", text)).json()
        assert patched["description"] == text


@pytest.mark.behaviour("drops_task_owners", "references_need_type")
def test_owners_of_tasks_are_neither_stored_nor_returned_and_need_a_type(serve: Serve) -> None:
    http = serve()
    ada = http.reference("user", "users", "ada")
    body = put_etl(http, tasks=[{"name": "load", "owners": [ada]}, {"name": "new"}])
    assert ["owners" in task for task in body["tasks"]] == [False, False]
    http.patch(ETL, add("tasks/0/owners", [ada]))
    assert "owners" not in etl(http)["tasks"][0]
    request = {"name": "etl", "service": "airflow", "tasks": [{"name": "load", "owners": [{"id": ada["id"]}]}]}
    assert http.put("pipelines", request).status_code == 400
    switched = serve(behaviours={"drops_task_owners": False})
    ada = switched.reference("user", "users", "ada")
    assert "owners" in put_etl(switched, tasks=[{"name": "load", "owners": [ada]}, {"name": "new"}])["tasks"][0]


@pytest.mark.behaviour("silent_source_hash")
@pytest.mark.parametrize(("version", "is_silent"), [("1.8.0", False), ("1.12.0", True), ("2.0.0", True)])
def test_a_change_of_the_source_hash_alone_is_stored_with_or_without_a_version(
    serve: Serve, version: str, is_silent: bool
) -> None:
    http = serve(version=version)
    before = etl(http)
    answer = http.patch(ETL, add("sourceHash", "1"))
    after = etl(http)
    assert after["sourceHash"] == "1"
    assert (after["version"] == before["version"]) is is_silent
    assert answer.headers["X-OpenMetadata-Change"] == ("entityNoChange" if is_silent else "entityUpdated")


@pytest.mark.behaviour("strict_names")
def test_a_stored_name_that_2_0_forbids_makes_the_next_put_or_patch_fail(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    earlier = serve(version="1.13.0", state_file=file)
    body = {"name": "a>b", "databaseSchema": "pg.shop.public", "columns": columns("a")}
    assert earlier.put("tables", body).status_code == 201
    http = serve(version="2.0.0", state_file=file)
    path = "tables/name/pg.shop.public.a%3Eb"
    assert http.get(path).status_code == 200
    assert http.put("tables", body).status_code == 400
    assert http.patch(path, add("description", "x")).status_code == 400


@pytest.mark.behaviour("serves_feed")
def test_the_feed_is_gone_in_2_1(serve: Serve) -> None:
    assert [serve(version=version).get("feed").status_code for version in ("2.0.0", "2.1.0")] == [200, 404]


def test_a_behaviour_that_does_not_exist_is_refused() -> None:
    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

    with pytest.raises(ValueError, match="behaviour 'clears_everything' does not exist; the behaviours are inherits_"):
        CatalogueServer(behaviours={"clears_everything": True})
