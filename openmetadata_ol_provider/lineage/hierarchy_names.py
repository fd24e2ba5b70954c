"""Reads the full name of a table from its hierarchy facet, which names its levels one by one.

A name alone has to be cut at its dots, of which some may be part of a name, and producers leave out levels of it.
"""

from __future__ import annotations

from typing import Final

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier
from openmetadata_ol_provider.openlineage.facets import HierarchyFacet

#: Types of levels of a table's name, without spaces, hyphens and underscores. What is above them is a server.
_LEVELS: Final = frozenset(
    {
        "CATALOG", "PROJECT", "DATABASE", "KEYSPACE", "SCHEMA", "DATASET", "NAMESPACE",
        "TABLE", "VIEW", "MATERIALIZEDVIEW", "EXTERNALTABLE", "FOREIGNTABLE", "COLLECTION", "SYNONYM",
    }
)  # fmt: skip
#: Fewest levels that say more than a name.
_LEAST: Final = 2


def name_in_hierarchy(facet: HierarchyFacet | None) -> str | None:
    """Return the name of a table with all of its levels, quoted where necessary.

    :return: ``None`` if the facet is missing or withdrawn, or lists levels that are not those of a table
    """
    if facet is None or facet.deleted:
        return None
    levels = [(_plain(level.type), level.name or "") for level in facet.hierarchy or ()]
    while levels and levels[0][0] not in _LEVELS:
        del levels[0]
    if len(levels) < _LEAST or not all(kind in _LEVELS and name for kind, name in levels):
        return None
    return join_identifier([name for _, name in levels])


def _plain(text: str | None) -> str:
    return (text or "").upper().replace("_", "").replace("-", "").replace(" ", "")
