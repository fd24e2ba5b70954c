"""Azure Cosmos DB: the database is in the namespace.

Source: the specification's row, ``azurecosmos://host/dbs/database`` + ``colls/table``; Spark sends
``/colls/table``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, spell_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    segments = namespace.segments
    if len(segments) != 2 or segments[0] != "dbs":
        return table(namespace.canonical, spell_identifier(name))
    return table(namespace.root, join_identifier((segments[1], name.strip("/").removeprefix("colls/"))))


SYSTEM = System(
    name="cosmos",
    title="Azure Cosmos DB",
    kind="table",
    schemes={"azurecosmos": Scheme(None, "MongoDB Cassandra CustomDatabase")},
    aliases={"cosmos": "azurecosmos", "cosmosdb": "azurecosmos"},
    namespaces="`azurecosmos://host/dbs/database`",
    names="`colls/table`",
    read=_read,
)
