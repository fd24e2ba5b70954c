"""The route that only containers have: what lies directly in one, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_SHOWN = ("id", "name", "displayName", "fullyQualifiedName", "description", "service")
_MAX_LIMIT = 1_000_000


def register(router: Router) -> None:
    """Add the route."""
    router.add("GET", "containers/name/{fqn}/children", _children)


def _children(api: Api, request: Request) -> Response:
    parent = api.store.by_name("container", request.params["fqn"])
    api.authorise(request, "ViewBasic")
    limit, offset = request.number("limit", 10, 0, _MAX_LIMIT), request.number("offset", 0, 0, _MAX_LIMIT)
    with api.store.lock:
        found = [
            {key: child[key] for key in _SHOWN if key in child}
            for child in api.store.collection("container").after(None)
            if child.get("parent", {}).get("id") == parent["id"] and not child["deleted"]
        ]
    return Response(200, {"data": found[offset : offset + limit], "paging": {"total": len(found)}})
