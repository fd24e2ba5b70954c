"""Reduces ODBC connection strings to ``scheme://host:port;database=name``; the driver says which system it is."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

#: Most characters of a connection string that are read.
MAX_LENGTH: Final = 4_000
_PAIR: Final = re.compile(r"\s*(?P<key>[\w ]+?)\s*=\s*(?P<value>\{[^}]*\}|[^;]*)(?:;|\Z)")
# mssql+pyodbc:///?odbc_connect=Driver%3D...
_ENCODED: Final = re.compile(r"[?&]odbc_connect=(?P<text>[^&]+)", re.IGNORECASE)
#: Scheme by a part of the name of the driver.
_SCHEMES: Final = (
    ("sql server", "sqlserver"), ("freetds", "sqlserver"), ("postgres", "postgres"), ("psqlodbc", "postgres"),
    ("mysql", "mysql"), ("mariadb", "mariadb"), ("redshift", "redshift"), ("snowflake", "snowflake"),
)  # fmt: skip


def is_odbc(text: str) -> bool:
    """Tell whether a namespace may be an ODBC connection string."""
    low = text[:MAX_LENGTH].lower()
    return "driver=" in low or "odbc_connect=" in low


def plain_odbc_url(text: str) -> str:
    """Return the URL of the server in an ODBC connection string; other texts are returned as they are.

    :param text: connection string, with or without ``odbc:``, or a URL of SQLAlchemy that contains one
    """
    if len(text) > MAX_LENGTH:
        return text
    encoded = _ENCODED.search(text)
    string = unquote_plus(encoded["text"]) if encoded else re.sub(r"^odbc:", "", text, flags=re.IGNORECASE)
    if not encoded and "://" in string:
        return text
    values = {pair["key"].lower(): pair["value"].strip("{} ") for pair in _PAIR.finditer(string)}
    driver = values.get("driver", "").lower()
    scheme = next((scheme for part, scheme in _SCHEMES if part in driver), None)
    server = values.get("server") or values.get("servername") or values.get("host")
    if scheme is None or not server:
        return text
    host, port = _host_and_port(server)
    if not port and values.get("port", "").isdecimal():
        port = f":{values['port']}"
    database = values.get("database") or values.get("initial catalog")
    return f"{scheme}://{host}{port}" + (f";database={database}" if database else "")


def _host_and_port(server: str) -> tuple[str, str]:
    """Return the host of a server, an IPv6 address in brackets, and its port after a colon, empty if it has none."""
    # SQL Server writes tcp:host,port.
    text = re.sub(r"^(?:tcp|np|lpc):", "", server.strip(), flags=re.IGNORECASE).replace(" ", "")
    host, _, port = text.partition(",")
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    elif not port and ":" in host.rpartition("]")[2]:
        host, _, port = host.rpartition(":")
    return host, f":{port}" if port else ""
