"""Tells whether two hosts may be members of one cluster: numbered alike, or a pod and the service in front of it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# Numbers of members; longer ones are ids of clusters.
_MEMBER_NUMBER: Final = re.compile(r"(?<!\d)0{0,3}\d{1,3}(?!\d)")
_MEMBER_WORD: Final = re.compile(r"-(?:bootstrap|brokers?|headless)$")
# Confluent Cloud: the id of a cluster, whose digits are no number of a member, and that of a broker before it.
_CLUSTER_ID: Final = re.compile(r"(?:b\d+-)?(?P<id>[pl]kc-\w+)(?:-.+)?")
# Kubernetes: [pod.]service.namespace.svc[.cluster.local], and what operators append to the name of a service.
_KUBERNETES: Final = re.compile(
    r"(?:(?P<pod>[^.]+)\.)?(?P<service>[^.]+)\.(?P<namespace>[^.]+)\.svc(?:\.[\w.-]+)?"
    r"|(?P<of_pod>[^.]+)\.(?P<headless>[^.]+-(?:brokers|headless))(?:\.(?P<its_namespace>[^.]+))?"
)
_SERVICE_WORD: Final = re.compile(
    r"-(?:bootstrap|brokers?|headless|controllers?|external|internal|public|client|tls|plain|\d{1,3})$"
)


#: Services whose first label names one system, numbers and all; Atlas adds the member to it.
_ONE_EACH: Final = re.compile(
    r"(?P<name>[^.]+?)(?:-shard-\d+-\d+|-config-\d+|-mongos-\d+|-pri|-pl-\d+(?:-lb)?)?\.(?P<domain>(?:.*\.)?"
    r"(?:servicebus\.(?:windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)|mongodb(?:-dev)?\.net|cockroachlabs\.cloud"
    r"|aivencloud\.com|upstash\.io|(?:mongo\.)?cosmos\.azure\.com|documents\.azure\.com|tidbcloud\.com|singlestore\.com))"
)


class _KubernetesService(NamedTuple):
    name: str
    namespace: str | None


def are_members(one: str, two: str) -> bool:
    """Return whether two hosts may be members of one cluster."""
    managed = _ONE_EACH.fullmatch(one), _ONE_EACH.fullmatch(two)
    if managed[0] and managed[1]:
        return managed[0].groups() == managed[1].groups()
    services = _service_of(one), _service_of(two)
    if services[0] or services[1]:
        return _are_of_one_service(services[0] or _bare(one), services[1] or _bare(two)) or _are_numbered(one, two)
    return _are_numbered(one, two)


def _are_numbered(one: str, two: str) -> bool:
    """Return whether two hosts differ only in the number of the member."""
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


def _service_of(host: str) -> _KubernetesService | None:
    """Return the service of a host in a Kubernetes cluster, ``None`` for other hosts."""
    match = _KUBERNETES.fullmatch(host)
    if match is None:
        return None
    return _KubernetesService(
        _base(match["service"] or match["headless"]), match["namespace"] or match["its_namespace"]
    )


def _bare(host: str) -> _KubernetesService | None:
    """Return a name without domain, or with that of its namespace only, as a service."""
    name, _, rest = host.partition(".")
    return None if "." in rest else _KubernetesService(_base(name), rest or None)


def _base(name: str) -> str:
    """Return the name of a service without the words for its role: ``shop-kafka-external-bootstrap``."""
    while (shorter := _SERVICE_WORD.sub("", name)) != name:
        name = shorter
    return name


def _are_of_one_service(one: _KubernetesService | None, two: _KubernetesService | None) -> bool:
    if one is None or two is None or one.name != two.name:
        return False
    return one.namespace is None or two.namespace is None or one.namespace == two.namespace
