"""Compares the address of a service with that of a namespace: the same system, another one, or nobody can tell.

A namespace that names another host, account, project or region than the connection of a service means another system,
and a table of the same name there is another table. But one system may have several addresses: members of a cluster,
listeners, tunnels, short and full names. Where that is possible, the addresses do not tell.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.openmetadata.resolution.service_types import (
    CLOUD_SUFFIX,
    Scheme,
    is_path,
    region_of,
    scheme_of,
)
from openmetadata_ol_provider.openmetadata.resolution.services import (
    AddressMatch,
    Service,
    is_any_port,
    is_silent,
    match_address,
)

if TYPE_CHECKING:
    from openmetadata_ol_provider.lineage.names.namespaces import HostPort, Namespace

#: Most hosts of one service that texts list.
_MAX_HOSTS: Final = 3
#: Names under which a container reaches its own machine; loopback addresses themselves are all ``localhost``.
_OWN_MACHINE: Final = frozenset(
    {"localhost", "host.docker.internal", "gateway.docker.internal", "host.containers.internal"}
)
#: Schemes whose authority is a project or a cluster, which connections name apart from hosts.
_WORDS: Final = {"pubsub": "project", "bigtable": "project", "vertexai": "project", "redshift": "cluster"}
_METASTORE_PORT: Final = 9083
# Endpoints of one Amazon Aurora cluster: writer, readers, custom ones, its instances.
_AURORA: Final = re.compile(
    r"(?:-instance-\d+(?:-[\w-]+)?)?\.(?:cluster-(?:ro-|custom-)?)?(?=[^.]+\.[\w-]+\.rds\.amazonaws\.com)"
)
# Numbers of members; longer ones are ids of clusters.
_MEMBER_NUMBER: Final = re.compile(r"(?<!\d)\d{1,3}(?!\d)")
_MEMBER_WORD: Final = re.compile(r"-(?:bootstrap|brokers?|headless)$")
# Confluent Cloud: the id of a cluster, whose digits are no number of a member, and that of a broker before it.
_CLUSTER_ID: Final = re.compile(r"(?:b\d+-)?(?P<id>[pl]kc-\w+)(?:-.+)?")
# What templates and defaults leave where no host was given.
_NO_HOST: Final = re.compile(r"none|null|undefined|unknown|.*[{}()<>$%].*", re.DOTALL)


class Relation(Enum):
    """What the addresses of a service and a namespace tell."""

    SAME = "same"
    OTHER = "other"
    UNCERTAIN = "uncertain"


class AddressComparison(NamedTuple):
    """The result of a comparison.

    :param relation: what the addresses tell
    :param service: what the service's connection says where it differs, for people
    :param event: what the event says there
    """

    relation: Relation
    service: str = ""
    event: str = ""


_UNCERTAIN: Final = AddressComparison(Relation.UNCERTAIN)


def compare_addresses(service: Service, namespace: Namespace, kind: str) -> AddressComparison:
    """Compare the address of a service with that of a namespace.

    :param service: service of the catalogue
    :param namespace: namespace of a dataset
    :param kind: entity type of the dataset
    """
    if match_address(service, namespace, any_port=is_any_port(namespace, kind)) > AddressMatch.NONE:
        return AddressComparison(Relation.SAME)
    scheme = scheme_of(namespace)
    if is_path(namespace) or namespace.is_web or is_silent(service) or (scheme and scheme.addresses == "any"):
        return _UNCERTAIN
    for compare in _COMPARISONS:
        comparison = compare(service, namespace, scheme)
        if comparison is not None:
            return comparison
    return _UNCERTAIN


def is_other_system(service: Service, namespace: Namespace, kind: str) -> bool:
    """Return whether the addresses say that a namespace means another system than a service."""
    return compare_addresses(service, namespace, kind).relation is Relation.OTHER


# -- accounts, regions, projects -------------------------------------------------------------------------------------


def _by_region(service: Service, namespace: Namespace, _scheme: Scheme | None) -> AddressComparison | None:
    region = region_of(namespace)
    if region and service.region and region != service.region:
        return AddressComparison(Relation.OTHER, f"AWS region {service.region}", f"AWS region {region}")
    return None


def _by_account(service: Service, namespace: Namespace, _scheme: Scheme | None) -> AddressComparison | None:
    account = namespace.account
    if account and service.accounts and account not in service.accounts:
        own = ", ".join(sorted(service.accounts))
        return AddressComparison(Relation.OTHER, f"AWS account {own}", f"AWS account {account}")
    return None


def _by_snowflake_account(service: Service, namespace: Namespace, scheme: Scheme | None) -> AddressComparison | None:
    """Compare accounts, as long as both are locators or both are names of organisation and account."""
    if scheme is None or scheme.name != "snowflake":
        return None
    accounts = [host for host, _ in namespace.hosts if host not in _OWN_MACHINE]
    if not accounts or not service.names:
        return _UNCERTAIN
    forms = {_is_organisation_account(name) for name in (*accounts, *service.names)}
    if len(forms) > 1:
        return _UNCERTAIN
    return AddressComparison(
        Relation.OTHER, f"account {', '.join(sorted(service.names))}", f"account {', '.join(accounts)}"
    )


def _is_organisation_account(account: str) -> bool:
    """Return whether an account is written ``organisation-account``, and not as locator or ``locator.region``."""
    name = CLOUD_SUFFIX.sub("", account)
    return "." not in name and "-" in name.replace("_", "-")


def _by_word(service: Service, namespace: Namespace, scheme: Scheme | None) -> AddressComparison | None:
    word = _WORDS.get(scheme.name) if scheme is not None else None
    own = service.names - service.accounts
    if word is None or service.hosts or not own or not namespace.hosts:
        return None
    return AddressComparison(Relation.OTHER, f"{word} {', '.join(sorted(own))}", f"{word} {namespace.hosts[0][0]}")


# -- hosts -----------------------------------------------------------------------------------------------------------


def _by_host(service: Service, namespace: Namespace, scheme: Scheme | None) -> AddressComparison | None:
    region = region_of(namespace)
    hosts = tuple(pair for pair in namespace.hosts if pair[0] != region)
    if not hosts or not service.hosts:
        return None
    if any(_NO_HOST.fullmatch(host) for host, _ in (*hosts, *service.hosts)):
        return _UNCERTAIN
    pairs = (_without_instance(own, other) for own in service.hosts for other in hosts)
    if all(_is_other(own, other, scheme) for own, other in pairs):
        return AddressComparison(Relation.OTHER, _text(service.hosts), _text(hosts))
    return _UNCERTAIN


def _without_instance(own: HostPort, other: HostPort) -> tuple[HostPort, HostPort]:
    r"""Leave out a named instance of SQL Server (``host\name``) that one side has, and the ports: it has its own."""
    if ("\\" in own[0]) == ("\\" in other[0]):
        return own, other
    return (own[0].partition("\\")[0], None), (other[0].partition("\\")[0], None)


def _text(hosts: Iterable[HostPort]) -> str:
    texts = [(f"[{host}]" if ":" in host else host) + (f":{port}" if port else "") for host, port in hosts]
    more = len(texts) - _MAX_HOSTS
    return ", ".join(texts[:_MAX_HOSTS]) + (f" and {more} more" if more > 0 else "")


def _is_other(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether a host and port of a service and one of a namespace are certainly two systems.

    :param own: host and port of the service
    :param other: host and port of the namespace
    """
    addresses = scheme.addresses if scheme is not None else "server"
    host, name = own[0], other[0]
    # Several listeners of one broker have several ports.
    other_port = addresses != "brokers" and _ports_differ(own, other, scheme)
    if host == name or {host, name} <= _OWN_MACHINE:
        return other_port
    if (
        host in _OWN_MACHINE
        or name in _OWN_MACHINE
        or "vpce-" in f"{host} {name}"
        or _differ_in_role(own, other, scheme)
    ):
        return False
    one, two = _ip(host), _ip(name)
    if one is not None and two is not None:
        is_near = one.is_loopback or two.is_loopback or (addresses in _MEMBERS and _are_neighbours(one, two))
        return one.is_private == two.is_private and not is_near
    if one is not None or two is not None:
        # A name and an address may be one machine, or the two ends of a tunnel.
        return False
    host, name = _endpoint(host), _endpoint(name)
    if host == name or host.startswith(f"{name}.") or name.startswith(f"{host}."):
        return other_port
    return not (addresses in _MEMBERS and _are_members(host, name))


_MEMBERS: Final = frozenset({"cluster", "brokers"})
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


def _ports_differ(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether both ports are known and differ."""
    default = scheme.port if scheme is not None else None
    ports = (own[1] or default, other[1] or default)
    return None not in ports and ports[0] != ports[1]


def _differ_in_role(own: HostPort, other: HostPort, scheme: Scheme | None) -> bool:
    """Return whether one of the two may be a Hive metastore and the other a server that uses it."""
    if scheme is None or scheme.name not in {"hive", "impala"}:
        return False
    return own[1] is None or (own[1] == _METASTORE_PORT) != ((other[1] or scheme.port) == _METASTORE_PORT)


def _ip(host: str) -> _Ip | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _are_neighbours(one: _Ip, two: _Ip) -> bool:
    """Return whether two addresses are in one small network, as the members of a cluster are."""
    return one.version == two.version and one.packed[:-1] == two.packed[:-1]


def _endpoint(host: str) -> str:
    """Return a host name without what only tells how its system is reached."""
    return _AURORA.sub(".", host).replace(".privatelink.", ".")


def _are_members(one: str, two: str) -> bool:
    """Return whether two hosts may be members of one cluster: they differ only in the number of the member."""
    (first, _, domain), (second, _, other_domain) = one.partition("."), two.partition(".")
    if domain and other_domain and domain != other_domain:
        return False
    ids = _CLUSTER_ID.fullmatch(first), _CLUSTER_ID.fullmatch(second)
    if ids[0] and ids[1]:
        return ids[0]["id"] == ids[1]["id"]
    bases = [_MEMBER_WORD.sub("", _MEMBER_NUMBER.sub("", label)).strip("-_") for label in (first, second)]
    if bases[0] == bases[1]:
        return True
    # MongoDB's seed list has the name of the cluster, its members add to it.
    return (
        "." in domain and domain == other_domain and (first.startswith(f"{second}-") or second.startswith(f"{first}-"))
    )


_COMPARISONS: Final[tuple[Callable[[Service, Namespace, Scheme | None], AddressComparison | None], ...]] = (
    _by_region,
    _by_account,
    _by_snowflake_account,
    _by_word,
    _by_host,
)
