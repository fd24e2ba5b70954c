"""The base URL of OpenMetadata's REST API, from what people write into a connection."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from openmetadata_ol_provider.exceptions import ConfigError

_REMEDY = "give a host name or a URL such as https://openmetadata.example.com:8585"


def base_url(host: str | None, schema: str | None = None, port: int | str | None = None) -> str:
    """Return the base URL of the API, ending in ``/api`` exactly once and without a trailing slash.

    :param host: URL or host name, with or without port, path and ``/api``
    :param schema: ``http`` or ``https``; used when ``host`` has no scheme of its own (default: ``https``, and ``http``
        for the loopback interface)
    :param port: used when ``host`` has no port of its own; some secrets backends give it as text
    :raises ConfigError: if this is not a URL, or if it contains a user or password
    """
    text = (host or "").strip()
    if not text:
        raise ConfigError(f"OpenMetadata host is empty; {_REMEDY}")
    if "://" not in text:
        text = f"{_scheme(text, schema)}://{text}"
    try:
        url = urlsplit(text)
        url_port = url.port
    except ValueError as error:
        raise ConfigError(f"OpenMetadata host is not a URL ({error}); {_REMEDY}") from None
    if url.username or url.password:
        raise ConfigError("OpenMetadata host contains a user or password; put the JWT token into the password field")
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ConfigError(f"OpenMetadata host {_shown(text)!r} is not an http(s) address; {_REMEDY}")
    name = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    port = str(url_port or port or "").strip()
    if port and not (port.isdecimal() and 0 < int(port) < 2**16):
        raise ConfigError(f"OpenMetadata port is {port}; set a port between 1 and 65535")
    netloc = f"{name}:{port}" if port else name
    path = re.sub(r"(/api)?(/v1)?/*$", "", url.path.rstrip("/"))
    return f"{url.scheme}://{netloc}{path}/api"


def is_loopback(hostname: str | None) -> bool:
    """Return whether a host is this machine, so that nothing sent to it can be read on a network."""
    name = (hostname or "").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _scheme(address: str, schema: str | None) -> str:
    """Return the scheme of an address without one: never http by accident, because a token goes with each request."""
    if schema and schema.strip():
        return schema.strip().lower()
    try:
        hostname = urlsplit(f"//{address}").hostname
    except ValueError:
        hostname = None
    return "http" if is_loopback(hostname) else "https"


def _shown(text: str) -> str:
    """Return the address without query and fragment, which may contain secrets."""
    return re.split(r"[?#]", text, maxsplit=1)[0]
