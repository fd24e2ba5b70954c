"""Reads requests from a connection, parsed by ``httptools``: the parser of Node.js, in C.

Python's own parser of header fields takes as much CPU time as all else that the stand-in does for a request, which
would count as time of the catalogue in every benchmark.
"""

from __future__ import annotations

import socket
from collections import deque
from typing import Final, NamedTuple

import httptools

#: Jetty's default limit for the request line and all header fields together.
MAX_HEADER_BYTES: Final = 8192
#: Most bytes that are received at once.
_PIECE: Final = 65_536


class ReceivedRequest(NamedTuple):
    """A request as it was received.

    :param method: HTTP method
    :param target: path and query as sent
    :param headers: header fields by name in lower case
    :param content: body as sent
    :param keep_alive: ``True`` if the client may send another request on the connection
    """

    method: str
    target: str
    headers: dict[str, str]
    content: bytes
    keep_alive: bool


class UnreadableRequestError(Exception):
    """Raised for a request that cannot be read, so that nothing after it can be read either.

    :param status: HTTP status of the response
    :param message: what is wrong
    :param method: HTTP method as far as it is known
    :param target: path and query as far as they are known
    """

    def __init__(self, status: int, message: str, method: str = "", target: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.method = method
        self.target = target


class RequestReader:
    """Reads the requests of one connection; the methods that start with ``on_`` are called by the parser.

    :param connection: connected socket
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._parser = httptools.HttpRequestParser(self)
        self._complete: deque[ReceivedRequest] = deque()
        self._refusal: UnreadableRequestError | None = None
        self.on_message_begin()

    def next_request(self) -> ReceivedRequest | None:
        """Return the next request, ``None`` if the client has closed the connection.

        :raises UnreadableRequestError: if it is not HTTP, has too many bytes of header fields, or no known length
        :raises OSError: if the connection was reset
        """
        while not self._complete:
            if self._refusal is not None:
                raise self._refusal
            received = self._connection.recv(_PIECE)
            if not received:
                return None
            self._feed(received)
        return self._complete.popleft()

    def _feed(self, received: bytes) -> None:
        try:
            self._parser.feed_data(received)
        except httptools.HttpParserCallbackError:
            # What it was is in _refusal.
            return
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(received[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refusal = UnreadableRequestError(400, f"Bad Request: {error}")
        self._require_small()

    def _go_on_without_upgrade(self, received: bytes) -> None:
        """Read the body of a request that offers another protocol: the parser takes it to be in that protocol.

        :param received: what has been received after the head
        """
        request = self._complete.pop()
        length = int(request.headers.get("content-length", 0))
        while len(received) < length:
            piece = self._connection.recv(_PIECE)
            if not piece:
                return
            received += piece
        self._complete.append(request._replace(content=received[:length]))
        self._parser = httptools.HttpRequestParser(self)
        if len(received) > length:
            self._feed(received[length:])

    def _require_small(self) -> None:
        """Refuse a request whose head has become too large."""
        if self._head_bytes > MAX_HEADER_BYTES and self._refusal is None:
            self._refusal = self._refused(431, "Request Header Fields Too Large")

    def _refused(self, status: int, message: str) -> UnreadableRequestError:
        method = self._parser.get_method().decode("ascii")
        return UnreadableRequestError(status, message, method, self._target.decode("latin-1"))

    # -- called by the parser ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._headers: dict[str, str] = {}
        self._content: list[bytes] = []
        self._head_bytes = 0

    def on_url(self, piece: bytes) -> None:
        """Take the request target, or a part of it."""
        self._target += piece
        self._head_bytes += len(piece)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._head_bytes += len(name) + len(value) + 4

    def on_headers_complete(self) -> None:
        """Refuse a request whose body has no known length, and ask for the body of one that waits to be asked."""
        self._head_bytes += len(self._parser.get_method()) + len("  HTTP/1.1\r\n")
        self._require_small()
        if self._refusal is None and "transfer-encoding" in self._headers:
            self._refusal = self._refused(411, "This sandbox needs a Content-Length")
        if self._refusal is not None:
            raise self._refusal
        if self._headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self._content.append(piece)

    def on_message_complete(self) -> None:
        """Note the end of the request."""
        method, keep_alive = self._parser.get_method().decode("ascii"), self._parser.should_keep_alive()
        target, content = self._target.decode("latin-1"), b"".join(self._content)
        self._complete.append(ReceivedRequest(method, target, self._headers, content, keep_alive))
