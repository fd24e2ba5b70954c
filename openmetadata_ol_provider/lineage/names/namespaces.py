"""A dataset's namespace taken apart: scheme, authority, path. Pure.

Namespaces are URLs (``postgres://db:5432``), bare words (``bigquery``), AWS resource names (``arn:aws:glue:...``),
directories (``/data/warehouse``, ``file:/data``), or just ``host:port``, as Trino and Flink 1 have sent them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][\w.+-]*)://(?P<authority>[^/?;]*)(?P<path>/[^?;]*)?")
_ARN: Final = re.compile(
    r"(?P<owner>arn:[\w-]+:(?P<service>[\w-]+):(?P<region>[^:]*):?(?P<account>[^:/]*)):?(?P<resource>.*)"
)
_ORACLE: Final = re.compile(r"oracle:thin:@(?://)?(?P<authority>[^/:]+(?::\d+)?)(?:[:/](?P<path>.*))?", re.IGNORECASE)
_HOST_PORTS: Final = re.compile(r"[\w.-]+:\d+(?:\s*,\s*[\w.-]+(?::\d+)?)*")
#: Ports on which bare ``host:port`` namespaces are brokers: Kafka's, Amazon MSK's, and those of common compose files.
_BROKER_PORTS: Final = re.compile(r":(?:909[2-8]|919[4-8]|[12]9092|29093)\b")
# What a template leaves in place of a port it was not given.
_NO_PORT: Final = re.compile(r":(?:None|null|-1)?$", re.IGNORECASE)


class Address(NamedTuple):
    """A namespace taken apart.

    :param scheme: canonical scheme; the head of what has none
    :param authority: hosts, bucket or account, as written; of an ARN all before the resource
    :param path: what follows the authority, with its leading slash; of an ARN the resource
    :param raw: as it was written
    """

    scheme: str
    authority: str
    path: str
    raw: str

    @property
    def place(self) -> str:
        """The namespace without path: ``scheme://authority``, the ARN, or what was written if it is neither."""
        if self.scheme == "file":
            return "file"
        if self.authority.startswith("arn:"):
            return self.authority
        return f"{self.scheme}://{self.authority}" if self.is_url else self.raw

    @property
    def is_url(self) -> bool:
        """Whether it has an authority, be it an empty one (``hdfs:///``)."""
        return bool(self.authority) or "://" in self.raw

    @property
    def whole(self) -> str:
        """The namespace with its path, in the canonical scheme."""
        kept = self.scheme == "file" or not self.is_url or self.authority.startswith("arn:")
        return self.raw if kept else self.place + self.path.rstrip("/")

    @property
    def segments(self) -> tuple[str, ...]:
        """The path's segments."""
        return tuple(segment for segment in self.path.split("/") if segment)


def take_apart(namespace: str, schemes: Mapping[str, str]) -> Address:
    """Take a namespace apart.

    :param schemes: canonical scheme of every known one
    """
    text = namespace.strip()
    if text[:5].lower() == "jdbc:":
        text = text[5:]
    oracle = _ORACLE.fullmatch(text)
    if oracle:
        return Address("oracle", oracle["authority"], f"/{oracle['path'] or ''}", namespace)
    url = _URL.match(text)
    if url:
        scheme = canonical(url["scheme"], schemes)
        return Address(scheme, _NO_PORT.sub("", url["authority"]), url["path"] or "", namespace)
    arn = _ARN.match(text)
    if arn:
        return Address(canonical(arn["service"], schemes), arn["owner"].rstrip(":"), arn["resource"], namespace)
    if not text or text[0] == "/":
        return Address("file", "", text, namespace)
    if _HOST_PORTS.fullmatch(text):
        return _bare(text, namespace, schemes)
    head, colon, rest = text.partition(":")
    scheme = canonical(head, schemes)
    # Bare words that are known are spelt in one way; `duckdb:/tmp/x` and what nobody knows stay as they are.
    return Address(scheme, "", rest, namespace if colon or head.lower() not in schemes else scheme)


def canonical(scheme: str, schemes: Mapping[str, str]) -> str:
    """Return the canonical scheme; a driver's name after ``+`` is no part of it."""
    low = scheme.lower()
    return schemes.get(low) or schemes.get(low.partition("+")[0]) or low


def _bare(text: str, namespace: str, schemes: Mapping[str, str]) -> Address:
    host = text.partition(":")[0].lower()
    if host in schemes:
        return Address(schemes[host], text, "", namespace)
    if "," in text or _BROKER_PORTS.search(text):
        return Address("kafka", text, "", namespace)
    return Address(host, "", "", namespace)


_REDSHIFT: Final = re.compile(
    r"(?P<cluster>[^.]+)\.[^.]+\.(?P<region>[^.]+)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?", re.IGNORECASE
)


def short_host(host: str) -> str:
    """Return a Redshift endpoint as the specification writes it, ``cluster.region``; any other host as it is."""
    match = _REDSHIFT.fullmatch(host)
    return f"{match['cluster']}.{match['region']}" if match else host
