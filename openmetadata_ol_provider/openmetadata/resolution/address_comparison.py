"""Compares the address of a service with that of a namespace: the same system, another one, or nobody can tell.

A namespace that names another host, account, project or region than the connection of a service means another system,
and a table of the same name there is another table. But one system may have several addresses: members of a cluster,
listeners, tunnels, short and full names. Where that is possible, the addresses do not tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from openmetadata_ol_provider.openlineage.listing import listed
from openmetadata_ol_provider.openmetadata.resolution.host_comparison import OWN_MACHINE, is_other_host
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
#: Schemes whose authority is a project or a cluster, which connections name apart from hosts.
_WORDS: Final = {"pubsub": "project", "bigtable": "project", "vertexai": "project", "redshift": "cluster"}
#: Service types whose connections are the addresses of catalogs on the web.
_WEB_CATALOGS: Final = frozenset({"Iceberg"})
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
    if kind == "container" and (of_account := _by_storage_account(service, namespace, scheme)) is not None:
        return of_account
    if namespace.is_web and kind == "table" and service.service_type in _WEB_CATALOGS:
        return _by_web_host(service, namespace)
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


def doubt(service: Service, namespace: Namespace, *, is_guessed: bool) -> AddressComparison | None:
    """Return how the visible addresses of a service and a namespace differ although they may be one system.

    :param service: service that is taken for the system of the namespace
    :param is_guessed: whether only a name chose the service; its address did otherwise
    """
    if is_guessed:
        visible = service.hosts and namespace.hosts and not is_path(namespace)
        texts = _text(service.hosts), _text(namespace.hosts)
        return AddressComparison(Relation.UNCERTAIN, *texts) if visible else None
    if namespace.account and service.region and namespace.account not in service.names:
        texts = f"AWS region {service.region} and no account", f"AWS account {namespace.account}"
        return AddressComparison(Relation.UNCERTAIN, *texts)
    return None


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


def _by_storage_account(service: Service, namespace: Namespace, scheme: Scheme | None) -> AddressComparison | None:
    """Compare storage accounts of Azure: a connection has the containers of one of them."""
    account = namespace.without_user().authority.partition(".")[0].lower()
    # A container alone (`az://raw`) leaves its account open.
    if scheme is None or scheme.name != "abfss" or not service.storage_account or not namespace.user:
        return None
    if account == service.storage_account:
        return None
    return AddressComparison(Relation.OTHER, f"storage account {service.storage_account}", f"storage account {account}")


def _by_snowflake_account(service: Service, namespace: Namespace, scheme: Scheme | None) -> AddressComparison | None:
    """Compare accounts, as long as both are locators or both are names of organisation and account."""
    if scheme is None or scheme.name != "snowflake":
        return None
    accounts = [host for host, _ in namespace.hosts if host not in OWN_MACHINE]
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
    pairs = (_without_instance(own, other, namespace.instance) for own in service.hosts for other in hosts)
    if all(is_other_host(own, other, scheme) for own, other in pairs):
        return AddressComparison(Relation.OTHER, _text(service.hosts), _text(hosts))
    return _UNCERTAIN


def _by_web_host(service: Service, namespace: Namespace) -> AddressComparison:
    """Compare the hosts of two REST catalogs; a host may listen to several ports."""
    own = tuple((host, None) for host, _ in service.hosts)
    other = tuple((host, None) for host, _ in namespace.hosts)
    are_others = all(is_other_host(one, two, None) for one in own for two in other)
    if not own or not other or not are_others or any(_NO_HOST.fullmatch(host) for host, _ in (*own, *other)):
        return _UNCERTAIN
    return AddressComparison(Relation.OTHER, _text(service.hosts), _text(namespace.hosts))


def _without_instance(own: HostPort, other: HostPort, instance: str | None) -> tuple[HostPort, HostPort]:
    r"""Leave out a named instance of SQL Server (``host\name``) that one side has, and the ports: it has its own.

    :param instance: instance of the namespace, which its host does not have if there is a port
    """
    if "\\" in own[0] and instance:
        host = other[0].partition("\\")[0]
        return (own[0], None), (f"{host}\\{instance}", None)
    if ("\\" in own[0]) == ("\\" in other[0]):
        return own, other
    return (own[0].partition("\\")[0], None), (other[0].partition("\\")[0], None)


def _text(hosts: Iterable[HostPort]) -> str:
    texts = [(f"[{host}]" if ":" in host else host) + (f":{port}" if port else "") for host, port in hosts]
    return listed(texts, _MAX_HOSTS)


_COMPARISONS: Final[tuple[Callable[[Service, Namespace, Scheme | None], AddressComparison | None], ...]] = (
    _by_region,
    _by_account,
    _by_snowflake_account,
    _by_word,
    _by_host,
)
