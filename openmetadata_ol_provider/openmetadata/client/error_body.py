"""The body of an error response as a value. Only here is the wording of the server's messages matched."""

from __future__ import annotations

import re
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import RefusalReason
from openmetadata_ol_provider.openlineage.sanitize import safe_text
from openmetadata_ol_provider.openmetadata.client.transport import Response

_MAX_MESSAGE = 500
#: ``errorType`` of a 429 that reports a limit of the subscription, which waiting does not help.
_PLAN_LIMIT = "LIMITS_EXCEPTION"
#: Words of a 401's message, in lower case.
_TOKEN_REASONS = (
    ("not present", RefusalReason.TOKEN_NOT_RECEIVED),
    ("expired", RefusalReason.TOKEN_EXPIRED),
    ("current bot", RefusalReason.TOKEN_REPLACED),
)
_PRINCIPAL = re.compile(r"name='([^']*)'")
_DENIED_BY = re.compile(r"denied\s+(?:by\s+)?(.+)$")
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})</title>", re.IGNORECASE)
_OPERATIONS = re.compile(r"operations? \[([^\]]+)\]")


class ErrorBody(NamedTuple):
    """What an error response says.

    :param message: the server's message, safe to show, at most 500 characters
    :param reason: why the request was refused, ``None`` if the message does not tell
    :param principal: name of the bot or user that lacks a permission
    :param operations: operations that are not permitted
    :param denied_by: role, policy and rule that deny the operation
    """

    message: str
    reason: RefusalReason | None = None
    principal: str | None = None
    operations: tuple[str, ...] = ()
    denied_by: str = ""


def read_error(response: Response) -> ErrorBody:
    """Read an error response; a page yields its title, a body in an unknown format the reason phrase only."""
    body = _json_object(response)
    text = body.get("message") or body.get("responseMessage") or _title(response)
    message = safe_text(str(text or response.reason or "no message"), _MAX_MESSAGE)
    if response.status == 401:
        lowered = message.lower()
        return ErrorBody(message, next((reason for words, reason in _TOKEN_REASONS if words in lowered), None))
    if response.status == 403:
        return _forbidden(message)
    if response.status == 429 and body.get("errorType") == _PLAN_LIMIT:
        return ErrorBody(message, RefusalReason.PLAN_LIMIT)
    if "Invalid task name" in message:
        return ErrorBody(message, RefusalReason.UNKNOWN_TASK)
    return ErrorBody(message)


def _forbidden(message: str) -> ErrorBody:
    principal = _PRINCIPAL.search(message)
    name = principal[1] if principal else None
    denied = _DENIED_BY.search(message)
    if denied:
        return ErrorBody(message, RefusalReason.PERMISSION_DENIED, name, denied_by=denied[1])
    if "belong to domain" in message:
        return ErrorBody(message, RefusalReason.OTHER_DOMAIN, name)
    listed = _OPERATIONS.search(message)
    if listed is None:
        return ErrorBody(message, principal=name)
    operations = tuple(operation.strip() for operation in listed[1].split(","))
    return ErrorBody(message, RefusalReason.PERMISSION_MISSING, name, operations)


def _json_object(response: Response) -> dict[str, object]:
    try:
        body: object = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _title(response: Response) -> str:
    """Return the title of a web page, which says more than the status about who refused a request, and why."""
    title = _TITLE.search(response.content) if response.content_type == "text/html" else None
    return title[1].decode("utf-8", "replace").strip() if title else ""
