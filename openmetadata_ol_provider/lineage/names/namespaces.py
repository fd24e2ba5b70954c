"""A dataset's namespace, parsed once: scheme, authority with user and hosts, path, parameters.

Namespaces are URLs (``postgres://db:5432``), bare words (``bigquery``), AWS resource names (``arn:aws:glue:...``),
directories (``/data/warehouse``, ``file:/data``), or just ``host:port``, as Trino and Flink 1 have sent them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from openmetadata_ol_provider.lineage.names.jdbc import plain_url
from openmetadata_ol_provider.lineage.names.odbc import is_odbc, plain_odbc_url

#: Host in lower case, and its port.
HostPort = tuple[str, int | None]

_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][\w.+-]*)://(?P<authority>[^/?;]*)(?P<path>/[^?;]*)?(?P<parameters>.*)", re.DOTALL
)
_ARN: Final = re.compile(
    r"(?P<owner>arn:[\w-]+:(?P<service>[\w-]+):(?P<region>[^:]*):?(?P<account>[^:/]*)):?(?P<resource>.*)"
)
_ARN_OWNER: Final = re.compile(r"arn:[\w-]+:[\w-]+:(?P<region>[^:]*)(?::(?P<account>[^:]*))?")
_AWS_ENDPOINT: Final = re.compile(r"[\w-]+\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)\.amazonaws\.com(?:\.cn)?")
_ORACLE: Final = re.compile(r"oracle:thin:@(?://)?(?P<authority>[^/:]+(?::\d+)?)(?:[:/](?P<path>.*))?", re.IGNORECASE)
_REDSHIFT: Final = re.compile(
    r"(?P<cluster>[^.]+)\.(?P<owner>[^.]+)\.(?P<region>[^.]+)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?",
    re.IGNORECASE,
)
_HOST_PORTS: Final = re.compile(r"[\w.-]+:\d+(?:\s*,\s*[\w.-]+(?::\d+)?)*")
#: Ports on which bare ``host:port`` namespaces are brokers: Kafka's, Amazon MSK's, and those of common compose files.
_BROKER_PORTS: Final = re.compile(r":(?:909[2-8]|919[4-8]|[12]9092|29093)\b")
# What a template leaves when its port was not given.
_NO_PORT: Final = re.compile(r":(?:None|null|-1)?$", re.IGNORECASE)
# C:/data, C:\data
_DRIVE: Final = re.compile(r"[A-Za-z]:[/\\]")
# Before a broker in a list, as `bootstrap.servers` may contain it: kafka://SASL_SSL://b1:9092,SASL_SSL://b2:9092.
_LISTENER: Final = re.compile(r"\b\w+://")
# SQL Server's protocol before the host, `tcp:db.example.com,1433`, but not a host of that name.
_PROTOCOL: Final = re.compile(r"^tcp:(?!\d+$)", re.IGNORECASE)
_PORT_AT_END: Final = re.compile(r":\d+(,|$)")
_LOOPBACK: Final = frozenset({"localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared, never bound
#: Schemes that tell how to talk to a service, and not what it is.
_HTTP: Final = frozenset({"http", "https"})


class Namespace(NamedTuple):
    """A parsed namespace.

    :param scheme: canonical scheme; the leading word if there is no scheme
    :param authority: user, hosts, bucket or account, as written; the part of an ARN before its resource
    :param path: path with its leading slash; the resource of an ARN
    :param parameters: rest of a URL, from the first ``?`` or ``;`` on
    :param raw: namespace as written
    """

    scheme: str
    authority: str = ""
    path: str = ""
    parameters: str = ""
    raw: str = ""

    @property
    def root(self) -> str:
        """The namespace without path: ``scheme://authority``, the ARN, or ``raw`` if it is neither."""
        if self.scheme == "file":
            return "file"
        if self.is_arn:
            return self.authority
        return f"{self.scheme}://{self.authority}" if self.is_url else self.raw

    @property
    def canonical(self) -> str:
        """The namespace with its path and its canonical scheme."""
        as_written = self.scheme == "file" or not self.is_url or self.is_arn
        return self.raw if as_written else self.root + self.path.rstrip("/")

    @property
    def is_url(self) -> bool:
        """Whether there is an authority, even an empty one (``hdfs:///``)."""
        return bool(self.authority) or "://" in self.raw

    @property
    def is_arn(self) -> bool:
        """Whether this is an AWS resource name."""
        return self.authority.startswith("arn:")

    @property
    def is_web(self) -> bool:
        """Whether this is the address of a web server, which does not tell what kind of service it is."""
        return self.scheme in _HTTP

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments of the path."""
        return tuple(segment for segment in self.path.split("/") if segment)

    @property
    def user(self) -> str:
        """The authority before its ``@``: user and password, connection, or Azure's container."""
        return self.authority.rpartition("@")[0]

    def without_user(self) -> Namespace:
        """Return the namespace without user and password."""
        return self._replace(authority=self.authority.rpartition("@")[2])

    @property
    def hosts(self) -> tuple[HostPort, ...]:
        """The hosts and ports, several for a list of brokers; none for files and ARNs."""
        if self.scheme == "file" or self.is_arn:
            return ()
        hosts = parse_hosts(self.authority or (self.raw if _PORT_AT_END.search(self.raw) else ""))
        if self.instance is None:
            return hosts
        # A port says which instance is meant, whatever its name.
        return tuple((f"{host}\\{self.instance}" if port is None else host, port) for host, port in hosts)

    @property
    def instance(self) -> str | None:
        """The named instance of SQL Server in lower case, which is the path: ``sqlserver://host/instance``."""
        is_instance = self.scheme == "sqlserver" and self.raw[:10].lower() == "sqlserver:" and self.segments
        return self.segments[0].lower() if is_instance else None

    @property
    def region(self) -> str | None:
        """The AWS region of an ARN or of an endpoint's host."""
        if self.is_arn:
            return self._arn_part("region")
        endpoints = (_AWS_ENDPOINT.fullmatch(host) for host, _ in self.hosts)
        return next((endpoint["region"] for endpoint in endpoints if endpoint), None)

    @property
    def account(self) -> str | None:
        """The AWS account of an ARN."""
        return self._arn_part("account")

    def _arn_part(self, part: str) -> str | None:
        owner = _ARN_OWNER.fullmatch(self.authority)
        return owner[part] or None if owner else None


def parse(namespace: str, schemes: Mapping[str, str]) -> Namespace:
    """Parse a namespace.

    :param schemes: canonical scheme of every known spelling
    """
    text = namespace.strip()
    if text[:4].lower() == "jdbc":
        text = plain_url(text)
    elif is_odbc(text):
        text = plain_odbc_url(text)
    head, separator, rest = text.partition("://")
    if "://" in rest and canonical(head, schemes) == "kafka":
        text = f"{head}{separator}{_LISTENER.sub('', rest)}"
    oracle = _ORACLE.fullmatch(text)
    if oracle:
        return Namespace("oracle", oracle["authority"], f"/{oracle['path'] or ''}", raw=namespace)
    url = _URL.match(text)
    if url:
        authority = _NO_PORT.sub("", _PROTOCOL.sub("", url["authority"]))
        return Namespace(canonical(url["scheme"], schemes), authority, url["path"] or "", url["parameters"], namespace)
    arn = _ARN.match(text)
    if arn:
        return Namespace(canonical(arn["service"], schemes), arn["owner"].rstrip(":"), arn["resource"], raw=namespace)
    if _DRIVE.match(text):
        text = "/" + text.replace("\\", "/")
    if not text or text[0] == "/":
        return Namespace("file", path=text, raw=namespace)
    if _HOST_PORTS.fullmatch(text):
        return _bare_hosts(text, namespace, schemes)
    head, colon, rest = text.partition(":")
    scheme = canonical(head, schemes)
    # Known bare words get their canonical spelling; `duckdb:/tmp/x` and unknown words stay as they are.
    raw = text if namespace.strip()[:5].lower() == "jdbc:" else namespace
    return Namespace(scheme, path=rest, raw=raw if colon or head.lower() not in schemes else scheme)


def canonical(scheme: str, schemes: Mapping[str, str]) -> str:
    """Return the canonical spelling of a scheme, without the name of a driver after ``+``.

    :param schemes: canonical scheme of every known spelling
    """
    low = scheme.lower()
    return schemes.get(low) or schemes.get(low.partition("+")[0]) or low


def _bare_hosts(text: str, namespace: str, schemes: Mapping[str, str]) -> Namespace:
    host = text.partition(":")[0].lower()
    has_broker_port = _BROKER_PORTS.search(text) is not None
    # Brokers may be called as short as the scheme of some storage (`b2`).
    if host in schemes and not has_broker_port:
        return Namespace(schemes[host], text, raw=namespace)
    if "," in text or has_broker_port:
        return Namespace("kafka", text, raw=namespace)
    return Namespace(host, raw=namespace)


@lru_cache(maxsize=4096)
def parse_hosts(authority: str) -> tuple[HostPort, ...]:
    """Return the hosts and ports of an authority: no user, lower case, all loopback names as ``localhost``."""
    pairs: list[HostPort] = []
    for item in re.split(r"[,;\s]+", authority.strip()):
        if pairs and pairs[-1][1] is None and re.fullmatch(r"[0-9]{1,5}", item):
            # SQL Server separates a port by a comma.
            pairs[-1] = (pairs[-1][0], int(item))
            continue
        # Broker lists may repeat the scheme, and the hostPort of a service may be a URL.
        address = item.rpartition("://")[2].partition("/")[0].rpartition("@")[2]
        match = re.fullmatch(r"(\[[^\]]+\]|[^:]*)(?::(\d*))?", address)
        host, port = (match.group(1), match.group(2)) if match else (address, None)
        host = short_redshift_host(_compressed(host.strip("[]").lower().rstrip(".")))
        if host:
            pairs.append(("localhost" if host in _LOOPBACK else host, int(port) if port else None))
    return tuple(pairs)


def _compressed(host: str) -> str:
    """Return an IPv6 address in its shortest form, as IPv4 if it is one, and any other host unchanged."""
    if ":" not in host:
        return host
    try:
        address = ipaddress.IPv6Address(host.partition("%")[0])
        return str(address.ipv4_mapped or address.compressed)
    except ValueError:
        return host


def short_redshift_host(host: str) -> str:
    """Return a Redshift endpoint as the specification writes it, ``cluster.region``, and any other host unchanged."""
    match = _REDSHIFT.fullmatch(host)
    return f"{match['cluster']}.{match['region']}" if match else host


def redshift_owner(host: str) -> str | None:
    """Return the part of a Redshift endpoint that its short form leaves out, which is that of the AWS account.

    :param host: host name
    :return: the part in lower case, ``None`` for any other host
    """
    match = _REDSHIFT.fullmatch(host)
    return match["owner"].lower() if match else None
