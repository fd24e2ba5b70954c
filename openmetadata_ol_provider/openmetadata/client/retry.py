"""How often and how long a request is tried: full jitter, ``Retry-After``, and a budget."""

from __future__ import annotations

import datetime as dt
import random
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

# Of proxies and gateways that have not received the request in time, or no answer of the server.
_OF_GATEWAYS = frozenset({408, 425, 520, 521, 522, 523, 524})
#: Status codes after which the same request may succeed a moment later.
RETRIABLE_STATUS = frozenset({429, 500, 502, 503, 504}) | _OF_GATEWAYS
#: Status codes of an overloaded server; it sends them before the request has had any effect.
OVERLOADED_STATUS = frozenset({429, 503})
#: Methods that may be sent again although the first request may have had its effect.
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class RetryPolicy(NamedTuple):
    """Retry policy of a client.

    :param attempts: attempts per request, the first included
    :param base: seconds; the pause after the n-th failure is drawn from 0 to ``base * 2**n`` (full jitter)
    :param cap: longest pause drawn, in seconds
    :param budget: seconds that the attempts of a request and the pauses between them may take together. Time spent
        waiting for other requests of the client before it is sent does not count
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 15.0
    budget: float = 120.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt.

        :param attempt: number of the failed attempt, from 0
        :param retry_after: seconds that the server asks to wait; the pause is never shorter
        """
        drawn = random.uniform(0, min(self.cap, self.base * 2**attempt))  # noqa: S311 - jitter, not a secret
        return max(drawn, retry_after or 0.0)


class RetryState:
    """What one request has used of its retry policy so far.

    :param policy: the client's retry policy
    :param attempts: most attempts of this request; default: the policy's
    """

    def __init__(self, policy: RetryPolicy, attempts: int | None = None) -> None:
        self._policy = policy
        self._attempts = attempts or policy.attempts
        self._conflicts = 0
        #: attempts that failed
        self.failures = 0
        #: seconds used by attempts and by the pauses between them
        self.seconds = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds left of the budget."""
        return self._policy.budget - self.seconds

    def next_pause(self, retry_after: float | None) -> float:
        """Return the seconds to wait after the attempt that has just failed."""
        return self._policy.pause(self.failures, retry_after)

    def record_failure(self, seconds: float, status: int | None) -> None:
        """Count a failed attempt.

        :param seconds: duration of the attempt
        :param status: HTTP status, ``None`` if there was no response
        """
        self.seconds += seconds
        self.failures += 1
        # A PUT that raced with another one for the same name finds the entity the second time.
        self._conflicts += status == 409

    @property
    def exhausted(self) -> bool:
        """Whether no further attempt is allowed, whatever the budget."""
        return self.failures >= self._attempts or self._conflicts > 1


def retry_after(header: str | None, sent: str | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` header (delta or HTTP date), ``None`` if it is missing or unreadable.

    :param header: value of the header
    :param sent: ``Date`` of the response; a date in ``header`` is compared with it, because both are of the server's
        clock. Default: the clock of this machine
    """
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    until = _seconds_of(header)
    if until is None:
        return None
    now = _seconds_of(sent) if sent else None
    return max(0.0, until - (time.time() if now is None else now))


def _seconds_of(date: str) -> float | None:
    """Return an HTTP date in seconds since 1970, ``None`` if it is unreadable; one without a zone is in UTC."""
    try:
        parsed = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.timezone.utc)).timestamp()
