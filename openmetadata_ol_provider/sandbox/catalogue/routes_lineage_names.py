"""The lineage routes by fully qualified name that came with 2.0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import lineage, shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.routes_lineage import EDIT, delete_source, ends, patch_edge
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.validation import validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_EDGE = "{fromType}/name/{fromFqn}/{toType}/name/{toFqn}"


def register(router: Router) -> None:
    """Add the routes."""
    router.add("PUT", f"lineage/{_EDGE}", _put)
    router.add("PATCH", f"lineage/{_EDGE}", patch_edge)
    router.add("GET", f"lineage/getLineageEdge/{_EDGE}", _get_edge)
    router.add("DELETE", "lineage/source/name/{type}/{fqn}/type/{source}", _delete_source)


def _put(api: Api, request: Request) -> Response:
    details = request.json()
    validate(shapes_lineage.LINEAGE_DETAILS, details, api.version)
    api.authorise(request, EDIT)
    with api.store.lock:
        source, target = ends(api, request)
        lineage.put_edge(api.store, source, target, details, request.caller.name)
    return Response(200)


def _get_edge(api: Api, request: Request) -> Response:
    with api.store.lock:
        return Response(200, {"edge": lineage.stored_edge(api.store, *ends(api, request)).details})


def _delete_source(api: Api, request: Request) -> Response:
    entity_type = request.params["type"]
    with api.store.lock:
        found = lineage.end(api.store, entity_type, fqn=request.params["fqn"])
        return delete_source(api, request, entity_type, found)
