"""The search routes: a wildcard on one field, and a small part of the query language; responses are search bodies."""

from __future__ import annotations

import logging
from itertools import islice
from typing import Any

from openmetadata_ol_provider.sandbox.catalogue import query_filter, search_index
from openmetadata_ol_provider.sandbox.catalogue.api_error import ApiError
from openmetadata_ol_provider.sandbox.catalogue.behaviours import Behaviour
from openmetadata_ol_provider.sandbox.catalogue.catalogue_context import Catalogue
from openmetadata_ol_provider.sandbox.catalogue.catalogue_store import CatalogueStore
from openmetadata_ol_provider.sandbox.catalogue.http_types import Request, Response
from openmetadata_ol_provider.sandbox.catalogue.router import Router

log = logging.getLogger(__name__)

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
    limit = _FIELD_QUERY_HITS if Behaviour.FIELD_QUERY_LIMIT in catalogue.behaviours else None
    return Response(200, _body(catalogue.store, hits[:limit], len(hits)))


def _query(catalogue: Catalogue, request: Request) -> Response:
    for name in _UNSUPPORTED:
        if request.query.get(name):
            raise ApiError(400, f"{name} is not supported by this sandbox")
    start = request.number("from", 0, 0, 1_000_000)
    size = request.number("size", 10, 0, _MAX_SIZE)
    terms = search_index.parse(request.query.get("q") or "*")
    passes_filter = _filter(catalogue, request.query.get("query_filter"))
    index = request.query.get("index") or _DEFAULT_INDEX
    deleted = None if Behaviour.IGNORES_DELETED_PARAMETER in catalogue.behaviours else request.flag("deleted")
    all_hits = search_index.find(catalogue.store, index, terms, deleted=deleted)
    hits = [hit for hit in all_hits if passes_filter(hit)]
    return Response(200, _body(catalogue.store, list(islice(hits, start, start + size)), len(hits)))


def _filter(catalogue: Catalogue, text: str | None) -> query_filter.Test:
    """Return the test of a query filter; one that cannot be parsed is ignored, as OpenMetadata does.

    :raises ApiError: 400 for such a filter if that behaviour is off
    """
    if text:
        try:
            return query_filter.compile_filter(catalogue.store, text)
        except query_filter.UnparsableFilterError as error:
            if Behaviour.IGNORES_UNKNOWN_FILTER not in catalogue.behaviours:
                raise ApiError(400, str(error)) from None
            log.warning("%s; it is ignored", error)
    return lambda _: True


def _body(store: CatalogueStore, hits: list[search_index.Hit], total: int) -> dict[str, Any]:
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
                    "_source": search_index.document(store, hit),
                }
                for hit in hits
            ],
        },
    }
