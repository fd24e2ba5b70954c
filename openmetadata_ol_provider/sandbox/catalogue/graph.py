"""Reading lineage: the neighbourhood of an entity, or all edges of a pipeline."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.edges import Edge
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, Store, reference


def neighbourhood(store: Store, entity_type: str, entity: Entity, upstream: int, downstream: int) -> dict[str, Any]:
    """Return an EntityLineage.

    :param upstream: how many steps against the flow
    :param downstream: how many steps along it
    """
    incoming = _walk(store, entity["id"], upstream, up=True)
    outgoing = _walk(store, entity["id"], downstream, up=False)
    if entity_type == "pipeline":
        outgoing += [edge for edge in store.edges.of_pipeline(entity["id"]) if _is_alive(store, edge)]
    nodes: dict[str, Entity] = {}
    for edge in (*incoming, *outgoing):
        for kind, entity_id in ((edge.from_type, edge.from_id), (edge.to_type, edge.to_id)):
            nodes[entity_id] = reference(kind, store.by_id(kind, entity_id, "all"))
    nodes.pop(entity["id"], None)
    return {
        "entity": reference(entity_type, entity),
        "nodes": list(nodes.values()),
        "upstreamEdges": [_rendered(edge) for edge in incoming],
        "downstreamEdges": [_rendered(edge) for edge in outgoing],
    }


def named_edges(store: Store) -> dict[tuple[str, str], Entity]:
    """Return the details of all edges whose ends are there, by the names of the ends."""
    named = {}
    for edge in store.edges:
        if _is_alive(store, edge):
            source = store.by_id(edge.from_type, edge.from_id)["fullyQualifiedName"]
            target = store.by_id(edge.to_type, edge.to_id)["fullyQualifiedName"]
            named[source, target] = edge.details
    return named


def _rendered(edge: Edge) -> Entity:
    return {"fromEntity": edge.from_id, "toEntity": edge.to_id, "lineageDetails": edge.details}


def _is_alive(store: Store, edge: Edge) -> bool:
    ends = ((edge.from_type, edge.from_id), (edge.to_type, edge.to_id))
    found = [store.collection(entity_type).by_id.get(entity_id) for entity_type, entity_id in ends]
    return all(entity is not None and not entity["deleted"] for entity in found)


def _walk(store: Store, start: str, depth: int, *, up: bool) -> list[Edge]:
    edges: dict[tuple[str, str], Edge] = {}
    reached, frontier = {start}, [start]
    for _ in range(depth):
        following = []
        for entity_id in frontier:
            for edge in store.edges.entering(entity_id) if up else store.edges.leaving(entity_id):
                if not _is_alive(store, edge):
                    continue
                edges[edge.from_id, edge.to_id] = edge
                neighbour = edge.from_id if up else edge.to_id
                if neighbour not in reached:
                    reached.add(neighbour)
                    following.append(neighbour)
        frontier = following
    return list(edges.values())
