"""Tells whether two hosts are certainly two systems; all that is possible otherwise does not tell."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.resolution.cloud_endpoints import are_endpoints_of_one, plain_endpoint
from openmetadata_ol_provider.openmetadata.resolution.cluster_members import are_members

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.namespaces import HostPort
    from openmetadata_ol_provider.lineage.systems.system import Addresses
    from openmetadata_ol_provider.openmetadata.resolution.service_types import Scheme

#: Names under which a container reaches its own machine; loopback addresses themselves are all ``localhost``.
OWN_MACHINE: Final = frozenset(
    {"localhost", "host.docker.internal", "gateway.docker.internal", "host.containers.internal"}
)
#: Servers of one Hive, by port: its metastore, HiveServer2, the daemons of Impala.
_HIVE_ROLES: Final = {9083: "metastore", 10000: "server", 10001: "server", 21050: "daemon", 21000: "daemon"}
#: ZooKeeper, which only knows where a server is: ``hive2://zk1:2181,zk2:2181/;serviceDiscoveryMode=zooKeeper``.
_ZOOKEEPER_PORT: Final = 2181
#: A coordinator of Trino or Presto listens to HTTP and to HTTPS; two ports of one kind on a host are two clusters, as
#: containers publish them (8080, 8081). The defaults are those of the products, of their charts and of Amazon EMR.
_TRINO_PLAIN: Final = frozenset({80, 8080, 8889})
_TRINO_TLS: Final = frozenset({443, 8443, 8446, 7778})
#: SAP HANA: the system database (3NN13) leads to the tenants of its instance (3NN15, 3NN40 to 3NN99).
_HANA_SYSTEM: Final = 13
_MEMBERS: Final = frozenset({"cluster", "brokers"})
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_other_host(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether a host and port of a service and one of a namespace are certainly two systems.

    :param own: host and port of the service
    :param other: host and port of the namespace
    """
    addresses = scheme.addresses if scheme is not None else "server"
    host, name = own[0], other[0]
    # Several listeners of one broker have several ports.
    other_port = addresses != "brokers" and _ports_differ(own, other, scheme)
    if host == name or {host, name} <= OWN_MACHINE:
        return other_port
    if host in OWN_MACHINE or name in OWN_MACHINE or "vpce-" in f"{host} {name}" or _differ_in_role(own, other, scheme):
        return False
    one, two = _ip(host), _ip(name)
    if one is not None or two is not None:
        # A name and an address may be one machine, or the two ends of a tunnel.
        return one is not None and two is not None and _are_apart(one, two, addresses)
    host, name = plain_endpoint(host), plain_endpoint(name)
    if host == name or host.startswith(f"{name}.") or name.startswith(f"{host}."):
        return other_port
    return not (are_endpoints_of_one(host, name) or (addresses in _MEMBERS and are_members(host, name)))


def _ports_differ(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether both ports are known and those of two systems."""
    default = scheme.port if scheme is not None else None
    one, two = own[1] or default, other[1] or default
    if one is None or two is None or one == two:
        return False
    name = scheme.name if scheme is not None else ""
    if name in {"trino", "presto"}:
        return not ((one in _TRINO_PLAIN and two in _TRINO_TLS) or (one in _TRINO_TLS and two in _TRINO_PLAIN))
    if name == "saphana":
        is_system = _HANA_SYSTEM in (one % 100, two % 100)
        return not (is_system and one // 100 == two // 100)
    return True


def _differ_in_role(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether one of the two may be a metastore or a registry, and the other a server that uses it."""
    if _ZOOKEEPER_PORT in (own[1], other[1]) and own[1] != other[1]:
        return True
    if scheme is None or scheme.name not in {"hive", "impala"}:
        return False
    roles = {_HIVE_ROLES.get(port or 0, "server") for port in (own[1], other[1] or scheme.port)}
    return own[1] is None or len(roles) > 1


def _ip(host: str) -> _Ip | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _are_apart(one: _Ip, two: _Ip, addresses: Addresses) -> bool:
    """Return whether two different addresses are those of two systems."""
    is_near = one.is_loopback or two.is_loopback or (addresses in _MEMBERS and _are_neighbours(one, two))
    return one.is_private == two.is_private and not is_near


def _are_neighbours(one: _Ip, two: _Ip) -> bool:
    """Return whether two addresses are in one small network, as the members of a cluster are."""
    return one.version == two.version and one.packed[:-1] == two.packed[:-1]
