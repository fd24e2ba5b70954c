"""Writing lineage: the checks of one edge, the filtering of its columns, what is filled in."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.children import lineage_names
from openmetadata_ol_provider.sandbox.catalogue.edges import Details, Edge
from openmetadata_ol_provider.sandbox.catalogue.entities import now_ms
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import LINEAGE_TYPES
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, Store, kind_of, normalised, reference
from openmetadata_ol_provider.sandbox.catalogue.validation import prune

#: From here on unknown columns are dropped without a word instead of refused.
_FILTERS_COLUMNS = (1, 10)

End = tuple[str, Entity]


def end(store: Store, entity_type: str, *, entity_id: str | None = None, fqn: str | None = None) -> End:
    """Return one end of an edge, by id or by name.

    :raises ApiError: 404 if there is no such entity, or it is deleted
    """
    if entity_type not in LINEAGE_TYPES:
        raise ApiError(404, f"Entity type {entity_type} not found")
    if fqn is not None:
        return entity_type, store.by_name(entity_type, fqn)
    return entity_type, store.by_id(entity_type, entity_id or "")


def put_edge(store: Store, source: End, target: End, details: Any, user: str) -> Edge:
    """Add an edge, or replace the one between these two as a whole.

    :param details: a valid LineageDetails request, or ``None``
    :raises ApiError: 404 for a pipeline that does not exist; 400 for unknown columns before 1.10
    """
    now = now_ms()
    stored = _checked(store, source, target, prune(details) if details else {})
    stored.setdefault("source", "Manual")
    stored |= {"createdAt": now, "createdBy": user, "updatedAt": now, "updatedBy": user}
    return _put(store, source, target, stored)


def patch_edge(store: Store, source: End, target: End, details: Any, user: str) -> Edge:
    """Replace the details of an edge that is there; who created it and when stays."""
    stored = _checked(store, source, target, prune(details))
    stored |= {"updatedAt": now_ms(), "updatedBy": user}
    return _put(store, source, target, stored)


def stored_edge(store: Store, source: End, target: End) -> Edge:
    """Return the edge between two entities.

    :raises ApiError: 404 if there is none
    """
    edge = store.edges.get(source[1]["id"], target[1]["id"])
    if edge is None:
        raise ApiError(404, "Lineage edge not found")
    return edge


def remove_source(store: Store, entity_type: str, entity: Entity, source: str) -> None:
    """Remove all edges of one source: those of a pipeline, or into any other entity."""
    by_pipeline = source in ("PipelineLineage", "OpenLineage") and entity_type == "pipeline"
    edges = store.edges.of_pipeline(entity["id"]) if by_pipeline else store.edges.entering(entity["id"])
    for edge in edges:
        if edge.details["source"] == source:
            store.edges.remove(edge.from_id, edge.to_id)


def _put(store: Store, source: End, target: End, details: Details) -> Edge:
    edge = Edge(source[1]["id"], source[0], target[1]["id"], target[0], details)
    store.edges.put(edge)
    return edge


def _checked(store: Store, source: End, target: End, details: Details) -> Details:
    pipeline = details.get("pipeline")
    if pipeline:
        if pipeline["type"] not in ("pipeline", "storedProcedure"):
            raise ApiError(400, f"Invalid pipeline entity type {pipeline['type']}")
        details["pipeline"] = reference(pipeline["type"], store.by_reference(pipeline))
    columns = details.get("columnsLineage")
    if columns:
        strict = store.version < _FILTERS_COLUMNS
        details["columnsLineage"] = _known_columns(columns, _columns(source), _columns(target), strict)
    return details


class _Columns:
    """The columns of one end, by full name."""

    def __init__(self, fqn: str, known: set[str]) -> None:
        self._prefix = f"{fqn}."
        self._known = known

    def __contains__(self, fqn: str) -> bool:
        return fqn.startswith(self._prefix) and fqn[len(self._prefix) :] in self._known


def _columns(end_: End) -> _Columns:
    entity_type, entity = end_
    return _Columns(normalised(entity["fullyQualifiedName"]), lineage_names(kind_of(entity_type), entity))


def _known_columns(mappings: list[Details], source: _Columns, target: _Columns, strict: bool) -> list[Details]:
    kept = []
    for mapping in mappings:
        sources, column = mapping.get("fromColumns", []), mapping.get("toColumn", "")
        unknown = [name for name in sources if name not in source] + ([] if column in target else [column])
        if unknown and strict:
            raise ApiError(400, f"Invalid column name {unknown[0]}")
        known = [name for name in sources if name in source]
        if known and column in target:
            kept.append({**mapping, "fromColumns": known})
    return kept
