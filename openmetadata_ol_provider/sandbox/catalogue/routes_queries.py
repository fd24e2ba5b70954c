"""What queries have beside other entities: the route that says of more tables that they are used there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import entities, shapes
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import whole
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import kind_of, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import list_of, validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api


def register(router: Router) -> None:
    """Add the route."""
    router.add("PUT", "queries/{id}/usage", _add_usage)


def _add_usage(api: Api, request: Request) -> Response:
    used = request.json()
    validate(list_of(shapes.REFERENCE), used, api.version)
    kind = kind_of("query")
    with api.store.lock:
        query = api.store.by_id("query", request.id())
        api.authorise(request, "EditAll")
        found = {item["id"]: item for item in query.get("queryUsedIn", ())}
        found.update((item["id"], reference(item["type"], api.store.by_reference(item))) for item in used)
        changed = {**query, "queryUsedIn": list(found.values())}
        query, change = entities.replace(api.store, kind, query, changed, request.caller)
    return whole(api, kind, query, 201, change)
