"""One limit for all threads: lowered by an overloaded server, raised by success, fair, and without endless waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from openmetadata_ol_provider.exceptions import CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.client.throttle import AdaptiveLimit
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN

Web = Callable[[type[BaseHTTPRequestHandler]], str]


def overload(limit: AdaptiveLimit, calls: int, resume_at: float = 0.0) -> list[bool]:
    """Send so many calls at once and turn all of them away."""
    rounds = [limit.start() for _ in range(calls)]
    return [limit.finish(round_, "overloaded", resume_at) for round_ in rounds]


# -- the decisions, without threads --------------------------------------------------------------------------------


def test_a_new_limit_lets_as_many_through_as_the_client_allows() -> None:
    limit = AdaptiveLimit(2)
    limit.start()
    assert limit.is_open(0)
    limit.start()
    assert not limit.is_open(0)


def test_a_crowd_that_is_turned_away_at_once_halves_the_limit_once() -> None:
    limit = AdaptiveLimit(8)
    assert overload(limit, 8) == [True] + 7 * [False]
    assert limit.current == 4


def test_the_limit_never_falls_below_one() -> None:
    limit = AdaptiveLimit(8)
    values = []
    for _ in range(5):
        overload(limit, 1)
        values.append(limit.current)
    assert values == [4, 2, 1, 1, 1]
    assert limit.is_open(0)


def test_the_latest_moment_that_the_server_asked_for_counts() -> None:
    limit = AdaptiveLimit(4)
    first, second = limit.start(), limit.start()
    limit.finish(first, "overloaded", 30.0)
    limit.finish(second, "overloaded", 10.0)
    assert not limit.is_open(29.9)
    assert limit.is_open(30.0)


def test_the_limit_grows_again_slowly_and_up_to_the_maximum() -> None:
    limit = AdaptiveLimit(4)
    overload(limit, 1)
    overload(limit, 1)
    values = []
    for _ in range(100):
        limit.finish(limit.start(), "handled")
        values.append(limit.current)
    assert values == sorted(values)
    assert [values.count(value) for value in (1, 2, 3)] == [3, 8, 12]
    assert max(values) == 4


def test_calls_sent_before_the_slowdown_do_not_raise_the_limit() -> None:
    limit = AdaptiveLimit(8)
    early = [limit.start() for _ in range(7)]
    overload(limit, 1)
    for round_ in early:
        limit.finish(round_, "handled")
    assert limit.current == 4
    for _ in range(16):
        limit.finish(limit.start(), "handled")
    assert limit.current == 5


def test_a_failure_that_says_nothing_of_the_load_changes_nothing() -> None:
    limit = AdaptiveLimit(8)
    limit.finish(limit.start(), "unknown")
    assert limit.current == 8
    assert limit.is_open(0)


# -- a client and a server -----------------------------------------------------------------------------------------


class Server(BaseHTTPRequestHandler):
    """Counts requests that are worked on at the same time; subclasses say what is answered."""

    protocol_version = "HTTP/1.1"
    lock: ClassVar[threading.Lock]
    active: ClassVar[int]
    seen: ClassVar[list[tuple[int, int]]]
    #: requests at the same time that are not turned away
    capacity = 100

    def do_GET(self) -> None:
        kind = type(self)
        with kind.lock:
            kind.active += 1
            number, active = len(kind.seen), kind.active
            kind.seen.append((active, 0))
        status, headers = self.decide(number) if active <= kind.capacity else (503, {})
        with kind.lock:
            kind.active -= 1
            kind.seen[number] = (active, status)
        body = b'{"ok": 1}'
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def decide(self, number: int) -> tuple[int, dict[str, str]]:
        raise NotImplementedError

    def log_message(self, *args: object) -> None:
        pass


def serving(kind: type[Server]) -> type[Server]:
    return type(kind.__name__, (kind,), {"lock": threading.Lock(), "active": 0, "seen": []})


def many(client: OpenMetadataClient, calls: int, threads: int = 16) -> list[object]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda number: client.get(f"v1/things/{number}"), range(calls)))


def test_a_crowd_that_is_turned_away_comes_back_at_half_the_limit_and_loses_nothing(web: Web) -> None:
    together = threading.Barrier(8, timeout=300)

    class Crowded(Server):
        def decide(self, number: int) -> tuple[int, dict[str, str]]:
            if number >= 8:
                time.sleep(0.005)
                return 200, {}
            together.wait()
            return 503, {}

    server = serving(Crowded)
    with OpenMetadataClient(web(server), TOKEN, max_connections=8, retries=FAST) as client:
        assert many(client, 40) == 40 * [{"ok": 1}]
        assert client.calls == {"GET": 48}
    assert max(active for active, _ in server.seen[:8]) == 8
    assert max(active for active, _ in server.seen[8:24]) <= 4


def test_a_server_that_can_do_two_things_at_a_time_gets_all_done(web: Web) -> None:
    class Small(Server):
        capacity = 2

        def decide(self, number: int) -> tuple[int, dict[str, str]]:
            time.sleep(0.003 + number % 2 / 1000)
            return 200, {}

    server = serving(Small)
    with OpenMetadataClient(web(server), TOKEN, max_connections=16, retries=FAST._replace(attempts=6)) as client:
        assert many(client, 150) == 150 * [{"ok": 1}]
    assert sum(status == 503 for _, status in server.seen) < 75


@pytest.mark.parametrize("status", [429, 503])
def test_no_thread_comes_before_the_time_that_the_server_asked_for(web: Web, status: int) -> None:
    together = threading.Barrier(4, timeout=300)
    opens_at: list[float] = []
    early: list[int] = []

    class Limited(Server):
        def decide(self, number: int) -> tuple[int, dict[str, str]]:
            if number >= 4:
                early.extend([number] if time.monotonic() < opens_at[0] else [])
                return 200, {}
            together.wait()
            opens_at.append(time.monotonic() + 0.3)
            return status, {"Retry-After": "0.3"}

    with OpenMetadataClient(web(serving(Limited)), TOKEN, max_connections=4, retries=FAST) as client:
        assert many(client, 20, threads=8) == 20 * [{"ok": 1}]
        assert client.calls == {"GET": 24}
    assert early == []


def test_waiting_for_the_crowd_costs_a_call_no_attempt(server: CatalogueServer) -> None:
    server.fail("GET", "pg.shop.public.orders$", 503, times=3)
    retries = FAST._replace(attempts=4)
    with OpenMetadataClient(server.url, TOKEN, max_connections=1, retries=retries) as client:
        with ThreadPoolExecutor(10) as pool:
            found = list(pool.map(lambda _: client.get("v1/tables/name/pg.shop.public.orders"), range(10)))
        assert all(found)
        assert client.calls == {"GET": 13}


def test_a_pause_beyond_the_budget_fails_what_waits_too_and_says_so(server: CatalogueServer) -> None:
    server.fail("GET", "tables", 429, headers={"Retry-After": "3600"})
    with OpenMetadataClient(server.url, TOKEN, max_connections=1, retries=FAST) as client:
        errors = []
        for _ in range(3):
            with pytest.raises(CatalogueUnavailableError, match=r"asks to wait 3\d+ s \(Retry-After\).*30 s") as caught:
                client.get("v1/tables")
            errors.append(caught.value)
        assert client.calls == {"GET": 1}
    assert [error.status for error in errors] == [429, None, None]
    assert all(error.retriable for error in errors)


def test_a_plan_s_limit_is_refused_at_once_and_slows_nobody_down(web: Web) -> None:
    class Full(BaseHTTPRequestHandler):
        calls: ClassVar[list[str]] = []

        def do_PUT(self) -> None:
            self.calls.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            body = b'{"code": 429, "errorType": "LIMITS_EXCEPTION", "message": "no more assets"}'
            self.send_response(429)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    from openmetadata_ol_provider.exceptions import CatalogueRequestError

    with OpenMetadataClient(web(Full), TOKEN, retries=FAST) as client:
        with pytest.raises(CatalogueRequestError, match=r"429: no more assets.*limit of its plan"):
            client.put("v1/tables", {})
        assert client._sender.limit == client.max_connections
    assert len(Full.calls) == 1
