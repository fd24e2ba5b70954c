"""Sends requests, again where that may help, as fast as the server allows; many threads may share one sender."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from typing import Any

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueUnavailableError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.client.circuit import Circuits
from openmetadata_ol_provider.openmetadata.client.connection_pool import ConnectionPool
from openmetadata_ol_provider.openmetadata.client.endpoints import endpoint_of
from openmetadata_ol_provider.openmetadata.client.errors import (
    retry_after_error,
    stalled_error,
    too_large_error,
    unreachable_error,
)
from openmetadata_ol_provider.openmetadata.client.outcome import (
    Failure,
    Success,
    classify_no_response,
    classify_response,
)
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy, RetryState
from openmetadata_ol_provider.openmetadata.client.server import Server
from openmetadata_ol_provider.openmetadata.client.throttle import LoadSignal, RequestGate, ThrottleError
from openmetadata_ol_provider.openmetadata.client.token import BearerToken
from openmetadata_ol_provider.openmetadata.client.transport import (
    Request,
    Response,
    ResponseCutOffError,
    ResponseTooLargeError,
    ResponseTooSlowError,
    exchange,
)

log = logging.getLogger(__name__)


class RequestSender:
    """Sends requests with retries and a common limit for all threads.

    :param server: server to send them to
    :param token: token that the pool sends, for messages about it
    :param pool: connections to the server
    :param retries: retry policy
    :param timeout: seconds to wait for a response, per attempt
    :param max_in_flight: most requests in flight at any time
    :param max_bytes: largest number of bytes read of one response
    """

    def __init__(
        self,
        server: Server,
        token: BearerToken | None,
        pool: ConnectionPool,
        *,
        retries: RetryPolicy,
        timeout: float,
        max_in_flight: int,
        max_bytes: int,
    ) -> None:
        self._server = server
        self._token = token
        self._pool = pool
        self._retries = retries
        self._timeout = timeout
        self._max_bytes = max_bytes
        # A request in flight may take its own time before it counts as stalled.
        self._stall_timeout = retries.budget + timeout
        self._gate = RequestGate(max_in_flight, self._stall_timeout)
        #: what endpoints have failed lately
        self.circuits = Circuits(timeout)
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()

    @property
    def requests(self) -> dict[str, int]:
        """Number of HTTP requests sent so far, retries included, by method."""
        with self._lock:
            return dict(self._requests)

    @property
    def limit(self) -> int:
        """Number of requests that may be in flight now."""
        return self._gate.limit

    def send(self, request: Request, *, missing_ok: bool, attempts: int | None = None) -> dict[str, Any] | None:
        """Send a request, again if need be, and return the JSON object of the response.

        :param request: request to send
        :param missing_ok: ``True`` to return ``None`` on 404 instead of raising
        :param attempts: most attempts; default: those of the retry policy
        :raises CatalogueError: if the last attempt failed, or the next one would come too late
        :raises EndpointClosedError: if the endpoint keeps failing and lineage does not need it
        """
        endpoint = endpoint_of(request)
        state = RetryState(self._retries, attempts)
        pause, since = 0.0, 0.0
        while True:
            self.circuits.require_closed(endpoint)
            round_ = self._acquire(request, state.seconds_left)
            state.seconds += pause
            started, load, pause = time.monotonic(), _UNKNOWN, 0.0
            since = since or started
            try:
                outcome = self._attempt(request, missing_ok=missing_ok)
                if isinstance(outcome, Success):
                    load = _HANDLED
                    self.circuits.record_success(endpoint)
                    return outcome.body
                load, pause = outcome.load, state.next_pause(outcome.retry_after)
            finally:
                self._release(round_, load, pause)
            state.record_failure(time.monotonic() - started, outcome.error.status)
            hopeful = self.circuits.record_failure(endpoint, outcome.error, since)
            since = time.monotonic()
            if state.exhausted or not outcome.retriable or not hopeful:
                raise self.circuits.give_up(endpoint, outcome.error)
            if pause > state.seconds_left:
                raise self.circuits.give_up(endpoint, self._out_of_time(request, outcome, pause))
            log.debug("%s; attempt %d in %.1f s", outcome.error, state.failures + 1, pause)
            if load != "overloaded":
                # The pause that an overloaded server asks for is spent at the gate, by all threads.
                time.sleep(pause)

    def send_once(self, request: Request) -> Response:
        """Send a request once, without waiting for a turn, and return the response, whatever its status.

        :raises CatalogueUnavailableError: if there is none
        """
        from urllib3.exceptions import HTTPError

        with self._lock:
            self._requests[request.method] += 1
        try:
            return exchange(self._pool, request, timeout=self._timeout, max_bytes=self._max_bytes)
        except ResponseTooLargeError:
            raise too_large_error(self._server, request, self._max_bytes) from None
        except (HTTPError, OSError, ResponseTooSlowError, ResponseCutOffError) as error:
            raise unreachable_error(self._server, request, self._timeout, error) from None

    def _attempt(self, request: Request, *, missing_ok: bool) -> Success | Failure:
        try:
            response = self.send_once(request)
        except CatalogueUnavailableError as error:
            return classify_no_response(request, error)
        return classify_response(self._server, request, response, self._token, missing_ok=missing_ok)

    def _acquire(self, request: Request, max_pause: float) -> int:
        """Wait until the request may be sent."""
        try:
            return self._gate.acquire(max_pause)
        except ThrottleError as error:
            if error.pause is None:
                raise stalled_error(request, self._stall_timeout) from None
            raise retry_after_error(self._server, request, error.pause, self._retries.budget) from None

    def _release(self, round_: int, load: LoadSignal, pause: float) -> None:
        if self._gate.release(round_, load, pause):
            log.info(
                "%s is overloaded: at most %s at a time, the next in %.1f s",
                self._server, counted(self._gate.limit, "request"), pause,
            )  # fmt: skip

    def _out_of_time(self, request: Request, failure: Failure, pause: float) -> CatalogueError:
        """Return the error of a request whose next attempt would exceed the budget."""
        if failure.retry_after is not None and failure.retry_after >= pause:
            return retry_after_error(self._server, request, pause, self._retries.budget, failure.error.status)
        return failure.error


_HANDLED: LoadSignal = "handled"
_UNKNOWN: LoadSignal = "unknown"
