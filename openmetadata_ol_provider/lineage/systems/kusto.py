"""Azure Data Explorer (Kusto).

Source: the specification's row, ``azurekusto://host.kusto.windows.net`` + ``database/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    parts = tuple(part for part in name.split("/") if part)
    if len(parts) == 1 and "." not in name:
        parts = (*address.segments[:1], *parts)
    return table(address.place, join_identifier(parts) if len(parts) > 1 else spell_identifier(name))


SYSTEM = System(
    title="Azure Data Explorer",
    kind="table",
    schemes={"azurekusto": None},
    aliases={"kusto": "azurekusto"},
    namespaces="`azurekusto://host.kusto.windows.net`, also with a database as path",
    names="`database/table`",
    read=_read,
)
