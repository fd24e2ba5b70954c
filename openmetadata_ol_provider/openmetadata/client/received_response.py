"""Receives a response from a connection, parsed by ``httptools``: llhttp, the parser of Node.js, in C."""

from __future__ import annotations

from typing import Any, Final

import httptools
from urllib3.exceptions import ProtocolError

from openmetadata_ol_provider.openmetadata.client.deadline import Deadline

#: Most bytes that are received at once.
_PIECE: Final = 65_536
#: Most bytes that may come before the body: far more than any server sends.
_MOST_HEAD: Final = 1_048_576
#: Fields that tell where a body ends; without them it ends with its connection.
_FRAMING: Final = ("content-length", "transfer-encoding")


class UnreadableResponseError(ProtocolError):
    """Raised when ``httptools`` refuses a response; ``http.client`` may still read it, because it takes more."""


class HeaderFields(dict[str, str]):
    """Header fields by name in lower case; :meth:`get` takes any letter case."""

    def add(self, name: str, value: str) -> None:
        """Add a field; one that comes several times has all of its values, separated by commas."""
        name = name.lower()
        self[name] = f"{self[name]}, {value}" if name in self else value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field."""
        return super().get(name.lower(), default)


class ReceivedResponse:
    """A response as far as it has been received; the methods that start with ``on_`` are called by the parser.

    :param sock: connected socket, with its timeout; the whole response may take ten times as long
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._deadline = Deadline(sock.gettimeout())
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._has_head = False
        self._is_over = False
        self.status = 0
        self.reason = ""
        self.headers = HeaderFields()
        #: Whether the body was received to its end, and the connection can be used for the next request.
        self.is_reusable = False

    def receive_head(self) -> None:
        """Receive until the head is there.

        :raises urllib3.exceptions.ProtocolError: if what is received is not HTTP
        :raises OSError: if nothing is received in time
        """
        received = 0
        while not self._has_head:
            received += self._receive()
            if received > _MOST_HEAD:
                raise ProtocolError(f"Connection broken: the head of the response is larger than {_MOST_HEAD} bytes")

    def next_piece(self) -> bytes:
        """Return the next piece of the body, empty at its end.

        :raises urllib3.exceptions.ProtocolError: if the response is cut off, or is not HTTP
        :raises OSError: if nothing is received in time
        """
        while not self._pieces and not self._is_over:
            self._receive()
        if not self._pieces:
            return b""
        piece, self._pieces = b"".join(self._pieces), []
        return piece

    def _receive(self) -> int:
        self._deadline.check()
        received: bytes = self._sock.recv(_PIECE)
        if not received:
            self._end_with_connection()
        try:
            self._parser.feed_data(received)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.is_reusable = False
            # What follows a complete response is no part of it.
            if not self._is_over:
                detail = f"Connection broken: the response is not HTTP ({error})"
                raise UnreadableResponseError(detail, error) from error
        return len(received)

    def _end_with_connection(self) -> None:
        if not self._has_head:
            raise ProtocolError("Connection aborted: the server closed it without response")
        if any(name in self.headers for name in _FRAMING):
            raise ProtocolError("Connection broken: the response was cut off")
        self._is_over = True

    # -- called by the parser ------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a response, or note that another one follows, which nobody has asked for."""
        if self._is_over:
            self.is_reusable = False
        else:
            self.reason, self.headers = "", HeaderFields()

    def on_status(self, reason: bytes) -> None:
        """Take the reason phrase, or a part of it."""
        if not self._is_over:
            self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the head, or of the trailer, which is of no use."""
        if not self._has_head:
            self.headers.add(name.decode("latin-1"), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """Note that the head is there, unless it is that of an interim response."""
        status = self._parser.get_status_code()
        if not self._has_head and status >= 200:
            self.status, self._has_head = status, True

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        if not self._is_over:
            self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Note the end of the response."""
        if self._has_head and not self._is_over:
            self._is_over, self.is_reusable = True, self._parser.should_keep_alive()
