"""The usage routes: counts per entity and day, and where they stand among those of all entities of a type."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import shapes_lineage, usage
from openmetadata_ol_provider.sandbox.catalogue.checks import date
from openmetadata_ol_provider.sandbox.catalogue.entities import now_ms
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import Rules, validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_TYPES = ("table", "pipeline", "dashboard", "chart", "mlmodel")
_MOST_DAYS = 30


def register(router: Router) -> None:
    """Add the routes."""
    router.add("POST", "usage/compute.percentile/{type}/{date}", _compute_percentile)
    for place in ("usage/{type}/{id}", "usage/{type}/name/{fqn}"):
        router.add("GET", place, _get)
        router.add("POST", place, partial(_report, adds=False))
        router.add("PUT", place, partial(_report, adds=True))


def _entity(api: Api, request: Request) -> Entity:
    entity_type = request.params["type"]
    if "fqn" in request.params:
        return api.store.by_name(entity_type, request.params["fqn"])
    return api.store.by_id(entity_type, request.id())


def _report(api: Api, request: Request, *, adds: bool) -> Response:
    entity_type = request.params["type"]
    body = request.json()
    validate(shapes_lineage.DAILY_COUNT, body, api.version)
    with api.store.lock:
        entity = _entity(api, request)
        api.authorise(request, "EditUsage")
        if entity_type not in _TYPES:
            raise ApiError(500, f"Entity type {entity_type} not supported")
        usage.count(api.store, entity_type, entity["id"], body["date"], body["count"], adds=adds)
        if entity_type == "table":
            # Also where the report replaces the table's own count: what it is in is only ever added to.
            for holder in ("databaseSchema", "database"):
                usage.count(api.store, holder, entity[holder]["id"], body["date"], body["count"], adds=True)
    change = {
        "eventType": "entityUpdated",
        "entityType": entity_type,
        "entityId": entity["id"],
        "entityFullyQualifiedName": entity["fullyQualifiedName"],
        "timestamp": now_ms(),
    }
    return Response(201, change)


def _get(api: Api, request: Request) -> Response:
    # Fewer or more days than there can be are not refused.
    days = min(max(request.number("days", 1, -(2**31), 2**31), 1), _MOST_DAYS)
    last = _day(request.query.get("date", dt.datetime.now(dt.timezone.utc).date().isoformat()))
    entity_type = request.params["type"]
    with api.store.lock:
        entity = _entity(api, request)
        counts = api.store.usage.get((entity_type, entity["id"]), {})
        first = (last - dt.timedelta(days=days - 1)).isoformat()
        found = sorted((day for day in counts if first <= day <= last.isoformat()), reverse=True)
        answer = [usage.details(api.store, entity_type, entity["id"], day) for day in found]
    return Response(200, {"entity": reference(entity_type, entity), "usage": answer})


def _compute_percentile(api: Api, request: Request) -> Response:
    day = _day(request.params["date"]).isoformat()
    with api.store.lock:
        usage.compute_percentiles(api.store, request.params["type"], day)
    return Response(201)


def _day(text: str) -> dt.date:
    date(text, "date", Rules(()))
    return dt.date.fromisoformat(text)
