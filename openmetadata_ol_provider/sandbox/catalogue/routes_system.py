"""The routes about the catalogue itself and about the caller: version, health, user and permissions."""

from __future__ import annotations

import uuid
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import now_ms
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.router import Router

_REVISION = "sandbox-NOT-OpenMetadata"
_COMMON_OPERATIONS = (
    "Create", "Delete", "ViewAll", "ViewBasic", "EditAll", "EditDescription", "EditDisplayName", "EditGlossaryTerms",
    "EditTier", "EditTags", "EditOwners", "EditCustomFields",
)  # fmt: skip
_USAGE_OPERATIONS = ("ViewUsage", "EditUsage")
#: Operations that a resource lists in addition to the common ones. EditLineage is required at both ends of an edge, but
#: not every kind lists it; for those that do not, EditAll answers the question.
_RESOURCE_OPERATIONS: dict[str, tuple[str, ...]] = {
    "table": (
        "ViewTests", "ViewQueries", "ViewSampleData", "ViewDataProfile", *_USAGE_OPERATIONS, "EditQueries",
        "EditLineage", "EditDataProfile", "EditTests",
    ),
    "topic": ("ViewSampleData", "EditSampleData"),
    "pipeline": ("EditLineage", "EditStatus"),
    "dashboard": ("ViewUsage", "EditLineage"),
    "database": _USAGE_OPERATIONS,
    "databaseSchema": _USAGE_OPERATIONS,
}  # fmt: skip
_RESOURCES = frozenset({*(kind.type for kind in KINDS), "query"})


def register(router: Router, behaviours: Behaviours) -> None:
    """Add the routes of a version."""
    if Behaviour.SERVES_FEED in behaviours:
        router.add("GET", "feed", lambda _catalogue, _request: Response(200, {"data": [], "paging": {"total": 0}}))
    router.add("GET", "system/version", _version)
    router.add("GET", "system/health", lambda _catalogue, _request: Response(200, "OK", content_type="text/plain"))
    router.add("GET", "users/loggedInUser", _logged_in_user)
    router.add("GET", "permissions", _all_permissions)
    router.add("GET", "permissions/{resource}", _permissions_of_one)


def _version(catalogue: Catalogue, _request: Request) -> Response:
    return Response(200, {"version": catalogue.version_text, "revision": _REVISION, "timestamp": now_ms()})


def _logged_in_user(_catalogue: Catalogue, request: Request) -> Response:
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


def _all_permissions(catalogue: Catalogue, _request: Request) -> Response:
    permissions = [_permissions(catalogue, resource) for resource in sorted(_RESOURCES)]
    return Response(200, {"data": permissions, "paging": {"total": len(permissions)}})


def _permissions_of_one(catalogue: Catalogue, request: Request) -> Response:
    resource = request.params["resource"]
    if resource not in _RESOURCES:
        raise ApiError(400, f"Resource type {resource} not found")
    return Response(200, _permissions(catalogue, resource))


def _permissions(catalogue: Catalogue, resource: str) -> dict[str, Any]:
    """Return every operation of a resource, allowed unless the stand-in was started with it denied."""
    return {
        "resource": resource,
        "permissions": [
            {"operation": operation, "access": "notAllow" if catalogue.is_denied(operation, resource) else "allow"}
            for operation in (*_COMMON_OPERATIONS, *_RESOURCE_OPERATIONS.get(resource, ()))
        ],
    }
