"""Serves a page that shows what a catalogue of the sandbox contains: pipelines with their last runs, and lineage."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.sandbox.picture import STYLE, as_svg, column_pairs

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

#: Seconds after which a browser loads the page again.
_REFRESH = 5
_TITLE = "Catalogue of the sandbox (a stand-in, not OpenMetadata)"
_TABLE_STYLE = "table{border-collapse:collapse;margin:12px 0}td,th{text-align:left;padding:2px 14px 2px 0}"


def catalogue_page(catalogue: CatalogueServer) -> str:
    """Return the page as HTML."""
    edges = catalogue.edges()
    pipelines = catalogue.entities("pipeline")
    pairs = sum(len(column_pairs(details)) for details in edges.values())
    kinds = ("table", "topic", "container")
    numbers = [f"{len(catalogue.entities(kind))} {kind}s" for kind in kinds]
    numbers += [f"{len(pipelines)} pipelines", f"{len(edges)} edges with {pairs} column pairs"]
    rows = [list(_pipeline(catalogue, pipeline)) for pipeline in pipelines]
    return (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="{_REFRESH}">'
        f"<title>{escape(_TITLE)}</title><style>{STYLE}{_TABLE_STYLE}</style><h1>{escape(_TITLE)}</h1>"
        f"<p>{escape(', '.join(numbers))}</p>"
        f"<h2>Lineage</h2>{as_svg(edges) if edges else '<p>none yet</p>'}"
        f"<h2>Pipelines</h2>{_table(('pipeline', 'tasks', 'runs', 'last run'), rows) if rows else '<p>none yet</p>'}"
    )


def _pipeline(catalogue: CatalogueServer, pipeline: dict[str, Any]) -> Iterator[str]:
    name = str(pipeline["fullyQualifiedName"])
    statuses = sorted(catalogue.statuses(name), key=lambda status: status["timestamp"])
    yield name
    yield ", ".join(str(task["name"]) for task in pipeline.get("tasks") or ())
    yield str(len(statuses))
    if statuses:
        at = dt.datetime.fromtimestamp(statuses[-1]["timestamp"] / 1000, dt.timezone.utc)
        yield f"{statuses[-1]['executionStatus']} at {at:%Y-%m-%d %H:%M:%S} UTC"
    else:
        yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["".join(f"<th>{escape(name)}</th>" for name in head)]
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


class PageServer:
    """Serves the page on the loopback; a context manager.

    :param catalogue: the catalogue to show
    :param port: port on 127.0.0.1; 0: a free one
    :raises OSError: if the port is in use
    """

    def __init__(self, catalogue: CatalogueServer, port: int = 0) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path.partition("?")[0] == "/"
                content = catalogue_page(catalogue).encode() if is_page else b"there is only the page /"
                self.send_response(200 if is_page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8" if is_page else "text/plain")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Keep the terminal for what matters."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="page")
        #: address of the page
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
