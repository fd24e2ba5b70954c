"""Faults on demand, and the record of requests: what tests need to see what a client does when things go wrong."""

from __future__ import annotations

import re
import threading
import urllib.parse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.validation import Version

READS = ("GET", "HEAD", "OPTIONS")


@dataclass
class Fault:
    """A fault that hits the next requests of a kind.

    :param method: HTTP method, or ``*``
    :param path: regular expression, searched in the decoded path and query
    :param status: status to answer; 0 closes the connection without an answer; ``None`` answers as always
    :param times: how many requests it hits
    :param message: ``message`` of the error body
    :param after_effect: whether the request is carried out before it fails, or before the delay
    :param headers: header fields of the answer
    :param delay: seconds to wait before
    :param reset: close by a reset (status 0)
    :param half: answer as always, but close after half of the body (status ``None``)
    :param pinned: once it has hit a request, it hits only that one again, when it is repeated
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
    _hit: tuple[str, str, bytes] | None = None

    def hits(self, method: str, target: str, content: bytes) -> bool:
        """Tell whether a request is one to hit."""
        if self._hit is not None:
            return self.times > 0 and self._hit == (method, target, content)
        return self.times > 0 and self.method in ("*", method) and bool(self.path.search(target))

    def hit(self, method: str, target: str, content: bytes) -> None:
        """Note that a request was hit."""
        self.times -= 1
        if self.pinned:
            self._hit = (method, target, content)


class Faults:
    """The faults still to come."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault."""
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, target: str, content: bytes = b"") -> Fault | None:
        """Return the first fault that hits a request, and use up one of its times."""
        if not self._faults:
            return None
        decoded = urllib.parse.unquote(target)
        with self._lock:
            for fault in self._faults:
                if fault.hits(method, decoded, content):
                    fault.hit(method, decoded, content)
                    self._faults = [item for item in self._faults if item.times > 0]
                    return fault
        return None

    def clear(self) -> None:
        """Plan no faults any more."""
        with self._lock:
            self._faults = []


class Recorded(NamedTuple):
    """A request that was answered; ``status`` is 0 where the connection was closed instead."""

    method: str
    path: str
    status: int


class Sent(NamedTuple):
    """A request that was answered, with its body.

    :param content_type: as the request says
    :param agent: the client's name of itself
    :param content: the body as sent
    """

    method: str
    path: str
    status: int
    content_type: str
    agent: str
    content: bytes

    def json(self) -> Any:
        """Return the body.

        :raises msgspec.DecodeError: if it is no JSON
        """
        return msgspec.json.decode(self.content)


class RequestLog:
    """The requests so far, in the order in which they were answered.

    :param version: version that is played
    """

    def __init__(self, version: Version) -> None:
        self.version = version
        self._lock = threading.Lock()
        self._requests: list[Recorded] = []
        self._bodies: list[Sent] = []

    def add(self, sent: Sent) -> None:
        """Record a request, with or without a body."""
        with self._lock:
            self._requests.append(Recorded(sent.method, sent.path, sent.status))
            if sent.content:
                self._bodies.append(sent)

    def bodies(self) -> list[Sent]:
        """Return the requests that had a body."""
        with self._lock:
            return list(self._bodies)

    def all(self) -> list[Recorded]:
        """Return the requests."""
        with self._lock:
            return list(self._requests)

    def calls(self) -> dict[str, int]:
        """Return the number of requests by method."""
        return dict(Counter(request.method for request in self.all()))

    def writes(self) -> list[Recorded]:
        """Return the requests that may have changed something."""
        return [request for request in self.all() if request.method not in READS]

    def clear(self) -> None:
        """Forget the requests."""
        with self._lock:
            self._requests = []
            self._bodies = []
