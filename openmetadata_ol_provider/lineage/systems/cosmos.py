"""Azure Cosmos DB: the database is in the namespace.

Source: the specification's row, ``azurecosmos://host/dbs/database`` + ``colls/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Address
from openmetadata_ol_provider.lineage.systems.system import System, table


def _read(address: Address, name: str) -> tuple[Identity, ...]:
    segments = address.segments
    if len(segments) != 2 or segments[0] != "dbs":
        return table(address.whole, spell_identifier(name))
    return table(address.place, join_identifier((segments[1], name.removeprefix("colls/"))))


SYSTEM = System(
    title="Azure Cosmos DB",
    kind="table",
    schemes={"azurecosmos": None},
    aliases={"cosmos": "azurecosmos", "cosmosdb": "azurecosmos"},
    namespaces="`azurecosmos://host/dbs/database`",
    names="`colls/table`",
    read=_read,
)
