"""Turns a request into a response: authenticates it, finds its route, and maps errors to responses."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from openmetadata_ol_provider.sandbox.catalogue import (
    routes_data_quality,
    routes_entities,
    routes_lineage,
    routes_observability,
    routes_pipelines,
    routes_profiles,
    routes_search,
    routes_system,
    routes_usage,
)
from openmetadata_ol_provider.sandbox.catalogue.api_error import NO_SUCH_ROUTE, ApiError
from openmetadata_ol_provider.sandbox.catalogue.caller import Caller
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response, error_response
from openmetadata_ol_provider.sandbox.catalogue.router import Router

log = logging.getLogger(__name__)

SANDBOX_HEADER = "X-Sandbox"
SANDBOX_TEXT = "sandbox stand-in of openmetadata_ol_provider, NOT OpenMetadata"
_USER_HEADER = "x-sandbox-user"
_PREFIX = "/api/v1/"
_OPEN_PATHS = ("system/version", "system/health")
_INDEX_PAGE = f"<!doctype html><html><head><title>{SANDBOX_TEXT}</title></head><body>{SANDBOX_TEXT}</body></html>"


class Application:
    """The stand-in without its socket.

    :param catalogue: context of the routes
    :param token: the only JWT that is accepted; ``None`` accepts every caller
    :param save: called with the store after each request that may have changed something
    """

    def __init__(
        self, catalogue: Catalogue, token: str | None = None, save: Callable[[CatalogueStore], None] | None = None
    ) -> None:
        self.catalogue = catalogue
        self._token = token
        self._save = save
        self._router = _router(catalogue)

    def respond(self, request: Request) -> Response:
        """Return the response to a request; errors become responses too."""
        try:
            return self._respond(request)
        except ApiError as error:
            return self._error(error)
        except Exception as error:
            # A bug of the stand-in: the client gets what a server would send, and the log shows where the bug is.
            log.exception("%s %s failed", request.method, request.path)
            return error_response(500, f"An exception with message [{error}] was thrown while processing request.")

    def _respond(self, request: Request) -> Response:
        if request.path != "/api" and not request.path.startswith("/api/"):
            return Response(200, _INDEX_PAGE, content_type="text/html")
        if not request.path.startswith(_PREFIX):
            raise ApiError(404, NO_SUCH_ROUTE)
        path = request.path[len(_PREFIX) :].rstrip("/")
        if path not in _OPEN_PATHS:
            self._authenticate(request)
        response = self._router.find(request, path)(self.catalogue, request)
        if request.method != "GET" and self._save:
            self._save(self.catalogue.store)
        return response

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
        is_undeserializable = message.startswith(("Unrecognized", "Cannot deserialize"))
        if error.status == 400 and self.catalogue.version >= (2,) and is_undeserializable:
            # OpenMetadata 2 no longer reports what it could not deserialize; a header of the sandbox does.
            headers["X-Sandbox-Detail"] = re.sub(r"[^ -~]", "?", message)
            message = "Invalid request format"
        return error_response(error.status, message, headers)


def _router(catalogue: Catalogue) -> Router:
    router = Router()
    routes_system.register(router, catalogue.behaviours)
    routes_search.register(router)
    routes_lineage.register(router, catalogue.behaviours)
    routes_pipelines.register(router, catalogue.behaviours)
    routes_observability.register(router, catalogue.behaviours)
    routes_usage.register(router)
    routes_profiles.register(router, catalogue.behaviours)
    routes_data_quality.register(router)
    routes_entities.register(router)
    return router
