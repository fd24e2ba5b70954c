"""Microsoft SQL Server, Azure SQL, Synapse and Fabric warehouses.

Source: the specification's `mssql` row (``database.schema.table``), its Synapse row (``sqlserver://`` +
``schema.table``) and its Fabric row. A path is the name of the instance, not a database. ``db..table`` is in ``dbo``.
"""

from __future__ import annotations

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, table


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    parts = split_identifier(name)
    if len(parts) == 3 and not parts[1]:
        parts = (parts[0], "dbo", parts[2])
    return table(namespace.without_user().canonical, join_identifier(parts))


SYSTEM = System(
    name="sqlserver",
    title="Microsoft SQL Server, Azure SQL, Synapse, Fabric",
    kind="table",
    schemes={
        "sqlserver": Scheme(1433, "Mssql AzureSQL Synapse MicrosoftFabric"),
        "fabric-warehouse": Scheme(1433, "MicrosoftFabric Mssql AzureSQL Synapse"),
    },
    aliases={"mssql": "sqlserver", "azuresql": "sqlserver", "synapse": "sqlserver", "fabric": "fabric-warehouse"},
    namespaces="`sqlserver://host:port`, `sqlserver://host:port/instance`, `mssql://host:port`, `fabric-warehouse://endpoint`",
    names="`database.schema.table`, `schema.table`, `[database].[schema].[table]`",
    read=_read,
    default_schema=dict.fromkeys(("Mssql", "AzureSQL", "Synapse", "MicrosoftFabric"), "dbo"),
)
