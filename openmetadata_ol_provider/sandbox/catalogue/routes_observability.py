"""The observability routes of tables: one row per table and pipeline, the pipeline's newest run."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import PIPELINE_OBSERVABILITY, validate, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import full_response
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import undeserializable

_PATH = "tables/{id}/pipelineObservability"


def register(router: Router, behaviours: Behaviours) -> None:
    """Add the routes of a version."""
    if Behaviour.PIPELINE_OBSERVABILITY in behaviours:
        router.add("GET", _PATH, _list)
        router.add("PUT", _PATH, _put)


def stored_rows(store: CatalogueStore, table_id: str) -> list[Entity]:
    """Return the rows of a table, without those of pipelines that are deleted."""
    pipelines = store.collection("pipeline").by_id
    rows = store.observability.get(table_id, {}).values()
    return [row for row in rows if (one := pipelines.get(row["pipeline"]["id"])) and not one["deleted"]]


def _list(catalogue: Catalogue, request: Request) -> Response:
    table = catalogue.store.by_id("table", request.id())
    catalogue.authorise(request, "ViewAll", "table")
    with catalogue.store.lock:
        rows = [_with_service_type(catalogue.store, row) for row in stored_rows(catalogue.store, table["id"])]
    return Response(200, rows)


def _put(catalogue: Catalogue, request: Request) -> Response:
    bodies = request.json()
    if not isinstance(bodies, list):
        raise undeserializable("`java.util.ArrayList`", bodies, "")
    for body in bodies:
        validate(PIPELINE_OBSERVABILITY, body, catalogue.version)
    with catalogue.store.lock:
        table = catalogue.store.by_id("table", request.id())
        catalogue.authorise(request, "EditAll", "table")
        rows = catalogue.store.observability.setdefault(table["id"], {})
        for body in bodies:
            row = without_nulls(body)
            if fqn := row["pipeline"].get("fullyQualifiedName"):
                rows[fqn] = row
    return full_response(catalogue, BY_TYPE["table"], table)


def _with_service_type(store: CatalogueStore, row: Entity) -> Entity:
    pipeline = store.collection("pipeline").by_id[row["pipeline"]["id"]]
    service_type = row.get("serviceType") or pipeline.get("serviceType")
    return {**row, "serviceType": service_type} if service_type else row
