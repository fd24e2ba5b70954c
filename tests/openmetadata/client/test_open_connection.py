"""Requests on connections that are open already: kept, closed, replaced, or left to urllib3's pool."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.open_connection import head_after_target
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


CHUNKED = ok(b"%x  \r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY), b"Transfer-Encoding: chunked")


@pytest.mark.parametrize(
    "response",
    [sized(BODY, b"Content-Length: %d" % len(BODY)), sized(BODY, b"X: folded\r\n field"), CHUNKED],
    ids=["a length twice", "a folded field", "a padded size of a chunk"],
)
def test_responses_that_only_urllib3_reads_are_left_to_it(serve: Serve, response: bytes) -> None:
    server = serve(lambda _: response)
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(5)] == [{"id": "1"}] * 5
    # The second request was sent again.
    assert (len(server.requests), server.connections) == (6, 2)


def test_a_compressed_answer_is_read_on_an_open_connection(serve: Serve) -> None:
    server = serve(lambda _: sized(gzip.compress(BODY), b"Content-Encoding: gzip"))
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
    assert server.connections == 1


def test_names_of_header_fields_may_be_in_any_letter_case(serve: Serve) -> None:
    answer = sized(gzip.compress(BODY), b"content-ENCODING: gzip").replace(b"Content-", b"CONTENT-")
    server = serve(lambda _: answer)
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
    assert server.connections == 1


def test_a_header_field_that_comes_twice_has_both_values(serve: Serve) -> None:
    twice = sized(gzip.compress(gzip.compress(BODY)), b"Content-Encoding: gzip", b"content-encoding: gzip")
    server = serve(lambda number: sized() if number == 1 else twice)
    refused = pytest.raises(CatalogueUnavailableError, match="Content-Encoding gzip, gzip was not asked for")
    with client_of(server) as client:
        client.get("v1/tables")
        with refused:
            client.request("GET", "v1/tables", attempts=1)


def test_an_answer_may_be_compressed_in_several_parts(serve: Serve) -> None:
    parts = gzip.compress(BODY[:5]) + gzip.compress(BODY[5:])
    server = serve(lambda _: sized(parts, b"Content-Encoding: gzip"))
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(2)] == [{"id": "1"}] * 2


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


def test_lines_that_end_without_a_carriage_return_cost_their_connection(serve: Serve) -> None:
    server = serve(lambda _: sized(BODY).replace(b"\r\n", b"\n"))
    with client_of(server) as client:
        assert client.get("v1/tables") == {"id": "1"}
        with pytest.raises(CatalogueUnavailableError, match="the response is not HTTP"):
            client.request("GET", "v1/tables", attempts=1)
        assert client.get("v1/tables") == {"id": "1"}
    assert server.connections == 2


def test_an_interim_response_is_not_the_response(serve: Serve) -> None:
    # The first one comes on a new connection, which urllib3 reads.
    server = serve(lambda _: 2 * b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + sized())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
    assert server.connections == 1


def test_what_follows_a_response_costs_the_connection_only(serve: Serve) -> None:
    server = serve(lambda number: sized() + sized(b'{"id": "2"}') if number == 2 else sized())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
        assert client.calls == {"GET": 3}
    assert server.connections == 2


def test_a_head_without_end_is_given_up_on(serve: Serve) -> None:
    fields = [b"X-%d: %s" % (number, b"x" * 1000) for number in range(2000)]
    server = serve(lambda number: sized(BODY, *fields) if number == 2 else sized())
    with client_of(server) as client:
        client.get("v1/tables")
        with pytest.raises(CatalogueUnavailableError, match="larger than 1048576 bytes"):
            client.request("GET", "v1/tables", attempts=1)
        assert client.get("v1/tables") == {"id": "1"}


def test_a_response_may_arrive_in_any_pieces() -> None:
    packed = gzip.compress(BODY)
    data = ok(packed, b"Content-Encoding: gzip", b"Content-Length: %d" % len(packed))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for size in (len(data), 1, 7, 50):
                    while not connection.recv(65_536).endswith(b"\r\n\r\n"):
                        pass
                    for start in range(0, len(data), size):
                        connection.sendall(data[start : start + size])

        server = threading.Thread(target=answer)
        server.start()
        with OpenMetadataClient(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, retries=FAST) as client:
            assert [client.get("v1/tables") for _ in range(4)] == [{"id": "1"}] * 4
        server.join()


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


def test_a_compressed_answer_in_chunks_may_come_through_a_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(lambda _: packed_in_chunks())
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    with OpenMetadataClient("http://catalogue.example:8585", TOKEN, retries=FAST) as client:
        assert client.get("v1/tables") == {"id": "1"}
    assert len(proxy.requests) == 1


def test_head_and_body_are_sent_as_one_piece() -> None:
    pieces: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                for _ in range(3):
                    received = b""
                    while not received.endswith(b"}"):
                        pieces.append(connection.recv(65_536))
                        received += pieces[-1]
                    connection.sendall(sized())

        server = threading.Thread(target=answer)
        server.start()
        with OpenMetadataClient(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, retries=FAST) as client:
            for _ in range(3):
                client.put("v1/lineage", {"edge": "1"})
        server.join()
    # The first one opens the connection.
    assert [piece.startswith(b"PUT ") and piece.endswith(b'{"edge":"1"}') for piece in pieces[-2:]] == [True, True]


def test_a_head_is_the_same_whatever_the_target_and_does_not_change_the_connection(serve: Serve) -> None:
    server = serve(lambda _: sized())
    connection = HTTPConnection(server.url.removeprefix("http://"))
    connection.connect()
    fields = {"Content-Type": "application/json", "If-Match": '"100%"'}
    head = head_after_target(connection, "PATCH", fields, has_content=True)
    assert head.startswith(b" HTTP/1.1\r\nHost: 127.0.0.1:")
    assert head.endswith(b'If-Match: "100%"\r\nContent-Length: ')
    assert head_after_target(connection, "POST", {}, has_content=False).endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert b"Content-Length" not in head_after_target(connection, "GET", {}, has_content=False)
    connection.request("GET", "/api/v1/system/version")
    assert connection.getresponse().read() == BODY
    connection.close()


def test_each_request_has_its_own_etag_and_length(serve: Serve) -> None:
    server = serve(lambda _: sized())
    with client_of(server) as client:
        for number in range(100):
            client.patch("v1/tables/1", [{"op": "remove", "path": "x" * number}], if_match=f'"{number}"')
    assert [fields["If-Match"] for _, fields, _ in server.requests] == [f'"{number}"' for number in range(100)]
    assert [len(body) for _, _, body in server.requests] == list(range(27, 127))
    assert server.connections == 1


def packed_in_chunks() -> bytes:
    packed = gzip.compress(BODY)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:7], packed[7:])) + b"0\r\n\r\n"
    return ok(chunks, b"Transfer-Encoding: chunked", b"Content-Encoding: gzip")


def test_a_body_may_come_in_chunks_also_compressed(serve: Serve) -> None:
    server = serve(lambda _: packed_in_chunks())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(3)] == [{"id": "1"}] * 3
    # The first one came on a new connection, which urllib3 reads.
    assert (len(server.requests), server.connections) == (3, 1)


def test_a_body_may_end_with_its_connection(serve: Serve) -> None:
    server = serve(lambda number: ok(BODY, b"Connection: close") if number == 2 else sized())
    with client_of(server) as client:
        assert [client.get("v1/tables") for _ in range(4)] == [{"id": "1"}] * 4
        assert client.calls == {"GET": 4}
    assert server.connections == 2


def test_an_answer_without_content_leaves_the_connection_open(serve: Serve) -> None:
    server = serve(lambda number: sized(b"") if number == 2 else sized())
    with client_of(server) as client:
        for _ in range(3):
            client.put("v1/lineage", {})
    assert (len(server.requests), server.connections) == (3, 1)


@pytest.mark.parametrize(
    ("damaged", "reason"),
    {
        "compressed, cut off": (sized(gzip.compress(BODY)[:-9], b"Content-Encoding: gzip"), "ends too early"),
        "not compressed": (sized(BODY, b"Content-Encoding: gzip"), "incorrect header check"),
        "not asked for": (sized(BODY, b"Content-Encoding: br"), "br was not asked for"),
        "a chunk cut off": (ok(b"d\r\n{", b"Transfer-Encoding: chunked", b"Connection: close"), "was cut off"),
        "not the announced length": (ok(BODY, b"Content-Length: 99", b"Connection: close"), "was cut off"),
    }.values(),
    ids=["compressed", "not compressed", "not asked for", "chunk", "length"],
)
def test_a_damaged_body_is_not_an_answer_and_its_connection_is_replaced(
    serve: Serve, damaged: bytes, reason: str
) -> None:
    server = serve(lambda number: damaged if number == 2 else sized())
    with client_of(server) as client:
        client.get("v1/tables")
        with pytest.raises(CatalogueUnavailableError, match=reason):
            client.request("GET", "v1/tables", attempts=1)
        assert client.get("v1/tables") == {"id": "1"}


def test_an_answer_that_is_too_large_costs_its_connection(serve: Serve) -> None:
    large = gzip.compress(b'{"data": "' + b"x" * 3_000_000 + b'"}')
    server = serve(lambda number: sized(large, b"Content-Encoding: gzip") if number == 2 else sized())
    with client_of(server, max_answer_bytes=2 * 2**20) as client:
        client.get("v1/tables")
        with pytest.raises(CatalogueRequestError, match=r"GET v1/tables is larger than 2 MB"):
            client.get("v1/tables")
        assert client.get("v1/tables") == {"id": "1"}
