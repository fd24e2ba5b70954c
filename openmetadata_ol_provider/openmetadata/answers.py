"""What the server's answers mean: the errors made of them, each with the remedy. No secrets in any."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openmetadata.retry import RETRIABLE_STATUS

if TYPE_CHECKING:
    import requests

_ROLE = "EditLineage, Create and EditAll on pipelines and pipeline services, EditStatus, and ViewAll"


def is_json(response: requests.Response) -> bool:
    """Return whether the server calls its answer JSON."""
    return "json" in response.headers.get("Content-Type", "").lower()


def not_an_api(base: str, method: str, path: str, response: requests.Response) -> str:
    """Return the message for an answer that no OpenMetadata API would give (its UI answers any path with a page)."""
    kind = response.headers.get("Content-Type", "no content type").split(";")[0]
    return (
        f"this is not an OpenMetadata API: {base} answered {method} {shortened(path)} with status "
        f"{response.status_code} and {kind} instead of JSON; check the host (does a proxy strip /api?)"
    )


def error_of(base: str, method: str, path: str, response: requests.Response, *, has_token: bool) -> CatalogueError:
    """Return the error an answer stands for.

    :param base: base URL of the API
    :param has_token: whether the request carried a token
    """
    status, place = response.status_code, shortened(path)
    if 300 <= status < 400:
        return CatalogueRequestError(
            f"OpenMetadata at {base} redirects to {_target(response)}, which is not followed (the token would travel "
            "with it); set the host to the address that answers itself",
            status,
        )
    said = _message(response)
    if status == 401:
        verb = "renew the JWT token" if has_token else "put the JWT token of a bot"
        return CatalogueAuthError(
            f"OpenMetadata refused the token (401: {said}); {verb} in the connection's password", status
        )
    if status == 403:
        return CatalogueAuthError(
            f"OpenMetadata forbids {method} {place} to this token (403: {said}); give its bot a role with {_ROLE}",
            status,
        )
    if status in RETRIABLE_STATUS or status >= 500:
        return CatalogueUnavailableError(
            f"OpenMetadata kept answering {method} {place} with {status}: {said}; try again later and look into the "
            "server's log",
            status,
        )
    if not is_json(response):
        return CatalogueRequestError(not_an_api(base, method, path, response), status)
    return CatalogueRequestError(f"OpenMetadata refused {method} {place} ({status}): {said}", status)


def unreachable(base: str, method: str, path: str, timeout: float, error: BaseException) -> CatalogueUnavailableError:
    """Return the error of a request that got no answer.

    :param timeout: seconds that were waited
    :param error: of requests, or of the operating system
    """
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return CatalogueUnavailableError(
            f"OpenMetadata at {base}: TLS failed ({_reason(error)}); check the scheme, or give the CA file as `verify`"
        )
    if isinstance(error, requests.exceptions.Timeout):
        return CatalogueUnavailableError(
            f"OpenMetadata at {base} did not answer {method} {shortened(path)} within {timeout:g} s; check the server "
            "or raise `timeout`"
        )
    return CatalogueUnavailableError(
        f"OpenMetadata at {base} cannot be reached ({_reason(error)}); check host, port and network"
    )


def shortened(path: str) -> str:
    """Return a path short enough for a message."""
    return path if len(path) <= 300 else f"{path[:300]}..."


def _target(response: requests.Response) -> str:
    """Return where a redirect points, without query (sign-on pages get secrets there)."""
    target = urlsplit(response.headers.get("Location", ""))
    return f"{target.scheme}://{target.hostname}" if target.hostname else target.path


def _message(response: requests.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        body = None
    text = body.get("message") or body.get("responseMessage") if isinstance(body, dict) else None
    return str(text or response.reason or "no message")[:500]


def _reason(error: BaseException) -> str:
    """Return the innermost reason, without the URL and object addresses that requests wraps around it."""
    inner = error.args[0] if error.args else error
    text = str(getattr(inner, "reason", None) or inner)
    return re.sub(r"<[^>]*>:?\s*|\w+Connection\([^)]*\):\s*", "", text).strip()[:300] or type(error).__name__
