"""Faults on demand: lets tests see how a client behaves when requests fail, stall or break off."""

from __future__ import annotations

import re
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """A fault that affects the next requests of a kind.

    :param method: HTTP method, or ``*``
    :param path: regular expression, searched in the decoded path and query
    :param status: status of the response; 0 closes the connection without a response; ``None`` responds as usual
    :param times: number of requests that are affected
    :param message: ``message`` of the error body
    :param after_effect: ``True`` if the request is carried out before it fails or before the delay
    :param headers: header fields of the response
    :param delay: seconds to wait before the response
    :param reset: ``True`` if the connection is closed by a reset (status 0)
    :param half: ``True`` if the connection is closed after half of the usual body (status ``None``)
    :param pinned: ``True`` if the fault, once it has affected a request, affects only repetitions of that request
    """

    method: str
    path: re.Pattern[str]
    status: int | None
    times: int = 1
    message: str = "Injected by the sandbox"
    after_effect: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False
    half: bool = False
    pinned: bool = False
    _pinned_to: tuple[str, str, bytes] | None = None

    def affects(self, method: str, target: str, content: bytes) -> bool:
        """Tell whether a request is affected.

        :param target: decoded path and query
        """
        if self._pinned_to is not None:
            return self.times > 0 and self._pinned_to == (method, target, content)
        return self.times > 0 and self.method in ("*", method) and bool(self.path.search(target))

    def use(self, method: str, target: str, content: bytes) -> None:
        """Count a request that is affected."""
        self.times -= 1
        if self.pinned:
            self._pinned_to = (method, target, content)


class FaultPlan:
    """The faults that have not been used up yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault."""
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, target: str, content: bytes = b"") -> Fault | None:
        """Return the first fault that affects a request, and use it once.

        :param target: path and query as sent
        """
        if not self._faults:
            return None
        decoded = urllib.parse.unquote(target)
        with self._lock:
            for fault in self._faults:
                if fault.affects(method, decoded, content):
                    fault.use(method, decoded, content)
                    self._faults = [item for item in self._faults if item.times > 0]
                    return fault
        return None

    def clear(self) -> None:
        """Drop all planned faults."""
        with self._lock:
            self._faults = []
