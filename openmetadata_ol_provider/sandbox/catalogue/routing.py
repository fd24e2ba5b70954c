"""Requests, responses and the table of routes between them."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.entities import Caller
from openmetadata_ol_provider.sandbox.catalogue.errors import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.store import INCLUDES
from openmetadata_ol_provider.sandbox.catalogue.validation import is_uuid

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"


class Request:
    """One request, its path split and decoded.

    :param method: GET, PUT ...
    :param target: path and query as sent
    :param headers: header fields; kept by their names in lower case
    :param body: the body as sent
    """

    def __init__(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.method = method
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body
        path, _, query = target.partition("?")
        self.path = path
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True)) if query else {}
        self.params: dict[str, str] = {}
        self.caller = Caller()

    def json(self, media_type: str = JSON) -> Any:
        """Return the body.

        :param media_type: the Content-Type that is asked for
        :raises ApiError: 415 for another type, 400 if it is no JSON
        """
        if self.headers.get("content-type", "").partition(";")[0].strip().lower() != media_type:
            raise ApiError(415, "HTTP 415 Unsupported Media Type")
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            raise ApiError(400, "Unable to process JSON") from None

    def id(self, name: str = "id") -> str:
        """Return an id of the path.

        :raises ApiError: 400 if it is no UUID
        """
        value = self.params[name]
        if not is_uuid(value):
            raise ApiError(400, "Invalid request format")
        return value.lower()

    def include(self) -> str:
        """Return which of deleted and other entities are meant.

        :raises ApiError: 400 for an unknown value
        """
        value = self.query.get("include", "non-deleted")
        if value not in INCLUDES:
            raise ApiError(400, f"[query param include must be one of [{', '.join(INCLUDES)}]]")
        return value

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a number of the query.

        :raises ApiError: 400 if it is none or out of bounds
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
        """Return a switch of the query, off by default."""
        return self.query.get(name, "false").lower() == "true"


class Response(NamedTuple):
    """What is answered; a body of ``None`` is an empty one."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = {}
    content_type: str = JSON


Handler = Callable[["Api", Request], Response]


class _Route(NamedTuple):
    segments: tuple[str, ...]
    handlers: dict[str, Handler]

    def match(self, segments: list[str]) -> dict[str, str] | None:
        params = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            if pattern.startswith("{"):
                params[pattern[1:-1]] = urllib.parse.unquote(segment)
            elif pattern != segment:
                return None
        return params


class Router:
    """All routes; the first that was added and matches wins."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, int], list[_Route]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route.

        :param pattern: path below ``/api/v1/`` with ``{name}`` for one segment, which is percent-decoded
        """
        segments = tuple(pattern.split("/"))
        routes = self._routes.setdefault((segments[0], len(segments)), [])
        route = next((route for route in routes if route.segments == segments), None)
        if route is None:
            route = _Route(segments, {})
            routes.append(route)
        route.handlers[method] = handler

    def find(self, request: Request, path: str) -> Handler:
        """Return the handler of a request and set its ``params``.

        :param path: path below ``/api/v1/``, not decoded
        :raises ApiError: 404 if there is no such path, 405 if it is there for other methods only
        """
        segments = path.split("/")
        known = False
        for route in self._routes.get((segments[0], len(segments)), ()):
            params = route.match(segments)
            if params is None:
                continue
            handler = route.handlers.get(request.method)
            if handler is not None:
                request.params = params
                return handler
            known = True
        raise ApiError(405, "HTTP 405 Method Not Allowed") if known else ApiError(404, NO_SUCH_ROUTE)
