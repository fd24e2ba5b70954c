"""Reads from a service's connection its address and contents: hosts, names, databases.

Connectors name the same thing in many ways, and some have it in a section (``authType``, ``credentials``,
``configSource``). Secrets are not read; masked values count as missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from openmetadata_ol_provider.lineage.names.namespaces import HostPort, parse_hosts, redshift_owner
from openmetadata_ol_provider.openmetadata.resolution.service_types import SINGLE_DATABASE

ConnectionConfig = dict[str, Any]

#: Sections that may contain what the connection itself does not, in the order of precedence.
_SECTIONS: Final = (
    ("connection",), ("authType",), ("configSource",), ("configSource", "connection"), ("openAPISchemaConnection",),
    ("connectionOptions",),
)  # fmt: skip
_HOSTS: Final = (
    "hostPort", "hostport", "bootstrapServers", "brokers", "serverHost", "trackingUri", "registryUri", "docURL",
    "openAPISchemaURL", "metastoreHostPort", "pinotControllerHost", "httpConnection", "instanceDomain",
)  # fmt: skip
_NAMES: Final = (
    "account", "catalogId", "workgroup", "projectId", "bucketNames", "clusterIdentifier", "workgroupName",
    "awsAccountId",
)  # fmt: skip
#: Fields with the first part of names in the service: database, catalog, Oracle's service, Athena's catalog.
_HOLDS: Final = (("database",), ("catalog",), ("catalogId",), ("oracleConnectionType", "oracleServiceName"))
#: The same for services with one database, whose names begin with the schema.
_HOLDS_SCHEMAS: Final = (("databaseSchema",), ("oracleConnectionType", "databaseSchema"))
#: Where connections to one database of several say which, by service type.
_OWN_DATABASE: Final = {
    "Oracle": (("oracleConnectionType", "oracleServiceName"),),
    "SapHana": (("connection", "database"), ("database",)),
    "Cockroach": (("database",),),
    "Athena": (("catalogId",),),
    "Glue": (("catalogId",),),
    "SQLite": (("databaseMode",),),
}
#: Catalog of a connection that names none.
_OWN_CATALOG: Final = {
    "Athena": "awsdatacatalog", "Glue": "awsdatacatalog", "StarRocks": "default_catalog", "Doris": "internal",
}  # fmt: skip
_TNS_ADDRESS: Final = re.compile(r"\(\s*HOST\s*=\s*([^)\s]+)\s*\)\s*\(\s*PORT\s*=\s*(\d+)\s*\)", re.IGNORECASE)
_TNS_SERVICE: Final = re.compile(r"\(\s*(?:SERVICE_NAME|SID)\s*=\s*([^)\s]+)\s*\)", re.IGNORECASE)


def connection_config(entity: ConnectionConfig) -> ConnectionConfig:
    """Return the connection of a service entity, ``{}`` if it is hidden or missing."""
    return section(entity, "connection", "config")


def section(config: ConnectionConfig, *keys: str) -> ConnectionConfig:
    """Return a nested section, ``{}`` if it is missing or not an object."""
    for key in keys:
        value = config.get(key)
        config = value if isinstance(value, dict) else {}
    return config


def text(value: object) -> str | None:
    """Return a value if it is a non-empty string and not masked, else ``None``."""
    return value if isinstance(value, str) and value and not re.fullmatch(r"\*+", value) else None


def hosts(config: ConnectionConfig) -> tuple[HostPort, ...]:
    """Return the (host, port) pairs of a connection, each once."""
    for keys in ((), *_SECTIONS):
        pairs = tuple(dict.fromkeys(_hosts(section(config, *keys))))
        if pairs:
            return pairs
    catalog = text(section(config, "catalog", "connection").get("uri"))
    return parse_hosts(catalog) if catalog else _tns_hosts(config)


def store_hosts(config: ConnectionConfig) -> tuple[HostPort, ...]:
    """Return the (host, port) of the object store that a connection for S3 leads to, empty if it is Amazon's own."""
    return parse_hosts(text(section(config, "awsConfig").get("endPointURL")) or "")


def names(config: ConnectionConfig) -> frozenset[str]:
    """Return other words that name a service, in lower case: account, project, bucket, cluster."""
    values = [config.get(key) for key in _NAMES]
    values += [section(config, "authType").get("projectId"), section(config, "credentials").get("accountName")]
    values.append(config.get("accountName"))
    return frozenset(word.lower() for word in (*_texts(values), *_projects(config)))


def storage_account(config: ConnectionConfig) -> str | None:
    """Return the one storage account of a connection to Azure, in lower case, ``None`` if it does not say."""
    name = text(section(config, "credentials").get("accountName")) or text(config.get("accountName"))
    return name.partition(".")[0].lower() if name else None


def redshift_endpoint(config: ConnectionConfig) -> str | None:
    """Return the host name of a connection to Redshift if it is the whole one, with the part of the account."""
    host = (text(config.get("hostPort")) or "").partition(":")[0].strip().lower()
    return host if redshift_owner(host) else None


def region(config: ConnectionConfig) -> str | None:
    """Return the AWS region of a connection, ``None`` if it has none."""
    return text(section(config, "awsConfig").get("awsRegion"))


def database(config: ConnectionConfig) -> str | None:
    """Return the database of a connection; for Google's services the project, if there is exactly one.

    Of a service that ingests all databases of its server it tells nothing: names without one may mean any of them.
    """
    if config.get("ingestAllDatabases") is True:
        return None
    name = text(config.get("databaseName") or config.get("database") or config.get("catalog"))
    projects = set() if name else set(_projects(config))
    return name or (projects.pop() if len(projects) == 1 else None)


def holds(config: ConnectionConfig, service_type: str) -> frozenset[str]:
    """Return the words, in lower case, with which names in the service begin; empty if the connection has no limits.

    :param config: connection of the service
    :param service_type: ``serviceType`` of the service
    """
    paths = (*_HOLDS, *_HOLDS_SCHEMAS) if service_type in SINGLE_DATABASE else _HOLDS
    words = [*_texts(section(config, *keys).get(last) for *keys, last in paths), *_projects(config)]
    words += _texts((config.get("containerName"), config.get("awsAccountId")))
    words += _TNS_SERVICE.findall(_tns(config))
    return frozenset(word.lower() for word in words)


def own_database(config: ConnectionConfig, service_type: str) -> str | None:
    """Return the one database of a connection, in lower case, where names in the service leave it out.

    :param config: connection of the service
    :param service_type: ``serviceType`` of the service
    :return: Oracle's service or SID, a tenant, a catalog or a file; ``None`` if the connection does not say
    """
    if not config or config.get("ingestAllDatabases") is True:
        return None
    paths = _OWN_DATABASE.get(service_type, ())
    values = [*_texts(section(config, *keys).get(last) for *keys, last in paths)]
    if service_type == "Oracle":
        values += _TNS_SERVICE.findall(_tns(config))
    name = next(iter(values), _OWN_CATALOG.get(service_type))
    return name.lower() if name and name != ":memory:" else None


def _hosts(config: ConnectionConfig) -> Iterator[HostPort]:
    for key in _HOSTS:
        for value in _texts((config.get(key),)):
            yield from parse_hosts(value)
    host, port = text(config.get("host")), config.get("port")
    if host:
        yield from parse_hosts(f"{host}:{port}" if isinstance(port, int) and ":" not in host else host)


def _tns(config: ConnectionConfig) -> str:
    return text(section(config, "oracleConnectionType").get("oracleTNSConnection")) or ""


def _tns_hosts(config: ConnectionConfig) -> tuple[HostPort, ...]:
    addresses = _TNS_ADDRESS.findall(_tns(config))
    return tuple(pair for host, port in addresses for pair in parse_hosts(f"{host}:{port}"))


def _projects(config: ConnectionConfig) -> Iterator[str]:
    """Yield the projects of Google credentials; connectors have them in ``credentials`` or ``gcpConfig``."""
    for keys in (("credentials", "gcpConfig"), ("gcpConfig", "gcpConfig"), ("gcpConfig",)):
        yield from _texts((section(config, *keys).get("projectId"),))


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Yield the strings among values and lists of values."""
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            string = text(item)
            if string:
                yield string
