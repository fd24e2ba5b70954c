"""The profile routes: rows of tables and columns, which are never replaced, and operations, one of a kind and time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour, Behaviours
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity
from openmetadata_ol_provider.sandbox.catalogue.entity_kinds import BY_TYPE
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import (
    ENTITY_PROFILE,
    PROFILE_ROWS,
    TABLE_PROFILE,
    validate,
    without_nulls,
)
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import full_response

_MAX_TIMESTAMP = 2**63 - 1
#: Times with fewer digits are taken for seconds.
_DIGITS_OF_MILLISECONDS = 12


def register(router: Router, behaviours: Behaviours) -> None:
    """Add the routes of a version."""
    router.add("PUT", "tables/{id}/tableProfile", _put)
    router.add("GET", "tables/{fqn}/tableProfile/latest", _latest)
    for kind in PROFILE_ROWS:
        router.add("GET", f"tables/{{fqn}}/{kind}Profile", partial(_list, kind=kind))
    if Behaviour.ENTITY_PROFILES in behaviours:
        router.add("POST", "entity/profiles/id/{type}/{id}", _post)


def _put(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(TABLE_PROFILE, body, catalogue.version)
    store = catalogue.store
    with store.lock:
        table = store.by_id("table", request.id())
        catalogue.authorise(request, "EditDataProfile", "table")
        if body.get("columnProfile") is None:
            # OpenMetadata does not check for that; it fails.
            raise ApiError(500, "An exception with message [null] was thrown while processing request.")
        rows = [("table", body["tableProfile"])]
        rows += [("column", row) for row in body["columnProfile"]]
        rows += [("system", row) for row in body.get("systemProfile") or ()]
        for _, row in rows:
            _check_time(row.get("timestamp"))
        for kind, row in rows:
            _store(store, table, kind, row)
    return full_response(catalogue, BY_TYPE["table"], table)


def _post(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(ENTITY_PROFILE, body, catalogue.version)
    kind = body.get("profileType")
    if kind is None:
        raise ApiError(500, "An exception with message [null] was thrown while processing request.")
    _check_time(body.get("timestamp"))
    validate(PROFILE_ROWS[kind], body["profileData"], catalogue.version, "profileData")
    store = catalogue.store
    with store.lock:
        table = store.by_id(request.params["type"], request.id())
        catalogue.authorise(request, "EditDataProfile", request.params["type"])
        _store(store, table, kind, body["profileData"])
    return Response(201, body)


def _check_time(timestamp: int | None) -> None:
    if timestamp is None:
        raise ApiError(400, "Timestamp is required")
    if len(str(timestamp)) < _DIGITS_OF_MILLISECONDS:
        raise ApiError(400, f"Timestamp {timestamp} is not valid, it should be in milliseconds since epoch")


def _store(store: CatalogueStore, table: Entity, kind: str, row: Entity) -> None:
    fqn = table["fullyQualifiedName"]
    if kind == "column":
        fqns = dict(_columns(table.get("columns") or (), ""))
        if row["name"] not in fqns:
            raise ApiError(400, f"Invalid column name {row['name']}")
        fqn = fqns[row["name"]]
    rows = store.profiles.setdefault((kind, fqn), [])
    if kind == "system":
        same = [old for old in rows if all(old.get(key) == row.get(key) for key in ("timestamp", "operation"))]
        rows[:] = [old for old in rows if old not in same]
    rows.append(without_nulls(row))


def _columns(columns: Iterable[Entity], above: str) -> Iterator[tuple[str, str]]:
    for column in columns:
        name = f"{above}{column['name']}"
        yield name, column["fullyQualifiedName"]
        yield from _columns(column.get("children") or (), f"{name}.")


def _list(catalogue: Catalogue, request: Request, *, kind: str) -> Response:
    missing = [f"query param {name} must not be null" for name in ("startTs", "endTs") if name not in request.query]
    if missing:
        raise ApiError(400, f"[{', '.join(missing)}]")
    start, end = (request.number(name, 0, -_MAX_TIMESTAMP, _MAX_TIMESTAMP) for name in ("startTs", "endTs"))
    catalogue.authorise(request, "ViewDataProfile", "table")
    with catalogue.store.lock:
        rows = catalogue.store.profiles.get((kind, request.params["fqn"]), [])
        found = sorted(
            (row for row in rows if start <= row["timestamp"] <= end), key=lambda row: row["timestamp"], reverse=True
        )
    return Response(200, {"data": found, "paging": {"total": len(found)}})


def _latest(catalogue: Catalogue, request: Request) -> Response:
    store = catalogue.store
    with store.lock:
        table = store.by_name("table", request.params["fqn"])
        catalogue.authorise(request, "ViewDataProfile", "table")
        body = {**table, "columns": [*_profiled(store, table.get("columns") or ())]}
        profile = _latest_of(store, "table", table["fullyQualifiedName"])
    return Response(200, {**body, **({"profile": profile} if profile else {})})


def _profiled(store: CatalogueStore, columns: Iterable[Entity]) -> Iterator[dict[str, Any]]:
    for column in columns:
        profile = _latest_of(store, "column", column["fullyQualifiedName"])
        children = [*_profiled(store, column.get("children") or ())]
        yield {**column, **({"profile": profile} if profile else {}), **({"children": children} if children else {})}


def _latest_of(store: CatalogueStore, kind: str, fqn: str) -> Entity | None:
    return max(store.profiles.get((kind, fqn), ()), key=lambda row: int(row["timestamp"]), default=None)
