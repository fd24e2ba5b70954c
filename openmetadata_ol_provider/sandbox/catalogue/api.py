"""From a request to a response: who may come in, which route answers, what becomes of errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import (
    routes_containers,
    routes_entities,
    routes_lineage,
    routes_lineage_names,
    routes_permissions,
    routes_pipelines,
    routes_queries,
    routes_search,
    routes_system,
    routes_usage,
)
from openmetadata_ol_provider.sandbox.catalogue.entities import Caller
from openmetadata_ol_provider.sandbox.catalogue.errors import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Store
from openmetadata_ol_provider.sandbox.catalogue.validation import Version

log = logging.getLogger(__name__)

SANDBOX_HEADER = "X-Sandbox"
SANDBOX_TEXT = "sandbox stand-in of openmetadata_ol_provider, NOT OpenMetadata"
_USER_HEADER = "x-sandbox-user"
_PREFIX = "/api/v1/"
_OPEN_PATHS = ("system/version", "system/health")
_INDEX_PAGE = f"<!doctype html><html><head><title>{SANDBOX_TEXT}</title></head><body>{SANDBOX_TEXT}</body></html>"


class Api:
    """The catalogue without its socket.

    :param version: version to play, e.g. ``1.12.0``; it decides which fields and routes exist
    :param token: the one JWT that is let in; ``None`` lets everyone in
    :param deny: operations refused with 403, e.g. ``EditLineage``, ``EditStatus``, ``Create``, ``EditAll``
    :param saved: called after each request that changed something
    """

    def __init__(
        self,
        version: str,
        token: str | None = None,
        deny: Collection[str] = (),
        saved: Callable[[Store], None] | None = None,
    ) -> None:
        self.version_text = version
        self.version = parse_version(version)
        self.store = Store(self.version)
        self.deny = frozenset(deny)
        #: where links in answers lead
        self.base_url = "http://localhost:8585"
        self._token = token
        self._saved = saved
        self._router = _router(self.version)

    def answer(self, request: Request) -> Response:
        """Answer a request; errors become responses too."""
        try:
            return self._answer(request)
        except ApiError as error:
            return self._error(error)
        except Exception as error:
            # A mistake of this stand-in: the client gets what a server would give, the user sees where it is.
            log.exception("%s %s failed", request.method, request.path)
            text = f"An exception with message [{error}] was thrown while processing request."
            return Response(500, error_body(500, text))

    def _answer(self, request: Request) -> Response:
        if request.path != "/api" and not request.path.startswith("/api/"):
            return Response(200, _INDEX_PAGE, content_type="text/html")
        if not request.path.startswith(_PREFIX):
            raise ApiError(404, NO_SUCH_ROUTE)
        path = request.path[len(_PREFIX) :].rstrip("/")
        if path not in _OPEN_PATHS:
            self._authenticate(request)
        response = self._router.find(request, path)(self, request)
        if request.method != "GET" and self._saved:
            self._saved(self.store)
        return response

    def authorise(self, request: Request, operation: str) -> None:
        """Check that the caller may do something.

        :raises ApiError: 403 if not
        """
        if operation in self.deny:
            name = request.caller.name
            raise ApiError(403, f"Principal: CatalogPrincipal{{name='{name}'}} operations [{operation}] not allowed")

    def _authenticate(self, request: Request) -> None:
        person = request.headers.get(_USER_HEADER)
        if person is not None:
            request.caller = Caller(person, is_bot=False)
        if self._token is None:
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise ApiError(401, "Not Authorized! Token not present")
        if token.strip() != self._token:
            raise ApiError(401, "Invalid token")

    def _error(self, error: ApiError) -> Response:
        headers: dict[str, str] = {}
        message = error.message
        if error.status == 401:
            headers["WWW-Authenticate"] = "om-auth"
        if error.status == 400 and self.version >= (2,) and message.startswith(("Unrecognized", "Cannot deserialize")):
            # The newest versions no longer say what they could not read; the header does.
            headers["X-Sandbox-Detail"] = re.sub(r"[^ -~]", "?", message)
            message = "Invalid request format"
        return Response(error.status, error_body(error.status, message), headers)


def error_body(status: int, message: str) -> dict[str, Any]:
    """Return the body of an error."""
    return {"code": status, "message": message}


def parse_version(text: str) -> Version:
    """Return the numbers of a version such as ``1.12.0`` or ``2.1.0-SNAPSHOT``.

    :raises ValueError: if there are none
    """
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    if match is None:
        raise ValueError(f"version {text!r} is no OpenMetadata version; give one such as '1.12.0'")
    return tuple(int(part or 0) for part in match.groups())


def _router(version: Version) -> Router:
    router = Router()
    routes_system.register(router)
    routes_permissions.register(router)
    routes_search.register(router)
    routes_containers.register(router)
    routes_lineage.register(router)
    if version >= (2,):
        routes_lineage_names.register(router)
    routes_pipelines.register(router, version)
    routes_usage.register(router)
    routes_queries.register(router)
    routes_entities.register(router)
    return router
