"""Oracle Database.

Source: the specification's row, ``oracle://host:port`` + ``service.schema.table`` or ``sid.schema.table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.systems.system import System, within

SYSTEM = System(
    title="Oracle",
    kind="table",
    schemes={"oracle": 1521},
    namespaces="`oracle://host:port`, also with the service as path",
    names="`service.schema.table`, `schema.table`",
    read=within(3),
)
