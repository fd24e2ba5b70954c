"""The lineage routes that every version has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue import graph, jsonpatch, lineage, shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.enums import LINEAGE_SOURCES
from openmetadata_ol_provider.sandbox.catalogue.errors import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.lineage import End
from openmetadata_ol_provider.sandbox.catalogue.routing import JSON_PATCH, Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.validation import Rules, validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

EDIT = "EditLineage"
_MAX_DEPTH = 3


def register(router: Router) -> None:
    """Add the routes."""
    router.add("PUT", "lineage", _put)
    router.add("GET", "lineage/getLineageEdge/{fromId}/{toId}", _get_edge)
    router.add("GET", "lineage/{type}/name/{fqn}", _get_graph)
    router.add("GET", "lineage/{type}/{id}", _get_graph)
    router.add("DELETE", "lineage/{type}/{id}/type/{source}", _delete_source)
    router.add("PATCH", "lineage/{fromType}/{fromId}/{toType}/{toId}", patch_edge)
    router.add("DELETE", "lineage/{fromType}/{fromId}/{toType}/{toId}", delete_edge)
    router.add("DELETE", "lineage/{fromType}/name/{fromFqn}/{toType}/name/{toFqn}", delete_edge)


def ends(api: Api, request: Request) -> tuple[End, End]:
    """Return the two ends that a path names by types and ids or names.

    :raises ApiError: 404 if one of them is not there
    """
    found = []
    for side in ("from", "to"):
        entity_type = request.params[f"{side}Type"]
        fqn = request.params.get(f"{side}Fqn")
        entity_id = request.id(f"{side}Id") if fqn is None else None
        found.append(lineage.end(api.store, entity_type, entity_id=entity_id, fqn=fqn))
    return found[0], found[1]


def patch_edge(api: Api, request: Request) -> Response:
    """Change the details of an edge by a JSON Patch."""
    patch = request.json(JSON_PATCH)
    with api.store.lock:
        source, target = ends(api, request)
        api.authorise(request, EDIT)
        details = jsonpatch.apply(lineage.stored_edge(api.store, source, target).details, patch)
        validate(shapes_lineage.LINEAGE_DETAILS, details, api.version)
        edge = lineage.patch_edge(api.store, source, target, details, request.caller.name)
    return Response(200, edge.details)


def delete_edge(api: Api, request: Request) -> Response:
    """Remove an edge."""
    with api.store.lock:
        source, target = ends(api, request)
        api.authorise(request, EDIT)
        edge = lineage.stored_edge(api.store, source, target)
        api.store.edges.remove(edge.from_id, edge.to_id)
    return Response(200)


def delete_source(api: Api, request: Request, entity_type: str, entity_end: End) -> Response:
    """Remove all edges of a source for an entity."""
    rules = Rules(api.version)
    LINEAGE_SOURCES(request.params["source"], "LineageDetails$Source", rules)
    api.authorise(request, EDIT)
    lineage.remove_source(api.store, entity_type, entity_end[1], request.params["source"])
    return Response(200)


def _put(api: Api, request: Request) -> Response:
    body = request.json()
    validate(shapes_lineage.ADD_LINEAGE, body, api.version)
    edge = body["edge"]
    api.authorise(request, EDIT)
    with api.store.lock:
        source, target = (
            lineage.end(api.store, edge[side]["type"], entity_id=edge[side]["id"].lower())
            for side in ("fromEntity", "toEntity")
        )
        lineage.put_edge(api.store, source, target, edge.get("lineageDetails"), request.caller.name)
    return Response(200)


def _get_edge(api: Api, request: Request) -> Response:
    edge = api.store.edges.get(request.id("fromId"), request.id("toId"))
    if edge is None:
        raise ApiError(404, "Lineage edge not found")
    return Response(200, {"edge": edge.details})


def _get_graph(api: Api, request: Request) -> Response:
    upstream = request.number("upstreamDepth", 1, 0, _MAX_DEPTH)
    downstream = request.number("downstreamDepth", 1, 0, _MAX_DEPTH)
    entity_type = request.params["type"]
    if entity_type == "getLineageEdge":
        raise ApiError(404, NO_SUCH_ROUTE)
    fqn = request.params.get("fqn")
    with api.store.lock:
        _, entity = lineage.end(api.store, entity_type, entity_id=request.id() if fqn is None else None, fqn=fqn)
        return Response(200, graph.neighbourhood(api.store, entity_type, entity, upstream, downstream))


def _delete_source(api: Api, request: Request) -> Response:
    entity_type = request.params["type"]
    with api.store.lock:
        return delete_source(api, request, entity_type, lineage.end(api.store, entity_type, entity_id=request.id()))
