"""Serves a page that shows what a catalogue of the sandbox contains: pipelines with their last runs, and lineage."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from openmetadata_ol_provider.picture.page import as_fragment
from openmetadata_ol_provider.sandbox.picture import column_pairs, graph

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer

#: Milliseconds after which a browser looks again.
_REFRESH = 5000
_TITLE = "Catalogue of the sandbox (a stand-in, not OpenMetadata)"
_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:16px}h1{font-size:20px}h2{font-size:16px;margin-top:28px}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:5px 16px 5px 0;vertical-align:top;border-bottom:1px solid #8885;min-width:5rem}"
    "td{overflow-wrap:anywhere}td:first-child{min-width:14rem}td:last-child{white-space:nowrap}.bad{color:#b3261e;font-weight:600}"
    ':root[data-theme="dark"]{color-scheme:dark}:root[data-theme="dark"] body{background:#11161d;color:#e6eaf0}'
    ':root[data-theme="dark"] .bad{color:#ff9d94}'
)
#: How the texts of runs and tests begin that did not end well.
_BAD = ("Failed at ", "Aborted at ")
#: The picture, too, follows this attribute.
_THEME = """<script>
  if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark';
</script>"""
#: Loads the page again when the catalogue has changed, but not while somebody works with the picture.
_RELOAD = """<script>(() => {
  const busy = () => Date.now() - touched < 30000;
  let touched = 0;
  for (const name of ['pointerdown', 'wheel', 'keydown']) addEventListener(name, () => { touched = Date.now(); }, true);
  let before;
  setInterval(async () => {
    const text = await (await fetch(location.href)).text();
    if (before !== undefined && text !== before && !busy()) location.reload();
    before ??= text;
  }, %d);
})();</script>"""


def catalogue_page(catalogue: CatalogueServer) -> str:
    """Return the page as HTML."""
    edges = catalogue.edges()
    pipelines = catalogue.entities("pipeline")
    pairs = sum(len(column_pairs(details)) for details in edges.values())
    kinds = ("table", "topic", "container")
    numbers = [f"{kind}s: {len(catalogue.entities(kind))}" for kind in kinds]
    numbers += [f"pipelines: {len(pipelines)}", f"edges: {len(edges)}", f"column pairs: {pairs}"]
    rows = [list(_pipeline(catalogue, pipeline)) for pipeline in pipelines]
    filled = [cells for table in catalogue.entities("table") for cells in _filled(catalogue, table)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_TITLE)}</title><style>{_STYLE}</style>{_THEME}<h1>{escape(_TITLE)}</h1>"
        f"<p>{escape(', '.join(numbers))}</p>"
        f"<h2>Lineage</h2>{as_fragment(graph(catalogue), 'Lineage')}"
        f"<h2>Pipelines</h2>{_table(('pipeline', 'tasks', 'runs', 'last run'), rows)}"
        f"<h2>What fills the tables</h2>{_table(('table', 'pipeline', 'schedule', 'newest run'), filled)}"
        f"<h2>Tests</h2>{_table(('test', 'result', 'status'), _tests(catalogue))}"
        f"{_RELOAD % _REFRESH}"
    )


def _pipeline(catalogue: CatalogueServer, pipeline: dict[str, Any]) -> Iterator[str]:
    name = str(pipeline["fullyQualifiedName"])
    statuses = sorted(catalogue.statuses(name), key=lambda status: status["timestamp"])
    yield name
    yield ", ".join(str(task["name"]) for task in pipeline.get("tasks") or ())
    yield str(len(statuses))
    yield _run(statuses[-1]["executionStatus"], statuses[-1]["timestamp"]) if statuses else ""


def _filled(catalogue: CatalogueServer, table: dict[str, Any]) -> Iterator[list[str]]:
    name = str(table["fullyQualifiedName"])
    for row in catalogue.observability(name):
        run = _run(row.get("lastRunStatus", ""), row["lastRunTime"])
        yield [name, str(row["pipeline"]["fullyQualifiedName"]), str(row.get("scheduleInterval", "")), run]


def _tests(catalogue: CatalogueServer) -> list[list[str]]:
    """Return a row for the latest result of each test, those that failed first."""
    results = catalogue.latest_test_results().items()
    latest = sorted(results, key=lambda item: (item[1]["testCaseStatus"] == "Success", item[0]))
    return [[fqn, str(result["result"]), _run(result["testCaseStatus"], result["timestamp"])] for fqn, result in latest]


def _run(status: str, at: int) -> str:
    return f"{status} at {dt.datetime.fromtimestamp(at / 1000, dt.timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>none yet</p>"
    titles = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = ["".join(map(_cell, row)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(text: str) -> str:
    style = ' class="bad"' if text.startswith(_BAD) else ""
    return f"<td{style}>{escape(text)}</td>"


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
