"""Azure Cosmos DB: the database is in the namespace.

Source: the specification's row, ``azurecosmos://host/dbs/database`` + ``colls/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.plan import Identity
from openmetadata_ol_provider.lineage.systems.addresses import Address
from openmetadata_ol_provider.lineage.systems.base import System, table
from openmetadata_ol_provider.lineage.systems.identifiers import join_identifier, spell_identifier


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
