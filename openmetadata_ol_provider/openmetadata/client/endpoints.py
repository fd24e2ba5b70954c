"""Names the endpoint of a request, and tells the endpoints that lineage needs from those that only decorate it.

Without services, entities, pipelines and edges there is no lineage; without statuses, usage, queries, owners, tags and
descriptions there is, only with less next to it.
"""

from __future__ import annotations

from typing import NamedTuple

from openmetadata_ol_provider.openmetadata.client.transport import Request

#: Segments of paths that are part of the route; all others are names and ids.
_WORDS = frozenset({
    "name", "status", "bulk", "usage", "compute.percentile", "query", "fieldQuery", "version", "children", "vote",
    "getLineageEdge", "pipelineObservability", "tableProfile", "latest", "systemProfile", "profiles",
    "testCases", "testCaseResults", "testDefinitions",
})  # fmt: skip
#: Collections that only decorate lineage, and last segments that do below any collection.
_OPTIONAL = frozenset({"usage", "queries", "users", "teams", "tags", "classifications", "dataQuality", "entity"})
_OPTIONAL_ENDS = (
    "/status", "/status/bulk", "/pipelineObservability", "/tableProfile", "/tableProfile/latest", "/systemProfile",
)  # fmt: skip
#: Collections whose changes lineage needs, whatever the method.
_STRUCTURE = frozenset({"lineage", "services", "databases", "databaseSchemas"})
#: Search indexes in which owners are looked for.
_OWNER_INDEXES = frozenset({"user_search_index", "team_search_index"})


class Endpoint(NamedTuple):
    """One endpoint of the API.

    :param method: HTTP method
    :param route: path with ``{}`` for each name and id
    :param optional: ``True`` if it only decorates lineage
    """

    method: str
    route: str
    optional: bool

    def __str__(self) -> str:
        return f"{self.method} {self.route}"


def endpoint_of(request: Request) -> Endpoint:
    """Return the endpoint of a request."""
    segments = request.path.strip("/").split("/")
    fixed = 3 if segments[1:2] == ["services"] else 2
    route = "/".join([*segments[:fixed], *(part if part in _WORDS else "{}" for part in segments[fixed:])])
    return Endpoint(request.method, route, _is_optional(request, segments[1] if len(segments) > 1 else "", route))


def may_lack_content(request: Request) -> bool:
    """Return whether OpenMetadata may answer a request that was successful without any content."""
    collection = request.path.strip("/").split("/")[1:2]
    return request.method == "DELETE" or collection in (["lineage"], ["usage"])


def _is_optional(request: Request, collection: str, route: str) -> bool:
    if collection in _OPTIONAL or route.endswith(_OPTIONAL_ENDS):
        return True
    if collection == "search":
        return (request.params or {}).get("index") in _OWNER_INDEXES
    # Patches carry descriptions, owners and tags; what is deleted are edges, and datasets that were dropped.
    if request.method == "DELETE":
        return collection == "lineage" or (collection not in _STRUCTURE and collection != "pipelines")
    return request.method == "PATCH" and collection not in _STRUCTURE
