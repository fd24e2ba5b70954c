"""What OpenMetadata does with edges and statuses beyond its schemas, by version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http, tag

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Http]

ORDERS, FACTS = (f"pg.shop.public.{name}" for name in ("orders", "facts"))
ETL = "pipelines/airflow.etl"
VERSIONS = ["1.8.0", "1.12.0", "1.13.0", "2.0.0", "2.1.0"]


def ends(http: Http) -> dict[str, dict[str, str]]:
    return {
        "fromEntity": http.reference("table", "tables", ORDERS),
        "toEntity": http.reference("table", "tables", FACTS),
    }


def put(http: Http, **details: Any) -> int:
    return http.put("lineage", {"edge": {**ends(http), "lineageDetails": details}}).status_code


def stored(http: Http) -> dict[str, Any]:
    ids = [end["id"] for end in ends(http).values()]
    edge: dict[str, Any] = http.get(f"lineage/getLineageEdge/{ids[0]}/{ids[1]}").json()["edge"]
    return edge


def by_ids(http: Http) -> str:
    ids = [end["id"] for end in ends(http).values()]
    return f"lineage/table/{ids[0]}/table/{ids[1]}"


@pytest.mark.behaviour("edge_refuses_deleted_pipeline")
@pytest.mark.parametrize("version", VERSIONS)
def test_an_edge_that_names_a_deleted_pipeline_is_not_found(serve: Serve, version: str) -> None:
    http = serve(version=version)
    pipeline = http.reference("pipeline", "pipelines", "airflow.etl")
    assert put(http, pipeline=pipeline) == 200
    assert http.delete("pipelines/name/airflow.etl").status_code == 200
    assert stored(http)["pipeline"]["id"] == pipeline["id"]
    assert put(http, pipeline=pipeline) == 404
    assert http.patch(by_ids(http), {"op": "add", "path": "/description", "value": "x"}).status_code == 404
    assert http.patch(by_ids(http), {"op": "remove", "path": "/pipeline"}).status_code == 200
    assert put(http) == 200
    lenient = serve(version=version, behaviours={"edge_refuses_deleted_pipeline": False})
    pipeline = lenient.reference("pipeline", "pipelines", "airflow.etl")
    lenient.delete("pipelines/name/airflow.etl")
    assert put(lenient, pipeline=pipeline) == 200


@pytest.mark.behaviour("edge_needs_pipeline_type")
@pytest.mark.parametrize(("version", "status"), [("2.0.0", 200), ("2.1.0", 400)])
def test_an_edge_s_pipeline_is_a_pipeline_in_2_1(serve: Serve, version: str, status: int) -> None:
    http = serve(version=version)
    assert put(http, pipeline=http.reference("table", "tables", ORDERS)) == status
    assert put(http, pipeline=http.reference("pipeline", "pipelines", "airflow.etl")) == 200


@pytest.mark.behaviour("edge_refuses_unknown_columns")
@pytest.mark.parametrize(("version", "status"), [("1.8.0", 400), ("1.9.0", 400), ("1.10.0", 200), ("2.1.0", 200)])
def test_an_unknown_column_is_refused_or_dropped(serve: Serve, version: str, status: int) -> None:
    http = serve(version=version)
    unknown = {"fromColumns": [f"{ORDERS}.none"], "toColumn": f"{FACTS}.total"}
    assert put(http, columnsLineage=[unknown]) == status
    assert http.server.edges() == {} if status == 400 else stored(http)["columnsLineage"] == []


@pytest.mark.behaviour("edge_put_renews_creation")
@pytest.mark.parametrize("version", VERSIONS)
def test_a_put_of_an_edge_renews_its_creation_and_a_patch_does_not(serve: Serve, version: str) -> None:
    http = serve(version=version)
    put(http)
    old = dict(stored(http), createdAt=1, updatedAt=1)
    edge = next(iter(http.server.store.edges))
    http.server.store.edges.put(edge._replace(details=old))
    answer = http.patch(by_ids(http), {"op": "add", "path": "/description", "value": "x"})
    assert answer.status_code == 200
    assert (stored(http)["createdAt"], stored(http)["description"]) == (1, "x")
    assert stored(http)["updatedAt"] > 1
    put(http)
    assert stored(http)["createdAt"] > 1
    honouring = serve(version=version, behaviours={"edge_put_renews_creation": False})
    put(honouring)
    first = stored(honouring)
    put(honouring, description="x")
    assert stored(honouring)["createdAt"] == first["createdAt"]


@pytest.mark.behaviour("edge_routes_by_name")
@pytest.mark.parametrize(("version", "status"), [("1.13.0", 405), ("2.0.0", 200), ("2.1.0", 200)])
def test_edges_are_put_by_name_from_2_0_on(serve: Serve, version: str, status: int) -> None:
    path = f"lineage/table/name/{ORDERS}/table/name/{FACTS}"
    assert serve(version=version).put(path, {"description": "x"}).status_code == status


@pytest.mark.behaviour("edge_needs_both_ends")
@pytest.mark.parametrize("denied", ["topic", "table"])
def test_lineage_needs_permission_at_both_ends(serve: Serve, denied: str) -> None:
    http = serve(deny=[f"EditLineage:{denied}"])
    topic = http.reference("topic", "topics", 'kafka."shop.orders"')
    table = http.reference("table", "tables", FACTS)
    for source, target in ((topic, table), (table, topic)):
        assert http.put("lineage", {"edge": {"fromEntity": source, "toEntity": target}}).status_code == 403
    assert put(http) == (403 if denied == "table" else 200)
    lenient = serve(deny=["EditLineage:topic"], behaviours={"edge_needs_both_ends": False})
    source = lenient.reference("table", "tables", FACTS)
    target = lenient.reference("topic", "topics", 'kafka."shop.orders"')
    assert lenient.put("lineage", {"edge": {"fromEntity": source, "toEntity": target}}).status_code == 200


def statuses(count: int) -> list[dict[str, Any]]:
    return [{"timestamp": 1 + number, "executionStatus": "Successful", "taskStatus": []} for number in range(count)]


@pytest.mark.behaviour("status_needs_tasks")
def test_a_single_status_needs_its_tasks(serve: Serve) -> None:
    status = {"timestamp": 1, "executionStatus": "Successful"}
    http = serve()
    assert http.put(f"{ETL}/status", status).status_code == 500
    assert http.put(f"{ETL}/status/bulk", [status]).status_code == 200
    assert serve(behaviours={"status_needs_tasks": False}).put(f"{ETL}/status", status).status_code == 200


@pytest.mark.behaviour("bulk_status", "bulk_status_limit")
@pytest.mark.parametrize(("version", "status"), [("1.11.0", 405), ("1.12.0", 200), ("2.1.0", 200)])
def test_statuses_are_put_in_bulk_a_thousand_at_most(serve: Serve, version: str, status: int) -> None:
    http = serve(version=version)
    assert http.put(f"{ETL}/status/bulk", statuses(1000)).status_code == status
    assert http.put(f"{ETL}/status/bulk", statuses(1001)).status_code == (400 if status == 200 else 405)
    unlimited = serve(version="1.12.0", behaviours={"bulk_status_limit": False})
    assert unlimited.put(f"{ETL}/status/bulk", statuses(1001)).status_code == 200


@pytest.mark.behaviour("bulk_status_blanks_search")
@pytest.mark.parametrize(
    ("version", "switches", "is_blanked"),
    [("1.13.0", {}, False), ("2.0.0", {}, True), ("1.13.0", {"bulk_status_blanks_search": True}, True)],
)
def test_bulk_statuses_blank_the_search_document_until_the_next_change(
    serve: Serve, version: str, switches: dict[str, bool], is_blanked: bool
) -> None:
    http = serve(version=version, behaviours=switches)
    http.patch("pipelines/name/airflow.etl", {"op": "add", "path": "/tags", "value": [tag("Tier.Gold")]})

    def has_tags() -> bool:
        body = http.get("search/query", q="name:etl", index="pipeline_search_index").json()
        return "tags" in body["hits"]["hits"][0]["_source"]

    http.put(f"{ETL}/status", statuses(1)[0])
    assert has_tags()
    http.put(f"{ETL}/status/bulk", statuses(1))
    assert has_tags() is not is_blanked
    assert http.get("pipelines/name/airflow.etl", fields="tags").json()["tags"]
    http.patch("pipelines/name/airflow.etl", {"op": "add", "path": "/description", "value": "x"})
    assert has_tags()
