"""Edges into one target are written one at a time: seen from a proxy before the catalogue."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import PG, SEED, config, dataset, edge, plan, totals

SOURCES = [dataset(PG, f"shop.public.s{n}") for n in range(12)]
TABLES = [{"fqn": f"pg.{one.name}", "columns": []} for one in SOURCES]


def test_edges_into_one_target_never_overlap(web: Callable[[type[BaseHTTPRequestHandler]], str]) -> None:
    """Two at a time would make the target's search document conflict."""
    busy: list[str] = []
    overlaps: list[int] = []

    class Watching(BaseHTTPRequestHandler):
        """Hands everything on, and counts the edges that are being written."""

        protocol_version = "HTTP/1.1"

        def forward(self) -> None:
            is_edge = (self.command, self.path) == ("PUT", "/api/v1/lineage")
            if is_edge:
                busy.append(self.path)
                overlaps.append(len(busy))
            upstream = http.client.HTTPConnection(urlsplit(catalogue.url).netloc, timeout=30)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            upstream.request(self.command, self.path, sent or None, dict(self.headers.items()))
            answer = upstream.getresponse()
            body = answer.read()
            upstream.close()
            if is_edge:
                busy.pop()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_PATCH = forward  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    made = plan(*(edge(one, totals()) for one in SOURCES), datasets=(*SOURCES, totals()))
    seed = {**SEED, "tables": [*SEED["tables"], *TABLES]}
    watched = OpenMetadataClient(web(Watching), max_connections=6)
    with CatalogueServer(seed, latency=0.005) as catalogue, watched as client:
        assert publish_plan(made, client, config()).report.edges.published == 12
    assert overlaps == [1] * 12
