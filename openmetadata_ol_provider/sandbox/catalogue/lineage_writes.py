"""Writes lineage: checks an edge, drops its unknown columns, and fills in the catalogue's own fields."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity, normalised, reference
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE, LINEAGE_TYPES
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import now_ms
from openmetadata_ol_provider.sandbox.catalogue.named_parts import lineage_names
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import without_nulls
from openmetadata_ol_provider.sandbox.catalogue.stored_edges import Details, Edge

#: Entity type, and the entity.
EdgeEnd = tuple[str, Entity]


def edge_end(
    store: CatalogueStore, entity_type: str, *, entity_id: str | None = None, fqn: str | None = None
) -> EdgeEnd:
    """Return one end of an edge, by id or by name.

    :raises ApiError: 404 if the entity does not exist or is deleted
    """
    if entity_type not in LINEAGE_TYPES:
        raise ApiError(404, f"Entity type {entity_type} not found")
    if fqn is not None:
        return entity_type, store.by_name(entity_type, fqn)
    return entity_type, store.by_id(entity_type, entity_id or "")


def put_edge(store: CatalogueStore, source: EdgeEnd, target: EdgeEnd, details: Any, user: str) -> Edge:
    """Add an edge, or replace the edge between the same entities as a whole.

    :param details: a valid LineageDetails request, or ``None``
    :raises ApiError: 404 for a pipeline that does not exist; 400 for unknown columns before 1.10
    """
    now = now_ms()
    checked = _checked(store, source, target, without_nulls(details) if details else {})
    checked.setdefault("source", "Manual")
    checked |= {"createdAt": now, "createdBy": user, "updatedAt": now, "updatedBy": user}
    replaced = store.edges.get(source[1]["id"], target[1]["id"])
    if replaced is not None and Behaviour.EDGE_PUT_RENEWS_CREATION not in store.behaviours:
        checked |= {key: replaced.details[key] for key in ("createdAt", "createdBy")}
    return _put(store, source, target, checked)


def replace_details(store: CatalogueStore, source: EdgeEnd, target: EdgeEnd, details: Any, user: str) -> Edge:
    """Replace the details of a stored edge; its creator and creation time stay the same."""
    checked = _checked(store, source, target, without_nulls(details))
    checked |= {"updatedAt": now_ms(), "updatedBy": user}
    return _put(store, source, target, checked)


def stored_edge(store: CatalogueStore, source: EdgeEnd, target: EdgeEnd) -> Edge:
    """Return the edge between two entities.

    :raises ApiError: 404 if there is none
    """
    edge = store.edges.get(source[1]["id"], target[1]["id"])
    if edge is None:
        raise ApiError(404, "Lineage edge not found")
    return edge


def remove_source(store: CatalogueStore, entity_type: str, entity: Entity, source: str) -> None:
    """Remove all edges of one source: those annotated with a pipeline, or those into any other entity."""
    is_of_pipelines = source == "PipelineLineage" or (
        source == "OpenLineage" and Behaviour.DELETES_OPENLINEAGE_BY_PIPELINE in store.behaviours
    )
    by_pipeline = is_of_pipelines and entity_type == "pipeline"
    edges = store.edges.of_pipeline(entity["id"]) if by_pipeline else store.edges.entering(entity["id"])
    for edge in edges:
        if edge.details["source"] == source:
            store.edges.remove(edge.from_id, edge.to_id)


def _put(store: CatalogueStore, source: EdgeEnd, target: EdgeEnd, details: Details) -> Edge:
    edge = Edge(source[1]["id"], source[0], target[1]["id"], target[0], details)
    store.edges.put(edge)
    return edge


def _checked(store: CatalogueStore, source: EdgeEnd, target: EdgeEnd, details: Details) -> Details:
    pipeline = details.get("pipeline")
    if pipeline:
        needs_type = Behaviour.EDGE_NEEDS_PIPELINE_TYPE in store.behaviours
        if needs_type and pipeline["type"] not in ("pipeline", "storedProcedure"):
            raise ApiError(400, f"Invalid pipeline entity type {pipeline['type']}")
        include = "non-deleted" if Behaviour.EDGE_REFUSES_DELETED_PIPELINE in store.behaviours else "all"
        entity = store.by_id(pipeline["type"], pipeline["id"].lower(), include)
        details["pipeline"] = reference(pipeline["type"], entity)
    mappings = details.get("columnsLineage")
    if mappings:
        strict = Behaviour.EDGE_REFUSES_UNKNOWN_COLUMNS in store.behaviours
        details["columnsLineage"] = _with_known_columns(mappings, _columns(source), _columns(target), strict)
    return details


class _Columns:
    """The columns of one end of an edge, by fully qualified name.

    :param entity_fqn: fully qualified name of the entity
    :param names: names of the columns, relative to the entity
    """

    def __init__(self, entity_fqn: str, names: set[str]) -> None:
        self._prefix = f"{entity_fqn}."
        self._names = names

    def __contains__(self, fqn: str) -> bool:
        return fqn.startswith(self._prefix) and fqn[len(self._prefix) :] in self._names


def _columns(end: EdgeEnd) -> _Columns:
    entity_type, entity = end
    return _Columns(normalised(entity["fullyQualifiedName"]), lineage_names(BY_TYPE[entity_type], entity))


def _with_known_columns(mappings: list[Details], source: _Columns, target: _Columns, strict: bool) -> list[Details]:
    """Return the column mappings without the columns that the entities do not have.

    :param strict: ``True`` if an unknown column is refused instead
    """
    remaining = []
    for mapping in mappings:
        sources, column = mapping.get("fromColumns", []), mapping.get("toColumn", "")
        unknown = [name for name in sources if name not in source] + ([] if column in target else [column])
        if unknown and strict:
            raise ApiError(400, f"Invalid column name {unknown[0]}")
        known_sources = [name for name in sources if name in source]
        if known_sources and column in target:
            remaining.append({**mapping, "fromColumns": known_sources})
    return remaining
