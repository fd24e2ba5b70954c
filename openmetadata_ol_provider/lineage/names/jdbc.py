"""Reduces the URLs of JDBC drivers to ``scheme://hosts/path``: drivers add modes, wrappers and notations of their own.

``jdbc:redshift:iam://...``, ``jdbc:aws-wrapper:postgresql://...``, ``jdbc:mysql:loadbalance://h1,h2/shop``,
``jdbc:exa:n11..n14:8563`` and the like name the same servers as their plain forms.
"""

from __future__ import annotations

import re
from typing import Final

#: Most characters of a URL whose notation is read.
MAX_LENGTH: Final = 4_000
PREFIX: Final = re.compile(r"jdbc(?:-secretsmanager)?:", re.IGNORECASE)
# Drivers around a driver: failover, secrets, tracing, tests.
_WRAPPERS: Final = re.compile(
    r"(?:aws-wrapper|p6spy|otel|opentelemetry|tracing|log4jdbc|log4jdbcremote|datadog|microsoft|tc|pool|proxool):",
    re.IGNORECASE,
)
# Modes between a scheme and its hosts.
_MODES: Final = re.compile(
    r"(?P<scheme>[A-Za-z][\w.+-]*)(?::(?:iam|loadbalance|replication|failover|sequential|aurora|aws|fabric|thin|native"
    r"|tcps?|ssl|grpcs?|https?|direct|tds|remote|haproxy))+:(?=//)",
    re.IGNORECASE,
)
# jTDS: the path is the database, and not the instance.
_JTDS: Final = re.compile(
    r"jtds:(?P<scheme>sqlserver|sybase)://(?P<server>[^/;]+)(?:/(?P<database>[^;]+))?(?P<rest>;.*)?"
)
_ORACLE: Final = re.compile(r"oracle:(?:thin|oci\d?|kprb):[^@]*@(?P<address>.*)", re.IGNORECASE | re.DOTALL)
_PROTOCOL: Final = re.compile(r"(?:tcps?:)?//", re.IGNORECASE)
_DESCRIPTION: Final = re.compile(
    r"\(\s*HOST\s*=\s*(?P<host>[^)\s]+)\s*\)\s*\(\s*PORT\s*=\s*(?P<port>\d+)\s*\)", re.IGNORECASE
)
_SERVICE: Final = re.compile(r"\(\s*(?:SERVICE_NAME|SID)\s*=\s*([^)\s]+)\s*\)", re.IGNORECASE)
# MySQL: address=(host=h)(port=3306), (host=h,port=3306)
_ADDRESS: Final = re.compile(
    r"(?:address=)?\((?:[^()]*\)\()*host=(?P<host>[^(),]+)(?:(?:\)\(|,)\s*port=(?P<port>\d+))?[^()]*\)(?:\([^()]*\))*",
    re.IGNORECASE,
)
_BIGQUERY: Final = re.compile(r"bigquery://.*?[;?&]projectid=(?P<project>[^;&]+)", re.IGNORECASE | re.DOTALL)
_ATHENA: Final = re.compile(r"(?:aws)?athena://.*?(?:aws)?region=(?P<region>[\w-]+)", re.IGNORECASE | re.DOTALL)
# IAM authentication: the cluster and its region.
_REDSHIFT: Final = re.compile(r"redshift:iam://(?P<cluster>[\w-]+):(?P<region>[a-z]{2}(?:-[a-z]+)+-\d+)(?P<rest>.*)")
_CASSANDRA: Final = re.compile(r"cassandra://(?P<hosts>[^/;]*--[^/;]*)(?P<rest>.*)")
_SPANNER: Final = re.compile(
    r"cloudspanner:(?://[^/]+)?/projects/(?P<project>[^/]+)/instances/(?P<instance>[^/]+)/databases/(?P<database>[^/?;]+).*",
    re.IGNORECASE,
)
_AVATICA: Final = re.compile(r"avatica:remote:.*?url=https?://(?P<server>[^/;]+).*", re.IGNORECASE)
_EXASOL: Final = re.compile(
    r"exa:(?P<host>[^:;,/]+?)(?:\.\.[^:;,/]+)?(?P<hosts>,[^:;/]+)?(?P<port>:\d+)?(?P<rest>;.*)?"
)
_WITHOUT_SLASHES: Final = re.compile(
    r"(?P<scheme>sybase:tds|dremio:(?:direct|zk)|phoenix(?::thin)?|informix-sqli)[:=](?P<rest>[^/].*)", re.IGNORECASE
)
_SCHEMES: Final = {
    "informix-sqli": "informix", "firebirdsql": "firebird", "arrow-flight-sql": "dremio", "pgsql": "postgres",
    "edb": "postgres", "ch": "clickhouse", "sybase:tds": "sybase", "dremio:direct": "dremio", "dremio:zk": "dremio",
    "phoenix:thin": "phoenix",
}  # fmt: skip


def plain_url(text: str) -> str:
    """Return the URL of a JDBC driver in its plain form; other texts are returned as they are.

    :param text: URL, with or without ``jdbc:``
    """
    match = PREFIX.match(text)
    if match is None:
        return text
    text = text[match.end() :]
    if len(text) > MAX_LENGTH:
        return text
    while wrapper := _WRAPPERS.match(text):
        text = text[wrapper.end() :]
    modes = _MODES.match(text)
    return _special(text) or _with_plain_scheme(f"{modes['scheme']}:{text[modes.end() :]}" if modes else text)


def _with_plain_scheme(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    if "host=" in rest.lower() and "(" in rest:
        rest = _ADDRESS.sub(lambda found: _server(found["host"], found["port"]), rest)
    return f"{_SCHEMES.get(scheme.lower(), scheme)}://{rest}"


def _special(text: str) -> str | None:
    """Return the plain form of a URL whose notation is its driver's own, ``None`` for others."""
    for pattern, plain in _NOTATIONS:
        match = pattern.fullmatch(text) or (pattern.match(text) if pattern in _OPEN else None)
        if match is not None:
            return plain(match)
    return None


def _server(host: str, port: str | None) -> str:
    return f"{host.strip()}:{port}" if port else host.strip()


def _oracle(match: re.Match[str]) -> str:
    address = match["address"].strip()
    if not address.startswith("("):
        return f"oracle:thin:@{_PROTOCOL.sub('', address.partition('?')[0], count=1)}"
    servers = ",".join(_server(*found) for found in _DESCRIPTION.findall(address))
    service = _SERVICE.search(address)
    return f"oracle://{servers}/{service[1] if service else ''}" if servers else f"oracle:thin:@{address}"


def _jtds(match: re.Match[str]) -> str:
    database = f";databaseName={match['database']}" if match["database"] else ""
    return f"{match['scheme']}://{match['server']}{database}{match['rest'] or ''}"


def _exasol(match: re.Match[str]) -> str:
    port = match["port"] or ""
    hosts = [match["host"], *(match["hosts"] or "").split(",")[1:]]
    return f"exasol://{','.join(f'{host}{port}' for host in hosts)}{match['rest'] or ''}"


def _without_slashes(match: re.Match[str]) -> str:
    scheme = match["scheme"].lower()
    return f"{_SCHEMES.get(scheme, scheme)}://{match['rest']}"


_NOTATIONS: Final = (
    (_ORACLE, _oracle),
    (_JTDS, _jtds),
    (_BIGQUERY, lambda match: f"bigquery://{match['project'].strip()}"),
    (_ATHENA, lambda match: f"awsathena://athena.{match['region']}.amazonaws.com;{match.string.partition('://')[2]}"),
    (_REDSHIFT, lambda match: f"redshift://{match['cluster']}.{match['region']}{match['rest']}"),
    (_CASSANDRA, lambda match: f"cassandra://{match['hosts'].replace('--', ',')}{match['rest']}"),
    (_SPANNER, lambda match: f"spanner://{match['project']}/{match['instance']}/{match['database']}"),
    (_AVATICA, lambda match: f"druid://{match['server']}"),
    (_EXASOL, _exasol),
    (_WITHOUT_SLASHES, _without_slashes),
)
#: Notations of which only the beginning is read.
_OPEN: Final = frozenset({_BIGQUERY, _ATHENA})
