"""Requests as they may arrive at the stand-in: in pieces, several at once, cut off, or not HTTP at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from openmetadata_ol_provider.sandbox.catalogue.request_reader import RequestReader, UnreadableRequestError

PUT = b"PUT /api/v1/tables?a=b HTTP/1.1\r\nHost: h\r\nX-Some-NAME: Value\r\nContent-Length: 4\r\n\r\nbody"
GET = b"GET /api/v1/system/version HTTP/1.1\r\nHost: h\r\n\r\n"


class Connection(NamedTuple):
    """Both ends of a connection.

    :param client: end on which requests are sent
    :param reader: reader at the other end
    """

    client: socket.socket
    reader: RequestReader


@pytest.fixture
def connection() -> Iterator[Connection]:
    client, server = socket.socketpair()
    with client, server:
        yield Connection(client, RequestReader(server))


@pytest.mark.parametrize("size", [1, 7, len(PUT)])
def test_a_request_may_arrive_in_pieces(connection: Connection, size: int) -> None:
    for start in range(0, len(PUT), size):
        connection.client.sendall(PUT[start : start + size])
    received = connection.reader.next_request()
    assert received is not None
    assert (received.method, received.target, received.content) == ("PUT", "/api/v1/tables?a=b", b"body")
    assert (received.headers["x-some-name"], received.keep_alive) == ("Value", True)


def test_several_requests_may_arrive_at_once(connection: Connection) -> None:
    connection.client.sendall(PUT + GET)
    connection.client.shutdown(socket.SHUT_WR)
    received = [connection.reader.next_request() for _ in range(3)]
    assert [one and one.method for one in received] == ["PUT", "GET", None]


@pytest.mark.parametrize("size", [7, 200, 10_000])
def test_a_client_may_offer_another_protocol(connection: Connection, size: int) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nHost:"
    sent = 2 * PUT.replace(b"Host:", offer) + GET
    for start in range(0, len(sent), size):
        connection.client.sendall(sent[start : start + size])
    connection.client.shutdown(socket.SHUT_WR)
    received = [connection.reader.next_request() for _ in range(4)]
    assert [one and (one.method, one.content) for one in received] == [
        ("PUT", b"body"), ("PUT", b"body"), ("GET", b""), None
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False, id="closing"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", False, id="HTTP/1.0"),
        pytest.param(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True, id="HTTP/1.0, kept open"),
    ],
)
def test_whether_another_request_may_follow_is_up_to_the_client(
    connection: Connection, head: bytes, keep_alive: bool
) -> None:
    connection.client.sendall(head)
    received = connection.reader.next_request()
    assert received is not None
    assert received.keep_alive is keep_alive


@pytest.mark.parametrize(
    ("sent", "status", "method"),
    [
        pytest.param(b"no HTTP at all\r\n\r\n", 400, None, id="not HTTP"),
        pytest.param(b"GET /" + b"x" * 8200, 431, "GET", id="endless target"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: 0123456789\r\n" * 600, 431, "GET", id="endless head"),
        pytest.param(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, "PUT", id="chunked"),
    ],
)
def test_what_cannot_be_read_is_refused(connection: Connection, sent: bytes, status: int, method: str | None) -> None:
    connection.client.sendall(sent)
    for _ in range(2):
        with pytest.raises(UnreadableRequestError) as refused:
            connection.reader.next_request()
        assert refused.value.status == status
        assert method in {None, refused.value.method}


def test_a_complete_request_counts_although_the_next_one_cannot_be_read(connection: Connection) -> None:
    connection.client.sendall(GET + b"no HTTP at all\r\n\r\n")
    received = connection.reader.next_request()
    assert received is not None
    assert received.method == "GET"
    with pytest.raises(UnreadableRequestError):
        connection.reader.next_request()


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked(connection: Connection) -> None:
    head, body = PUT.split(b"\r\n\r\n")
    connection.client.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n" + body)
    received = connection.reader.next_request()
    assert received is not None
    assert received.content == body
    assert connection.client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(b"no HTTP at all\r\n\r\n", b"HTTP/1.1 400 ", id="not HTTP"),
        pytest.param(b"OPTIONS /api HTTP/1.1\r\nHost: h\r\n\r\n", b"HTTP/1.1 501 ", id="another method"),
    ],
)
def test_the_server_answers_what_it_refuses_and_closes_the_connection(sent: bytes, answer: bytes) -> None:
    with CatalogueServer() as server:
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(sent)
            response = b"".join(iter(lambda: client.recv(65_536), b""))
        writes = server.writes()
    assert not writes
    assert response.startswith(answer)
    assert b"Connection: close" in response
