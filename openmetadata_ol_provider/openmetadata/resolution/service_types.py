"""The OpenMetadata services that may hold the datasets of a namespace, derived from its system."""

from __future__ import annotations

import re
from typing import NamedTuple

from openmetadata_ol_provider.lineage.names.namespaces import Namespace
from openmetadata_ol_provider.lineage.systems import SYSTEMS, system_of
from openmetadata_ol_provider.lineage.systems.system import Addresses

#: Suffix of the account in a Snowflake host name.
CLOUD_SUFFIX = re.compile(r"(?:\.(?:aws|azure|gcp))?(?:\.privatelink)?(?:\.snowflakecomputing\.(?:com|cn))?$")
#: Service type for manual entry of each kind of dataset.
_CUSTOM_TYPE = {
    "table": "CustomDatabase", "topic": "CustomMessaging", "container": "CustomStorage",
    "searchIndex": "CustomSearch", "mlmodel": "CustomMlModel", "dashboard": "CustomDashboard",
}  # fmt: skip
#: Service types for manual entry: such a service may have any address.
CUSTOM_TYPES = frozenset(_CUSTOM_TYPE.values())
#: Service types of databases that keep their tables in files of their own: a path of a lake is none of their tables.
OWN_FILES_TYPES = frozenset({
    "Postgres", "Mysql", "MariaDB", "Oracle", "Mssql", "Db2", "SQLite", "Cockroach", "MongoDB", "Cassandra",
    "Couchbase", "DynamoDB", "Salesforce", "SapHana",
})  # fmt: skip
#: Entity types whose services are web servers: their URLs may leave out the port, or have that of the API.
WEB_KINDS = ("apiEndpoint", "dashboard", "searchIndex", "mlmodel")
#: Service types whose tables all live in one database (``default`` unless the connection names another). The first two
#: belong to no system.
SINGLE_DATABASE = frozenset({
    "CustomDatabase", "Salesforce", *(name for system in SYSTEMS for name in system.single_database.split()),
})  # fmt: skip
#: Schema of unqualified tables, by service type.
DEFAULT_SCHEMA = {name: schema for system in SYSTEMS for name, schema in system.default_schema.items()}


class Scheme(NamedTuple):
    """A known scheme, as matching services needs it.

    :param name: canonical scheme
    :param service_types: ``serviceType`` of services that may hold such datasets; default: empty, any
    :param port: default port
    :param any_port: ``True`` if a service on the same host matches with any port; default: ``False``
    :param addresses: what a differing address tells; default: ``server``, it is another system
    """

    name: str
    service_types: frozenset[str] = frozenset()
    port: int | None = None
    any_port: bool = False
    addresses: Addresses = "server"


def _scheme(name: str) -> Scheme | None:
    system = system_of(name)
    if system is None:
        return None
    family = system.schemes[name].family or name
    types = system.schemes[family].services.split()
    if system.kind != "table" and system.kind in _CUSTOM_TYPE:
        types.append(_CUSTOM_TYPE[system.kind])
    any_port = system.any_port or system.kind in WEB_KINDS
    addresses = system.schemes[name].addresses or system.addresses
    return Scheme(family, frozenset(types), system.schemes[name].port, any_port, addresses)


_SCHEMES = {name: _scheme(name) for system in SYSTEMS for name in system.schemes}


def scheme_of(namespace: Namespace) -> Scheme | None:
    """Return the scheme of a namespace, ``None`` if it is empty or of an unknown system."""
    return _SCHEMES.get(namespace.scheme) if namespace.raw.strip() else None


def is_of_any_type(namespace: Namespace) -> bool:
    """Return whether a namespace leaves the kind of its service open: of no known system, or a catalog's address."""
    scheme = scheme_of(namespace)
    return scheme is None or not scheme.service_types


def regional_type(namespace: Namespace) -> str | None:
    """Return the service type that a namespace in an AWS region names itself, ``None`` if it is not in a region."""
    system = system_of(namespace.scheme) if region_of(namespace) else None
    return system.schemes[namespace.scheme].services.partition(" ")[0] if system is not None else None


def region_of(namespace: Namespace) -> str | None:
    """Return the AWS region of a namespace: of an ARN, of an endpoint, or the authority of a regional service."""
    system = system_of(namespace.scheme)
    regional = system is not None and system.schemes[namespace.scheme].host_is_region
    hosts = namespace.hosts if regional else ()
    return namespace.region or next((host for host, _ in hosts), None)


def is_path(namespace: Namespace) -> bool:
    """Return whether a namespace is a path in a file system or object store, which no database service matches."""
    system = system_of(namespace.scheme) if namespace.raw.strip() else None
    return system is not None and system.kind == "container"
