"""What a service's connection says of where it is and what it holds: hosts, names, databases. Pure.

Connectors spell the same thing in many ways, and some keep it in a section of its own (``authType``, ``credentials``,
``configSource``). Secrets are not read; masked values are nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from openmetadata_ol_provider.openmetadata.resolution.namespaces import SINGLE_DATABASE, parse_hosts

Config = dict[str, Any]

#: Sections that may have what the connection itself does not, in the order in which they are looked into.
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
#: What the first part of a name in the service may be: database, catalog, Oracle's service, Athena's catalog.
_HOLDS: Final = (("database",), ("catalog",), ("catalogId",), ("oracleConnectionType", "oracleServiceName"))
#: The same where all tables are in one database, so that names begin with the schema.
_HOLDS_SCHEMAS: Final = (("databaseSchema",), ("oracleConnectionType", "databaseSchema"))
_TNS_ADDRESS: Final = re.compile(r"\(\s*HOST\s*=\s*([^)\s]+)\s*\)\s*\(\s*PORT\s*=\s*(\d+)\s*\)", re.IGNORECASE)
_TNS_SERVICE: Final = re.compile(r"\(\s*(?:SERVICE_NAME|SID)\s*=\s*([^)\s]+)\s*\)", re.IGNORECASE)


def config_of(entity: Config) -> Config:
    """Return the connection of a service entity; one that is hidden or absent is an empty one."""
    return section(entity, "connection", "config")


def section(config: Config, *keys: str) -> Config:
    """Return a section of a section; what is absent or something else is an empty one."""
    for key in keys:
        found = config.get(key)
        config = found if isinstance(found, dict) else {}
    return config


def text(value: object) -> str | None:
    """Return a non-empty string; masked secrets and other types are nothing."""
    return value if isinstance(value, str) and value and not re.fullmatch(r"\*+", value) else None


def hosts(config: Config) -> tuple[tuple[str, int | None], ...]:
    """Return the (host, port) pairs of a connection, each once."""
    for keys in ((), *_SECTIONS):
        found = tuple(dict.fromkeys(_hosts(section(config, *keys))))
        if found:
            return found
    return _tns_hosts(config)


def names(config: Config) -> frozenset[str]:
    """Return other words that name a service: account, project, bucket, cluster; lower-case."""
    values = [config.get(key) for key in _NAMES]
    values += [section(config, "authType").get("projectId"), section(config, "credentials").get("accountName")]
    values.append(config.get("accountName"))
    return frozenset(word.lower() for word in (*_texts(values), *_projects(config)))


def region(config: Config) -> str | None:
    """Return the AWS region of a connection."""
    return text(section(config, "awsConfig").get("awsRegion"))


def database(config: Config) -> str | None:
    """Return the database that a connection is for; of Google's services the project, if it is one."""
    named = text(config.get("databaseName") or config.get("database") or config.get("catalog"))
    projects = set() if named else set(_projects(config))
    return named or (projects.pop() if len(projects) == 1 else None)


def holds(config: Config, service_type: str) -> frozenset[str]:
    """Return what a connection is restricted to, as names in the service begin; lower-case, empty: it does not say.

    :param service_type: ``serviceType`` of the service
    """
    paths = (*_HOLDS, *_HOLDS_SCHEMAS) if service_type in SINGLE_DATABASE else _HOLDS
    found = [*_texts(section(config, *keys).get(last) for *keys, last in paths), *_projects(config)]
    found += _texts((config.get("containerName"), config.get("awsAccountId")))
    found += _TNS_SERVICE.findall(_tns(config))
    return frozenset(word.lower() for word in found)


def _hosts(config: Config) -> Iterator[tuple[str, int | None]]:
    for key in _HOSTS:
        for value in _texts((config.get(key),)):
            yield from parse_hosts(value)
    host, port = text(config.get("host")), config.get("port")
    if host:
        yield from parse_hosts(f"{host}:{port}" if isinstance(port, int) and ":" not in host else host)


def _tns(config: Config) -> str:
    return text(section(config, "oracleConnectionType").get("oracleTNSConnection")) or ""


def _tns_hosts(config: Config) -> tuple[tuple[str, int | None], ...]:
    addresses = _TNS_ADDRESS.findall(_tns(config))
    return tuple(pair for host, port in addresses for pair in parse_hosts(f"{host}:{port}"))


def _projects(config: Config) -> Iterator[str]:
    """Yield the projects of Google credentials, which are ``credentials`` or ``gcpConfig`` by connector."""
    for keys in (("credentials", "gcpConfig"), ("gcpConfig", "gcpConfig"), ("gcpConfig",)):
        yield from _texts((section(config, *keys).get("projectId"),))


def _texts(values: Iterable[object]) -> Iterator[str]:
    """Yield the strings among values and lists of values."""
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            found = text(item)
            if found:
                yield found
