"""Whether a service is the one that a namespace speaks of, by what its connection says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from openmetadata_ol_provider.openmetadata.resolution.schemes import CLOUD_SUFFIX, Namespace, Scheme

if TYPE_CHECKING:
    from openmetadata_ol_provider.openmetadata.resolution.services import Service

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
