"""Lineage: one edge per pair, replaced as a whole, with columns that exist."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import Http

if TYPE_CHECKING:
    from collections.abc import Callable

    Serve = Callable[..., Http]

SHOP = "pg.shop.public"
PAIR = (f"{SHOP}.orders", f"{SHOP}.facts")


def table(http: Http, name: str) -> dict[str, str]:
    return http.reference("table", "tables", f"{SHOP}.{name}")


def edge(http: Http, *names: str, **details: Any) -> dict[str, Any]:
    """Return an edge between two tables, by default from orders to facts."""
    source, target = names or ("orders", "facts")
    ends = {"fromEntity": table(http, source), "toEntity": table(http, target)}
    return {"edge": {**ends, "lineageDetails": details} if details else ends}


def pipeline(http: Http) -> dict[str, str]:
    return http.reference("pipeline", "pipelines", "airflow.etl")


def column(target: str, *sources: str) -> dict[str, Any]:
    return {"fromColumns": list(sources), "toColumn": target}


def path_of(http: Http) -> str:
    return f"lineage/table/{table(http, 'orders')['id']}/table/{table(http, 'facts')['id']}"


def test_an_edge_is_stored_and_the_response_is_empty(http: Http) -> None:
    answer = http.put("lineage", edge(http, sqlQuery="select 1", source="OpenLineage", pipeline=pipeline(http)))
    assert (answer.status_code, answer.content) == (200, b"")
    details = http.server.edges()[PAIR]
    assert (details["sqlQuery"], details["source"]) == ("select 1", "OpenLineage")
    assert details["pipeline"]["fullyQualifiedName"] == "airflow.etl"
    assert details["createdBy"] == details["updatedBy"] == "openlineage-bot"
    assert details["createdAt"] == details["updatedAt"] > 0
    one = http.get(f"lineage/getLineageEdge/{table(http, 'orders')['id']}/{table(http, 'facts')['id']}")
    assert one.json() == {"edge": details}


def test_an_edge_without_details_is_manual(http: Http) -> None:
    http.put("lineage", edge(http))
    assert http.server.edges()[PAIR]["source"] == "Manual"


def test_a_second_put_replaces_the_whole_edge(http: Http) -> None:
    columns = [column(f"{SHOP}.facts.total", f"{SHOP}.orders.amount")]
    http.put("lineage", edge(http, sqlQuery="select 1", columnsLineage=columns))
    http.put("lineage", edge(http, description="only this"))
    details = http.server.edges()[PAIR]
    assert details["description"] == "only this"
    assert not details.keys() & {"sqlQuery", "columnsLineage"}


@pytest.mark.parametrize(
    ("broken", "status", "message"),
    [
        pytest.param({"colour": "red"}, 400, "Unrecognized", id="unknown field"),
        pytest.param({"source": "Guess"}, 400, "Enum", id="unknown source"),
        pytest.param({"pipeline": {"id": str(uuid.UUID(int=1)), "type": "pipeline"}}, 404, "pipeline", id="pipeline"),
        pytest.param({"pipeline": {"type": "pipeline"}}, 400, "pipeline.id must not be null", id="no pipeline id"),
        pytest.param({"tempLineageTables": []}, 400, "Unrecognized", id="field of 1.13"),
    ],
)
def test_invalid_details_are_refused(http: Http, broken: dict[str, Any], status: int, message: str) -> None:
    answer = http.put("lineage", edge(http, **broken))
    assert answer.status_code == status
    assert message in answer.json()["message"]
    assert http.server.edges() == {}


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ({"id": str(uuid.UUID(int=1)), "type": "table"}, 404, "table instance for"),
        ({"id": str(uuid.UUID(int=1)), "type": "teapot"}, 404, "teapot"),
        ({"id": "17", "type": "table"}, 400, "UUID"),
        ({"type": "table"}, 400, "edge.toEntity.id must not be null"),
        (None, 400, "edge.toEntity must not be null"),
    ],
)
def test_ends_must_exist(http: Http, target: Any, status: int, message: str) -> None:
    answer = http.put("lineage", {"edge": {"fromEntity": table(http, "orders"), "toEntity": target}})
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_deleted_ends_and_pipelines_do_not_exist(http: Http) -> None:
    body, with_pipeline = edge(http), edge(http, "orders", "report", pipeline=pipeline(http))
    http.delete(f"tables/name/{SHOP}.facts")
    http.delete("pipelines/name/airflow.etl")
    assert http.put("lineage", body).status_code == 404
    assert http.put("lineage", with_pipeline).status_code == 404


def test_an_edge_of_a_deleted_table_is_hidden_until_the_table_is_restored(http: Http) -> None:
    http.put("lineage", edge(http))
    table_id = http.delete(f"tables/name/{SHOP}.facts").json()["id"]
    assert http.server.edges() == {}
    http.put("tables/restore", {"id": table_id})
    assert list(http.server.edges()) == [PAIR]
    http.delete(f"tables/name/{SHOP}.facts", hardDelete="true")
    assert len(http.server.store.edges) == 0


def test_unknown_columns_are_dropped_since_1_10(http: Http) -> None:
    total = f"{SHOP}.facts.total"
    sent = [
        column(total, f"{SHOP}.orders.amount", f"{SHOP}.orders.none", f"{SHOP}.facts.total"),
        column(f"{SHOP}.facts.none", f"{SHOP}.orders.id"),
        column(f"{SHOP}.facts.order_id", f"{SHOP}.orders.ID"),
        column(f"{SHOP}.facts.order_id", f'{SHOP}.orders."dotted.name"'),
        column(f"{SHOP}.facts.order_id", f"{SHOP}.orders.dotted.name"),
    ]
    assert http.put("lineage", edge(http, columnsLineage=sent)).status_code == 200
    assert http.server.edges()[PAIR]["columnsLineage"] == [column(total, f"{SHOP}.orders.amount"), sent[3]]


def test_unknown_columns_are_refused_before_1_10(serve: Serve) -> None:
    client = serve(version="1.9.0")
    sent = [column(f"{SHOP}.facts.total", f"{SHOP}.orders.none")]
    answer = client.put("lineage", edge(client, columnsLineage=sent))
    assert (answer.status_code, answer.json()["message"]) == (400, f"Invalid column name {SHOP}.orders.none")
    assert client.server.edges() == {}


def test_fields_of_topics_and_containers_are_columns_but_those_of_pipelines_are_not(http: Http) -> None:
    topic = http.reference("topic", "topics", 'kafka."shop.orders"')
    container = http.reference("container", "containers", "s3.lake.raw")
    sent = [column("s3.lake.raw.id", 'kafka."shop.orders"."after.id"')]
    http.put(
        "lineage", {"edge": {"fromEntity": topic, "toEntity": container, "lineageDetails": {"columnsLineage": sent}}}
    )
    assert http.server.edges()['kafka."shop.orders"', "s3.lake.raw"]["columnsLineage"] == sent
    sent = [column("s3.lake.raw.id", "airflow.etl.load")]
    body = {"fromEntity": pipeline(http), "toEntity": container, "lineageDetails": {"columnsLineage": sent}}
    assert http.put("lineage", {"edge": body}).status_code == 200
    assert http.server.edges()["airflow.etl", "s3.lake.raw"]["columnsLineage"] == []


def test_an_edge_that_does_not_exist_is_404(http: Http) -> None:
    orders, facts = table(http, "orders")["id"], table(http, "facts")["id"]
    assert http.get(f"lineage/getLineageEdge/{orders}/{facts}").status_code == 404
    answer = http.delete(path_of(http))
    assert (answer.status_code, answer.json()["message"]) == (404, "Lineage edge not found")
    assert http.patch(path_of(http), {"op": "add", "path": "/sqlQuery", "value": "x"}).status_code == 404


def test_a_patch_preserves_the_creator_of_the_edge(http: Http) -> None:
    http.put("lineage", edge(http, sqlQuery="select 1"))
    before = http.server.edges()[PAIR]
    columns = [column(f"{SHOP}.facts.total", f"{SHOP}.orders.amount", f"{SHOP}.orders.none")]
    answer = http.ask(
        "PATCH",
        path_of(http),
        [{"op": "add", "path": "/columnsLineage", "value": columns}],
        headers={"Content-Type": "application/json-patch+json", "X-Sandbox-User": "ada"},
    )
    after = http.server.edges()[PAIR]
    assert (answer.status_code, answer.json()) == (200, after)
    assert after["columnsLineage"] == [column(f"{SHOP}.facts.total", f"{SHOP}.orders.amount")]
    assert (after["sqlQuery"], after["createdBy"], after["updatedBy"]) == ("select 1", "openlineage-bot", "ada")
    assert after["createdAt"] == before["createdAt"]


@pytest.mark.parametrize("by_name", [False, True])
def test_an_edge_can_be_deleted_by_ids_and_by_names(http: Http, by_name: bool) -> None:
    http.put("lineage", edge(http))
    answer = http.delete(f"lineage/table/name/{PAIR[0]}/table/name/{PAIR[1]}" if by_name else path_of(http))
    assert (answer.status_code, answer.content) == (200, b"")
    assert http.server.edges() == {}


@pytest.mark.behaviour("deletes_openlineage_by_pipeline")
def test_all_edges_of_a_source_can_be_deleted(serve: Callable[..., Http]) -> None:
    earlier, http = serve(version="1.12.0"), serve(version="1.13.0")
    earlier.put("lineage", edge(earlier, source="OpenLineage", pipeline=pipeline(earlier)))
    earlier.delete(f"lineage/pipeline/{pipeline(earlier)['id']}/type/OpenLineage")
    assert PAIR in earlier.server.edges()
    http.put("lineage", edge(http, source="OpenLineage", pipeline=pipeline(http)))
    http.put("lineage", edge(http, "facts", "report", source="OpenLineage"))
    http.put("lineage", edge(http, "orders", "report", source="QueryLineage"))
    http.delete(f"lineage/pipeline/{pipeline(http)['id']}/type/OpenLineage")
    assert {edge["source"] for edge in http.server.edges().values()} == {"OpenLineage", "QueryLineage"}
    assert PAIR not in http.server.edges()
    http.delete(f"lineage/table/{table(http, 'report')['id']}/type/OpenLineage")
    assert list(http.server.edges()) == [(f"{SHOP}.orders", f"{SHOP}.report")]
    assert http.delete(f"lineage/table/{table(http, 'report')['id']}/type/Guess").status_code == 400


def test_the_graph_has_the_requested_depth(http: Http) -> None:
    http.put("lineage", edge(http))
    http.put("lineage", edge(http, "facts", "report", pipeline=pipeline(http)))
    near = http.get(f"lineage/table/name/{SHOP}.orders").json()
    assert near["entity"]["fullyQualifiedName"] == f"{SHOP}.orders"
    assert [node["name"] for node in near["nodes"]] == ["facts"]
    far = http.get(f"lineage/table/{table(http, 'report')['id']}", upstreamDepth=2, downstreamDepth=0).json()
    assert [node["name"] for node in far["nodes"]] == ["facts", "orders"]
    assert [item["toEntity"] for item in far["upstreamEdges"]] == [
        table(http, name)["id"] for name in ("report", "facts")
    ]
    assert far["downstreamEdges"] == []
    annotated = http.get("lineage/pipeline/name/airflow.etl").json()
    assert [node["name"] for node in annotated["nodes"]] == ["facts", "report"]
    assert http.get(f"lineage/table/name/{SHOP}.orders", upstreamDepth=4).status_code == 400


def test_edges_are_written_by_name_since_2_0(serve: Serve) -> None:
    names = f"table/name/{PAIR[0]}/table/name/{PAIR[1]}"
    for version, there in (("1.13.0", False), ("2.0.0", True)):
        client = serve(version=version)
        answer = client.put(f"lineage/{names}", {"source": "OpenLineage"})
        assert answer.status_code == (200 if there else 405)
        assert client.get(f"lineage/getLineageEdge/{names}").status_code == (200 if there else 404)
        patched = client.patch(f"lineage/{names}", {"op": "add", "path": "/sqlQuery", "value": "x"})
        assert patched.status_code == (200 if there else 405)
        assert [item["sqlQuery"] for item in client.server.edges().values()] == (["x"] if there else [])
        path = f"lineage/source/name/table/{PAIR[1]}/type/OpenLineage"
        assert client.delete(path).status_code == (200 if there else 404)
        assert client.server.edges() == {}


def test_lineage_may_be_denied(serve: Serve) -> None:
    client = serve(deny={"EditLineage"})
    answer = client.put("lineage", edge(client))
    assert answer.status_code == 403
    text = "Principal: CatalogPrincipal{name='openlineage-bot'} operations [EditLineage] not allowed"
    assert answer.json()["message"] == text
    assert client.server.edges() == {}
