"""The routes of every kind of entity: list, get, create, create or update, patch, delete, restore; and children."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import partial
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import entity_writes, json_patch, usage_counts
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import Entity, is_included, normalised, reference
from openmetadata_ol_provider.sandbox.catalogue.description_encoding import with_encoded_descriptions
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import KINDS, Kind
from openmetadata_ol_provider.sandbox.catalogue.entity_patch import patch_entity
from openmetadata_ol_provider.sandbox.catalogue.http_types import COMPRESSED_MARK, JSON_PATCH, Request, Response
from openmetadata_ol_provider.sandbox.catalogue.inherited_references import with_inherited
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.stewardship import with_entity_status

MAX_LIMIT = 1_000_000
_CHANGE_HEADER = "X-OpenMetadata-Change"
_FILTERS = ("service", "database", "databaseSchema")
#: Operations that changes of single fields need; all other changes need EditAll.
_FIELD_OPERATIONS = {"description": "EditDescription", "owners": "EditOwners", "tags": "EditTags"}
_CHILD_FIELDS = ("id", "name", "displayName", "fullyQualifiedName", "description", "service")

KindHandler = Callable[[Catalogue, Kind, Request], Response]


def register(router: Router) -> None:
    """Add the routes of all kinds."""
    router.add("GET", "containers/name/{fqn}/children", _children)
    for kind in KINDS:
        for method, path, handler in (
            ("GET", "", _list),
            ("POST", "", _post),
            ("PUT", "", _put),
            ("PUT", "/restore", _restore),
            ("GET", "/name/{fqn}", _get),
            ("PATCH", "/name/{fqn}", _patch),
            ("DELETE", "/name/{fqn}", _delete),
            ("GET", "/{id}", _get),
            ("PATCH", "/{id}", _patch),
            ("DELETE", "/{id}", _delete),
        ):
            router.add(method, kind.path + path, partial(_handle, handler, kind))


def _handle(handler: KindHandler, kind: Kind, catalogue: Catalogue, request: Request) -> Response:
    return handler(catalogue, kind, request)


def etag(entity: Entity) -> str:
    """Return the ETag of an entity's state."""
    return f'"{entity["version"]}-{entity["updatedAt"]}"'


def _headers(catalogue: Catalogue, entity: Entity) -> dict[str, str]:
    return {"ETag": etag(entity)} if Behaviour.GIVES_ETAGS in catalogue.behaviours else {}


def full_response(
    catalogue: Catalogue, kind: Kind, entity: Entity, status: int = 200, change: str | None = None
) -> Response:
    """Return a response with all fields of an entity, as write requests are answered.

    :param change: kind of change, for the header that reports it
    """
    headers = _headers(catalogue, entity)
    if change:
        headers[_CHANGE_HEADER] = change
    return Response(status, _rendered(catalogue, kind, entity, kind.on_request), headers)


def _rendered(catalogue: Catalogue, kind: Kind, entity: Entity, fields: frozenset[str]) -> Entity:
    """Return an entity as it appears in a response: without the on-request fields that were not requested."""
    hidden = (kind.on_request - fields) | kind.never_returned
    store = catalogue.store
    shown = with_entity_status(store, kind, with_inherited(store, kind, entity))
    rendered = {key: value for key, value in shown.items() if key not in hidden}
    rendered["href"] = f"{catalogue.base_url}/api/v1/{kind.path}/{entity['id']}"
    if kind.type == "pipeline" and "tasks" in rendered and Behaviour.DROPS_TASK_OWNERS in catalogue.behaviours:
        rendered["tasks"] = [{key: task[key] for key in task if key != "owners"} for task in rendered["tasks"]]
    if "pipelineStatus" in fields and kind.type == "pipeline":
        statuses = store.statuses.get(entity["id"])
        if statuses:
            rendered["pipelineStatus"] = statuses[max(statuses)]
    usage = usage_counts.summary(store, kind.type, entity["id"]) if "usageSummary" in fields else None
    if usage:
        rendered["usageSummary"] = usage
    if "children" in fields and kind.type == "container":
        containers = store.collection("container").by_id.values()
        rendered["children"] = [reference("container", child) for child in containers if _is_child(child, entity)]
    return rendered


def _is_child(container: Entity, parent: Entity) -> bool:
    return container.get("parent", {}).get("id") == parent["id"] and not container["deleted"]


def _requested_fields(kind: Kind, request: Request) -> frozenset[str]:
    parameter = request.query.get("fields", "")
    if parameter == "*":
        return kind.on_request
    fields = frozenset(field.strip() for field in parameter.split(",") if field.strip())
    for field in sorted(fields - kind.selectable):
        raise ApiError(400, f"Invalid field name {field}")
    return fields


def _entity(catalogue: Catalogue, kind: Kind, request: Request, include: str) -> Entity:
    if "fqn" in request.params:
        return catalogue.store.by_name(kind.type, request.params["fqn"], include)
    return catalogue.store.by_id(kind.type, request.id(), include)


def _get(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    fields = _requested_fields(kind, request)
    entity = _entity(catalogue, kind, request, request.include())
    catalogue.authorise(request, "ViewBasic", kind.type)
    return Response(200, _rendered(catalogue, kind, entity, fields), _headers(catalogue, entity))


def _children(catalogue: Catalogue, request: Request) -> Response:
    """Return the containers directly inside a container, page by page."""
    store = catalogue.store
    parent = store.by_name("container", request.params["fqn"])
    catalogue.authorise(request, "ViewBasic", "container")
    limit, offset = request.number("limit", 10, 0, MAX_LIMIT), request.number("offset", 0, 0, MAX_LIMIT)
    with store.lock:
        children = [
            {key: child[key] for key in _CHILD_FIELDS if key in child}
            for child in store.collection("container").after(None)
            if _is_child(child, parent)
        ]
    return Response(200, {"data": children[offset : offset + limit], "paging": {"total": len(children)}})


def _list(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    fields, include = _requested_fields(kind, request), request.include()
    limit = request.number("limit", 10, 0, MAX_LIMIT)
    catalogue.authorise(request, "ViewBasic", kind.type)
    prefixes = [f"{normalised(request.query[name])}." for name in _FILTERS if name in request.query]
    only_roots, used_in = request.flag("root"), request.query.get("entityId") if kind.type == "query" else None
    with catalogue.store.lock:
        page: list[Entity] = []
        for entity in catalogue.store.collection(kind.type).after(_cursor(request.query.get("after"))):
            fqn = entity["fullyQualifiedName"]
            if not is_included(entity, include) or (only_roots and "parent" in entity):
                continue
            if used_in and used_in not in (item["id"] for item in entity.get("queryUsedIn", ())):
                continue
            if all(fqn.startswith(prefix) for prefix in prefixes):
                page.append(entity)
                if len(page) > limit:
                    break
        total = _total(catalogue, kind, prefixes, include)
    paging: dict[str, Any] = {"total": total}
    if len(page) > limit > 0:
        last = page[limit - 1]["fullyQualifiedName"]
        paging["after"] = base64.urlsafe_b64encode(last.encode()).decode()
    data = [_rendered(catalogue, kind, entity, fields) for entity in page[:limit]]
    return Response(200, {"data": data, "paging": paging})


def _total(catalogue: Catalogue, kind: Kind, prefixes: list[str], include: str) -> int:
    return sum(
        1
        for fqn, entity in catalogue.store.collection(kind.type).by_fqn.items()
        if is_included(entity, include) and all(fqn.startswith(prefix) for prefix in prefixes)
    )


def _cursor(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise ApiError(400, "Invalid cursor") from None


def _create_request(catalogue: Catalogue, request: Request) -> Any:
    encodes = Behaviour.ENCODES_DESCRIPTIONS in catalogue.behaviours
    return with_encoded_descriptions(request.json()) if encodes else request.json()


def _put(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    body = _create_request(catalogue, request)
    if catalogue.deny:
        operation = "EditAll" if entity_writes.exists(catalogue.store, kind, body) else "Create"
        catalogue.authorise(request, operation, kind.type)
    entity, change = entity_writes.create_or_update(catalogue.store, kind, body, request.caller)
    return full_response(catalogue, kind, entity, 201 if change == entity_writes.CREATED else 200, change)


def _post(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    body = _create_request(catalogue, request)
    catalogue.authorise(request, "Create", kind.type)
    entity = entity_writes.create(catalogue.store, kind, body, request.caller)
    return full_response(catalogue, kind, entity, 201, entity_writes.CREATED)


def _patch(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    patch = request.json(JSON_PATCH)
    with catalogue.store.lock:
        entity = _entity(catalogue, kind, request, "all")
        for operation in {_edit_operation(path) for path in json_patch.paths(patch)} or {"EditAll"}:
            catalogue.authorise(request, operation, kind.type)
        expected = request.headers.get("if-match") if Behaviour.GIVES_ETAGS in catalogue.behaviours else None
        if expected not in (None, "*", etag(entity), etag(entity).removesuffix('"') + COMPRESSED_MARK):
            raise ApiError(412, "The entity was changed since it was read")
        is_conditional = expected is not None
        entity, change = patch_entity(
            catalogue.store, kind, entity, patch, request.caller, is_conditional=is_conditional
        )
    return full_response(catalogue, kind, entity, 200, change)


def _edit_operation(path: tuple[str, ...]) -> str:
    """Return the operation that a patch of a path needs: that of the first field on the path that has its own."""
    return next((_FIELD_OPERATIONS[key] for key in path if key in _FIELD_OPERATIONS), "EditAll")


def _delete(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    hard, recursive = request.flag("hardDelete"), request.flag("recursive")
    entity = _entity(catalogue, kind, request, "all" if hard else "non-deleted")
    catalogue.authorise(request, "Delete", kind.type)
    entity = entity_writes.delete(catalogue.store, kind, entity, request.caller, hard=hard, recursive=recursive)
    return full_response(catalogue, kind, entity, 200, "entityDeleted" if hard else "entitySoftDeleted")


def _restore(catalogue: Catalogue, kind: Kind, request: Request) -> Response:
    body = request.json()
    entity_id = body.get("id") if isinstance(body, dict) else None
    if not isinstance(entity_id, str):
        raise ApiError(400, "[id must not be null]")
    with catalogue.store.lock:
        entity = catalogue.store.by_id(kind.type, entity_id, "deleted")
        catalogue.authorise(request, "EditAll", kind.type)
        restored = {**entity, "deleted": False}
        entity, _ = entity_writes.replace(catalogue.store, kind, entity, restored, request.caller)
    return full_response(catalogue, kind, entity, 200, "entityRestored")
