"""A plain HTTP client for the stand-in: the tests use its socket, as every client does."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Response

    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

JSON_PATCH = "application/json-patch+json"


class Http:
    """Requests to one server; paths are below ``/api/v1/``.

    :param server: the server
    :param headers: sent with every request
    """

    def __init__(self, server: CatalogueServer, **headers: str) -> None:
        import requests

        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(headers)

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Response:
        if body is not None:
            options["json"] = body
        return self.session.request(method, f"{self.server.url}/api/v1/{path}", timeout=20, **options)

    def get(self, path: str, **params: Any) -> Response:
        return self.ask("GET", path, params=params)

    def put(self, path: str, body: Any) -> Response:
        return self.ask("PUT", path, body)

    def patch(self, path: str, *operations: dict[str, Any], **headers: str) -> Response:
        return self.ask("PATCH", path, list(operations), headers={"Content-Type": JSON_PATCH, **headers})

    def delete(self, path: str, **params: Any) -> Response:
        return self.ask("DELETE", path, params=params)

    def by_name(self, collection: str, fqn: str, **params: Any) -> Response:
        return self.get(f"{collection}/name/{urllib.parse.quote(fqn, safe='')}", **params)

    def reference(self, entity_type: str, collection: str, fqn: str) -> dict[str, str]:
        return {"id": self.by_name(collection, fqn).json()["id"], "type": entity_type}


def columns(*names: str) -> list[dict[str, Any]]:
    """Return columns of type STRING."""
    return [{"name": name, "dataType": "STRING"} for name in names]


SEED: dict[str, Any] = {
    "databaseServices": [{"name": "pg", "serviceType": "Postgres"}],
    "tables": [
        {"fqn": "pg.shop.public.orders", "columns": columns("id", "amount", "dotted.name")},
        {"fqn": "pg.shop.public.facts", "columns": columns("order_id", "total")},
        {"fqn": "pg.shop.public.report", "columns": columns("total")},
    ],
    "messagingServices": [{"name": "kafka", "serviceType": "Kafka"}],
    "topics": [
        {
            "name": "shop.orders",
            "service": "kafka",
            "partitions": 3,
            "messageSchema": {"schemaType": "JSON", "schemaFields": [{"name": "after.id", "dataType": "STRING"}]},
        }
    ],
    "storageServices": [{"name": "s3", "serviceType": "S3"}],
    "containers": [
        {"name": "part.parquet", "service": "s3", "parent": "s3.lake.raw", "fullPath": "s3://lake/raw/part.parquet"},
        {"name": "lake", "service": "s3", "fullPath": "s3://lake"},
        {
            "name": "raw",
            "service": "s3",
            "parent": "s3.lake",
            "fullPath": "s3://lake/raw",
            "dataModel": {"isPartitioned": False, "columns": columns("id")},
        },
    ],
    "pipelineServices": [{"name": "airflow", "serviceType": "Airflow"}],
    "pipelines": [{"name": "etl", "service": "airflow", "tasks": [{"name": "load"}, {"name": "check"}]}],
    "users": [{"name": "ada", "email": "ada@example.com"}, {"name": "bob", "email": "bob@example.com"}],
    "teams": [{"name": "data", "teamType": "Group"}],
    "classifications": [
        {"name": "PII", "description": "personal"},
        {"name": "Tier", "description": "tier", "mutuallyExclusive": True},
    ],
    "tags": [
        {"name": "Email", "classification": "PII", "description": "an address"},
        {"name": "Gold", "classification": "Tier", "description": "first"},
        {"name": "Tin", "classification": "Tier", "description": "last"},
    ],
}


def tag(name: str) -> dict[str, str]:
    """Return the label of a tag."""
    return {"tagFQN": name, "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
