"""The routes of test cases and their results; test definitions have the routes of every kind of entity."""

from __future__ import annotations

import re
import uuid
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import qualified_names
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError, not_found
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore, Entity, normalised, reference
from openmetadata_ol_provider.sandbox.catalogue.entity_writes import now_ms
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.request_bodies import TEST_CASE, TEST_RESULT, validate, without_nulls
from openmetadata_ol_provider.sandbox.catalogue.router import Router
from openmetadata_ol_provider.sandbox.catalogue.routes_entities import MAX_LIMIT

_LINK = re.compile(r"<#E::table::(?P<table>.+?)(?:::columns::(?P<column>.+))?>")
_CASES = "dataQuality/testCases"
_RESULTS = f"{_CASES}/testCaseResults/{{fqn}}"
_DIGITS_OF_MILLISECONDS = 12


def register(router: Router) -> None:
    """Add the routes."""
    router.add("POST", _CASES, _create)
    router.add("GET", _CASES, _list)
    router.add("GET", f"{_CASES}/name/{{fqn}}", _get)
    router.add("POST", _RESULTS, _add_result)
    router.add("GET", _RESULTS, _results)


def _create(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(TEST_CASE, body, catalogue.version)
    store = catalogue.store
    with store.lock:
        catalogue.authorise(request, "EditTests", "table")
        link = _LINK.fullmatch(body["entityLink"])
        if link is None:
            raise ApiError(400, f"Entity link {body['entityLink']} is not one of a table")
        table = store.by_name("table", link["table"])
        definition = store.by_name("testDefinition", body["testDefinition"])
        _check_column(table, link["column"], definition)
        _check_parameters(body.get("parameterValues"), definition)
        tested = ".".join(filter(None, (table["fullyQualifiedName"], link["column"])))
        fqn = f"{tested}.{qualified_names.quote(body['name'])}"
        if fqn in store.test_cases:
            raise ApiError(409, "Entity already exists")
        case: dict[str, Any] = {
            **without_nulls(body),
            "id": str(uuid.uuid4()),
            "fullyQualifiedName": fqn,
            "entityFQN": tested,
            "testDefinition": reference("testDefinition", definition),
            "version": 0.1,
            "updatedAt": now_ms(),
            "updatedBy": request.caller.name,
            "deleted": False,
        }
        store.test_cases[fqn] = case
    return Response(201, _rendered(store, case, latest=False))


def _check_column(table: Entity, column: str | None, definition: Entity) -> None:
    if definition["entityType"] != "COLUMN":
        return
    if column is None:
        raise ApiError(
            400,
            "Column test case must have a field name and an array field name in the entity link. e.g. "
            "<#E::table::{entityFqn}::columns::{columnName}>",
        )
    if column not in {item["name"] for item in table.get("columns") or ()}:
        raise ApiError(400, f"Invalid column name {column}")


def _check_parameters(values: list[Entity] | None, definition: Entity) -> None:
    if values is None:
        return
    defined = definition.get("parameterDefinition")
    if defined is None:
        # OpenMetadata does not check for that; it fails.
        raise ApiError(500, "An exception with message [null] was thrown while processing request.")
    if not defined and values:
        raise ApiError(400, "Parameter Values doesn't match Test Definition Parameters")
    names = sorted(item["name"] for item in defined)
    for value in values:
        if value.get("name") not in names:
            raise ApiError(
                400,
                f"Parameter '{value.get('name')}' is not defined in the test definition. "
                f"Defined parameters are: {names}",
            )


def _case(store: CatalogueStore, fqn: str) -> Entity:
    case = store.test_cases.get(normalised(fqn))
    if case is None or case["deleted"]:
        raise not_found("testCase", fqn)
    return case


def _get(catalogue: Catalogue, request: Request) -> Response:
    store = catalogue.store
    with store.lock:
        catalogue.authorise(request, "ViewTests", "table")
        case = _case(store, request.params["fqn"])
        fields = request.query.get("fields", "").split(",")
        return Response(200, _rendered(store, case, latest="testCaseResult" in fields))


def _list(catalogue: Catalogue, request: Request) -> Response:
    """List test cases by name, those of one table and of its columns if that is asked for."""
    latest = "testCaseResult" in request.query.get("fields", "").split(",")
    limit, after = request.number("limit", 10, 0, MAX_LIMIT), request.query.get("after", "")
    store = catalogue.store
    with store.lock:
        catalogue.authorise(request, "ViewTests", "table")
        names = sorted(name for name in store.test_cases if name > after and _is_listed(store, name, request))
        page = [_rendered(store, store.test_cases[name], latest=latest) for name in names[:limit]]
    paging = {"total": len(names), **({"after": names[limit - 1]} if len(names) > limit > 0 else {})}
    return Response(200, {"data": page, "paging": paging})


def _is_listed(store: CatalogueStore, name: str, request: Request) -> bool:
    case = store.test_cases[name]
    link = _LINK.fullmatch(request.query.get("entityLink", ""))
    if case["deleted"] or link is None:
        return not case["deleted"]
    entity = ".".join(filter(None, (link["table"], link["column"])))
    if request.query.get("includeAllTests") != "true":
        return bool(case["entityFQN"] == entity)
    # A pattern of SQL, in which an underscore is any character.
    below = re.compile(f"{re.escape(entity).replace('_', '.')}([.].*)?", re.DOTALL)
    return below.fullmatch(case["entityFQN"]) is not None


def _rendered(store: CatalogueStore, case: Entity, *, latest: bool) -> Entity:
    results = store.test_results.get(case["fullyQualifiedName"]) if latest else None
    return {**case, **({"testCaseResult": results[max(results)]} if results else {})}


def _add_result(catalogue: Catalogue, request: Request) -> Response:
    body = request.json()
    validate(TEST_RESULT, body, catalogue.version)
    store = catalogue.store
    with store.lock:
        catalogue.authorise(request, "EditTests", "table")
        case = _case(store, request.params["fqn"])
        timestamp = int(body["timestamp"])
        if len(str(timestamp)) < _DIGITS_OF_MILLISECONDS:
            raise ApiError(400, f"Timestamp {timestamp} is not valid, it should be in milliseconds since epoch")
        results = store.test_results.setdefault(case["fullyQualifiedName"], {})
        if timestamp in results:
            raise ApiError(409, "Entity already exists")
        result = {
            **without_nulls({key: value for key, value in body.items() if key != "fqn"}),
            "id": str(uuid.uuid4()),
            "testCaseFQN": case["fullyQualifiedName"],
        }
        results[timestamp] = result
    return Response(201, result)


def _results(catalogue: Catalogue, request: Request) -> Response:
    store = catalogue.store
    with store.lock:
        catalogue.authorise(request, "ViewTests", "table")
        case = _case(store, request.params["fqn"])
        stored = store.test_results.get(case["fullyQualifiedName"], {})
        start, end = (
            request.number(name, default, -(2**63), 2**63 - 1)
            for name, default in (("startTs", -(2**63)), ("endTs", 2**63 - 1))
        )
        found = [stored[timestamp] for timestamp in sorted(stored, reverse=True) if start <= timestamp <= end]
    return Response(200, {"data": found, "paging": {"total": len(found)}})
