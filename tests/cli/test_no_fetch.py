"""Whatever URLs events have in them: nothing is connected to but the catalogue, and no name is looked up."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from openmetadata_ol_provider.cli import main
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.support import CAPTURES, WRITTEN, captured

SEED = Path(__file__).parents[2] / "openmetadata_ol_provider" / "sandbox" / "data" / "catalogue.json"
#: Schemes that something or other would follow.
SCHEMES = ("http", "https", "ftp", "jar:http", "file")


@pytest.fixture
def bait() -> Iterator[tuple[str, list[str]]]:
    """Run a server that nobody has a reason to ask; gives its address and the requests that it got."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"127.0.0.1:{httpd.server_address[1]}", seen
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return where this process connects to, and the names that it looks up."""
    found: set[str] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def watched_connect(self: socket.socket, address: Any) -> None:
        found.add(f"{address[0]}:{address[1]}")
        connect(self, address)

    def watched_look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        found.add(f"{host}:{port}")
        return look_up(host, port, *arguments, **options)

    monkeypatch.setattr(socket.socket, "connect", watched_connect)
    monkeypatch.setattr(socket, "getaddrinfo", watched_look_up)
    return found


def with_urls(value: Any, address: str, key: str = "") -> Any:
    """Return a part of an event with a URL in place of every text but those that say what it is."""
    if isinstance(value, dict):
        return {name: with_urls(item, address, name) for name, item in value.items()}
    if isinstance(value, list):
        return [with_urls(item, address, key) for item in value]
    if not isinstance(value, str) or key in {"eventTime", "eventType", "runId", "processingType", "jobType"}:
        return value
    scheme = SCHEMES[len(value) % len(SCHEMES)]
    return f"{scheme}://{address}/{key}/{abs(hash(value))}"


def baited(address: str) -> list[bytes]:
    """Return the events of all real producers with URLs everywhere, and the facets that are about URLs."""
    events = [json.loads(line) for name in (*CAPTURES, *WRITTEN) for line in captured(name)]
    made = [with_urls(event, address) for event in events]
    for event in made:
        for owner, facets in (("job", JOB_FACETS), ("run", RUN_FACETS)):
            if isinstance(event.get(owner), dict):
                event[owner]["facets"] = {**(event[owner].get("facets") or {}), **with_urls(facets, address)}
    return [json.dumps(event).encode() for event in made]


JOB_FACETS = {
    "sourceCodeLocation": {"_schemaURL": "x", "type": "git", "url": "x", "repoUrl": "x"},
    "sql": {"query": "x", "_producer": "x"},
    "documentation": {"description": "x"},
}
RUN_FACETS = {
    "externalQuery": {"externalQueryId": "x", "source": "x"},
    "airflow": {"taskInstance": {"log_url": "x"}, "task": {"operator_class": "x"}},
    "errorMessage": {"message": "x", "stackTrace": "x"},
}


@pytest.mark.parametrize("command", ["ingest", "explain"])
def test_urls_in_events_are_never_followed(
    command: str, bait: tuple[str, list[str]], contacted: set[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address, seen = bait
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"\n".join(baited(address)))
    with CatalogueServer(SEED) as catalogue:
        main([command, str(path), "--host", catalogue.url])
        allowed = catalogue.url.removeprefix("http://")
    assert seen == []
    assert contacted == {allowed}
    assert address in capfd.readouterr().out


def test_yaml_and_xml_of_events_are_text(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    entity = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    event = {
        "eventTime": "2026-11-23T08:00:00Z",
        "job": {"namespace": "n", "name": "!!python/object/apply:os.system ['true']"},
        "inputs": [{"namespace": "n", "name": entity}],
        "outputs": [{"namespace": "n", "name": "{{ 7 * 7 }} ${7*7} %(x)s"}],
    }
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event))
    assert main(["translate", str(path)]) == 0
    [edge] = json.loads(capfd.readouterr().out)["edges"]
    assert (edge["source"]["name"], edge["target"]["name"]) == (entity, event["outputs"][0]["name"])
    assert edge["job"]["name"] == event["job"]["name"]
