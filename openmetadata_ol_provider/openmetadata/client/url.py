"""The base URL of OpenMetadata's REST API, from what people write into a connection."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from openmetadata_ol_provider.exceptions import ConfigError

_REMEDY = "give a host name or a URL such as https://openmetadata.example.com:8585"


def base_url(host: str | None, schema: str | None = None, port: int | None = None) -> str:
    """Return the base URL of the API, ending in ``/api`` exactly once and without a trailing slash.

    :param host: URL or host name, with or without port, path and ``/api``
    :param schema: ``http`` or ``https``; used when ``host`` has no scheme of its own (default ``http``)
    :param port: used when ``host`` has no port of its own
    :raises ConfigError: if this is not a URL, or if it contains a user or password
    """
    text = (host or "").strip()
    if not text:
        raise ConfigError(f"OpenMetadata host is empty; {_REMEDY}")
    if "://" not in text:
        text = f"{(schema or 'http').strip().lower()}://{text}"
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
    port = url_port or port
    netloc = f"{name}:{port}" if port else name
    path = re.sub(r"(/api)?(/v1)?/*$", "", url.path.rstrip("/"))
    return f"{url.scheme}://{netloc}{path}/api"


def _shown(text: str) -> str:
    """Return the address without query and fragment, which may contain secrets."""
    return re.split(r"[?#]", text, maxsplit=1)[0]
