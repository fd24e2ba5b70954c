"""The record of all requests to the stand-in."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any, NamedTuple

import msgspec

from openmetadata_ol_provider.sandbox.catalogue.versions import Version

_READ_METHODS = ("GET", "HEAD", "OPTIONS")


class Recorded(NamedTuple):
    """A request and how it was answered.

    :param path: path and query as sent
    :param status: status of the response; 0 if the connection was closed instead
    """

    method: str
    path: str
    status: int


class Sent(NamedTuple):
    """A request with its body.

    :param path: path and query as sent
    :param status: status of the response; 0 if the connection was closed instead
    :param content_type: Content-Type of the request
    :param agent: User-Agent of the request
    :param content: body as sent
    """

    method: str
    path: str
    status: int
    content_type: str
    agent: str
    content: bytes

    def json(self) -> Any:
        """Return the decoded body.

        :raises msgspec.DecodeError: if it is not JSON
        """
        return msgspec.json.decode(self.content)


class RequestLog:
    """All requests, in the order in which they were answered.

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
        """Return all requests."""
        with self._lock:
            return list(self._requests)

    def calls(self) -> dict[str, int]:
        """Return the number of requests by method."""
        return dict(Counter(request.method for request in self.all()))

    def writes(self) -> list[Recorded]:
        """Return the requests that may have changed something."""
        return [request for request in self.all() if request.method not in _READ_METHODS]

    def clear(self) -> None:
        """Drop all recorded requests."""
        with self._lock:
            self._requests = []
            self._bodies = []
