"""What queries can do besides what every entity can: say by and by which assets they are used in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import entities
from openmetadata_ol_provider.sandbox.catalogue.checks import ListOf
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import whole
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.shapes_common import REFERENCE
from openmetadata_ol_provider.sandbox.catalogue.store import kind_of, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_REFERENCES = ListOf(REFERENCE)


def register(router: Router) -> None:
    """Add the routes."""
    router.add("PUT", "queries/{id}/usage", partial(_change_usage, adds=True))
    router.add("DELETE", "queries/{id}/usage", partial(_change_usage, adds=False))


def _change_usage(api: Api, request: Request, *, adds: bool) -> Response:
    body = request.json()
    validate(_REFERENCES, body, api.version)
    with api.store.lock:
        query = api.store.by_id("query", request.id())
        api.authorise(request, "EditAll")
        named = {item["id"].lower(): reference(item["type"], api.store.by_reference(item)) for item in body}
        kept = [item for item in query.get("queryUsedIn", ()) if item["id"] not in named]
        used = [*kept, *(named.values() if adds else ())]
        query, change = entities.replace(
            api.store, kind_of("query"), query, {**query, "queryUsedIn": used}, request.caller
        )
    return whole(api, kind_of("query"), query, 201, change)
