"""The table of routes."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from typing import NamedTuple

from openmetadata_ol_provider.sandbox.catalogue.api_error import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response

Handler = Callable[[Catalogue, Request], Response]


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
    """Finds the handler of a request; the route that was added first wins."""

    def __init__(self) -> None:
        self._routes: dict[tuple[str, int], list[_Route]] = {}

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route.

        :param pattern: path below ``/api/v1/``, with ``{name}`` for one segment, which is percent-decoded
        """
        segments = tuple(pattern.split("/"))
        routes = self._routes.setdefault((segments[0], len(segments)), [])
        route = next((route for route in routes if route.segments == segments), None)
        if route is None:
            route = _Route(segments, {})
            routes.append(route)
        route.handlers[method] = handler

    def find(self, request: Request, path: str) -> Handler:
        """Return the handler of a request, and set the request's ``params``.

        :param path: path below ``/api/v1/``, not decoded
        :raises ApiError: 404 if the path does not exist, 405 if it exists for other methods only
        """
        segments = path.split("/")
        path_exists = False
        for route in self._routes.get((segments[0], len(segments)), ()):
            params = route.match(segments)
            if params is None:
                continue
            handler = route.handlers.get(request.method)
            if handler is not None:
                request.params = params
                return handler
            path_exists = True
        raise ApiError(405, "HTTP 405 Method Not Allowed") if path_exists else ApiError(404, NO_SUCH_ROUTE)
