"""Classifies responses: a result or an error, whether to retry, and what they show of the server's load.

Waiting and sending again are up to :mod:`.sender`.
"""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.exceptions import (
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
    RefusalReason,
)
from openmetadata_ol_provider.openmetadata.client.document import Document
from openmetadata_ol_provider.openmetadata.client.endpoints import may_lack_content
from openmetadata_ol_provider.openmetadata.client.error_body import read_error
from openmetadata_ol_provider.openmetadata.client.errors import (
    cut_off_error,
    error_for,
    no_content_message,
    not_an_api_message,
)
from openmetadata_ol_provider.openmetadata.client.retry import (
    IDEMPOTENT,
    OVERLOADED_STATUS,
    RETRIABLE_STATUS,
    retry_after,
)
from openmetadata_ol_provider.openmetadata.client.server import Server
from openmetadata_ol_provider.openmetadata.client.throttle import LoadSignal
from openmetadata_ol_provider.openmetadata.client.token import BearerToken
from openmetadata_ol_provider.openmetadata.client.transport import Request, Response


class Success(NamedTuple):
    """The JSON object of a successful response; ``None`` for a 404 that is allowed."""

    body: Document | None


class Failure(NamedTuple):
    """A failed attempt.

    :param error: error to raise if it is not retried
    :param retriable: ``True`` if sending the request again may help
    :param load: what it shows of the server's load
    :param retry_after: seconds that the server asks to wait, ``None`` if it does not ask
    """

    error: CatalogueError
    retriable: bool
    load: LoadSignal = "unknown"
    retry_after: float | None = None


def classify_response(
    server: Server, request: Request, response: Response, token: BearerToken | None, *, missing_ok: bool
) -> Success | Failure:
    """Decide what a response means for its request.

    :param server: server that was asked
    :param request: request that was sent
    :param response: response to it
    :param token: token that was sent, ``None`` if none was
    :param missing_ok: ``True`` if a 404 is a result and not an error
    """
    if response.is_successful:
        return _successful(server, request, response)
    if response.status == 404 and missing_ok and response.is_json:
        return Success(None)
    body = read_error(response)
    error = error_for(server, request, response, body, token)
    if body.reason is RefusalReason.PLAN_LIMIT:
        return Failure(error, retriable=False, load="handled")
    retriable = _may_succeed_later(request, response.status)
    pause = retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
    return Failure(error, retriable, _load(response.status), pause)


def classify_no_response(request: Request, error: CatalogueUnavailableError) -> Failure:
    """Decide what it means that there is no response, or only part of one."""
    return Failure(error, retriable=_is_idempotent(request))


def _successful(server: Server, request: Request, response: Response) -> Success | Failure:
    if not response.content and not response.headers.get("Content-Encoding"):
        if may_lack_content(request):
            return Success(Document({}, request=request))
        return Failure(
            CatalogueRequestError(no_content_message(server, request, response), response.status), retriable=False
        )
    # Some sign-on pages are declared to be what the client has asked for.
    if not response.is_json or response.content.lstrip()[:1] == b"<":
        message = not_an_api_message(server, request, response)
        return Failure(CatalogueRequestError(message, response.status), retriable=False)
    try:
        body = response.json()
    except ValueError as error:
        # A body that is declared to be JSON and is not has lost its end on the way.
        return classify_no_response(request, cut_off_error(server, request, str(error)))
    etag = response.headers.get("ETag")
    return Success(Document(body if isinstance(body, dict) else {"data": body}, etag, request))


def _may_succeed_later(request: Request, status: int) -> bool:
    if status == 409:
        return request.method == "PUT"
    return status in (RETRIABLE_STATUS if _is_idempotent(request) else OVERLOADED_STATUS)


def _is_idempotent(request: Request) -> bool:
    return request.idempotent or request.method in IDEMPOTENT


def _load(status: int) -> LoadSignal:
    if status in OVERLOADED_STATUS:
        return "overloaded"
    # Not all answers of gateways that have no answer of the server are above 500.
    return "unknown" if status >= 500 or status in RETRIABLE_STATUS else "handled"
