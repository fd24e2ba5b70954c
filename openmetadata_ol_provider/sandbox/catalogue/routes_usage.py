"""The usage routes: counts per entity and day, and where they stand among those of all entities of a type."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.checks import date
from openmetadata_ol_provider.sandbox.catalogue.entities import now_ms
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, Store, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import Rules, validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_TYPES = ("table", "pipeline", "dashboard", "chart", "mlmodel")
_WINDOWS = {"dailyStats": 1, "weeklyStats": 7, "monthlyStats": 30}
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
    day, count = body["date"], body["count"]
    with api.store.lock:
        entity = _entity(api, request)
        api.authorise(request, "EditUsage")
        if entity_type not in _TYPES:
            raise ApiError(500, f"Entity type {entity_type} not supported")
        _store(api.store, entity_type, entity, day, count, adds=adds)
        if entity_type == "table":
            # Also where the report replaces the table's own count: what it is in is only ever added to.
            for holder in ("databaseSchema", "database"):
                _store(api.store, holder, entity[holder], day, count, adds=True)
    change = {
        "eventType": "entityUpdated",
        "entityType": entity_type,
        "entityId": entity["id"],
        "entityFullyQualifiedName": entity["fullyQualifiedName"],
        "timestamp": now_ms(),
    }
    return Response(201, change)


def _store(store: Store, entity_type: str, entity: Entity, day: str, count: int, *, adds: bool) -> None:
    counts = store.usage.setdefault((entity_type, entity["id"]), {})
    counts[day] = count + (counts.get(day, 0) if adds else 0)


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
        usage = [_details(api.store, entity_type, entity["id"], day) for day in found]
    return Response(200, {"entity": reference(entity_type, entity), "usage": usage})


def _details(store: Store, entity_type: str, entity_id: str, day: str) -> dict[str, Any]:
    counts = store.usage[entity_type, entity_id]
    ranks = store.percentiles.get((entity_type, entity_id), {}).get(day, {})
    stats = {
        name: {"count": _total(counts, day, days), "percentileRank": ranks.get(name, 0.0)}
        for name, days in _WINDOWS.items()
    }
    return {"date": day, **stats}


def _compute_percentile(api: Api, request: Request) -> Response:
    entity_type, day = request.params["type"], _day(request.params["date"]).isoformat()
    with api.store.lock:
        counted = {key: counts for key, counts in api.store.usage.items() if key[0] == entity_type and day in counts}
        for name, days in _WINDOWS.items():
            totals = {key: _total(counts, day, days) for key, counts in counted.items()}
            for key, total in totals.items():
                below = sum(other < total for other in totals.values())
                rank = 100.0 * below / (len(totals) - 1) if len(totals) > 1 else 0.0
                api.store.percentiles.setdefault(key, {}).setdefault(day, {})[name] = rank
    return Response(201)


def _total(counts: dict[str, int], day: str, days: int) -> int:
    first = (dt.date.fromisoformat(day) - dt.timedelta(days=days - 1)).isoformat()
    return sum(count for other, count in counts.items() if first <= other <= day)


def _day(text: str) -> dt.date:
    date(text, "date", Rules(()))
    return dt.date.fromisoformat(text)
