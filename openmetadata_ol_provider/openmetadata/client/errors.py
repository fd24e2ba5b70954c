"""What the server's answers mean: the errors made of them, each with the remedy. No secrets in any."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlsplit

from openmetadata_ol_provider.exceptions import (
    CatalogueAuthError,
    CatalogueError,
    CatalogueRequestError,
    CatalogueUnavailableError,
)
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.client.permissions import rights_of, rule_text
from openmetadata_ol_provider.openmetadata.client.retry import RETRIABLE_STATUS
from openmetadata_ol_provider.openmetadata.client.token import TokenFacts
from openmetadata_ol_provider.openmetadata.client.transport import CutOffError, Request, Response, TooSlowError

#: How the server says that a plan's limit is reached (as a 429, which waiting does not help).
_PLAN_LIMIT = "LIMITS_EXCEPTION"
_WHERE = "the connection's password (on the command line: OPENMETADATA_JWT_TOKEN)"


class AnswerTooLargeError(CatalogueRequestError):
    """Raised when an answer is larger than what is read."""


def not_an_api(base: str, call: Request, answer: Response) -> str:
    """Return the message for an answer that no OpenMetadata API would give (its UI answers any path with a page)."""
    return (
        f"this is not an OpenMetadata API: {base} answered {_what(call)} with status {answer.status} and "
        f"{answer.content_type or 'no content type'} instead of JSON; check the host (does a proxy strip /api?)"
    )


def error_of(base: str, call: Request, answer: Response, token: TokenFacts | None) -> CatalogueError:
    """Return the error an answer stands for.

    :param base: base URL of the API
    :param token: of the token that was sent, ``None`` where there was none
    """
    status = answer.status
    if 300 <= status < 400:
        return CatalogueRequestError(
            f"OpenMetadata at {base} redirects to {_target(answer)}, which is not followed (the token would travel "
            "with it); set the host to the address that answers itself",
            status,
        )
    said = message_of(answer)
    if status in {401, 403}:
        unknown = f"OpenMetadata refused the token (401: {said}); "
        text = unknown + _renewal(said, token) if status == 401 else _forbidden(call, said, token)
        return CatalogueAuthError(text, status)
    if status == 429 and is_plan_limit(answer):
        return CatalogueRequestError(
            f"OpenMetadata refused {_what(call)} (429: {said}): a limit of its plan is reached; raise it there", status
        )
    if status in RETRIABLE_STATUS or status >= 500:
        return CatalogueUnavailableError(
            f"OpenMetadata kept answering {_what(call)} with {status}: {said}; try again later and look into the "
            "server's log",
            status,
        )
    refused = f"OpenMetadata refused {_what(call)} ({status}): {said}"
    return CatalogueRequestError(refused if answer.is_json else not_an_api(base, call, answer), status)


def is_plan_limit(answer: Response) -> bool:
    """Return whether an answer says that what was paid for is used up, and not that the server is busy."""
    body = _body(answer)
    return isinstance(body, dict) and body.get("errorType") == _PLAN_LIMIT


def unreachable(base: str, call: Request, timeout: float, error: BaseException) -> CatalogueUnavailableError:
    """Return the error of a request that got no answer, or not all of it.

    :param timeout: seconds that were waited
    :param error: of urllib3, of the operating system, or one of :mod:`.wire`
    """
    from urllib3.exceptions import NewConnectionError, SSLError
    from urllib3.exceptions import TimeoutError as Late

    if isinstance(error, SSLError):
        return CatalogueUnavailableError(
            f"OpenMetadata at {base}: TLS failed ({_reason(error)}); check the scheme, or give the CA file as `verify`"
        )
    # To some versions of urllib3 a refused connection is one that took too long.
    if isinstance(error, Late | TooSlowError) and not isinstance(error, NewConnectionError):
        return CatalogueUnavailableError(
            f"OpenMetadata at {base} did not answer {_what(call)} within {timeout:g} s; check the server or raise "
            "`timeout`"
        )
    if isinstance(error, CutOffError):
        return cut_off(base, call, _reason(error))
    return CatalogueUnavailableError(
        f"OpenMetadata at {base} cannot be reached ({_reason(error)}); check host, port and network"
    )


def cut_off(base: str, call: Request, reason: str) -> CatalogueUnavailableError:
    """Return the error of an answer that ended before its end."""
    return CatalogueUnavailableError(
        f"the answer of OpenMetadata at {base} to {_what(call)} was cut off ({reason}); look into the server's log, "
        "and into that of a proxy before it"
    )


def too_large(call: Request, max_bytes: int) -> AnswerTooLargeError:
    """Return the error of an answer that is not read to its end."""
    return AnswerTooLargeError(
        f"OpenMetadata's answer to {_what(call)} is larger than {max_bytes / 2**20:g} MB; raise `max_answer_mb` in the "
        "connection's extra if such entities are to be read"
    )


def asked_to_wait(call: Request, pause: float, budget: float, status: int | None = None) -> CatalogueUnavailableError:
    """Return the error of a call that the server wants to come later than it may.

    :param pause: seconds it asks for
    :param budget: seconds a call may take, its retries included
    """
    return CatalogueUnavailableError(
        f"OpenMetadata asks to wait {pause:.0f} s (Retry-After), which is longer than {_what(call)} may take with its "
        f"retries ({budget:g} s); try again later, or lower `max_connections` in the connection's extra",
        status,
    )


def stuck(call: Request, patience: float) -> CatalogueUnavailableError:
    """Return the error of a call whose turn did not come."""
    return CatalogueUnavailableError(
        f"OpenMetadata answered none of the calls before {_what(call)} for {patience:g} s; try again later and look "
        "into the server's log"
    )


def message_of(answer: Response) -> str:
    """Return what an answer says went wrong."""
    body = _body(answer)
    text = body.get("message") or body.get("responseMessage") if isinstance(body, dict) else None
    return safe_text(str(text or answer.reason or "no message"), 500)


def _body(answer: Response) -> object:
    try:
        body: object = answer.json()
    except ValueError:
        return None
    return body


def _what(call: Request) -> str:
    path = call.path if len(call.path) <= 300 else f"{call.path[:300]}..."
    return f"{call.method} {path}"


def _renewal(said: str, token: TokenFacts | None) -> str:
    """Return what is wrong with a token and what to do, from what the server says and the token itself."""
    text = said.lower()
    if token is None:
        return f"none was sent: put the JWT token of a bot into {_WHERE}"
    if "not present" in text:
        return "one was sent: does a proxy between here and the server drop the Authorization header?"
    if "expired" in text:
        when = f" on {token.expires_at:%Y-%m-%d %H:%M} UTC" if _is_past(token) else ""
        return f"it has expired{when}: renew the JWT token of the bot in OpenMetadata and put it into {_WHERE}"
    if "current bot" in text:
        return f"a newer token of the bot has replaced it: renew the JWT token in {_WHERE}"
    if not token.readable:
        return f"it is no JWT at all: renew the JWT token in {_WHERE}"
    return (
        "it is of another server, was revoked, or has been replaced by a newer token of the bot: renew the JWT token "
        f"in {_WHERE}"
    )


def _is_past(token: TokenFacts) -> bool:
    return token.expires_at is not None and token.expires_at < dt.datetime.now(dt.timezone.utc)


def _forbidden(call: Request, said: str, token: TokenFacts | None) -> str:
    """Return the message of a 403: who, which operation on what, and the rule that is missing."""
    named = re.search(r"name='([^']*)'", said)
    name = named[1] if named else token.name if token else None
    bot = "the bot" if token is None or token.is_bot is not False else "the user"
    who = f"{bot} {name!r}" if name else "this token"
    head = f"OpenMetadata forbids {_what(call)} to {who} (403: {said})"
    denied = re.search(r"denied\s+(?:by\s+)?(.+)$", said)
    if denied:
        return f"{head}; a rule denies it, which wins over all that allow it: change {denied[1]}"
    if "belong to domain" in said:
        return f"{head}; give {who} that domain, or leave the assets of other domains out"
    derived = rights_of(call)
    listed = re.search(r"operations? \[([^\]]+)\]", said)
    operations = [word.strip() for word in listed[1].split(",")] if listed else []
    operations = operations or list(dict.fromkeys(right.operation for right in derived))
    resources = list(dict.fromkeys(right.resource for right in derived)) or ["all"]
    if not operations:
        return f"{head}; give a role of {who} a policy that allows it"
    return (
        f"{head}: it lacks {', '.join(operations)} on {', '.join(resources)}; add to a role of {who} a policy with the "
        f"rule: {rule_text(operations, resources)} (`openmetadata-ol check` lists all that is missing)"
    )


def _target(answer: Response) -> str:
    """Return where a redirect points, without query (sign-on pages get secrets there)."""
    target = urlsplit(answer.headers.get("Location", ""))
    return f"{target.scheme}://{target.hostname}" if target.hostname else target.path


def _reason(error: BaseException) -> str:
    """Return what went wrong, without the object addresses that urllib3 puts before it."""
    text = re.sub(r"<[^>]*>:?\s*|\w+Connection\([^)]*\):\s*", "", str(error)).strip()
    return safe_text(text, 300) or type(error).__name__
