"""Requests on connections that are open already: kept, closed, replaced, or left to urllib3's pool."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.connection_pool import as_sent
from tests.openmetadata.builders import FAST, TOKEN

Answer = Callable[[int], bytes]
BODY = b'{"id": "1"}'


def ok(body: bytes = BODY, *fields: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: application/json", *fields, b"", body])


def sized(body: bytes = BODY, *fields: bytes) -> bytes:
    return ok(body, b"Content-Length: %d" % len(body), *fields)


class Server:
    """A server whose answers are bytes, by the number of the request.

    :ivar connections: number of connections that were opened
    :ivar requests: lines of the requests, with their header fields and bodies
    """

    def __init__(self, answer: Answer) -> None:
        self.connections = 0
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                outer.connections += 1
                super().setup()

            def do_GET(self) -> None:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append((self.requestline, dict(self.headers.items()), content))
                data = answer(len(outer.requests))
                self.wfile.write(data)
                self.close_connection = not data or b"close" in data

            do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_address[1]}"
        self._thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()
        self._thread.join()


Serve = Callable[[Answer], Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(answer: Answer) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client_of(server: Server, **options: Any) -> OpenMetadataClient:
    return OpenMetadataClient(server.url, TOKEN, retries=FAST, **options)


def _without_case(request: tuple[str, dict[str, str], bytes]) -> tuple[str, dict[str, str], bytes]:
    line, fields, body = request
    return line, {name.lower(): value for name, value in fields.items()}, body


def test_requests_on_an_open_connection_are_the_same_as_the_first_one(serve: Serve) -> None:
    server = serve(lambda _: sized())
    with client_of(server) as client:
        for _ in range(2):
            assert client.get("v1/tables/name/a%2Fb", {"fields": "tags,owners"}) == {"id": "1"}
            client.put("v1/lineage", {"edge": "ä"})
            client.patch("v1/tables/1", [{"op": "remove", "path": "/x"}], if_match='"1"')
            client.request("POST", "v1/usage/compute", idempotent=True)
            client.delete("v1/tables/1", {"hardDelete": "true"})
    first, again = server.requests[:5], server.requests[5:]
    assert [_without_case(one) for one in first] == [_without_case(one) for one in again]
    assert server.connections == 1
    assert again[2][1]["Content-Type"] == "application/json-patch+json"
    assert {fields["Authorization"] for _, fields, _ in again} == {f"Bearer {TOKEN}"}


def test_a_compressed_answer_is_read_on_an_open_connection(serve: Serve) -> None:
    server = serve(lambda _: sized(gzip.compress(BODY), b"Content-Encoding: gzip"))
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
    assert server.connections == 1


def test_a_connection_that_the_server_closes_is_replaced(serve: Serve) -> None:
    server = serve(lambda number: sized(BODY, b"Connection: close") if number % 2 else sized())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(6)] == [{"id": "1"}] * 6
        assert client.calls == {"GET": 6}
    assert server.connections == 4


def test_a_connection_that_is_closed_instead_of_an_answer_is_replaced(serve: Serve) -> None:
    server = serve(lambda number: b"" if number == 2 else sized())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(2)] == [{"id": "1"}] * 2
        assert client.calls == {"GET": 3}
        assert client.post("v1/queries", {}) == {"id": "1"}
    assert server.connections == 2


def test_a_post_is_not_repeated_when_its_answer_is_missing(serve: Serve) -> None:
    server = serve(lambda number: b"" if number == 2 else sized())
    unanswered = pytest.raises(CatalogueUnavailableError, match=r"cannot be reached.*without response")
    with client_of(server) as client:
        client.get("v1/tables")
        with unanswered:
            client.post("v1/queries", {})
    assert [line.split()[0] for line, _, _ in server.requests] == ["GET", "POST"]


def test_half_an_answer_is_not_an_answer_and_costs_its_connection(serve: Serve) -> None:
    server = serve(
        lambda number: sized(b'{"id": "1"', b"X: close").replace(b": 10", b": 11") if number == 2 else sized()
    )
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(2)] == [{"id": "1"}] * 2
    assert (len(server.requests), server.connections) == (3, 2)


def test_an_answer_that_takes_too_long_is_given_up_on_with_its_connection(serve: Serve) -> None:
    waiting = threading.Event()

    def answer(number: int) -> bytes:
        if number == 2:
            waiting.wait(10)
        return sized()

    server = serve(answer)
    slow = pytest.raises(CatalogueUnavailableError, match=r"GET v1/tables within 0\.2 s.*`timeout`")
    with client_of(server, timeout=0.2) as client:
        client.get("v1/tables")
        with slow:
            client.request("GET", "v1/tables", attempts=1)
        waiting.set()
        assert client.get("v1/tables") == {"id": "1"}
    assert server.connections == 2


def test_lines_may_end_without_a_carriage_return(serve: Serve) -> None:
    server = serve(lambda _: sized(BODY).replace(b"\r\n", b"\n"))
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(5)] == [{"id": "1"}] * 5
        assert client.calls == {"GET": 5}


def test_a_path_that_has_to_be_escaped_is_left_to_urllib3(serve: Serve) -> None:
    server = serve(lambda _: sized())
    with client_of(server) as client:
        for _ in range(2):
            client.get("v1/tables/name/ä b")
    assert {line for line, _, _ in server.requests} == {"GET /api/v1/tables/name/%C3%A4%20b HTTP/1.1"}


def test_a_proxy_gets_the_whole_address_each_time(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(lambda _: sized())
    monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:word@"))
    monkeypatch.setenv("no_proxy", "")
    with OpenMetadataClient("http://catalogue.example:8585", TOKEN, retries=FAST) as client:
        for _ in range(3):
            assert client.get("v1/tables") == {"id": "1"}
    assert {line for line, _, _ in proxy.requests} == {"GET http://catalogue.example:8585/api/v1/tables HTTP/1.1"}
    assert {fields["Proxy-Authorization"] for _, fields, _ in proxy.requests} == {"Basic dXNlcjp3b3Jk"}


def test_head_and_body_are_sent_as_one_piece(serve: Serve) -> None:
    server = serve(lambda _: sized())
    connection = HTTPConnection(server.url.removeprefix("http://"))
    connection.connect()
    sent = as_sent(connection, "PUT", "/api/v1/lineage", BODY, {"Content-Type": "application/json"})
    head, _, body = sent.partition(b"\r\n\r\n")
    assert (head.splitlines()[0], body) == (b"PUT /api/v1/lineage HTTP/1.1", BODY)
    connection.sock.sendall(sent)
    assert connection.getresponse().read() == BODY
    # The connection itself is as it was.
    connection.request("GET", "/api/v1/system/version")
    assert connection.getresponse().read() == BODY
    connection.close()
    assert [(line.split()[0], content) for line, _, content in server.requests] == [("PUT", BODY), ("GET", b"")]
