"""Routes about the catalogue itself, the caller, and usage counts."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.entities import now_ms
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import reference
from openmetadata_ol_provider.sandbox.catalogue.validation import validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_REVISION = "sandbox-NOT-OpenMetadata"
_USAGE_TYPES = ("table", "pipeline", "chart", "dashboard", "mlmodel", "database", "databaseSchema")


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "system/version", _version)
    router.add("GET", "system/health", lambda _api, _request: Response(200, "OK", content_type="text/plain"))
    router.add("GET", "users/loggedInUser", _logged_in_user)
    router.add("POST", "usage/{type}/{id}", _replace_usage)
    router.add("PUT", "usage/{type}/{id}", _add_usage)
    router.add("GET", "usage/{type}/{id}", _get_usage)
    router.add("POST", "usage/compute.percentile/{type}/{date}", _compute_percentile)


def _version(api: Api, _request: Request) -> Response:
    return Response(200, {"version": api.version_text, "revision": _REVISION, "timestamp": now_ms()})


def _logged_in_user(_api: Api, request: Request) -> Response:
    name = request.caller.name
    user = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "name": name,
        "fullyQualifiedName": name,
        "email": f"{name}@sandbox.invalid",
        "isBot": request.caller.is_bot,
        "isAdmin": False,
        "deleted": False,
    }
    return Response(200, user)


def _replace_usage(api: Api, request: Request) -> Response:
    return _usage(api, request, adds=False)


def _add_usage(api: Api, request: Request) -> Response:
    return _usage(api, request, adds=True)


def _usage(api: Api, request: Request, *, adds: bool) -> Response:
    entity_type = request.params["type"]
    if entity_type not in _USAGE_TYPES:
        raise ApiError(404, f"Entity type {entity_type} not found")
    body = request.json()
    validate(shapes_lineage.DAILY_COUNT, body, api.version)
    date = _date(body["date"])
    with api.store.lock:
        entity = api.store.by_id(entity_type, request.id())
        api.authorise(request, "EditUsage")
        counts = api.store.usage.setdefault((entity_type, entity["id"]), {})
        counts[date] = body["count"] + (counts.get(date, 0) if adds else 0)
        summary = {"date": date, "dailyStats": {"count": counts[date]}}
    return Response(201, {"entity": reference(entity_type, entity), "usage": [summary]})


def _get_usage(api: Api, request: Request) -> Response:
    entity_type = request.params["type"]
    date = dt.date.fromisoformat(_date(request.query.get("date", dt.datetime.now(dt.timezone.utc).date().isoformat())))
    days = request.number("days", 1, 1, 30)
    with api.store.lock:
        entity = api.store.by_id(entity_type, request.id())
        counts = api.store.usage.get((entity_type, entity["id"]), {})
    wanted = [(date - dt.timedelta(days=back)).isoformat() for back in range(days)]
    usage = [{"date": day, "dailyStats": {"count": counts[day]}} for day in wanted if day in counts]
    return Response(200, {"entity": reference(entity_type, entity), "usage": usage})


def _compute_percentile(api: Api, request: Request) -> Response:
    # Ranks are not computed here; that they were asked for can be seen in the requests.
    if request.params["type"] not in _USAGE_TYPES:
        raise ApiError(404, f"Entity type {request.params['type']} not found")
    _date(request.params["date"])
    api.authorise(request, "EditUsage")
    return Response(201)


def _date(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ApiError(400, f"Text '{text}' could not be parsed as a date") from None
