"""The search routes: a wildcard on one field, and a small part of the query language; answers are raw search bodies."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue import search
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router
from openmetadata_ol_provider.sandbox.catalogue.store import Entity

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_FIELD_QUERY_HITS = 10
_MAX_SIZE = 10_000
#: Changes what is found, and is not played here: refused rather than ignored.
_NOT_PLAYED = ("post_filter", "search_after", "sort_field")


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "search/fieldQuery", _field_query)
    router.add("GET", "search/query", _query)


def _field_query(api: Api, request: Request) -> Response:
    for name in ("fieldName", "fieldValue"):
        if not request.query.get(name):
            raise ApiError(400, f"[query param {name} must not be null]")
    term = search.Term(request.query["fieldName"], request.query["fieldValue"])
    index = request.query.get("index") or "table_search_index"
    found = list(search.find(api.store, index, [term], deleted=request.flag("deleted")))
    return Response(200, _body(found[:_FIELD_QUERY_HITS], len(found)))


def _query(api: Api, request: Request) -> Response:
    for name in _NOT_PLAYED:
        if request.query.get(name):
            raise ApiError(400, f"{name} is not supported by this sandbox")
    start = request.number("from", 0, 0, 1_000_000)
    size = request.number("size", 10, 0, _MAX_SIZE)
    terms = search.parse(request.query.get("q") or "*")
    wanted = _filter(request.query.get("query_filter"))
    index = request.query.get("index") or "table_search_index"
    found = [hit for hit in search.find(api.store, index, terms, deleted=request.flag("deleted")) if wanted(hit.entity)]
    return Response(200, _body(list(islice(found, start, start + size)), len(found)))


def _filter(text: str | None) -> Callable[[Entity], bool]:
    """Return the test that a query filter makes: one regular expression for the whole of one field.

    :raises ApiError: 400 for any other filter
    """
    if not text:
        return lambda _: True
    try:
        ((field, regexp),) = msgspec.json.decode(text)["query"]["regexp"].items()
        pattern = re.compile(regexp["value"], re.IGNORECASE if regexp.get("case_insensitive") else 0)
    except (msgspec.DecodeError, re.error, KeyError, TypeError, ValueError, AttributeError):
        raise ApiError(400, f"query_filter: this sandbox knows regexp on one field only, not {text!r}") from None
    return lambda entity: pattern.fullmatch(str(entity.get(field, ""))) is not None


def _body(hits: list[search.Hit], total: int) -> dict[str, Any]:
    return {
        "took": 1,
        "timed_out": False,
        "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
        "hits": {
            "total": {"value": total, "relation": "eq"},
            "max_score": 1.0 if hits else None,
            "hits": [
                {
                    "_index": hit.index_name,
                    "_id": hit.entity["id"],
                    "_score": 1.0,
                    "_source": search.document(hit),
                }
                for hit in hits
            ],
        },
    }
