"""The services a catalogue has, and which of them a namespace speaks of when nobody has written that down.

Each kind of service is read when it is first asked for, once per publication. A namespace belongs to the service whose
connection has that host and port (any one of a list of brokers, that Snowflake account, that project); failing that, to
any service of the fitting kind, and then only a unique match of the dataset's name counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openmetadata_ol_provider.openmetadata.resolution import service_connections as connections
from openmetadata_ol_provider.openmetadata.resolution.namespaces import (
    CLOUD_SUFFIX,
    CUSTOM_TYPES,
    SINGLE_DATABASE,
    WEB_KINDS,
    Namespace,
    Scheme,
    is_path,
)
from openmetadata_ol_provider.openmetadata.resolution.search import Once

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient

#: Which kind of service holds which kind of dataset.
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
#: What a dataset is that a rule says is in a service of this kind.
KIND_OF_SERVICE: Final = {kind: type_ for type_, kind in SERVICE_KIND.items() if type_ != "storedProcedure"}
_IN_DATABASES: Final = frozenset({"table", "storedProcedure"})


class Service(NamedTuple):
    """A service of the catalogue, as far as matching needs it.

    :param kind: ``databaseService``, ``messagingService``, ``storageService`` ...
    :param hosts: (host, port) pairs of its connection
    :param names: other words that name it: account, project, cluster, bucket; lower-case
    :param database: the database its connection is for
    :param holds: databases, catalogs, projects that its connection is restricted to; lower-case, empty: it says nothing
    :param region: of Amazon's services
    """

    name: str
    fqn: str
    kind: str
    service_type: str
    hosts: tuple[tuple[str, int | None], ...] = ()
    names: frozenset[str] = frozenset()
    database: str | None = None
    holds: frozenset[str] = frozenset()
    region: str | None = None

    @property
    def single(self) -> bool:
        """Whether all its tables are in one database, which names do not say."""
        return self.service_type in SINGLE_DATABASE

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases a name without one may be in, the likeliest first."""
        own = (self.database,) if self.database else ()
        return (*own, "default") if self.single and self.database != "default" else own


class ServiceIndex:
    """All services, by name and by what their connections say.

    :param read: reads the services of one kind, e.g. ``databaseService``
    """

    def __init__(self, read: Callable[[str], Iterable[Service]]) -> None:
        self._read = read
        self._once = Once()

    @classmethod
    def read(cls, client: OpenMetadataClient) -> ServiceIndex:
        """Return the index of a catalogue; nothing is read before it is asked for."""

        def services(kind: str) -> list[Service]:
            return [read_service(item, kind) for item in client.pages(f"v1/services/{kind}s")]

        return cls(services)

    @classmethod
    def of(cls, services: Iterable[Service]) -> ServiceIndex:
        """Return an index of services that are known."""
        known = tuple(services)
        return cls(lambda kind: (service for service in known if service.kind == kind))

    def named(self, name: str, kind: str = "table") -> Service | None:
        """Return the service of that name, of whatever kind: first of the one that holds such datasets.

        Letter case decides only between two of one kind.

        :param kind: kind of dataset
        """
        first = SERVICE_KIND.get(kind)
        for service_kind in dict.fromkeys((*((first,) if first else ()), *SERVICE_KIND.values())):
            services = self._of(service_kind)
            alike = [service for service in services if service.name.lower() == name.lower()]
            if alike:
                return next((service for service in alike if service.name == name), alike[-1])
        return None

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted({service.name for kind in dict.fromkeys(SERVICE_KIND.values()) for service in self._of(kind)})

    def at(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services whose connection is what the namespace says."""
        return self.best(namespace, kind).get(kind, ())

    def best(self, namespace: Namespace, *kinds: str) -> dict[str, tuple[Service, ...]]:
        """Return the services of several kinds whose connections match a namespace best, by kind of dataset.

        The very host and port come before the host alone, and both before the region.
        """
        ranked = {kind: self._once(("at", namespace.raw, kind), partial(self._at, namespace, kind)) for kind in kinds}
        best = max((rank for rank, _ in ranked.values()), default=NO_MATCH)
        return {kind: services for kind, (rank, services) in ranked.items() if rank == best and services}

    def holding(self, namespace: Namespace, kind: str, words: Iterable[str]) -> tuple[Service, ...]:
        """Return the services that hold what a name begins with, where the namespace has no address to tell by."""
        nameless = namespace.scheme is not None and not namespace.hosts and not is_path(namespace)
        return holding(self.of_kind(namespace, kind), words) if nameless else ()

    def of_kind(self, namespace: Namespace, kind: str) -> tuple[Service, ...]:
        """Return the services that may hold a dataset of that kind and namespace."""
        types = _types(namespace, kind)
        services = self._of(SERVICE_KIND[kind]) if kind in SERVICE_KIND else ()
        return tuple(service for service in services if not types or service.service_type in types)

    def _at(self, namespace: Namespace, kind: str) -> tuple[int, tuple[Service, ...]]:
        """Return how well the best services match, and which they are."""
        if not (namespace.hosts or namespace.region) or kind not in SERVICE_KIND:
            return NO_MATCH, ()
        scheme, types = namespace.scheme, _types(namespace, kind)
        any_port = scheme is not None and (scheme.any_port or (namespace.is_web and kind in WEB_KINDS))
        ranks = {
            service: match(service, namespace, any_port=any_port)
            for service in self._of(SERVICE_KIND[kind])
            # What somebody has entered by hand may have any address.
            if not types or service.service_type in types | CUSTOM_TYPES
        }
        best = max(ranks.values(), default=NO_MATCH)
        found = [service for service, rank in ranks.items() if rank == best != NO_MATCH]
        if best == SAME_REGION:
            # A region has many services: one that does not say where it is may be meant as well.
            found += [service for service in self.of_kind(namespace, kind) if is_silent(service)]
        return best, tuple(found)

    def _of(self, kind: str) -> tuple[Service, ...]:
        return self._once(("services", kind), lambda: tuple(self._read(kind)))


def _types(namespace: Namespace, kind: str) -> frozenset[str]:
    """Return the service types that fit; empty: any. A path says nothing of the database a table is in."""
    if namespace.scheme is None or (kind in _IN_DATABASES and is_path(namespace)):
        return frozenset()
    return namespace.scheme.service_types


def read_service(entity: dict[str, Any], kind: str) -> Service:
    """Return what matching needs of a service entity; a connection that is hidden or absent is no obstacle.

    :param entity: JSON of a service
    :param kind: entity type, e.g. ``databaseService``
    """
    config = connections.config_of(entity)
    name, service_type = str(entity.get("name", "")), str(entity.get("serviceType", ""))
    return Service(
        name=name,
        fqn=str(entity.get("fullyQualifiedName") or name),
        kind=kind,
        service_type=service_type,
        hosts=connections.hosts(config),
        names=connections.names(config),
        database=connections.database(config),
        holds=connections.holds(config, service_type),
        region=connections.region(config),
    )


#: How well a service's address matches: not at all, by its region only, by its host alone, exactly.
NO_MATCH, SAME_REGION, SAME_HOST, SAME_ADDRESS = range(4)


def match(service: Service, namespace: Namespace, *, any_port: bool) -> int:
    """Return how well the address of a service is that of a namespace.

    :param any_port: the same host is a match, too, if a worse one
    """
    scheme = namespace.scheme
    best = max(
        (_same_host(mine, theirs, scheme, any_port) for mine in service.hosts for theirs in namespace.hosts),
        default=NO_MATCH,
    )
    if best:
        return best
    # Accounts, projects and the like are no host:port; a namespace's "host" is the word itself.
    same = _SAME.get(scheme.name, str.__eq__) if scheme is not None else str.__eq__
    words = [host for host, port in namespace.hosts if port is None or (scheme is not None and port == scheme.port)]
    if any(same(host, name) for host in words for name in service.names):
        return SAME_ADDRESS
    return SAME_REGION if service.region is not None and service.region == namespace.region else NO_MATCH


def is_silent(service: Service) -> bool:
    """Tell whether a service's connection says nothing to match by."""
    return not (service.hosts or service.names or service.holds or service.region)


def holding(services: Iterable[Service], words: Iterable[str]) -> tuple[Service, ...]:
    """Return the services whose connection is restricted to one of the words (database, catalog, project, bucket)."""
    wanted = {word.lower() for word in words if word}
    return tuple(service for service in services if service.holds & wanted)


def _same_host(
    mine: tuple[str, int | None], theirs: tuple[str, int | None], scheme: Scheme | None, any_port: bool
) -> int:
    if mine[0] != theirs[0]:
        return NO_MATCH
    port = scheme.port if scheme is not None else None
    if (mine[1] or port) == (theirs[1] or port):
        return SAME_ADDRESS
    return SAME_HOST if any_port else NO_MATCH


def _same_account(one: str, other: str) -> bool:
    """Compare Snowflake accounts: ``locator.region.cloud`` may be known without its cloud, or as the locator alone."""
    mine, theirs = (CLOUD_SUFFIX.sub("", name.replace("_", "-")).split(".") for name in (one, other))
    return mine == theirs if len(mine) == len(theirs) else mine[0] == theirs[0]


def _same_first_label(host: str, name: str) -> bool:
    """Compare a host with what its first label names: ``account.dfs.core.windows.net``, ``cluster.region``."""
    return host.partition(".")[0] == name.partition(".")[0]


_SAME: Final[dict[str, Callable[[str, str], bool]]] = {
    "snowflake": _same_account,
    "abfss": _same_first_label,
    "redshift": _same_first_label,
}
