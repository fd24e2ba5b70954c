"""The status routes of pipelines: one status per pipeline and timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import shapes_lineage
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import whole
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, kind_of
from openmetadata_ol_provider.sandbox.catalogue.validation import Version, prune, validate

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_STATUS = "pipelines/{fqn}/status"
_BULK_SINCE = (1, 12)
_BULK_LIMIT = 1000
_FILTERED_SINCE = (1, 11)


def register(router: Router, version: Version) -> None:
    """Add the routes."""
    router.add("PUT", _STATUS, _put)
    router.add("GET", _STATUS, _list)
    if version >= _BULK_SINCE:
        router.add("PUT", f"{_STATUS}/bulk", _put_bulk)
    router.add("DELETE", f"{_STATUS}/{{timestamp}}", _delete)


def _put(api: Api, request: Request) -> Response:
    body = request.json()
    validate(shapes_lineage.PIPELINE_STATUS, body, api.version)
    return _store(api, request, [body])


def _put_bulk(api: Api, request: Request) -> Response:
    bodies = request.json()
    if not isinstance(bodies, list):
        raise ApiError(400, "Cannot deserialize value of type `java.util.ArrayList` from Object value at the body")
    if len(bodies) > _BULK_LIMIT:
        raise ApiError(400, f"Bulk pipeline status list cannot exceed {_BULK_LIMIT} items")
    for body in bodies:
        validate(shapes_lineage.PIPELINE_STATUS, body, api.version)
    return _store(api, request, bodies)


def _store(api: Api, request: Request, bodies: list[Any]) -> Response:
    with api.store.lock:
        pipeline = api.store.by_name("pipeline", request.params["fqn"])
        api.authorise(request, "EditStatus")
        for body in bodies:
            _check_tasks(pipeline, body)
        statuses = api.store.statuses.setdefault(pipeline["id"], {})
        for body in bodies:
            statuses[body["timestamp"]] = prune(body)
    return whole(api, kind_of("pipeline"), pipeline)


def _check_tasks(pipeline: Entity, body: Entity) -> None:
    # A catalogue falls over both of these; it does not check them.
    if body.get("taskStatus") is None or (body["taskStatus"] and pipeline.get("tasks") is None):
        raise ApiError(500, "An exception with message [null] was thrown while processing request.")
    known = {task["name"] for task in pipeline.get("tasks", ())}
    for task in body["taskStatus"]:
        if task["name"] not in known:
            raise ApiError(400, f"Invalid task name {task['name']}")


def _list(api: Api, request: Request) -> Response:
    missing = [f"query param {name} must not be null" for name in ("startTs", "endTs") if name not in request.query]
    if missing:
        raise ApiError(400, f"[{', '.join(missing)}]")
    largest = 2**63 - 1
    start, end = (request.number(name, 0, -largest, largest) for name in ("startTs", "endTs"))
    pipeline = api.store.by_name("pipeline", request.params["fqn"])
    with api.store.lock:
        statuses = api.store.statuses.get(pipeline["id"], {})
        found = [statuses[key] for key in sorted(statuses, reverse=True) if start <= key <= end]
    total = len(found)
    if api.version >= _FILTERED_SINCE:
        if "status" in request.query:
            found = [item for item in found if item["executionStatus"] == request.query["status"]]
            total = len(found)
        if "limit" in request.query:
            found = found[: request.number("limit", 10, 0, 1_000_000)]
    return Response(200, {"data": found, "paging": {"total": total}})


def _delete(api: Api, request: Request) -> Response:
    with api.store.lock:
        pipeline = api.store.by_name("pipeline", request.params["fqn"])
        api.authorise(request, "EditStatus")
        timestamp = request.params["timestamp"]
        statuses = api.store.statuses.get(pipeline["id"], {})
        if not timestamp.isdigit() or int(timestamp) not in statuses:
            raise ApiError(404, f"Failed to find pipeline status of {pipeline['name']} at {timestamp}")
        del statuses[int(timestamp)]
    return whole(api, kind_of("pipeline"), pipeline)
