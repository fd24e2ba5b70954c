"""Microsoft SQL Server, Azure SQL, Synapse and Fabric warehouses.

Source: the specification's `mssql` row (``database.schema.table``), its Synapse row (``sqlserver://`` +
``schema.table``) and its Fabric row. A path of ``sqlserver://`` is the name of the instance, not a database; that is a
parameter of the JDBC URL (``;databaseName=shop``). In the URLs of SQLAlchemy and Airflow (``mssql://``,
``mssql+pyodbc://``, ``synapse://``) it is the database. ``db..table`` is in ``dbo``.
A fourth part in front is a linked server, another system.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from openmetadata_ol_provider.lineage.names.identifiers import join_identifier, split_identifier
from openmetadata_ol_provider.lineage.names.identity import Identity
from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.names.parameters import Connection, connection_of
from openmetadata_ol_provider.lineage.systems.system import Scheme, System, other, table

_DEFAULT_SCHEMA: Final = "dbo"
#: Parts of a full name.
_DEPTH: Final = 3
#: Beginnings of URLs whose path is the name of an instance, and not a database.
_WITH_INSTANCES: Final = ("sqlserver", "jdbc")

# Debezium's JDBC sink appends the default port to a URL without one: //host;databaseName=shop:1433
_PORT_AT_END: Final = re.compile(r":(?P<port>\d+)$")


def connection_with_instance(namespace: Namespace) -> Connection:
    """Return the connection that a namespace of SQL Server describes, with its named instance as path."""
    at_end = _PORT_AT_END.search(namespace.parameters)
    if at_end is not None and namespace.authority and ":" not in namespace.authority:
        authority, parameters = f"{namespace.authority}:{at_end['port']}", namespace.parameters[: at_end.start()]
        namespace = namespace._replace(authority=authority, parameters=parameters)
    connection = connection_of(namespace)
    segments = connection.namespace.segments
    if segments and namespace.scheme == "sqlserver" and not namespace.raw.lower().startswith(_WITH_INSTANCES):
        database = connection.database or unquote(segments[0])
        connection = connection._replace(namespace=connection.namespace._replace(path=""), database=database)
    return connection._replace(namespace=_with_instance(connection))


def _read(namespace: Namespace, name: str) -> tuple[Identity, ...]:
    connection = connection_with_instance(namespace)
    parts = split_identifier(name)
    if len(parts) > _DEPTH:
        # The first part is a linked server: another one, of which nothing is known but this name.
        return other(connection.namespace.without_user(), name)
    if len(parts) < _DEPTH and connection.database:
        schema = (connection.schema or _DEFAULT_SCHEMA,) if len(parts) == 1 else ()
        parts = (connection.database, *schema, *parts)
    if len(parts) == _DEPTH and not parts[1]:
        parts = (parts[0], _DEFAULT_SCHEMA, parts[2])
    return table(connection.namespace.without_user().canonical, join_identifier(parts))


def _with_instance(connection: Connection) -> Namespace:
    r"""Return a namespace with its named instance as path, which may also be in the host or a parameter.

    Others write ``sqlserver://host\instance`` and ``;instanceName=instance``. If there is a port, that decides.
    """
    namespace = connection.namespace
    host, backslash, rest = namespace.authority.partition("\\")
    name, colon, port = rest.partition(":")
    if not backslash and connection.instance and not namespace.path.strip("/") and ":" not in host:
        name = connection.instance
    return namespace._replace(authority=f"{host}{colon}{port}", path=f"/{name}") if name else namespace


def _fold(namespace: Namespace) -> Namespace:
    # Names of instances are the same in any letter case.
    return namespace._replace(path=namespace.path.lower())


SYSTEM = System(
    name="sqlserver",
    title="Microsoft SQL Server, Azure SQL, Synapse, Fabric",
    kind="table",
    schemes={
        "sqlserver": Scheme(1433, "Mssql AzureSQL Synapse MicrosoftFabric"),
        "fabric-warehouse": Scheme(1433, "MicrosoftFabric Mssql AzureSQL Synapse"),
    },
    aliases={"mssql": "sqlserver", "azuresql": "sqlserver", "synapse": "sqlserver", "fabric": "fabric-warehouse"},
    namespaces="`sqlserver://host:port`, `sqlserver://host/instance`, `sqlserver://host\\instance`, "
    "`;databaseName=...`, `mssql://host:port`, `fabric-warehouse://endpoint`",
    names="`database.schema.table`, `schema.table`, `[database].[schema].[table]`",
    read=_read,
    fold=_fold,
    default_schema=dict.fromkeys(("Mssql", "AzureSQL", "Synapse", "MicrosoftFabric"), "dbo"),
)
