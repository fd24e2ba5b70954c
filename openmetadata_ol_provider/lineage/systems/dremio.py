"""Dremio: spaces and folders of any depth, which quotes keep together.

Source: openlineage-dbt, ``dremio://host:port`` + ``space.folder.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Dremio",
    kind="table",
    schemes={"dremio": 31010},
    namespaces="`dremio://host:port`",
    names='`space.folder.table`, `"source"."folder"."file.csv"`',
    read=within(1),
)
