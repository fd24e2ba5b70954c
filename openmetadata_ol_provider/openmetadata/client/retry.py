"""How often and how long a call to OpenMetadata is tried again: full jitter, ``Retry-After``, and a budget."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import NamedTuple

#: Answers that may be another one a moment later.
RETRIABLE_STATUS = frozenset({429, 500, 502, 503, 504})
#: Answers that say that there is too much to do; they come before the call has had any effect.
OVERLOADED_STATUS = frozenset({429, 503})
#: Methods that may be sent again although the first sending may have had its effect.
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Retries(NamedTuple):
    """Retry policy of one client.

    :param attempts: tries per call, the first included
    :param base: seconds; the n-th pause is drawn from 0 ... ``base * 2**n`` (full jitter)
    :param cap: seconds; longest pause drawn
    :param budget: seconds; a call is given up when its tries and the pauses between them would take longer. Waiting for
        other calls to get through, before it is sent, does not count
    """

    attempts: int = 6
    base: float = 0.5
    cap: float = 15.0
    budget: float = 120.0

    def pause(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after failed attempt number ``attempt`` (from 0); never less than asked for."""
        drawn = random.uniform(0, min(self.cap, self.base * 2**attempt))  # noqa: S311 - jitter, not a secret
        return max(drawn, retry_after or 0.0)


def retry_after(header: str | None) -> float | None:
    """Return the seconds of a ``Retry-After`` header (delta or HTTP date), ``None`` when there is none to obey."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
