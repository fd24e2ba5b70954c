"""Dashboards, ML models, search indexes, API endpoints, stored procedures: found where events name them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from openmetadata_ol_provider.config import Config, DatasetOptions
from openmetadata_ol_provider.lineage.identities import Naming
from openmetadata_ol_provider.lineage.plan import Dataset, DatasetId
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.entities import Entity
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.openmetadata.resolution.resolver import Resolution, Resolver
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import columns, config, edge, plan, service

SEED: dict[str, Any] = {
    "databaseServices": [service("pg", "Postgres", hostPort="db:5432", database="shop")],
    "dashboardServices": [
        service("looker", "Looker", hostPort="https://bi.acme.com:19999"),
        service("superset", "Superset", hostPort="http://superset:8088"),
        service("superset2", "Superset", hostPort="http://superset2:8088"),
    ],
    "mlmodelServices": [service("mlflow", "Mlflow", trackingUri="http://ml:5000")],
    "searchServices": [service("es", "ElasticSearch", hostPort="http://es:9200"), service("os", "OpenSearch")],
    "apiServices": [service("shop_api", "Rest", docURL="https://api.acme.com/docs")],
    "tables": [{"fqn": "pg.shop.public.orders", "columns": columns("id")}],
    "storedProcedures": [
        {"name": name, "databaseSchema": "pg.shop.public", "storedProcedureCode": {"code": "select 1"}}
        for name in ("Load_Orders", "orders")
    ],
    "dashboards": [
        {"name": "12", "displayName": "Sales Overview", "service": "looker"},
        {"name": "13", "displayName": "Twice", "service": "looker"},
        {"name": "14", "displayName": "Twice", "service": "looker"},
        {"name": "30", "displayName": "Other", "service": "looker"},
        {"name": "15", "displayName": "30-day retention", "service": "looker"},
        {"name": "7", "service": "superset"},
        {"name": "7", "service": "superset2"},
        {"name": "a.b", "service": "superset"},
    ],
    "mlmodels": [
        {
            "name": "churn",
            "service": "mlflow",
            "algorithm": "gbm",
            "mlFeatures": [{"name": "age", "fullyQualifiedName": "mlflow.churn.age"}],
        }
    ],
    "searchIndexes": [
        {"name": "logs-2026.11", "service": "es", "fields": [{"name": "id", "dataType": "TEXT"}]},
        {"name": "only-there", "service": "os", "fields": []},
    ],
    "apiCollections": [{"name": "shop", "service": "shop_api"}],
    "apiEndpoints": [
        {"name": name, "apiCollection": "shop_api.shop", "endpointURL": "https://api.acme.com/docs/#/shop"}
        for name in ("/orders/get", "/orders/{id}/get", "/orders/{id}/delete", "/v1.0/items/post")
    ],
}
STORED_PROCEDURE = "STORED_PROCEDURE"


@pytest.fixture(scope="module")
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED) as catalogue:
        yield catalogue


def named(namespace: str, name: str, type_: str | None = None) -> Dataset:
    return Dataset(namespace, name, Naming(DatasetOptions()).identities(namespace, name), type=type_)


def resolve(client: OpenMetadataClient, dataset: Dataset, *rules: dict[str, str]) -> Resolution:
    return Resolver(client, config(namespaces=rules) if rules else Config()).resolve(dataset)


def found(resolution: Resolution) -> tuple[str, str]:
    if resolution.entity is None:
        return resolution.outcome, resolution.detail
    return resolution.entity.type, resolution.entity.fqn


@pytest.mark.parametrize(
    ("namespace", "name", "type_", "fqn"),
    [
        ("looker://bi.acme.com", "12", "dashboard", "looker.12"),
        ("looker://bi.acme.com", "/dashboards/12", "dashboard", "looker.12"),
        ("looker://bi.acme.com", "sales overview", "dashboard", "looker.12"),
        ("looker://bi.acme.com", "/dashboards/12-sales-overview", "dashboard", "looker.12"),
        # A title that begins with a number is not an id.
        ("looker://bi.acme.com", "30-day retention", "dashboard", "looker.15"),
        ("https://bi.acme.com", "/dashboards/12", "dashboard", "looker.12"),
        ("superset://superset:8088", "7", "dashboard", "superset.7"),
        ("superset://superset2", "superset/dashboard/7-sales", "dashboard", "superset2.7"),
        ("superset://superset", "A.B", "dashboard", 'superset."a.b"'),
        ("mlflow://ml:5000", "churn", "mlmodel", "mlflow.churn"),
        ("mlflow://ml:5000", "models:/Churn/3", "mlmodel", "mlflow.churn"),
        ("mlflow://ml", "churn@champion", "mlmodel", "mlflow.churn"),
        ("http://ml:5000", "churn", "mlmodel", "mlflow.churn"),
        ("elasticsearch://es:9200", "logs-2026.11", "searchIndex", 'es."logs-2026.11"'),
        ("elasticsearch://es", "LOGS-2026.11", "searchIndex", 'es."logs-2026.11"'),
        ("opensearch://nowhere", "only-there", "searchIndex", "os.only-there"),
        ("https://api.acme.com", "GET /orders", "apiEndpoint", "shop_api.shop./orders/get"),
        ("https://api.acme.com", "orders", "apiEndpoint", "shop_api.shop./orders/get"),
        ("https://api.acme.com", "delete /orders/{id}/", "apiEndpoint", "shop_api.shop./orders/{id}/delete"),
        ("https://api.acme.com", "/V1.0/Items", "apiEndpoint", 'shop_api.shop."/v1.0/items/post"'),
    ],
)
def test_an_asset_is_found_by_what_events_call_it(
    client: OpenMetadataClient, namespace: str, name: str, type_: str, fqn: str
) -> None:
    assert found(resolve(client, named(namespace, name))) == (type_, fqn)


@pytest.mark.parametrize(
    ("namespace", "name", "outcome"),
    [
        ("looker://bi.acme.com", "99", "unresolved"),
        ("looker://bi.acme.com", "12-month-revenue", "unresolved"),
        ("looker://bi.acme.com", "Finance/12-month revenue", "unresolved"),
        ("looker://bi.acme.com", "twice", "ambiguous"),
        # Both services are at another address.
        ("superset://nowhere", "7", "unresolved"),
        ("mlflow://elsewhere", "churn@champion", "unresolved"),
        ("https://api.acme.com", "/orders/{id}", "ambiguous"),
        ("https://api.acme.com", "POST /orders", "unresolved"),
        # Paths are common words: another server's /orders is not ours.
        ("https://other.com", "/orders", "unresolved"),
        ("https://other.com", "churn", "unresolved"),
        ("elasticsearch://es:9200", "only-there", "unresolved"),
    ],
)
def test_what_is_not_certain_is_not_guessed(
    client: OpenMetadataClient, namespace: str, name: str, outcome: str
) -> None:
    assert resolve(client, named(namespace, name)).outcome == outcome


@pytest.mark.parametrize(
    ("service_name", "name", "type_", "fqn"),
    [
        ("looker", "12", "dashboard", "looker.12"),
        ("mlflow", "churn", "mlmodel", "mlflow.churn"),
        ("es", "logs-2026.11", "searchIndex", 'es."logs-2026.11"'),
        ("shop_api", "shop./orders/get", "apiEndpoint", "shop_api.shop./orders/get"),
        ("shop_api", "orders", "apiEndpoint", "shop_api.shop./orders/get"),
        ("pg", "shop.public.orders", "table", "pg.shop.public.orders"),
    ],
)
def test_a_rule_makes_a_dataset_the_kind_that_its_service_holds(
    client: OpenMetadataClient, service_name: str, name: str, type_: str, fqn: str
) -> None:
    rule = {"namespace": "anything", "service": service_name}
    assert found(resolve(client, named("anything", name), rule)) == (type_, fqn)


@pytest.mark.parametrize(
    ("said", "name", "type_", "fqn"),
    [
        ("STORED_PROCEDURE", "shop.public.load_orders", "storedProcedure", "pg.shop.public.Load_Orders"),
        ("Procedure", "shop.public.orders", "storedProcedure", "pg.shop.public.orders"),
        ("stored procedure", "public.Load_Orders", "storedProcedure", "pg.shop.public.Load_Orders"),
        (None, "shop.public.orders", "table", "pg.shop.public.orders"),
        ("TABLE", "shop.public.orders", "table", "pg.shop.public.orders"),
        ("MODEL", "shop.public.orders", "table", "pg.shop.public.orders"),
    ],
)
def test_a_procedure_is_one_when_the_producer_says_so(
    client: OpenMetadataClient, said: str | None, name: str, type_: str, fqn: str
) -> None:
    assert found(resolve(client, named("postgres://db:5432", name, said))) == (type_, fqn)
    rule = {"namespace": "warehouse", "service": "pg"}
    assert found(resolve(client, named("warehouse", name, said), rule)) == (type_, fqn)


def test_a_table_that_is_called_a_procedure_is_found_all_the_same() -> None:
    seed = {name: items for name, items in SEED.items() if name in {"databaseServices", "tables"}}
    with CatalogueServer(seed) as server, OpenMetadataClient(server.url) as client:
        found_table = resolve(client, named("postgres://db:5432", "shop.public.orders", STORED_PROCEDURE))
        assert found(found_table) == ("table", "pg.shop.public.orders")


@pytest.mark.parametrize(
    ("said", "name", "fqn"),
    [("DASHBOARD", "12", "looker.12"), ("model", "churn", "mlflow.churn"), ("Index", "only-there", "os.only-there")],
)
def test_where_the_namespace_tells_nothing_the_producer_s_type_does(
    client: OpenMetadataClient, said: str, name: str, fqn: str
) -> None:
    assert found(resolve(client, named("my-tool", name, said)))[1] == fqn
    assert resolve(client, named("my-tool", name)).outcome == "unresolved"


def test_only_the_services_are_read_that_could_hold_what_is_asked_for(server: CatalogueServer) -> None:
    datasets = [named("postgres://db:5432", "shop.public.orders"), named("mlflow://ml:5000", "churn")]
    with OpenMetadataClient(server.url) as client:
        server.reset_requests()
        resolutions = Resolver(client, Config()).resolve_all(datasets)
        assert {resolution.outcome for resolution in resolutions.values()} == {"resolved"}
        listed = [path.split("?")[0].rpartition("/")[2] for _, path, _ in server.requests if "v1/services" in path]
    assert sorted(listed) == ["databaseServices", "mlmodelServices"]


def test_lineage_goes_from_a_table_into_a_model(client: OpenMetadataClient, server: CatalogueServer) -> None:
    source, target = named("postgres://db:5432", "shop.public.orders"), named("mlflow://ml:5000", "churn")
    report = publish_plan(plan(edge(source, target), datasets=(source, target)), client, Config()).report
    assert (report.edges.published, report.edges.failed) == (1, 0)
    assert ("pg.shop.public.orders", "mlflow.churn") in server.edges()


def test_the_columns_of_an_asset_are_what_lineage_may_name() -> None:
    model = Entity("mlmodel", {"id": "1", "fullyQualifiedName": "m.churn", "mlFeatures": [{"name": "a.b"}]})
    assert model.column("a.b") == 'm.churn."a.b"'
    index = {"name": "user", "fullyQualifiedName": "es.i.user", "children": [{"name": "Id"}]}
    assert Entity("searchIndex", {"id": "1", "fullyQualifiedName": "es.i", "fields": [index]}).column("user.id") == (
        "es.i.user.Id"
    )
    chart = {"name": "c1", "displayName": "Revenue", "fullyQualifiedName": "looker.c1"}
    dashboard = Entity("dashboard", {"id": "1", "fullyQualifiedName": "looker.12", "charts": [chart]})
    assert dashboard.column("revenue") == dashboard.column("c1") == "looker.c1"
    assert Entity("storedProcedure", {"id": "1", "fullyQualifiedName": "pg.a.b.c"}).columns == {}


def test_of_a_field_that_an_api_asks_for_and_answers_the_answer_s_is_meant() -> None:
    fields = {
        part: {"schemaFields": [{"name": name, "fullyQualifiedName": f"a.c.e.{part}.{name}"} for name in names]}
        for part, names in (("requestSchema", ("id", "q")), ("responseSchema", ("id", "total")))
    }
    endpoint = Entity("apiEndpoint", {"id": "1", "fullyQualifiedName": "a.c.e", **fields})
    assert endpoint.column("id") == "a.c.e.responseSchema.id"
    assert endpoint.column("q") == "a.c.e.requestSchema.q"
    assert "a.c.e.requestSchema.id" in endpoint.column_fqns


def test_what_is_left_unresolved_says_where_it_was_looked_for(client: OpenMetadataClient) -> None:
    resolution = Resolver(client, Config()).resolve_all([named("looker://bi.acme.com", "99")])[
        DatasetId("looker://bi.acme.com", "99")
    ]
    assert "service looker by its address; tried looker.99, search looker.99, search 99" in resolution.detail
    assert (resolution.namespace, resolution.services) == ("looker://bi.acme.com", ("looker",))
