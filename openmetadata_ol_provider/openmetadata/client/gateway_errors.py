"""Errors for refusals that do not come from OpenMetadata's API but from a proxy, a gateway or a firewall before it."""

from __future__ import annotations

import msgspec

from openmetadata_ol_provider.exceptions import CatalogueAuthError, CatalogueError, CatalogueRequestError
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.client.error_body import ErrorBody
from openmetadata_ol_provider.openmetadata.client.server import Server
from openmetadata_ol_provider.openmetadata.client.transport import Request, Response

#: What OpenMetadata itself asks for in ``WWW-Authenticate``.
_OWN_CHALLENGE = "om-auth"
_HEADS = "(nginx: large_client_header_buffers; OpenMetadata itself: maxRequestHeaderSize)"
#: What has to be changed where the request was refused, by status; braces stand for the request's own values.
_REMEDIES = {
    401: "it asks for a login of its own{challenge}: exempt /api from it, or set {address} to an address behind it",
    403: "allow {method} on /api there, and bodies that contain SQL",
    405: "allow {method} on /api there",
    407: (
        "the proxy named by HTTP_PROXY or HTTPS_PROXY asks for a login: put user and password into that variable, or "
        "the server's host into NO_PROXY"
    ),
    413: "raise the size of bodies that it accepts above {size} kB (nginx: client_max_body_size)",
    414: f"raise the size of request lines that it accepts {_HEADS}",
    431: f"raise the size of request heads that it accepts {_HEADS}",
}
_REMEDY = "check its log, and whether {address} is the address of OpenMetadata"


def is_of_gateway(response: Response) -> bool:
    """Return whether a refusal (4xx) is not one of OpenMetadata's API, whose errors are JSON.

    A page with 404 may be that of another server; a body that is too large is refused before the API sees it.
    """
    is_own = response.status == 404 or response.is_json or _scheme(response).lower() == _OWN_CHALLENGE
    return response.status == 413 or not is_own


def gateway_error(server: Server, request: Request, response: Response, body: ErrorBody, name: str) -> CatalogueError:
    """Return the error for a request that did not reach OpenMetadata's API.

    A refused login (401) concerns all requests, and a refused reading (403) what is concluded from it: what cannot be
    read must not be taken for missing. A refused write is only about its own body.

    :param server: server that was asked
    :param request: request that was sent
    :param response: response to it
    :param body: body of the response
    :param name: name of the request in errors
    """
    status = response.status
    remedy = _REMEDIES.get(status, _REMEDY).format(
        address=server.settings.address,
        challenge=_challenge(response),
        method=request.method,
        size=-(-len(msgspec.json.encode(request.json)) // 1000),
    )
    kind = "" if response.is_json else f" and {response.content_type or 'no content type'} instead of JSON"
    text = (
        f"{name} did not reach OpenMetadata: {server.base_url} answered with {status} ({body.message}){kind}, as a "
        f"proxy, a gateway or a firewall in front of it does; {remedy}"
    )
    stops = status == 401 or (status == 403 and request.method == "GET")
    return CatalogueAuthError(text, status) if stops else CatalogueRequestError(text, status)


def _challenge(response: Response) -> str:
    """Return the kind of login that a response asks for, in brackets."""
    scheme = _scheme(response)
    return f" ({safe_text(scheme, 40)})" if scheme else ""


def _scheme(response: Response) -> str:
    return str(response.headers.get("WWW-Authenticate", "")).partition(" ")[0].rstrip(",")
