"""The kinds of entities other than tables: their names, their parts, and their lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from catalogue_http import SEED, columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from catalogue_http import Http

    Serve = Callable[..., Http]

API: dict[str, Any] = {
    "fqn": "rest.shop.orders",
    "endpointURL": "https://example.com/api/orders",
    "responseSchema": {"schemaType": "JSON", "schemaFields": [{"name": "id", "dataType": "LONG"}]},
}
MORE: dict[str, Any] = {
    **SEED,
    "apiEndpoints": [API],
    "charts": [{"fqn": "bi.bars"}],
    "datamodels": [{"fqn": "bi.model.cube", "dataModelType": "TableauDataModel", "columns": columns("id")}],
    "dashboards": [{"fqn": "bi.board", "charts": ["bi.bars"], "dataModels": ["bi.model.cube"]}],
}


@pytest.mark.parametrize(
    ("collection", "fqn", "part"),
    [
        pytest.param("apiEndpoints", "rest.shop.orders", "rest.shop.orders.responseSchema.id", id="API endpoint"),
        pytest.param("dashboard/datamodels", "bi.model.cube", "bi.model.cube.id", id="data model of a dashboard"),
    ],
)
def test_parts_are_named_within_their_entity(serve: Serve, collection: str, fqn: str, part: str) -> None:
    http = serve(MORE)
    entity = http.by_name(collection, fqn, fields="*").json()
    parts = entity.get("columns") or entity["responseSchema"]["schemaFields"]
    assert (entity["fullyQualifiedName"], parts[0]["fullyQualifiedName"]) == (fqn, part)


@pytest.mark.parametrize(
    ("entity_type", "collection", "fqn", "column"),
    [
        pytest.param("apiEndpoint", "apiEndpoints", "rest.shop.orders", "responseSchema.id", id="API endpoint"),
        pytest.param("dashboardDataModel", "dashboard/datamodels", "bi.model.cube", "id", id="data model"),
        pytest.param("dashboard", "dashboards", "bi.board", "bars", id="dashboard"),
    ],
)
def test_lineage_may_name_the_parts_of_every_kind(
    serve: Serve, entity_type: str, collection: str, fqn: str, column: str
) -> None:
    http = serve(MORE)
    mapping = {"fromColumns": ["pg.shop.public.orders.id"], "toColumn": f"{fqn}.{column}"}
    edge = {
        "fromEntity": http.reference("table", "tables", "pg.shop.public.orders"),
        "toEntity": http.reference(entity_type, collection, fqn),
        "lineageDetails": {"columnsLineage": [mapping]},
    }
    assert http.put("lineage", {"edge": edge}).status_code == 200
    assert http.server.edges()["pg.shop.public.orders", fqn]["columnsLineage"] == [mapping]


def test_a_dashboard_of_unknown_charts_is_refused(serve: Serve) -> None:
    http = serve(MORE)
    assert http.put("dashboards", {"name": "new", "service": "bi", "charts": ["bi.none"]}).status_code == 404
    board = http.by_name("dashboards", "bi.board", fields="charts,dataModels").json()
    assert [board[name][0]["fullyQualifiedName"] for name in ("charts", "dataModels")] == ["bi.bars", "bi.model.cube"]


def test_data_products_are_preserved(serve: Serve) -> None:
    domains = {"domains": [{"name": "sales", "description": "sold", "domainType": "Aggregate"}]}
    products = {"dataProducts": [{"name": "revenue", "description": "earned", "domains": ["sales"]}]}
    http = serve({**SEED, **domains, **products})
    body = {"name": "new", "service": "airflow", "dataProducts": ["revenue"]}
    for again in (body, {"name": "new", "service": "airflow"}):
        http.put("pipelines", again)
        pipeline = http.by_name("pipelines", "airflow.new", fields="dataProducts").json()
        assert [product["fullyQualifiedName"] for product in pipeline["dataProducts"]] == ["revenue"]
    assert http.put("pipelines", {**body, "dataProducts": ["none"]}).status_code == 404


# columns


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ({"name": "a", "dataType": "VARCHAR"}, "dataLength must not be null"),
        ({"name": "a", "dataType": "ARRAY"}, "arrayDataType must not be null"),
        ({"name": "a", "dataType": "STRUCT"}, "children must not be null"),
        ({"name": "a", "dataType": "DECIMAL", "scale": 2}, "precision is not set for the column a"),
        ({"name": "a", "dataType": "DECIMAL", "scale": 9, "precision": 2}, "greater than the precision"),
        ({"name": "a", "dataType": "STRUCT", "children": columns("b", "b")}, "Column name b is repeated"),
        ({"name": "id", "dataType": "INT"}, "Column name id is repeated"),
    ],
)
def test_the_requirements_of_a_columns_type_are_checked(http: Http, column: dict[str, Any], text: str) -> None:
    body = {"name": "t", "databaseSchema": "pg.shop.public", "columns": [*columns("id"), column]}
    answer = http.put("tables", body)
    assert (answer.status_code, text in answer.json()["message"]) == (400, True), answer.text


# OpenLineage services


KAFKA = {"brokersUrl": "b1:9092", "topicName": "openlineage", "consumerOffsets": "earliest"}


@pytest.mark.parametrize(
    ("version", "config", "status"),
    [
        ("1.11.0", KAFKA, 201),
        ("1.11.0", {"brokerConfig": KAFKA}, 400),
        ("1.11.12", {"brokerConfig": KAFKA}, 201),
        ("1.12.0", KAFKA, 201),
        ("1.12.2", KAFKA, 400),
        ("1.13.0", {"brokerConfig": KAFKA}, 201),
        ("1.13.0", {"brokerConfig": {"streamName": "s", "awsConfig": {"awsRegion": "eu-west-1"}}}, 201),
        ("2.0.7", {"brokerConfig": {"topicName": "openlineage"}}, 400),
        ("2.0.7", {}, 400),
    ],
)
def test_an_openlineage_service_has_the_connection_of_its_version(
    serve: Serve, version: str, config: dict[str, Any], status: int
) -> None:
    connection = {"config": {"type": "OpenLineage", **config}}
    body = {"name": "ol", "serviceType": "OpenLineage", "connection": connection}
    assert serve(version=version).put("services/pipelineServices", body).status_code == status


def test_other_connections_are_stored_unchanged(http: Http) -> None:
    body = {"name": "af", "serviceType": "Airflow", "connection": {"config": {"type": "Airflow", "hostPort": "x"}}}
    assert http.put("services/pipelineServices", body).json()["connection"] == body["connection"]
