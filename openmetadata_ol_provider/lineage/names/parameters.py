"""Reads what a namespace says of a connection besides its host: database, schema, port.

JDBC URLs and those of SQLAlchemy carry them as parameters (``;databaseName=shop``, ``?db=shop``), as a list in the path
(``/DBS_PORT=1025,DATABASE=shop``), or after the database (``/SAMPLE:currentSchema=S;``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from openmetadata_ol_provider.lineage.names.namespaces import Namespace

_PAIR: Final = re.compile(r"(?P<key>[A-Za-z_][\w .-]*?)\s*=\s*(?P<value>.*)", re.DOTALL)
# PostgreSQL: options=-c search_path=crm
_SEARCH_PATH: Final = re.compile(r"search_path\s*=\s*([^\s,]+)")
_DATABASE: Final = (
    "database", "databasename", "db", "dbname", "initialcatalog", "catalog", "conncatalog", "servicename", "sid",
)  # fmt: skip
_SCHEMA: Final = ("schema", "currentschema", "connschema", "searchpath")
_PORT: Final = ("dbsport", "port", "portnumber")
_HOST: Final = ("servername", "host")
_INSTANCE: Final = ("instancename", "instance")


class Connection(NamedTuple):
    """A namespace without its parameters, and what they say.

    :param namespace: the namespace, with the port if only a parameter has it; its path has no parameters
    :param database: database of the parameters
    :param schema: schema of the parameters, the first of a search path
    :param instance: named instance of SQL Server
    """

    namespace: Namespace
    database: str | None = None
    schema: str | None = None
    instance: str | None = None


@lru_cache(maxsize=4096)
def connection_of(namespace: Namespace) -> Connection:
    """Return the connection that a namespace of a database describes."""
    if "=" not in namespace.parameters and "=" not in namespace.path:
        return Connection(namespace)
    pairs = [_pair(text) for text in re.split(r"[;?&]", namespace.parameters)]
    segments = []
    for segment in namespace.segments:
        front, colon, after = segment.partition(":")
        if "=" not in segment:
            segments.append(segment)
        elif colon and "=" not in front:
            segments.append(front)
            pairs.append(_pair(after))
        else:
            pairs += [_pair(text) for text in segment.split(",")]
    values: dict[str, str] = {}
    for key, value in filter(None, pairs):
        values.setdefault(key, value)
        if key == "options" and (schemas := _SEARCH_PATH.search(value)):
            values.setdefault("searchpath", schemas[1])
    path = "".join(f"/{segment}" for segment in segments)
    authority = _with_port(namespace.authority or _host(values), values)
    bare = namespace._replace(path=path, parameters="", authority=authority)
    schema = _first(values, _SCHEMA)
    own_schema = schema.split(",")[0].strip() if schema else None
    return Connection(bare, _first(values, _DATABASE), own_schema, _first(values, _INSTANCE))


def _pair(text: str) -> tuple[str, str] | None:
    match = _PAIR.fullmatch(text.strip())
    if match is None:
        return None
    value = unquote(match["value"]).strip().strip("\"'{}").strip()
    return (re.sub(r"[\W_]", "", match["key"]).lower(), value) if value else None


def _first(values: dict[str, str], keys: tuple[str, ...]) -> str | None:
    return next((values[key] for key in keys if key in values), None)


def _host(values: dict[str, str]) -> str:
    host = _first(values, _HOST) or ""
    # The directory of a socket, as PostgreSQL has it, names no server: host=/var/run/postgresql
    return "" if host.startswith(("/", "@")) else host


def _with_port(authority: str, values: dict[str, str]) -> str:
    port = _first(values, _PORT)
    host = authority.rpartition("@")[2]
    if port is None or not port.isdecimal() or not host or "," in host or ":" in host.rpartition("]")[2]:
        return authority
    return f"{authority}:{port}"
