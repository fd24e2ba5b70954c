"""What an answer means for the call: its result, or an error, whether to try again, and how busy the server is.

It decides; waiting and sending again are the client's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.errors import cut_off, error_of, is_plan_limit, not_an_api
from openmetadata_ol_provider.openmetadata.client.retry import (
    IDEMPOTENT,
    OVERLOADED_STATUS,
    RETRIABLE_STATUS,
    retry_after,
)
from openmetadata_ol_provider.openmetadata.client.throttle import Outcome
from openmetadata_ol_provider.openmetadata.client.token import TokenFacts
from openmetadata_ol_provider.openmetadata.client.transport import Request, Response


class Found(NamedTuple):
    """The JSON object of a good answer, ``None`` for what is not there."""

    body: dict[str, Any] | None


class Failure(NamedTuple):
    """Why a call failed.

    :param again: whether sending it again may help
    :param outcome: what it says of the server's load
    :param asked: seconds that the server asks to wait
    """

    error: CatalogueError
    again: bool
    outcome: Outcome = "failed"
    asked: float | None = None


def classify_response(
    base: str, call: Request, answer: Response, token: TokenFacts | None, *, missing_ok: bool
) -> Found | Failure:
    """Tell what an answer means.

    :param base: base URL of the API
    :param token: of the token that was sent
    :param missing_ok: a 404 is a result, not an error
    """
    if 200 <= answer.status < 300:
        return _good(base, call, answer)
    if answer.status == 404 and missing_ok and answer.is_json:
        return Found(None)
    error = error_of(base, call, answer, token)
    if answer.status == 429 and is_plan_limit(answer):
        return Failure(error, again=False, outcome="worked")
    return Failure(error, _may_help(call, answer.status), _load(answer.status), _asked(answer))


def unanswered(call: Request, error: CatalogueUnavailableError) -> Failure:
    """Return what it means that no answer came."""
    return Failure(error, again=_may_be_repeated(call))


def _good(base: str, call: Request, answer: Response) -> Found | Failure:
    if not answer.content and not answer.headers.get("Content-Encoding"):
        return Found({})
    if not answer.is_json:
        return Failure(CatalogueRequestError(not_an_api(base, call, answer), answer.status), again=False)
    try:
        body = answer.json()
    except ValueError as error:
        # What calls itself JSON and is none has lost its end on the way.
        return Failure(cut_off(base, call, str(error)), again=_may_be_repeated(call))
    return Found(body if isinstance(body, dict) else {"data": body})


def _may_help(call: Request, status: int) -> bool:
    if status == 409:
        return call.method == "PUT"
    return status in (RETRIABLE_STATUS if _may_be_repeated(call) else OVERLOADED_STATUS)


def _may_be_repeated(call: Request) -> bool:
    return call.repeatable or call.method in IDEMPOTENT


def _load(status: int) -> Outcome:
    if status in OVERLOADED_STATUS:
        return "overloaded"
    return "failed" if status >= 500 else "worked"


def _asked(answer: Response) -> float | None:
    return retry_after(answer.headers.get("Retry-After"))
