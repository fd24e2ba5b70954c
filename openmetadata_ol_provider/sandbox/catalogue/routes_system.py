"""Routes about the catalogue itself and the caller."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from openmetadata_ol_provider.sandbox.catalogue.entities import now_ms
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_REVISION = "sandbox-NOT-OpenMetadata"


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "system/version", _version)
    router.add("GET", "system/health", lambda _api, _request: Response(200, "OK", content_type="text/plain"))
    router.add("GET", "users/loggedInUser", _logged_in_user)


def _version(api: Api, _request: Request) -> Response:
    return Response(200, {"version": api.version_text, "revision": _REVISION, "timestamp": now_ms()})


def _logged_in_user(_api: Api, request: Request) -> Response:
    name = request.caller.name
    user = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
        "name": name,
        "fullyQualifiedName": name,
        "email": f"{name}@sandbox.invalid",
        "isBot": request.caller.is_bot,
        "isAdmin": False,
        "deleted": False,
    }
    return Response(200, user)
