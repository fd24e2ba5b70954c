"""Sends requests, again where that may help, as fast as the server allows; many threads may share one sender."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueUnavailableError
from openmetadata_ol_provider.openlineage.listing import counted
from openmetadata_ol_provider.openmetadata.client.circuit import Circuits
from openmetadata_ol_provider.openmetadata.client.connection_pool import ConnectionPool
from openmetadata_ol_provider.openmetadata.client.endpoints import Endpoint, endpoint_of
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
from openmetadata_ol_provider.openmetadata.client.prepared_request import PreparedRequest
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy, RetryState
from openmetadata_ol_provider.openmetadata.client.server import Server
from openmetadata_ol_provider.openmetadata.client.throttle import LoadSignal, RequestGate, ThrottleError
from openmetadata_ol_provider.openmetadata.client.token import BearerToken
from openmetadata_ol_provider.openmetadata.client.transport import (
    Request,
    Response,
    ResponseCutOffError,
    ResponseTooLargeError,
    exchange,
    prepare,
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

    def lineage_first(self) -> AbstractContextManager[None]:
        """Leave one of several connections to requests that lineage needs, while the context lasts."""
        return self._gate.lineage_first()

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
            prepared = prepare(self._pool, request, self._timeout)
            turn = self._acquire(request, prepared, endpoint, state.seconds_left)
            state.seconds += pause
            started = time.monotonic()
            since = since or started
            try:
                if not prepared.is_begun:
                    # It may have failed for others while this request waited.
                    self.circuits.require_closed(endpoint)
                answer = self._answer(request, prepared)
                if isinstance(answer, Response) and answer.is_successful:
                    # The next request need not wait until this thread has decoded the response.
                    turn.end("handled")
                outcome = self._classify(request, answer, missing_ok=missing_ok)
                if isinstance(outcome, Success):
                    turn.end("handled")
                    self.circuits.record_success(endpoint)
                    return outcome.body
                pause = state.next_pause(outcome.retry_after)
                state.record_failure(time.monotonic() - started, outcome.error.status)
                hopeful = self.circuits.record_failure(endpoint, outcome.error, since)
                turn.end(outcome.load, pause)
            finally:
                turn.end("unknown")
            since = time.monotonic()
            if state.exhausted or not outcome.retriable or not hopeful:
                raise self.circuits.give_up(endpoint, outcome.error)
            if pause > state.seconds_left:
                raise self.circuits.give_up(endpoint, self._out_of_time(request, outcome, pause))
            log.debug("%s; attempt %d in %.1f s", outcome.error, state.failures + 1, pause)
            if outcome.load != "overloaded":
                # The pause that an overloaded server asks for is spent at the gate, by all threads.
                time.sleep(pause)

    def send_once(self, request: Request) -> Response:
        """Send a request once, without waiting for a turn, and return the response, whatever its status.

        :raises CatalogueUnavailableError: if there is none
        """
        return self._exchange(request, prepare(self._pool, request, self._timeout))

    def _exchange(self, request: Request, prepared: PreparedRequest) -> Response:
        from urllib3.exceptions import HTTPError

        with self._lock:
            self._requests[request.method] += 1
        try:
            return exchange(prepared, self._max_bytes)
        except ResponseTooLargeError:
            raise too_large_error(self._server, request, self._max_bytes) from None
        except (HTTPError, OSError, ResponseCutOffError) as error:
            raise unreachable_error(self._server, request, self._timeout, error) from None

    def _answer(self, request: Request, prepared: PreparedRequest) -> Response | CatalogueUnavailableError:
        """Return the response to a request, or why there is none."""
        try:
            return self._exchange(request, prepared)
        except CatalogueUnavailableError as error:
            return error

    def _classify(
        self, request: Request, answer: Response | CatalogueUnavailableError, *, missing_ok: bool
    ) -> Success | Failure:
        if isinstance(answer, Response):
            return classify_response(self._server, request, answer, self._token, missing_ok=missing_ok)
        return classify_no_response(request, answer)

    def _begin(self, endpoint: Endpoint, prepared: PreparedRequest) -> None:
        """Send a request whose turn has come, unless its endpoint is not asked any more."""
        if not self.circuits.is_open(endpoint):
            prepared.begin()

    def _acquire(self, request: Request, prepared: PreparedRequest, endpoint: Endpoint, max_pause: float) -> _Turn:
        """Wait until the request may be sent, and has perhaps been sent."""
        begin, optional = partial(self._begin, endpoint, prepared), endpoint.optional
        try:
            round_ = self._gate.acquire(max_pause, begin, optional=optional)
        except ThrottleError as error:
            if error.pause is None:
                raise stalled_error(request, self._stall_timeout) from None
            raise retry_after_error(self._server, request, error.pause, self._retries.budget) from None
        except BaseException:
            prepared.discard()
            raise
        return _Turn(partial(self._release, round_, optional=optional))

    def _release(self, round_: int, load: LoadSignal, pause: float, *, optional: bool) -> None:
        if self._gate.release(round_, load, pause, optional=optional):
            log.info(
                "%s is overloaded: at most %s at a time, the next in %.1f s",
                self._server, counted(self._gate.limit, "request"), pause,
            )  # fmt: skip

    def _out_of_time(self, request: Request, failure: Failure, pause: float) -> CatalogueError:
        """Return the error of a request whose next attempt would exceed the budget."""
        if failure.retry_after is not None and failure.retry_after >= pause:
            return retry_after_error(self._server, request, pause, self._retries.budget, failure.error.status)
        return failure.error


class _Turn:
    """The turn of a request, which ends once.

    :param release: function that lets the next request go on, given what this one showed of the server's load, and the
        pause that an overloaded server needs
    """

    __slots__ = ("_release",)

    def __init__(self, release: Callable[[LoadSignal, float], None]) -> None:
        self._release: Callable[[LoadSignal, float], None] | None = release

    def end(self, load: LoadSignal, pause: float = 0.0) -> None:
        """End the turn, unless it has ended."""
        release, self._release = self._release, None
        if release is not None:
            release(load, pause)
