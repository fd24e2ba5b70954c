"""The usage routes: counts per entity and day with their percentile ranks, and the entities a query is used in."""

from __future__ import annotations

import datetime as dt
from functools import partial

from openmetadata_ol_provider.sandbox.catalogue import entity_writes, usage_counts
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import Entity, reference
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import DAILY_COUNT, REFERENCES, validate
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import full_response
from openmetadata_ol_provider.sandbox.catalogue.schema_checks import undeserializable
from openmetadata_ol_provider.sandbox.catalogue.text_formats import FORMATS, is_date

_COUNTED_TYPES = ("table", "pipeline", "dashboard", "chart", "mlmodel")
_MAX_DAYS = 30


def register(router: Router) -> None:
    """Add the routes."""
    router.add("POST", "usage/compute.percentile/{type}/{date}", _compute_percentile)
    for path in ("usage/{type}/{id}", "usage/{type}/name/{fqn}"):
        router.add("GET", path, _get)
        router.add("POST", path, partial(_report, adds=False))
        router.add("PUT", path, partial(_report, adds=True))
    router.add("PUT", "queries/{id}/usage", partial(_change_query_usage, adds=True))
    router.add("DELETE", "queries/{id}/usage", partial(_change_query_usage, adds=False))


def _entity(catalogue: Catalogue, request: Request) -> Entity:
    entity_type = request.params["type"]
    if "fqn" in request.params:
        return catalogue.store.by_name(entity_type, request.params["fqn"])
    return catalogue.store.by_id(entity_type, request.id())


def _report(catalogue: Catalogue, request: Request, *, adds: bool) -> Response:
    entity_type = request.params["type"]
    body = request.json()
    validate(DAILY_COUNT, body, catalogue.version)
    store = catalogue.store
    with store.lock:
        entity = _entity(catalogue, request)
        catalogue.authorise(request, "EditUsage")
        if entity_type not in _COUNTED_TYPES:
            raise ApiError(500, f"Entity type {entity_type} not supported")
        usage_counts.store_count(store, entity_type, entity["id"], body["date"], body["count"], adds=adds)
        if entity_type == "table":
            # The schema's and the database's counts are added to even when the report replaces the table's own.
            for container in ("databaseSchema", "database"):
                container_id = entity[container]["id"]
                usage_counts.store_count(store, container, container_id, body["date"], body["count"], adds=True)
    change_event = {
        "eventType": "entityUpdated",
        "entityType": entity_type,
        "entityId": entity["id"],
        "entityFullyQualifiedName": entity["fullyQualifiedName"],
        "timestamp": entity_writes.now_ms(),
    }
    return Response(201, change_event)


def _get(catalogue: Catalogue, request: Request) -> Response:
    # A number of days that is too small or too large is not refused.
    days = min(max(request.number("days", 1, -(2**31), 2**31), 1), _MAX_DAYS)
    last = _parse_date(request.query.get("date", dt.datetime.now(dt.timezone.utc).date().isoformat()))
    entity_type = request.params["type"]
    with catalogue.store.lock:
        entity = _entity(catalogue, request)
        counts = catalogue.store.usage.get((entity_type, entity["id"]), {})
        first = (last - dt.timedelta(days=days - 1)).isoformat()
        counted_days = sorted((day for day in counts if first <= day <= last.isoformat()), reverse=True)
        details = [usage_counts.details(catalogue.store, entity_type, entity["id"], day) for day in counted_days]
    return Response(200, {"entity": reference(entity_type, entity), "usage": details})


def _compute_percentile(catalogue: Catalogue, request: Request) -> Response:
    day = _parse_date(request.params["date"]).isoformat()
    with catalogue.store.lock:
        usage_counts.compute_percentiles(catalogue.store, request.params["type"], day)
    return Response(201)


def _parse_date(text: str) -> dt.date:
    if not is_date(text):
        raise undeserializable(FORMATS["date"].java_type, text, "date")
    return dt.date.fromisoformat(text)


def _change_query_usage(catalogue: Catalogue, request: Request, *, adds: bool) -> Response:
    """Add or remove entities that a query is used in."""
    body = request.json()
    validate(REFERENCES, body, catalogue.version)
    store, kind = catalogue.store, BY_TYPE["query"]
    with store.lock:
        query = store.by_id("query", request.id())
        catalogue.authorise(request, "EditAll")
        named = {item["id"].lower(): reference(item["type"], store.by_reference(item)) for item in body}
        others = [item for item in query.get("queryUsedIn", ()) if item["id"] not in named]
        used_in = [*others, *(named.values() if adds else ())]
        query, change = entity_writes.replace(store, kind, query, {**query, "queryUsedIn": used_in}, request.caller)
    return full_response(catalogue, kind, query, 201, change)
