"""The services a catalogue has, and which of them a namespace speaks of when nobody has written that down.

Read once per publication. A namespace belongs to the service whose connection has that host and port (any one of a
list of brokers, that Snowflake account, that project); failing that, to any service of the fitting kind, and then only
a unique match of the dataset's name counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from openmetadata_ol_provider.openmetadata.schemes import SINGLE_DATABASE, Namespace, Scheme, is_path, parse_hosts

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client import OpenMetadataClient

_LISTINGS = {
    "databaseService": "v1/services/databaseServices",
    "messagingService": "v1/services/messagingServices",
    "storageService": "v1/services/storageServices",
}
# What may follow the account in a Snowflake host name.
_CLOUD = re.compile(r"(?:\.(?:aws|azure|gcp))?(?:\.privatelink)?(?:\.snowflakecomputing\.(?:com|cn))?$")
#: Which kind of service holds which kind of dataset.
SERVICE_KIND = {"table": "databaseService", "topic": "messagingService", "container": "storageService"}


class Service(NamedTuple):
    """A service of the catalogue, as far as matching needs it.

    :param kind: ``databaseService``, ``messagingService`` or ``storageService``
    :param hosts: (host, port) pairs of its connection
    :param names: other words that name it: account, project, catalogue, bucket; lower-case
    :param database: the database its connection is for
    """

    name: str
    fqn: str
    kind: str
    service_type: str
    hosts: tuple[tuple[str, int | None], ...] = ()
    names: frozenset[str] = frozenset()
    database: str | None = None

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases a name without one may be in, the likeliest first."""
        own = (self.database,) if self.database else ()
        return (*own, "default") if self.service_type in SINGLE_DATABASE and self.database != "default" else own


class ServiceIndex:
    """All services, by name and by what their connections say.

    :param services: the services of one catalogue
    """

    def __init__(self, services: Iterable[Service]) -> None:
        self._services = tuple(services)
        self._by_name = {service.name: service for service in self._services}
        self._by_name_lower = {service.name.lower(): service for service in self._services}

    @classmethod
    def read(cls, client: OpenMetadataClient) -> ServiceIndex:
        """Read the services of the three kinds that hold datasets."""
        return cls(read_service(item, kind) for kind, listing in _LISTINGS.items() for item in client.pages(listing))

    def named(self, name: str) -> Service | None:
        """Return the service of that name; letter case decides only between two."""
        return self._by_name.get(name) or self._by_name_lower.get(name.lower())

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(self._by_name)

    def at(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services whose connection is what the namespace says."""
        return tuple(service for service in self.of_kind(namespace, kind) if _is_at(service, namespace))

    def of_kind(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services that may hold a dataset of that kind and namespace."""
        wanted = SERVICE_KIND.get(kind)
        types = _types(namespace, kind)
        return tuple(
            service
            for service in self._services
            if service.kind == wanted and (not types or service.service_type in types)
        )


def _types(namespace: Namespace, kind: str) -> frozenset[str]:
    """Return the service types that fit; empty: any. A path says nothing of the database a table is in."""
    if namespace.scheme is None or (kind == "table" and is_path(namespace)):
        return frozenset()
    return namespace.scheme.service_types


def _is_at(service: Service, namespace: Namespace) -> bool:
    scheme = namespace.scheme
    if any(_same_host(mine, theirs, scheme) for mine in service.hosts for theirs in namespace.hosts):
        return True
    # Accounts, projects and the like are no host:port; a namespace's "host" is the word itself.
    same = _SAME.get(scheme.name, str.__eq__) if scheme is not None else str.__eq__
    return any(same(host, name) for host, port in namespace.hosts if port is None for name in service.names)


def _same_host(mine: tuple[str, int | None], theirs: tuple[str, int | None], scheme: Scheme | None) -> bool:
    if mine[0] != theirs[0]:
        return False
    if scheme is None:
        return mine[1] == theirs[1]
    return scheme.any_port or (mine[1] or scheme.port) == (theirs[1] or scheme.port)


def _same_account(one: str, other: str) -> bool:
    """Compare Snowflake accounts: ``locator.region.cloud`` may be known without its cloud, or as the locator alone."""
    mine, theirs = (_CLOUD.sub("", name.replace("_", "-")).split(".") for name in (one, other))
    return mine == theirs if len(mine) == len(theirs) else mine[0] == theirs[0]


def _same_storage(host: str, account: str) -> bool:
    """Compare the host of an Azure storage account, ``account.dfs.core.windows.net``, with the account's name."""
    return host.partition(".")[0] == account.partition(".")[0]


_SAME: dict[str, Callable[[str, str], bool]] = {"snowflake": _same_account, "abfss": _same_storage}


def read_service(entity: dict[str, Any], kind: str) -> Service:
    """Return what matching needs of a service entity; a connection that is hidden or absent is no obstacle.

    :param entity: JSON of a service
    :param kind: entity type, e.g. ``databaseService``
    """
    connection = entity.get("connection")
    config = connection.get("config") if isinstance(connection, dict) else None
    config = config if isinstance(config, dict) else {}
    name = str(entity.get("name", ""))
    return Service(
        name=name,
        fqn=str(entity.get("fullyQualifiedName") or name),
        kind=kind,
        service_type=str(entity.get("serviceType", "")),
        hosts=tuple(dict.fromkeys(_hosts(config))),
        names=frozenset(_names(config)),
        database=_text(config.get("databaseName") or config.get("database") or config.get("catalog")),
    )


def _hosts(config: dict[str, Any]) -> Iterable[tuple[str, int | None]]:
    nested = config.get("connection")
    for source in (config, nested if isinstance(nested, dict) else {}):
        for key in ("hostPort", "bootstrapServers", "brokers"):
            value = source.get(key)
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str):
                    yield from parse_hosts(item)
        host, port = source.get("host"), source.get("port")
        if isinstance(host, str) and host:
            yield from parse_hosts(f"{host}:{port}" if isinstance(port, int) and ":" not in host else host)


def _names(config: dict[str, Any]) -> Iterable[str]:
    for key in ("account", "catalogId", "workgroup", "projectId"):
        text = _text(config.get(key))
        if text:
            yield text.lower()
    buckets = config.get("bucketNames")
    for bucket in buckets if isinstance(buckets, list) else []:
        if isinstance(bucket, str):
            yield bucket.lower()
    credentials = config.get("credentials")
    gcp = credentials.get("gcpConfig") if isinstance(credentials, dict) else None
    projects = gcp.get("projectId") if isinstance(gcp, dict) else None
    for project in projects if isinstance(projects, list) else [projects]:
        if isinstance(project, str):
            yield project.lower()
    account_name = _text(config.get("accountName"))
    if account_name:
        yield account_name.lower()


def _text(value: object) -> str | None:
    """Return a non-empty string; masked secrets and other types are nothing."""
    return value if isinstance(value, str) and value and not re.fullmatch(r"\*+", value) else None
