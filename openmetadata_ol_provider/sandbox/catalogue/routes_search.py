"""The search routes: a wildcard on one field, and a small part of the query language; responses are search bodies."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from openmetadata_ol_provider.sandbox.catalogue import search_index
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import Entity
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.router import Router

_DEFAULT_INDEX = "table_search_index"
_FIELD_QUERY_HITS = 10
_MAX_SIZE = 10_000
#: Parameters that change the result and are not supported; they are refused rather than ignored.
_UNSUPPORTED = ("post_filter", "search_after", "sort_field")


def register(router: Router) -> None:
    """Add the routes."""
    router.add("GET", "search/fieldQuery", _field_query)
    router.add("GET", "search/query", _query)


def _field_query(catalogue: Catalogue, request: Request) -> Response:
    for name in ("fieldName", "fieldValue"):
        if not request.query.get(name):
            raise ApiError(400, f"[query param {name} must not be null]")
    term = search_index.Term(request.query["fieldName"], request.query["fieldValue"])
    index = request.query.get("index") or _DEFAULT_INDEX
    hits = list(search_index.find(catalogue.store, index, [term], deleted=request.flag("deleted")))
    return Response(200, _body(hits[:_FIELD_QUERY_HITS], len(hits)))


def _query(catalogue: Catalogue, request: Request) -> Response:
    for name in _UNSUPPORTED:
        if request.query.get(name):
            raise ApiError(400, f"{name} is not supported by this sandbox")
    start = request.number("from", 0, 0, 1_000_000)
    size = request.number("size", 10, 0, _MAX_SIZE)
    terms = search_index.parse(request.query.get("q") or "*")
    passes_filter = _filter(request.query.get("query_filter"))
    index = request.query.get("index") or _DEFAULT_INDEX
    all_hits = search_index.find(catalogue.store, index, terms, deleted=request.flag("deleted"))
    hits = [hit for hit in all_hits if passes_filter(hit.entity)]
    return Response(200, _body(list(islice(hits, start, start + size)), len(hits)))


def _filter(text: str | None) -> Callable[[Entity], bool]:
    """Return the test of a query filter, which is one regular expression for the whole of one field.

    :raises ApiError: 400 for any other filter
    """
    if not text:
        return lambda _: True
    try:
        ((field, regexp),) = msgspec.json.decode(text)["query"]["regexp"].items()
        pattern = re.compile(regexp["value"], re.IGNORECASE if regexp.get("case_insensitive") else 0)
    except (msgspec.DecodeError, re.error, KeyError, TypeError, ValueError, AttributeError):
        raise ApiError(
            400, f"query_filter: this sandbox supports only a regexp on a single field, not {text!r}"
        ) from None
    return lambda entity: pattern.fullmatch(str(entity.get(field, ""))) is not None


def _body(hits: list[search_index.Hit], total: int) -> dict[str, Any]:
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
                    "_source": search_index.document(hit),
                }
                for hit in hits
            ],
        },
    }
