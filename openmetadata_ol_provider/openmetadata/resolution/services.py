"""The services of a catalogue, and which of them a namespace belongs to if no rule says so.

Each kind of service is read when it is first needed, once per publication. A namespace belongs to the service whose
connection has that host and port (any of a list of brokers, that Snowflake account, that project); failing that, to any
service of the fitting kind, and then only a unique match of the dataset's name counts, and only if the addresses do not
contradict it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openmetadata_ol_provider.lineage.names.namespaces import HostPort, Namespace
from openmetadata_ol_provider.openmetadata.client.query_cache import QueryCache
from openmetadata_ol_provider.openmetadata.resolution import service_connections as connections
from openmetadata_ol_provider.openmetadata.resolution.service_types import (
    CLOUD_SUFFIX,
    CUSTOM_TYPES,
    OWN_FILES_TYPES,
    SINGLE_DATABASE,
    WEB_KINDS,
    Scheme,
    is_path,
    region_of,
    scheme_of,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Kind of service by the entity type of its datasets.
SERVICE_KIND: Final = {
    "table": "databaseService",
    "storedProcedure": "databaseService",
    "topic": "messagingService",
    "container": "storageService",
    "searchIndex": "searchService",
    "mlmodel": "mlmodelService",
    "dashboard": "dashboardService",
    "apiEndpoint": "apiService",
}
#: Entity type of a dataset that a rule assigns to a service of this kind.
KIND_OF_SERVICE: Final = {kind: type_ for type_, kind in SERVICE_KIND.items() if type_ != "storedProcedure"}
_IN_DATABASES: Final = frozenset({"table", "storedProcedure"})


class Service(NamedTuple):
    """A service of the catalogue, reduced to what matching needs.

    :param name: name
    :param fqn: fully qualified name
    :param kind: entity type: ``databaseService``, ``messagingService``, ``storageService`` ...
    :param service_type: ``serviceType``, e.g. ``Postgres``
    :param hosts: (host, port) pairs of its connection
    :param names: other words that name it, in lower case: account, project, cluster, bucket
    :param database: database of its connection
    :param holds: databases, catalogs or projects its connection is restricted to, in lower case; empty if unknown
    :param region: AWS region
    :param own_database: the one database, tenant or catalog of its connection, in lower case, that names leave out
    :param storage_account: the one Azure storage account of its connection, in lower case
    :param endpoint: whole host name of its Redshift cluster, of which ``hosts`` has the short form
    """

    name: str
    fqn: str
    kind: str
    service_type: str
    hosts: tuple[HostPort, ...] = ()
    names: frozenset[str] = frozenset()
    database: str | None = None
    holds: frozenset[str] = frozenset()
    region: str | None = None
    own_database: str | None = None
    storage_account: str | None = None
    endpoint: str | None = None

    @property
    def single(self) -> bool:
        """Whether all its tables are in one database, which names do not contain."""
        return self.service_type in SINGLE_DATABASE

    @property
    def accounts(self) -> frozenset[str]:
        """AWS accounts among its names."""
        return frozenset(name for name in self.names if re.fullmatch(r"\d{12}", name))

    @property
    def databases(self) -> tuple[str, ...]:
        """Databases that a name without a database may be in, the likeliest first."""
        own = (self.database,) if self.database else ()
        return (*own, "default") if self.single and self.database != "default" else own


class ServiceIndex:
    """All services, by name and by their connections.

    :param read: function that reads the services of one kind, e.g. ``databaseService``
    """

    def __init__(self, read: Callable[[str], Iterable[Service]]) -> None:
        self._read = read
        self._cache = QueryCache()

    @classmethod
    def from_client(cls, client: OpenMetadataClient) -> ServiceIndex:
        """Return the index of a catalogue, which is read when it is first needed."""

        def read(kind: str) -> list[Service]:
            return [read_service(item, kind) for item in client.pages(f"v1/services/{kind}s")]

        return cls(read)

    @classmethod
    def from_services(cls, services: Iterable[Service]) -> ServiceIndex:
        """Return an index of given services."""
        given = tuple(services)
        return cls(lambda kind: (service for service in given if service.kind == kind))

    def named(self, name: str, kind: str = "table") -> Service | None:
        """Return the service of that name; services of the kind that holds such datasets come first.

        Letter case decides only between two services of one kind.

        :param name: name in any letter case
        :param kind: entity type of the dataset; default: ``table``
        """
        preferred = SERVICE_KIND.get(kind)
        for service_kind in dict.fromkeys((*((preferred,) if preferred else ()), *SERVICE_KIND.values())):
            same_name = [service for service in self._all(service_kind) if service.name.lower() == name.lower()]
            if same_name:
                return next((service for service in same_name if service.name == name), same_name[-1])
        return None

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted({service.name for kind in dict.fromkeys(SERVICE_KIND.values()) for service in self._all(kind)})

    def at(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services whose connection matches a namespace best."""
        return self.best(namespace, kind).get(kind, ())

    def best(self, namespace: Namespace, *kinds: str) -> dict[str, tuple[Service, ...]]:
        """Return the services whose connections match a namespace best, by entity type of their datasets.

        :param namespace: namespace to match
        :param kinds: entity types of datasets
        """
        by_kind = {kind: self._cache(("at", namespace.raw, kind), partial(self._at, namespace, kind)) for kind in kinds}
        best = max((match for match, _ in by_kind.values()), default=AddressMatch.NONE)
        return {kind: services for kind, (match, services) in by_kind.items() if match == best and services}

    def holding(self, namespace: Namespace, kind: str, words: Iterable[str]) -> tuple[Service, ...]:
        """Return the services whose connection is restricted to a word of a name, if the namespace has no address."""
        has_no_address = scheme_of(namespace) is not None and not namespace.hosts and not is_path(namespace)
        return holding(self.of_kind(namespace, kind), words) if has_no_address else ()

    def of_kind(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services that may hold a dataset of that entity type and namespace."""
        types = _types(namespace, kind)
        services = self._all(SERVICE_KIND[kind]) if kind in SERVICE_KIND else ()
        if kind in _IN_DATABASES and is_path(namespace):
            return tuple(service for service in services if service.service_type not in OWN_FILES_TYPES)
        return tuple(service for service in services if not types or service.service_type in types)

    def _at(self, namespace: Namespace, kind: str) -> tuple[AddressMatch, tuple[Service, ...]]:
        """Return the services that match best, and how well they do."""
        if not (namespace.hosts or region_of(namespace)) or kind not in SERVICE_KIND:
            return AddressMatch.NONE, ()
        types = _types(namespace, kind)
        matches = {
            service: match_address(service, namespace, any_port=is_any_port(namespace, kind))
            for service in self._all(SERVICE_KIND[kind])
            # A service that somebody has entered by hand may have any address.
            if not types or service.service_type in types | CUSTOM_TYPES
        }
        best = max(matches.values(), default=AddressMatch.NONE)
        services = [service for service, match in matches.items() if match == best != AddressMatch.NONE]
        if best == AddressMatch.REGION:
            # A region has many services, so one without any address may be meant as well.
            services += [service for service in self.of_kind(namespace, kind) if is_silent(service)]
        return best, tuple(services)

    def _all(self, kind: str) -> tuple[Service, ...]:
        """Return all services of a kind."""
        return self._cache(("services", kind), lambda: tuple(self._read(kind)))


def _types(namespace: Namespace, kind: str) -> frozenset[str]:
    """Return the service types that fit, empty for any; the path of a table does not tell its database service."""
    scheme = scheme_of(namespace)
    if scheme is None or (kind in _IN_DATABASES and is_path(namespace)):
        return frozenset()
    return scheme.service_types


def read_service(entity: dict[str, Any], kind: str) -> Service:
    """Reduce a service entity to what matching needs; its connection may be hidden or missing.

    :param entity: JSON of the service
    :param kind: entity type, e.g. ``databaseService``
    """
    config = connections.connection_config(entity)
    name, service_type = str(entity.get("name", "")), str(entity.get("serviceType", ""))
    is_storage = kind == SERVICE_KIND["container"]
    return Service(
        name=name,
        fqn=str(entity.get("fullyQualifiedName") or name),
        kind=kind,
        service_type=service_type,
        hosts=connections.hosts(config) or (connections.store_hosts(config) if is_storage else ()),
        names=connections.names(config),
        database=connections.database(config),
        holds=connections.holds(config, service_type),
        region=connections.region(config),
        own_database=connections.own_database(config, service_type),
        storage_account=connections.storage_account(config) if is_storage else None,
        endpoint=connections.redshift_endpoint(config),
    )


class AddressMatch(IntEnum):
    """How well the address of a service matches a namespace, from worst to best."""

    NONE = 0
    REGION = 1
    HOST = 2
    ADDRESS = 3


def is_any_port(namespace: Namespace, kind: str) -> bool:
    """Return whether a service on the same host with another port also matches, though less well."""
    scheme = scheme_of(namespace)
    return scheme is not None and (scheme.any_port or (namespace.is_web and kind in WEB_KINDS))


def match_address(service: Service, namespace: Namespace, *, any_port: bool) -> AddressMatch:
    """Return how well the address of a service matches a namespace.

    :param service: service of the catalogue
    :param namespace: namespace of a dataset
    :param any_port: ``True`` if the same host with another port also matches, though less well
    """
    scheme = scheme_of(namespace)
    best = max(
        (_match_host(own, other, scheme, any_port) for own in service.hosts for other in namespace.hosts),
        default=AddressMatch.NONE,
    )
    if best:
        return best
    # Accounts, projects and the like are not host and port; the "host" of such a namespace is the word itself.
    same = _SAME_NAME.get(scheme.name, str.__eq__) if scheme is not None else str.__eq__
    words = [host for host, port in namespace.hosts if port is None or (scheme is not None and port == scheme.port)]
    if any(same(word, name) for word in words for name in service.names):
        return AddressMatch.ADDRESS
    same_region = service.region is not None and service.region == region_of(namespace)
    is_other = namespace.account and service.accounts and namespace.account not in service.accounts
    return AddressMatch.REGION if same_region and not is_other else AddressMatch.NONE


def is_silent(service: Service) -> bool:
    """Return whether a service's connection contains nothing that a namespace could match."""
    return not (service.hosts or service.names or service.holds or service.region)


def holding(services: Iterable[Service], words: Iterable[str]) -> tuple[Service, ...]:
    """Return the services whose connection is restricted to one of the words (database, catalog, project, bucket)."""
    lowered = {word.lower() for word in words if word}
    return tuple(service for service in services if service.holds & lowered)


def _match_host(own: HostPort, other: HostPort, scheme: Scheme | None, any_port: bool) -> AddressMatch:
    if own[0] != other[0]:
        return AddressMatch.NONE
    default_port = scheme.port if scheme is not None else None
    if "\\" in own[0] or (own[1] or default_port) == (other[1] or default_port):
        return AddressMatch.ADDRESS
    return AddressMatch.HOST if any_port else AddressMatch.NONE


def _same_account(one: str, other: str) -> bool:
    """Compare Snowflake accounts: ``locator.region.cloud`` may lack the cloud, or be the locator alone."""
    first, second = (CLOUD_SUFFIX.sub("", name.replace("_", "-")).split(".") for name in (one, other))
    return first == second if len(first) == len(second) else first[0] == second[0]


def _same_first_label(host: str, name: str) -> bool:
    """Compare a host and a name by their first label: ``account.dfs.core.windows.net``, ``cluster.region``."""
    return host.partition(".")[0] == name.partition(".")[0]


_SAME_NAME: Final[dict[str, Callable[[str, str], bool]]] = {
    "snowflake": _same_account,
    "abfss": _same_first_label,
    "redshift": _same_first_label,
}
