"""Routes that tell callers what they may do: every operation of a resource, allowed unless the server denies it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import KINDS
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_COMMON = (
    "Create", "Delete", "ViewAll", "ViewBasic", "EditAll", "EditDescription", "EditDisplayName", "EditGlossaryTerms",
    "EditTier", "EditTags", "EditOwners", "EditCustomFields",
)  # fmt: skip
_USAGE = ("ViewUsage", "EditUsage")
#: What a resource lists beside the common operations. EditLineage is asked for of every end of an edge, but not every
#: kind lists it: there, EditAll is what tells.
_OWN: dict[str, tuple[str, ...]] = {
    "table": ("ViewTests", "ViewQueries", "ViewSampleData", "ViewDataProfile", *_USAGE, "EditQueries", "EditLineage"),
    "topic": ("ViewSampleData", "EditSampleData"),
    "pipeline": ("EditLineage", "EditStatus"),
    "dashboard": ("ViewUsage", "EditLineage"),
    "database": _USAGE,
    "databaseSchema": _USAGE,
}
_RESOURCES = frozenset({*(kind.type for kind in KINDS), "query"})


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "permissions", _all)
    router.add("GET", "permissions/{resource}", _one)


def _all(api: Api, _request: Request) -> Response:
    found = [_permissions(api, resource) for resource in sorted(_RESOURCES)]
    return Response(200, {"data": found, "paging": {"total": len(found)}})


def _one(api: Api, request: Request) -> Response:
    resource = request.params["resource"]
    if resource not in _RESOURCES:
        raise ApiError(400, f"Resource type {resource} not found")
    return Response(200, _permissions(api, resource))


def _permissions(api: Api, resource: str) -> dict[str, Any]:
    return {
        "resource": resource,
        "permissions": [
            {"operation": operation, "access": "notAllow" if operation in api.deny else "allow"}
            for operation in (*_COMMON, *_OWN.get(resource, ()))
        ],
    }
