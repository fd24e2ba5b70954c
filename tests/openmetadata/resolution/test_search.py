"""Searches: what is deleted, or not what was searched for, is no hit."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.resolution.search import Finder
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import SEED, TOKEN

ORDERS = "s3.raw.orders"
PATTERN = "s3://raw/.*"


@pytest.mark.parametrize("version", ["1.8.0", "1.13.0", "2.0.2"])
def test_a_deleted_container_is_no_hit(version: str) -> None:
    with (
        CatalogueServer(SEED, version=version, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN) as client,
    ):
        assert ORDERS in Finder(client).containers_at(PATTERN).fqns
        client.delete(f"v1/containers/name/{ORDERS}", {"recursive": "true"})
        assert ORDERS not in Finder(client).containers_at(PATTERN).fqns
        assert ORDERS not in Finder(client).search("container", "fullPath", "s3://raw/*").fqns


class IgnoresFilters(BaseHTTPRequestHandler):
    """A server that answers a search with everything that it has, as OpenMetadata does if it cannot parse a filter."""

    sources = (
        {"fullyQualifiedName": ORDERS, "fullPath": "s3://raw/orders", "deleted": False},
        {"fullyQualifiedName": "s3.other", "fullPath": "s3://other", "deleted": False},
        {"fullyQualifiedName": "s3.raw.gone", "fullPath": "s3://raw/gone", "deleted": True},
        {"fullyQualifiedName": "s3.bare"},
    )

    def do_GET(self) -> None:
        hits = [{"_source": source} for source in self.sources]
        body = json.dumps({"hits": {"total": {"value": len(hits)}, "hits": hits}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_hits_are_checked_against_a_filter_that_was_ignored(
    web: Callable[[type[BaseHTTPRequestHandler]], str], caplog: pytest.LogCaptureFixture
) -> None:
    with OpenMetadataClient(web(IgnoresFilters)) as client:
        assert Finder(client).containers_at(PATTERN).fqns == {ORDERS: "s3://raw/orders"}
    assert "ignores its filter" in caplog.text
