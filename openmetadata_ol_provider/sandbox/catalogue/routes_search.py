"""The search routes: a wildcard on one field, and a small part of the query language; answers are raw search bodies."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.catalogue import search
from openmetadata_ol_provider.sandbox.catalogue.errors import ApiError
from openmetadata_ol_provider.sandbox.catalogue.routing import Request, Response, Router

if TYPE_CHECKING:
    from openmetadata_ol_provider.sandbox.catalogue.api import Api

_FIELD_QUERY_HITS = 10
_MAX_SIZE = 10_000
#: Changes what is found, and is not played here: refused rather than ignored.
_NOT_PLAYED = ("query_filter", "post_filter", "search_after", "sort_field")


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
    index = request.query.get("index") or "table_search_index"
    found = list(search.find(api.store, index, terms, deleted=request.flag("deleted")))
    return Response(200, _body(list(islice(found, start, start + size)), len(found)))


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
