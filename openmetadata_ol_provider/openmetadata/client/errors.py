"""The errors that responses become, each with its remedy. None contains a secret."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
    RefusalReason,
)
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.client.deadline import MOST_TIMEOUTS
from openmetadata_ol_provider.openmetadata.client.error_body import ErrorBody
from openmetadata_ol_provider.openmetadata.client.gateway_errors import gateway_error, is_of_gateway
from openmetadata_ol_provider.openmetadata.client.permissions import permissions_for, rule_text
from openmetadata_ol_provider.openmetadata.client.retry import RETRIABLE_STATUS
from openmetadata_ol_provider.openmetadata.client.server import Server, SettingNames
from openmetadata_ol_provider.openmetadata.client.token import BearerToken, TokenClaims
from openmetadata_ol_provider.openmetadata.client.transport import (
    Request,
    Response,
    ResponseCutOffError,
)

# What the library for requests says of a file with certificates that does not exist.
_NO_FILE = re.compile("invalid path: ")
# What OpenSSL says, depending on its version, when the answer to its greeting is not TLS.
_PLAIN_HTTP = re.compile(r"WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE|HTTP_REQUEST")


class TooLargeError(CatalogueRequestError):
    """Raised when a response is larger than what may be read."""


def not_an_api_message(server: Server, request: Request, response: Response) -> str:
    """Return the message for a response that no OpenMetadata API sends (its UI answers any path with a page)."""
    kind = "a web page" if response.is_json else response.content_type or "no content type"
    return (
        f"this is not an OpenMetadata API: {server.base_url} answered {_name(request)} with status {response.status} "
        f"and {kind} instead of JSON; check {server.settings.address} (does a "
        "proxy strip /api?)"
    )


def no_content_message(server: Server, request: Request, response: Response) -> str:
    """Return the message for a success without content, where OpenMetadata's would have some."""
    return (
        f"{server.base_url} answered {_name(request)} with status {response.status} and no content, which OpenMetadata "
        f"never does, so nobody knows whether anything was done; check {server.settings.address}, and whether a proxy "
        "or a gateway answers for it"
    )


def error_for(
    server: Server, request: Request, response: Response, body: ErrorBody, token: BearerToken | None
) -> CatalogueError:
    """Return the error for a response that is not a success.

    :param server: server that was asked
    :param request: request that was sent
    :param response: response to it
    :param body: body of the response
    :param token: token that was sent, ``None`` if none was
    """
    status = response.status
    if 300 <= status < 400:
        return CatalogueRequestError(
            f"{server} redirects to {_target(response)}, which is not followed (the token would travel with it); set "
            f"{server.settings.address} to the final address",
            status,
        )
    if body.reason is RefusalReason.PLAN_LIMIT:
        return CatalogueRequestError(
            f"OpenMetadata refused {_name(request)} (429: {body.message}): a limit of its plan is reached; raise it "
            "there",
            status,
            body.reason,
        )
    if status in RETRIABLE_STATUS or status >= 500:
        return CatalogueUnavailableError(
            f"{server} kept answering {_name(request)} with {status}: {body.message}; {_failure_remedy(server, token)}",
            status,
        )
    return _refusal(server, request, response, body, token)


def _refusal(
    server: Server, request: Request, response: Response, body: ErrorBody, token: BearerToken | None
) -> CatalogueError:
    """Return the error for a refusal (4xx) that trying again cannot help."""
    status = response.status
    if is_of_gateway(response):
        return gateway_error(server, request, response, body, _name(request))
    if status in {401, 403}:
        claims = token.claims if token else None
        text = _unauthorized(server, body, claims) if status == 401 else _forbidden(server, request, body, claims)
        return CatalogueAuthError(text, status, body.reason)
    if not response.is_json:
        return CatalogueRequestError(not_an_api_message(server, request, response), status)
    return CatalogueRequestError(
        f"OpenMetadata refused {_name(request)} ({status}): {body.message}", status, body.reason
    )


def unreachable_error(
    server: Server, request: Request, timeout: float, error: BaseException
) -> CatalogueUnavailableError | CatalogueRequestError:
    """Return the error for a request without a complete response.

    It is a CatalogueRequestError if the server does not speak TLS or a file is missing: trying again cannot help.

    :param server: server that was asked
    :param request: request that was sent
    :param timeout: seconds waited
    :param error: error of urllib3, of the operating system, or of :mod:`.transport`
    """
    from urllib3.exceptions import NewConnectionError, ProxyError, SSLError
    from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

    if isinstance(error, SSLError):
        return _tls_error(server, error)
    if isinstance(error, OSError) and _NO_FILE.search(str(error)):
        return CatalogueRequestError(
            f"{server}: {_reason(error)}; correct {server.settings.ca_file}, a path given with the client certificate, "
            "or the environment variable REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE"
        )
    # Some versions of urllib3 derive the error of a refused connection from that of a timeout.
    is_timeout = isinstance(error, Urllib3TimeoutError) and not isinstance(error, NewConnectionError)
    if is_timeout:
        return CatalogueUnavailableError(
            f"{server} did not answer {_name(request)} within {timeout:g} s, or not completely within "
            f"{MOST_TIMEOUTS * timeout:g} s; check the server or raise `timeout` in {server.settings.options}"
        )
    if isinstance(error, ProxyError):
        return CatalogueUnavailableError(
            f"{server} cannot be reached through the proxy ({_reason(error.original_error)}); check HTTP_PROXY, "
            "HTTPS_PROXY (with user and password, if it asks for a login) and NO_PROXY where the task runs"
        )
    if isinstance(error, ResponseCutOffError):
        return cut_off_error(server, request, _reason(error))
    return CatalogueUnavailableError(
        f"{server} cannot be reached ({_reason(error)}); check {server.settings.address} and the network"
    )


def _tls_error(server: Server, error: BaseException) -> CatalogueUnavailableError | CatalogueRequestError:
    """Return the error for a failed TLS handshake."""
    if _PLAIN_HTTP.search(str(error)):
        return CatalogueRequestError(
            f"{server}: this port does not speak https ({_reason(error)}); if plain http is intended, write http:// "
            "in front of the host (OpenMetadata's own default port 8585 speaks http); else name the port that speaks "
            f"https; check {server.settings.address}"
        )
    return CatalogueUnavailableError(
        f"{server}: TLS failed ({_reason(error)}); check {server.settings.address}, or give the CA file: "
        f"{server.settings.ca_file}"
    )


def cut_off_error(server: Server, request: Request, reason: str) -> CatalogueUnavailableError:
    """Return the error for a response that ended too early."""
    return CatalogueUnavailableError(
        f"the response of {server} to {_name(request)} was cut off ({reason}); check the logs of the server and of "
        f"any proxy in front of it (the address is {server.settings.address})"
    )


def too_large_error(server: Server, request: Request, max_bytes: int) -> TooLargeError:
    """Return the error for a response that exceeds what may be read."""
    return TooLargeError(
        f"OpenMetadata's response to {_name(request)} is larger than {max_bytes / 2**20:g} MB; raise `max_answer_mb` "
        f"in {server.settings.options} to read such entities"
    )


def retry_after_error(
    server: Server, request: Request, pause: float, budget: float, status: int | None = None
) -> CatalogueUnavailableError:
    """Return the error for a request that the server postpones longer than it may wait.

    :param server: server that was asked
    :param request: request that is given up
    :param pause: seconds that the server asks to wait
    :param budget: seconds that a request may take, retries included
    :param status: HTTP status, ``None`` if the request was not sent
    """
    return CatalogueUnavailableError(
        f"OpenMetadata asks to wait {pause:.0f} s (Retry-After), which is longer than {_name(request)} may take with "
        f"its retries ({budget:g} s); try again later, or lower `max_connections` in {server.settings.options}",
        status,
    )


def stalled_error(request: Request, stall_timeout: float) -> CatalogueUnavailableError:
    """Return the error for a request whose turn did not come."""
    return CatalogueUnavailableError(
        f"OpenMetadata answered none of the requests before {_name(request)} for {stall_timeout:g} s; try again later "
        "and check the server's log"
    )


def _name(request: Request) -> str:
    path = request.path if len(request.path) <= 300 else f"{request.path[:300]}..."
    return f"{request.method} {path}"


def _unauthorized(server: Server, body: ErrorBody, claims: TokenClaims | None) -> str:
    """Return the message for a 401."""
    return f"{server} refused the token (401: {body.message}); {_token_remedy(server.settings, body, claims)}"


def _token_remedy(settings: SettingNames, body: ErrorBody, claims: TokenClaims | None) -> str:
    """Return what is wrong with the token and how to replace it."""
    if claims is None:
        return f"none was sent: put the JWT token of a bot into {settings.token}"
    if body.reason is RefusalReason.TOKEN_NOT_RECEIVED:
        question = "does a proxy between here and the server drop the Authorization header?"
        return f"that of {settings.token} was sent: {question}"
    if body.reason is RefusalReason.TOKEN_EXPIRED:
        when = f" on {claims.expires_at:%Y-%m-%d %H:%M} UTC" if _is_past(claims.expires_at) else ""
        return f"it has expired{when}: renew the JWT token of the bot in OpenMetadata and put it into {settings.token}"
    if body.reason is RefusalReason.TOKEN_REPLACED:
        return f"a newer token of the bot has replaced it: renew the JWT token in {settings.token}"
    if not claims.readable:
        return f"it is not a JWT: renew the JWT token in {settings.token}"
    return (
        "it belongs to another server, was revoked, or was replaced by a newer token of the bot: renew the JWT token "
        f"in {settings.token}"
    )


def _failure_remedy(server: Server, token: BearerToken | None) -> str:
    """Return what to do about a server that fails; some versions answer an expired token as if they had failed."""
    expires_at = token.claims.expires_at if token else None
    if expires_at is not None and _is_past(expires_at):
        return (
            f"the token has expired on {expires_at:%Y-%m-%d %H:%M} UTC, which may be why: renew the JWT token of the "
            f"bot in OpenMetadata and put it into {server.settings.token}; else check the server's log"
        )
    return f"try again later and check the server's log (its address is {server.settings.address})"


def _is_past(time: dt.datetime | None) -> bool:
    return time is not None and time < dt.datetime.now(dt.timezone.utc)


def _forbidden(server: Server, request: Request, body: ErrorBody, claims: TokenClaims | None) -> str:
    """Return the message for a 403: who lacks which operation on what, and the rule that grants it."""
    name = body.principal or (claims.name if claims else None)
    kind = "the bot" if claims is None or claims.is_bot is not False else "the user"
    who = f"{kind} {name!r}" if name else "this token"
    holder = f"{who}, whose token is {server.settings.token}" if name else f"{who}, {server.settings.token}"
    head = f"OpenMetadata forbids {_name(request)} to {holder} (403: {body.message})"
    if body.reason is RefusalReason.PERMISSION_DENIED:
        return f"{head}; a rule denies it, which overrides all rules that allow it: change {body.denied_by}"
    if body.reason is RefusalReason.OTHER_DOMAIN:
        return f"{head}; add {who} to that domain, or exclude the assets of other domains"
    permissions = permissions_for(request)
    operations = body.operations or tuple(dict.fromkeys(permission.operation for permission in permissions))
    resources = list(dict.fromkeys(permission.resource for permission in permissions)) or ["all"]
    if not operations:
        return f"{head}; give a role of {who} a policy that allows it"
    return (
        f"{head}: it lacks {', '.join(operations)} on {', '.join(resources)}; add to a role of {who} a policy with the "
        f"rule: {rule_text(operations, resources)} (`openmetadata-ol check` lists all missing permissions)"
    )


def _target(response: Response) -> str:
    """Return the target of a redirect without its query (sign-on pages receive secrets there)."""
    target = urlsplit(response.headers.get("Location", ""))
    return f"{target.scheme}://{target.hostname}" if target.hostname else target.path


def _reason(error: BaseException) -> str:
    """Return what went wrong, without the object addresses that urllib3 puts in front of it."""
    text = re.sub(r"<[^>]*>:?\s*|\w+Connection\([^)]*\):\s*", "", str(error)).strip()
    return safe_text(text, 300) or type(error).__name__
