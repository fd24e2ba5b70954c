"""Teradata: databases hold tables, there are no schemas.

Source: the specification's row, ``teradata://host:port`` + ``database.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Teradata",
    kind="table",
    schemes={"teradata": 1025},
    aliases={"teradatasql": "teradata"},
    namespaces="`teradata://host:port`",
    names="`database.table`",
    read=within(2),
)
