"""Reads lineage: the neighbourhood of an entity, or all edges of a pipeline."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity, reference
from openmetadata_ol_provider.sandbox.catalogue.stored_edges import Edge


def neighbourhood(
    store: CatalogueStore, entity_type: str, entity: Entity, upstream_depth: int, downstream_depth: int
) -> dict[str, Any]:
    """Return the EntityLineage of an entity.

    :param upstream_depth: number of edges to follow against the flow of data
    :param downstream_depth: number of edges to follow along the flow of data
    """
    upstream = _walk(store, entity["id"], upstream_depth, up=True)
    downstream = _walk(store, entity["id"], downstream_depth, up=False)
    if entity_type == "pipeline":
        downstream += [edge for edge in store.edges.of_pipeline(entity["id"]) if _has_both_ends(store, edge)]
    nodes: dict[str, Entity] = {}
    for edge in (*upstream, *downstream):
        for end_type, end_id in ((edge.from_type, edge.from_id), (edge.to_type, edge.to_id)):
            nodes[end_id] = reference(end_type, store.by_id(end_type, end_id, "all"))
    nodes.pop(entity["id"], None)
    return {
        "entity": reference(entity_type, entity),
        "nodes": list(nodes.values()),
        "upstreamEdges": [_rendered(edge) for edge in upstream],
        "downstreamEdges": [_rendered(edge) for edge in downstream],
    }


def named_edges(store: CatalogueStore) -> dict[tuple[str, str], Entity]:
    """Return the details of all edges between entities that are not deleted, by the names of both ends."""
    details_by_names = {}
    for edge in store.edges:
        if _has_both_ends(store, edge):
            source = store.by_id(edge.from_type, edge.from_id)["fullyQualifiedName"]
            target = store.by_id(edge.to_type, edge.to_id)["fullyQualifiedName"]
            details_by_names[source, target] = edge.details
    return details_by_names


def _rendered(edge: Edge) -> Entity:
    return {"fromEntity": edge.from_id, "toEntity": edge.to_id, "lineageDetails": edge.details}


def _has_both_ends(store: CatalogueStore, edge: Edge) -> bool:
    ends = ((edge.from_type, edge.from_id), (edge.to_type, edge.to_id))
    entities = [store.collection(entity_type).by_id.get(entity_id) for entity_type, entity_id in ends]
    return all(entity is not None and not entity["deleted"] for entity in entities)


def _walk(store: CatalogueStore, start: str, depth: int, *, up: bool) -> list[Edge]:
    edges: dict[tuple[str, str], Edge] = {}
    visited, frontier = {start}, [start]
    for _ in range(depth):
        next_frontier = []
        for entity_id in frontier:
            for edge in store.edges.entering(entity_id) if up else store.edges.leaving(entity_id):
                if not _has_both_ends(store, edge):
                    continue
                edges[edge.from_id, edge.to_id] = edge
                neighbour = edge.from_id if up else edge.to_id
                if neighbour not in visited:
                    visited.add(neighbour)
                    next_frontier.append(neighbour)
        frontier = next_frontier
    return list(edges.values())
