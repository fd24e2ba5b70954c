"""A small catalogue, and the client, config and plan pieces that the tests of the OpenMetadata side share."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN


@pytest.fixture
def server() -> Iterator[CatalogueServer]:
    with CatalogueServer(SEED, token=TOKEN) as catalogue:
        yield catalogue


@pytest.fixture
def client(server: CatalogueServer) -> Iterator[OpenMetadataClient]:
    with OpenMetadataClient(server.url, TOKEN, retries=FAST) as connected:
        yield connected


class WebServer(ThreadingHTTPServer):
    """Says nothing of clients that went away: that is what some tests are about."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@pytest.fixture
def web() -> Iterator[Callable[[type[BaseHTTPRequestHandler]], str]]:
    """Start plain HTTP servers that are no catalogue; gives their URL."""
    running: list[tuple[WebServer, threading.Thread]] = []

    def start(handler: type[BaseHTTPRequestHandler]) -> str:
        httpd = WebServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        running.append((httpd, thread))
        return f"http://127.0.0.1:{httpd.server_address[1]}"

    yield start
    for httpd, thread in running:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
