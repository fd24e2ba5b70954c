"""Requests and responses, independent of the socket and of the routes."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.api_error import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.caller import Caller
from openmetadata_ol_provider.sandbox.catalogue.text_formats import is_uuid

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
#: End of the ETag of a compressed response, where the server marks it.
COMPRESSED_MARK = '--gzip"'
#: Values of the query parameter ``include``.
INCLUDES = ("non-deleted", "deleted", "all")


class Request:
    """A request with its path and query separated and the query decoded.

    :param method: HTTP method
    :param target: path and query as sent
    :param headers: header fields; stored under lower-case names
    :param body: body as sent
    """

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.method = method
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        path, _, query = target.partition("?")
        self.path = path
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True)) if query else {}
        #: values of the placeholders in the route's pattern
        self.params: dict[str, str] = {}
        self.caller = Caller()

    def json(self, media_type: str = JSON) -> Any:
        """Return the decoded body.

        :param media_type: required Content-Type
        :raises ApiError: 415 for another Content-Type, 400 if the body is not JSON
        """
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
            raise ApiError(415, "HTTP 415 Unsupported Media Type")
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise ApiError(400, "Unable to process JSON") from None

    def id(self, name: str = "id") -> str:
        """Return an id from the path, in lower case.

        :param name: placeholder in the route's pattern
        :raises ApiError: 400 if it is not a UUID
        """
        value = self.params[name]
        if not is_uuid(value):
            raise ApiError(400, "Invalid request format")
        return value.lower()

    def include(self) -> str:
        """Return whether deleted entities, others, or both are requested.

        :raises ApiError: 400 for an unknown value
        """
        value = self.query.get("include", INCLUDES[0])
        if value not in INCLUDES:
            raise ApiError(400, f"[query param include must be one of [{', '.join(INCLUDES)}]]")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from the query.

        :param low: smallest valid value
        :param high: largest valid value
        :raises ApiError: 404 if it is not a number, 400 if it is out of bounds
        """
        value = self.query.get(name, str(default))
        if not value.removeprefix("-").isdigit():
            raise ApiError(404, NO_SUCH_ROUTE)
        if int(value) < low:
            raise ApiError(400, f"[query param {name} must be greater than or equal to {low}]")
        if int(value) > high:
            raise ApiError(400, f"[query param {name} must be less than or equal to {high}]")
        return int(value)

    def flag(self, name: str) -> bool:
        """Return a boolean from the query, false by default."""
        return self.query.get(name, "false").lower() == "true"


class Response(NamedTuple):
    """A response.

    :param status: HTTP status
    :param body: body before encoding; ``None`` for an empty one
    :param headers: additional header fields
    :param content_type: Content-Type of the body
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}
    content_type: str = JSON


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response to a request that failed.

    :param message: ``message`` of the body
    :param headers: additional header fields
    """
    return Response(status, {"code": status, "message": message}, headers or {})
