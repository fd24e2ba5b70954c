"""The lineage routes: by ids in every version, and by fully qualified names since 2.0."""

from __future__ import annotations

from openmetadata_ol_provider.sandbox.catalogue import lineage_graph, lineage_writes
from openmetadata_ol_provider.sandbox.catalogue.api_error import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.entity_patch import applied
from openmetadata_ol_provider.sandbox.catalogue.http_types import JSON_PATCH, Request, Response
from openmetadata_ol_provider.sandbox.catalogue.lineage_writes import EdgeEnd
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import (
    ADD_LINEAGE,
    LINEAGE_DETAILS,
    LINEAGE_SOURCE,
    validate,
)
from openmetadata_ol_provider.sandbox.catalogue.router import Router

_EDIT = "EditLineage"
_MAX_DEPTH = 3
_NAMED_EDGE = "{fromType}/name/{fromFqn}/{toType}/name/{toFqn}"


def register(router: Router, behaviours: Behaviours) -> None:
    """Add the routes of a version."""
    router.add("PUT", "lineage", _put)
    router.add("GET", "lineage/getLineageEdge/{fromId}/{toId}", _get_edge)
    router.add("GET", "lineage/{type}/name/{fqn}", _get_graph)
    router.add("GET", "lineage/{type}/{id}", _get_graph)
    router.add("DELETE", "lineage/{type}/{id}/type/{source}", _delete_source)
    router.add("PATCH", "lineage/{fromType}/{fromId}/{toType}/{toId}", _patch_edge)
    router.add("DELETE", "lineage/{fromType}/{fromId}/{toType}/{toId}", _delete_edge)
    router.add("DELETE", f"lineage/{_NAMED_EDGE}", _delete_edge)
    if Behaviour.EDGE_ROUTES_BY_NAME in behaviours:
        router.add("PUT", f"lineage/{_NAMED_EDGE}", _put_named)
        router.add("PATCH", f"lineage/{_NAMED_EDGE}", _patch_edge)
        router.add("GET", f"lineage/getLineageEdge/{_NAMED_EDGE}", _get_named_edge)
        router.add("DELETE", "lineage/source/name/{type}/{fqn}/type/{source}", _delete_source)


def _ends(catalogue: Catalogue, request: Request) -> tuple[EdgeEnd, EdgeEnd]:
    """Return the two ends that a path names by types and ids or names.

    :raises ApiError: 404 if one of them does not exist
    """
    ends = []
    for side in ("from", "to"):
        entity_type = request.params[f"{side}Type"]
        fqn = request.params.get(f"{side}Fqn")
        entity_id = request.id(f"{side}Id") if fqn is None else None
        ends.append(lineage_writes.edge_end(catalogue.store, entity_type, entity_id=entity_id, fqn=fqn))
    return ends[0], ends[1]


def _authorise(catalogue: Catalogue, request: Request, from_type: str, to_type: str) -> None:
    is_both = Behaviour.EDGE_NEEDS_BOTH_ENDS in catalogue.behaviours
    catalogue.authorise(request, _EDIT, from_type, *((to_type,) if is_both else ()))


def _end(catalogue: Catalogue, request: Request) -> EdgeEnd:
    """Return the entity that a path names by its type and its id or name."""
    fqn = request.params.get("fqn")
    entity_id = request.id() if fqn is None else None
    return lineage_writes.edge_end(catalogue.store, request.params["type"], entity_id=entity_id, fqn=fqn)


def _put(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(ADD_LINEAGE, body, catalogue.version)
    edge = body["edge"]
    _authorise(catalogue, request, edge["fromEntity"]["type"], edge["toEntity"]["type"])
    store = catalogue.store
    with store.lock:
        source, target = (
            lineage_writes.edge_end(store, edge[side]["type"], entity_id=edge[side]["id"].lower())
            for side in ("fromEntity", "toEntity")
        )
        lineage_writes.put_edge(store, source, target, edge.get("lineageDetails"), request.caller.name)
    return Response(200)


def _put_named(catalogue: Catalogue, request: Request) -> Response:
    details = request.json()
    validate(LINEAGE_DETAILS, details, catalogue.version)
    _authorise(catalogue, request, request.params["fromType"], request.params["toType"])
    with catalogue.store.lock:
        source, target = _ends(catalogue, request)
        lineage_writes.put_edge(catalogue.store, source, target, details, request.caller.name)
    return Response(200)


def _patch_edge(catalogue: Catalogue, request: Request) -> Response:
    patch = request.json(JSON_PATCH)
    store = catalogue.store
    with store.lock:
        source, target = _ends(catalogue, request)
        _authorise(catalogue, request, source[0], target[0])
        details = applied(store, lineage_writes.stored_edge(store, source, target).details, patch)
        validate(LINEAGE_DETAILS, details, catalogue.version)
        edge = lineage_writes.replace_details(store, source, target, details, request.caller.name)
    return Response(200, edge.details)


def _delete_edge(catalogue: Catalogue, request: Request) -> Response:
    store = catalogue.store
    with store.lock:
        source, target = _ends(catalogue, request)
        _authorise(catalogue, request, source[0], target[0])
        edge = lineage_writes.stored_edge(store, source, target)
        store.edges.remove(edge.from_id, edge.to_id)
    return Response(200)


def _delete_source(catalogue: Catalogue, request: Request) -> Response:
    """Remove the edges of an entity that come from one source."""
    source = request.params["source"]
    with catalogue.store.lock:
        entity_type, entity = _end(catalogue, request)
        validate(LINEAGE_SOURCE, source, catalogue.version, "LineageDetails$Source")
        catalogue.authorise(request, _EDIT, entity_type)
        lineage_writes.remove_source(catalogue.store, entity_type, entity, source)
    return Response(200)


def _get_edge(catalogue: Catalogue, request: Request) -> Response:
    edge = catalogue.store.edges.get(request.id("fromId"), request.id("toId"))
    if edge is None:
        raise ApiError(404, "Lineage edge not found")
    return Response(200, {"edge": edge.details})


def _get_named_edge(catalogue: Catalogue, request: Request) -> Response:
    with catalogue.store.lock:
        source, target = _ends(catalogue, request)
        return Response(200, {"edge": lineage_writes.stored_edge(catalogue.store, source, target).details})


def _get_graph(catalogue: Catalogue, request: Request) -> Response:
    upstream_depth = request.number("upstreamDepth", 1, 0, _MAX_DEPTH)
    downstream_depth = request.number("downstreamDepth", 1, 0, _MAX_DEPTH)
    if request.params["type"] == "getLineageEdge":
        raise ApiError(404, NO_SUCH_ROUTE)
    with catalogue.store.lock:
        entity_type, entity = _end(catalogue, request)
        graph = lineage_graph.neighbourhood(catalogue.store, entity_type, entity, upstream_depth, downstream_depth)
        return Response(200, graph)
