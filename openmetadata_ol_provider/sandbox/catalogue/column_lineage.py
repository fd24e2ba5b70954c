"""What changes of a table's columns do to the edges of the table."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import Kind
from openmetadata_ol_provider.sandbox.catalogue.named_parts import lineage_names
from openmetadata_ol_provider.sandbox.catalogue.stored_edges import Edge


def column_names(kind: Kind, entity: Entity) -> frozenset[str]:
    """Return the names of a table's columns, relative to the table; of anything else, none."""
    return frozenset(lineage_names(kind, entity)) if kind.type == "table" else frozenset()


def forget_removed(store: CatalogueStore, kind: Kind, before: Entity, after: Entity) -> None:
    """Remove the columns that a table no longer has from its edges."""
    forget(store, before, column_names(kind, before) - column_names(kind, after))


def forget(store: CatalogueStore, table: Entity, names: frozenset[str]) -> None:
    """Remove columns from a table's edges; an edge that loses some loses its SQL, too.

    :param names: names of the columns, relative to the table
    """
    if not names:
        return
    fqns = {f"{table['fullyQualifiedName']}.{name}" for name in names}
    for edge in (*store.edges.leaving(table["id"]), *store.edges.entering(table["id"])):
        mappings = edge.details.get("columnsLineage") or []
        remaining = [left for mapping in mappings if (left := _without(mapping, fqns)) is not None]
        if remaining != mappings:
            details = {key: value for key, value in edge.details.items() if key != "sqlQuery"}
            store.edges.put(Edge(*edge[:-1], {**details, "columnsLineage": remaining}))


def _without(mapping: dict[str, Any], fqns: set[str]) -> dict[str, Any] | None:
    """Return a column mapping without some columns, or ``None`` if nothing is left of it."""
    sources = [name for name in mapping.get("fromColumns", ()) if name not in fqns]
    return None if mapping.get("toColumn") in fqns or not sources else {**mapping, "fromColumns": sources}
