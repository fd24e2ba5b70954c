"""Stops asking endpoints that keep failing, as long as lineage does not need them.

An endpoint that lineage needs is asked with all patience. One that only decorates lineage is asked a few times in each
publication; after these its *circuit* is open: nothing more is sent to it, and each fact that needs it is the problem
of that fact, which a later publication tries again. Time is limited for all of them together, so that an endpoint that
times out cannot use up the time of a task.

Failures in a row count for each endpoint by itself: that edges can be written says nothing about statuses.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.endpoints import Endpoint

#: Failed attempts in a row after which an endpoint is not asked any more.
MOST_FAILURES = 3
#: The same for refusals (403, 404, 405), which are cheap and may be about single entities.
MOST_REFUSALS = 10
#: The same for patches, which older servers answer with 500 when somebody else was faster: each is tried three times.
MOST_PATCHES = 30
#: Seconds that a client may lose with all failing endpoints that lineage does not need; then one failure is enough.
MOST_SECONDS = 120.0
_REFUSALS = frozenset({403, 404, 405})
_ERRORS = frozenset({500, 502, 504})


class EndpointClosedError(CatalogueUnavailableError):
    """Raised instead of a request to an endpoint that keeps failing."""


class FailingEndpoint(NamedTuple):
    """An endpoint that is not asked any more.

    :param error: what it answered last
    :param skipped: number of requests that were not sent
    """

    endpoint: Endpoint
    error: str
    skipped: int


class _Circuit:
    """The failures of one endpoint since its last success.

    :ivar failures: failed attempts, weighted: that one at the limit opens the circuit
    :ivar calls: calls that were given up
    """

    __slots__ = ("calls", "error", "failures", "is_open", "skipped")

    def __init__(self) -> None:
        self.failures = 0.0
        self.calls = 0
        self.is_open = False
        self.error = ""
        self.skipped = 0


class Circuits:
    """The circuits of a client; safe for many threads.

    :param timeout: seconds after which an attempt without response ends
    :param clock: monotonic clock, in seconds
    """

    def __init__(self, timeout: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[Endpoint, _Circuit] = {}
        self._seconds_lost = 0.0
        self._lost_until = float("-inf")

    @property
    def failing(self) -> tuple[FailingEndpoint, ...]:
        """Endpoints that are not asked any more, each with its last error."""
        with self._lock:
            circuits = sorted(self._circuits.items())
            return tuple(FailingEndpoint(name, one.error, one.skipped) for name, one in circuits if one.is_open)

    def reset(self) -> None:
        """Ask every endpoint again, for example in the next publication, unless too much time was lost already."""
        with self._lock:
            if self._seconds_lost < MOST_SECONDS:
                self._circuits.clear()
            for circuit in self._circuits.values():
                circuit.skipped = 0

    def is_open(self, endpoint: Endpoint) -> bool:
        """Return whether an endpoint is not asked any more."""
        circuit = self._circuits.get(endpoint) if endpoint.optional else None
        return circuit is not None and circuit.is_open

    def require_closed(self, endpoint: Endpoint) -> None:
        """Count a request that is not sent if its endpoint is not asked any more.

        :raises EndpointClosedError: if it is not
        """
        if not endpoint.optional or endpoint not in self._circuits:
            return
        with self._lock:
            circuit = self._circuits.get(endpoint)
            if circuit is None or not circuit.is_open:
                return
            circuit.skipped += 1
            text = f"{endpoint} keeps failing and is not asked again for now; the last answer: {circuit.error}"
        error = EndpointClosedError(text)
        error.optional = True
        raise error

    def record_success(self, endpoint: Endpoint) -> None:
        """Forget the failures of an endpoint."""
        if endpoint in self._circuits:
            with self._lock:
                self._circuits.pop(endpoint, None)

    def record_failure(self, endpoint: Endpoint, error: CatalogueError, started: float) -> bool:
        """Count a failed attempt and return whether the endpoint is still to be asked.

        :param error: what the attempt ended with
        :param started: time on the clock at which the attempt, or the pause before it, began
        """
        now = self._clock()
        weight = _weight(endpoint, error, slow=now - started >= 0.9 * self._timeout)
        if weight is None:
            self.record_success(endpoint)
            return True
        with self._lock:
            circuit = self._circuits.setdefault(endpoint, _Circuit())
            circuit.failures += weight
            circuit.error = str(error)
            if not endpoint.optional:
                return True
            if error.status not in _REFUSALS:
                # Threads wait at the same time.
                self._seconds_lost += max(0.0, now - max(started, self._lost_until))
                self._lost_until = now
            impatient = weight > 0 and self._seconds_lost >= MOST_SECONDS
            circuit.is_open = circuit.is_open or impatient or circuit.failures >= 0.999
            return not circuit.is_open

    def give_up(self, endpoint: Endpoint, error: CatalogueError) -> CatalogueError:
        """Count a call that failed for good, and return its error with what the endpoint has shown."""
        error.optional = endpoint.optional
        with self._lock:
            circuit = self._circuits.get(endpoint)
            if circuit is not None:
                circuit.calls += 1
                error.consecutive = circuit.calls
                if endpoint.optional and error.retriable and error.status not in _ERRORS:
                    # All patience was in vain: overloaded, or out of reach.
                    circuit.is_open = True
        return error


def _weight(endpoint: Endpoint, error: CatalogueError, *, slow: bool) -> float | None:
    """Return the share of a failed attempt in what opens a circuit; ``None`` if the endpoint works.

    What is about the whole server (overloaded, out of reach) has no weight: patience helps, until a call is given up.
    """
    limit = MOST_PATCHES if endpoint.method == "PATCH" else MOST_FAILURES
    if error.status in _REFUSALS:
        return 1 / MOST_REFUSALS
    if error.status in _ERRORS:
        return 1 / limit
    if error.status is None:
        return 0.5 if slow else 0.0
    return 0.0 if error.retriable else None
