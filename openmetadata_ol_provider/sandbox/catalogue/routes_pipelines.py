"""The status routes of pipelines: one run status per pipeline and timestamp."""

from __future__ import annotations

from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import PIPELINE_STATUS, validate, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import MAX_LIMIT, full_response

_STATUS_PATH = "pipelines/{fqn}/status"
_BULK_LIMIT = 1000
_FILTERED_SINCE = (1, 11)
_MAX_TIMESTAMP = 2**63 - 1


def register(router: Router, behaviours: Behaviours) -> None:
    """Add the routes of a version."""
    router.add("PUT", _STATUS_PATH, _put)
    router.add("GET", _STATUS_PATH, _list)
    if Behaviour.BULK_STATUS in behaviours:
        router.add("PUT", f"{_STATUS_PATH}/bulk", _put_bulk)
    router.add("DELETE", f"{_STATUS_PATH}/{{timestamp}}", _delete)


def _put(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(PIPELINE_STATUS, body, catalogue.version)
    return _store(catalogue, request, [body], is_single=True)


def _put_bulk(catalogue: Catalogue, request: Request) -> Response:
    bodies = request.json()
    if not isinstance(bodies, list):
        raise ApiError(400, "Cannot deserialize value of type `java.util.ArrayList` from Object value at the body")
    if len(bodies) > _BULK_LIMIT and Behaviour.BULK_STATUS_LIMIT in catalogue.behaviours:
        raise ApiError(400, f"Bulk pipeline status list cannot exceed {_BULK_LIMIT} items")
    for body in bodies:
        validate(PIPELINE_STATUS, body, catalogue.version)
    response = _store(catalogue, request, bodies)
    if Behaviour.BULK_STATUS_BLANKS_SEARCH in catalogue.behaviours:
        catalogue.store.blanked.add(response.body["id"])
    return response


def _store(catalogue: Catalogue, request: Request, bodies: list[Any], *, is_single: bool = False) -> Response:
    needs_tasks = is_single and Behaviour.STATUS_NEEDS_TASKS in catalogue.behaviours
    with catalogue.store.lock:
        pipeline = catalogue.store.by_name("pipeline", request.params["fqn"])
        catalogue.authorise(request, "EditStatus")
        for body in bodies:
            _check_tasks(pipeline, body, needs_tasks=needs_tasks)
        statuses = catalogue.store.statuses.setdefault(pipeline["id"], {})
        for body in bodies:
            statuses[body["timestamp"]] = without_nulls(body)
    return full_response(catalogue, BY_TYPE["pipeline"], pipeline)


def _check_tasks(pipeline: Entity, body: Entity, *, needs_tasks: bool) -> None:
    is_missing = needs_tasks and body.get("taskStatus") is None
    if is_missing or (body.get("taskStatus") and pipeline.get("tasks") is None):
        # OpenMetadata does not check for either of these; it fails on them.
        raise ApiError(500, "An exception with message [null] was thrown while processing request.")
    task_names = {task["name"] for task in pipeline.get("tasks", ())}
    for task in body.get("taskStatus") or ():
        if task["name"] not in task_names:
            raise ApiError(400, f"Invalid task name {task['name']}")


def _list(catalogue: Catalogue, request: Request) -> Response:
    missing = [f"query param {name} must not be null" for name in ("startTs", "endTs") if name not in request.query]
    if missing:
        raise ApiError(400, f"[{', '.join(missing)}]")
    start, end = (request.number(name, 0, -_MAX_TIMESTAMP, _MAX_TIMESTAMP) for name in ("startTs", "endTs"))
    pipeline = catalogue.store.by_name("pipeline", request.params["fqn"])
    with catalogue.store.lock:
        stored = catalogue.store.statuses.get(pipeline["id"], {})
        statuses = [stored[timestamp] for timestamp in sorted(stored, reverse=True) if start <= timestamp <= end]
    total = len(statuses)
    if catalogue.version >= _FILTERED_SINCE:
        if "status" in request.query:
            statuses = [status for status in statuses if status["executionStatus"] == request.query["status"]]
            total = len(statuses)
        if "limit" in request.query:
            statuses = statuses[: request.number("limit", 10, 0, MAX_LIMIT)]
    return Response(200, {"data": statuses, "paging": {"total": total}})


def _delete(catalogue: Catalogue, request: Request) -> Response:
    with catalogue.store.lock:
        pipeline = catalogue.store.by_name("pipeline", request.params["fqn"])
        catalogue.authorise(request, "EditStatus")
        timestamp = request.params["timestamp"]
        statuses = catalogue.store.statuses.get(pipeline["id"], {})
        if not timestamp.isdigit() or int(timestamp) not in statuses:
            raise ApiError(404, f"Failed to find pipeline status of {pipeline['name']} at {timestamp}")
        del statuses[int(timestamp)]
    return full_response(catalogue, BY_TYPE["pipeline"], pipeline)
