"""The routes every kind of entity has: list, get by name and id, create, create or update, patch, delete, restore."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import entities, jsonpatch, usage
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.kinds import KINDS, Kind
from openmetadata_ol_provider.sandbox.catalogue.patching import patched
from openmetadata_ol_provider.sandbox.catalogue.routing import JSON_PATCH, Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Entity, is_included, normalised, reference

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

MAX_LIMIT = 1_000_000
_CHANGE = "X-OpenMetadata-Change"
_FILTERS = ("service", "database", "databaseSchema")
_OPERATIONS = {"description": "EditDescription", "owners": "EditOwners", "tags": "EditTags"}


def register(router: Router) -> None:
    """Add the routes of all kinds."""
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
            router.add(method, kind.path + path, partial(_call, handler, kind))


def _call(handler: Any, kind: Kind, api: Api, request: Request) -> Response:
    response: Response = handler(api, kind, request)
    return response


def etag(entity: Entity) -> str:
    """Return the tag of an entity's state."""
    return f'"{entity["version"]}-{entity["updatedAt"]}"'


def whole(api: Api, kind: Kind, entity: Entity, status: int = 200, change: str | None = None) -> Response:
    """Return a response with all of an entity, as writes give it."""
    headers = {"ETag": etag(entity)}
    if change:
        headers[_CHANGE] = change
    return Response(status, _rendered(api, kind, entity, kind.gated), headers)


def _rendered(api: Api, kind: Kind, entity: Entity, fields: frozenset[str]) -> Entity:
    """Return an entity as it is answered: without the fields nobody asked for."""
    hidden = (kind.gated - fields) | kind.unanswered
    answer = {key: value for key, value in entity.items() if key not in hidden}
    answer["href"] = f"{api.base_url}/api/v1/{kind.path}/{entity['id']}"
    if "pipelineStatus" in fields and kind.type == "pipeline":
        statuses = api.store.statuses.get(entity["id"])
        if statuses:
            answer["pipelineStatus"] = statuses[max(statuses)]
    used = usage.summary(api.store, kind.type, entity["id"]) if "usageSummary" in fields else None
    if used:
        answer["usageSummary"] = used
    if "children" in fields and kind.type == "container":
        answer["children"] = [
            reference("container", child)
            for child in api.store.collection("container").by_id.values()
            if child.get("parent", {}).get("id") == entity["id"] and not child["deleted"]
        ]
    return answer


def _fields(kind: Kind, request: Request) -> frozenset[str]:
    asked = request.query.get("fields", "")
    if asked == "*":
        return kind.gated
    fields = frozenset(field.strip() for field in asked.split(",") if field.strip())
    for field in sorted(fields - kind.selectable):
        raise ApiError(400, f"Invalid field name {field}")
    return fields


def _entity(api: Api, kind: Kind, request: Request, include: str) -> Entity:
    if "fqn" in request.params:
        return api.store.by_name(kind.type, request.params["fqn"], include)
    return api.store.by_id(kind.type, request.id(), include)


def _get(api: Api, kind: Kind, request: Request) -> Response:
    fields = _fields(kind, request)
    entity = _entity(api, kind, request, request.include())
    api.authorise(request, "ViewBasic")
    return Response(200, _rendered(api, kind, entity, fields), {"ETag": etag(entity)})


def _list(api: Api, kind: Kind, request: Request) -> Response:
    fields, include = _fields(kind, request), request.include()
    limit = request.number("limit", 10, 0, MAX_LIMIT)
    api.authorise(request, "ViewBasic")
    prefixes = [f"{normalised(request.query[name])}." for name in _FILTERS if name in request.query]
    roots, used_in = request.flag("root"), request.query.get("entityId") if kind.type == "query" else None
    with api.store.lock:
        found: list[Entity] = []
        for entity in api.store.collection(kind.type).after(_cursor(request.query.get("after"))):
            fqn = entity["fullyQualifiedName"]
            if not is_included(entity, include) or (roots and "parent" in entity):
                continue
            if used_in and used_in not in (item["id"] for item in entity.get("queryUsedIn", ())):
                continue
            if all(fqn.startswith(prefix) for prefix in prefixes):
                found.append(entity)
                if len(found) > limit:
                    break
        total = _total(api, kind, prefixes, include)
    paging: dict[str, Any] = {"total": total}
    if len(found) > limit > 0:
        last = found[limit - 1]["fullyQualifiedName"]
        paging["after"] = base64.urlsafe_b64encode(last.encode()).decode()
    return Response(200, {"data": [_rendered(api, kind, item, fields) for item in found[:limit]], "paging": paging})


def _total(api: Api, kind: Kind, prefixes: list[str], include: str) -> int:
    return sum(
        1
        for fqn, entity in api.store.collection(kind.type).by_fqn.items()
        if is_included(entity, include) and all(fqn.startswith(prefix) for prefix in prefixes)
    )


def _cursor(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise ApiError(400, "Invalid cursor") from None


def _put(api: Api, kind: Kind, request: Request) -> Response:
    body = request.json()
    if api.deny:
        api.authorise(request, "EditAll" if entities.exists(api.store, kind, body) else "Create")
    entity, change = entities.create_or_update(api.store, kind, body, request.caller)
    return whole(api, kind, entity, 201 if change == entities.CREATED else 200, change)


def _post(api: Api, kind: Kind, request: Request) -> Response:
    body = request.json()
    api.authorise(request, "Create")
    return whole(api, kind, entities.create(api.store, kind, body, request.caller), 201, entities.CREATED)


def _patch(api: Api, kind: Kind, request: Request) -> Response:
    patch = request.json(JSON_PATCH)
    with api.store.lock:
        entity = _entity(api, kind, request, "all")
        for operation in {_right(place) for place in jsonpatch.touched(patch)} or {"EditAll"}:
            api.authorise(request, operation)
        expected = request.headers.get("if-match")
        if expected not in (None, "*", etag(entity)):
            raise ApiError(412, "The entity was changed since it was read")
        changed = patched(api.store, kind, entity, patch)
        entity, change = entities.replace(api.store, kind, entity, changed, request.caller)
    return whole(api, kind, entity, 200, change)


def _right(place: tuple[str, ...]) -> str:
    """Return the right that an operation of a patch asks for: that of the first field on its path that has one."""
    return next((_OPERATIONS[key] for key in place if key in _OPERATIONS), "EditAll")


def _delete(api: Api, kind: Kind, request: Request) -> Response:
    hard = request.flag("hardDelete")
    entity = _entity(api, kind, request, "all" if hard else "non-deleted")
    api.authorise(request, "Delete")
    entity = entities.delete(api.store, kind, entity, request.caller, hard=hard, recursive=request.flag("recursive"))
    return whole(api, kind, entity, 200, "entityDeleted" if hard else "entitySoftDeleted")


def _restore(api: Api, kind: Kind, request: Request) -> Response:
    body = request.json()
    entity_id = body.get("id") if isinstance(body, dict) else None
    if not isinstance(entity_id, str):
        raise ApiError(400, "[id must not be null]")
    with api.store.lock:
        entity = api.store.by_id(kind.type, entity_id, "deleted")
        api.authorise(request, "EditAll")
        entity, _ = entities.replace(api.store, kind, entity, {**entity, "deleted": False}, request.caller)
    return whole(api, kind, entity, 200, "entityRestored")
