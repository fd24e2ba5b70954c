"""Requests that one thread sends for another: none is sent twice, none is lost, and each error is its own thread's."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from urllib3.exceptions import EmptyPoolError, ProtocolError

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.connection_pool import ConnectionPool
from openmetadata_ol_provider.openmetadata.client.prepared_request import PreparedRequest
from openmetadata_ol_provider.openmetadata.client.transport import exchange
from tests.openmetadata.builders import FAST, TOKEN
from tests.openmetadata.client.test_open_connection import Server, sized
from tests.waiting import PATIENCE, until


class Interrupt(BaseException):
    """What Airflow raises into a task that takes too long, or is to end."""


class Held:
    """A server with a client of one connection, whose second answer, and all later ones, are held.

    :ivar answered: number of answers that may be sent
    """

    def __init__(self) -> None:
        self._permits = threading.Semaphore(1)
        self.server = Server(self._answer)
        self.client = OpenMetadataClient(self.server.url, TOKEN, retries=FAST, max_connections=1)
        # The only connection is open from now on.
        self.client.get("v1/tables")

    def _answer(self, _: int) -> bytes:
        assert self._permits.acquire(timeout=PATIENCE)
        return sized()

    def answer(self, number: int = 1) -> None:
        self._permits.release(number)

    @property
    def lines(self) -> list[str]:
        return [line for line, *_ in self.server.requests]

    def until_received(self, number: int) -> None:
        until(lambda: len(self.server.requests) == number, f"{number} requests")

    def until_waiting(self, number: int = 1) -> None:
        until(lambda: len(self.client._sender._gate._queue) == number, f"{number} requests wait")


@pytest.fixture
def held() -> Iterator[Held]:
    made = Held()
    yield made
    made.answer(1000)
    made.client.close()
    made.server.close()


def test_a_request_is_not_sent_any_more_after_its_thread_was_interrupted(held: Held) -> None:
    def interrupt() -> None:
        held.until_waiting()
        os.kill(os.getpid(), signal.SIGUSR1)

    def raise_interrupt(*_: object) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGUSR1, raise_interrupt)
    try:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(held.client.get, "v1/tables")
            held.until_received(2)
            interrupting = pool.submit(interrupt)
            with pytest.raises(Interrupt):
                held.client.post("v1/tables", {"name": "x"})
            interrupting.result()
            held.answer(2)
            assert first.result() == {"id": "1"}
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert held.client.get("v1/tables") == {"id": "1"}
    assert held.lines == ["GET /api/v1/tables HTTP/1.1"] * 3


def test_an_error_of_a_request_is_not_raised_in_the_thread_that_begins_it(held: Held) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(held.client.get, "v1/tables")
        held.until_received(2)
        faulty = pool.submit(held.client.patch, "v1/lineage/table/1/table/2", [], if_match="a\nb")
        held.until_waiting()
        held.answer()
        assert first.result() == {"id": "1"}
        with pytest.raises(ValueError, match="header"):
            faulty.result()
    held.answer()
    assert held.client.get("v1/tables") == {"id": "1"}


class InterruptedSocket:
    """A socket that is interrupted when all has been sent.

    :param sock: the socket itself
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        self._sock.sendall(data)
        raise Interrupt


class Single:
    """A server and a pool of one connection, which is open."""

    def __init__(self) -> None:
        self.server = Server(lambda _: sized())
        self.pool = ConnectionPool(f"{self.server.url}/api", None, verify=True, cert=None, size=1)
        self.get()
        assert self.pool._opened
        self.connections = self.pool._opened[0]

    def prepare(self, method: str) -> PreparedRequest:
        return self.pool.prepare(method, "v1/tables", body=None, headers=None, timeout=30)

    def get(self) -> int:
        return exchange(self.prepare("GET"), 1000).status

    def close(self) -> None:
        self.pool.close()
        self.server.close()


@pytest.fixture
def single() -> Iterator[Single]:
    made = Single()
    yield made
    made.close()


def test_a_request_is_not_sent_twice_after_the_thread_that_sent_it_was_interrupted(single: Single) -> None:
    connection = single.connections._get_conn()
    connection.sock = InterruptedSocket(connection.sock)
    single.connections._put_conn(connection)
    request = single.prepare("POST")
    with pytest.raises(Interrupt):
        request.begin()
    with pytest.raises(ProtocolError, match="was interrupted"):
        request.response()
    until(lambda: len(single.server.requests) == 2, "the request arrives")
    assert single.get() == 200
    assert [line.split()[0] for line, *_ in single.server.requests] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_request_that_was_discarded_is_not_sent_and_gives_its_connection_back(
    single: Single, *, is_begun: bool
) -> None:
    request = single.prepare("POST")
    if is_begun:
        request.begin()
    request.discard()
    request.begin()
    assert single.get() == 200
    until(lambda: len(single.server.requests) == 2 + is_begun, "all requests arrive")


def test_whoever_begins_a_request_does_not_wait_for_a_connection(single: Single) -> None:
    # As a request does that needs no turn.
    taken = single.connections._get_conn()
    request = single.prepare("POST")
    with ThreadPoolExecutor(1) as threads:
        beginning = threads.submit(request.begin)
        try:
            beginning.result(10)
        finally:
            single.connections._put_conn(taken)
    assert not request.is_begun
    assert exchange(request, 1000).status == 200


def test_nobody_waits_for_ever_for_a_connection_that_was_lost_with_its_thread(single: Single) -> None:
    taken = single.connections._get_conn()
    request = single.pool.prepare("GET", "v1/tables", body=None, headers=None, timeout=0.05)
    try:
        with pytest.raises(EmptyPoolError):
            request.response()
    finally:
        single.connections._put_conn(taken)
