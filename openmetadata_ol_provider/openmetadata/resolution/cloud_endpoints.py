"""Reads the host names of managed databases: several endpoints of one system, of which some have names of their own."""

from __future__ import annotations

import re
from typing import Final

_RDS: Final = re.compile(
    r"(?P<name>[^.]+)\.(?P<rest>.*?)(?P<region>[^.]+)\.rds\.amazonaws\.com|"
    r"(?P<name_cn>[^.]+)\.(?P<rest_cn>.*?)rds\.(?P<region_cn>[^.]+)\.amazonaws\.com\.cn"
)
# The writer and the readers of an Amazon Aurora cluster, and its instances as the console names them.
_AURORA: Final = re.compile(
    r"(?:-instance-\d+(?:-[\w-]+)?)?\.(?:cluster-(?:ro-|(?!custom-)))?(?=[^.]+\.(?:rds\.[\w-]+|[\w-]+\.rds)\.amazonaws\.com)"
)
# What names of the instances of a cluster add to its own.
_INSTANCE: Final = re.compile(r"-(?:\d+|(?:instance|reader|writer|replica|node)(?:-?\w+)*)")
_GLOBAL: Final = "global"


def plain_endpoint(host: str) -> str:
    """Return a host name without what only tells how its system is reached."""
    if ".rds." in host:
        host = _AURORA.sub(".", host)
    # The read-only listener of a failover group of Azure SQL is that of the group.
    return host.replace(".privatelink.", ".").replace(".secondary.database.", ".database.")


def are_endpoints_of_one(one: str, two: str) -> bool:
    """Return whether two host names may be endpoints of one system, although their names differ.

    A proxy of Amazon RDS, a custom endpoint and the writer endpoint of a global database have names of their own.

    :param one: host name from :func:`plain_endpoint`
    :param two: the other one
    """
    first, second = _RDS.fullmatch(one), _RDS.fullmatch(two)
    if first is None or second is None:
        return any(_has_own_name(match) for match in (first, second) if match)
    regions = {_part(match, "region") for match in (first, second)}
    if len(regions - {_GLOBAL}) > 1:
        return False
    rests = [_part(match, "rest") for match in (first, second)]
    if any(_has_own_name(match) for match in (first, second)):
        customs = [rest.removeprefix("cluster-custom-") for rest in rests if rest.startswith("cluster-custom-")]
        # The word in a custom endpoint is that of its account and region.
        return not customs or "proxy-" in "".join(rests) or len({rest.rpartition("-")[2] for rest in rests}) == 1
    names = [_part(match, "name") for match in (first, second)]
    longer, shorter = sorted(names, key=len, reverse=True)
    return rests[0] == rests[1] and longer.startswith(shorter) and bool(_INSTANCE.fullmatch(longer[len(shorter) :]))


def _part(match: re.Match[str], name: str) -> str:
    return match[name] or match[f"{name}_cn"] or ""


def _has_own_name(match: re.Match[str]) -> bool:
    """Return whether an endpoint has a name of its own."""
    rest = _part(match, "rest")
    return "proxy-" in rest or rest.startswith(("cluster-custom-", "global-")) or _part(match, "region") == _GLOBAL
