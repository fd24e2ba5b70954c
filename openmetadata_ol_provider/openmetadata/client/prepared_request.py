"""Requests that are complete but for their connection: any thread can send one, and its own reads the response."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from openmetadata_ol_provider.openmetadata.client.open_connection import OpenResponse, SentRequest

#: Most bytes of a body that another thread sends: it would have to wait until the server has read more.
_MOST_BEGUN: Final = 32_768


class Connections(Protocol):
    """Connections to a server."""

    def begin(self, request: PreparedRequest) -> SentRequest | None:
        """Send a request on a connection that is open; ``None``: there is none that can be used."""

    def send(self, request: PreparedRequest) -> BaseHTTPResponse:
        """Send a request on any connection, and return the response when its head has arrived."""


class PreparedRequest:
    """A request that can be sent once.

    :param connections: connections to the server
    :param method: HTTP method
    :param target: path below the base URL, with the query
    :param content: body; ``None`` for no body
    :param headers: all headers
    :param timeout: seconds to wait for the response, and for each further piece of it
    """

    __slots__ = (
        "_connections", "_error", "_is_spent", "_lock", "_sent", "content", "headers", "method", "target", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        connections: Connections,
        *,
        method: str,
        target: str,
        content: bytes | None,
        headers: Mapping[str, str],
        timeout: float,
    ) -> None:
        self._connections = connections
        self.method = method
        self.target = target
        self.content = content
        self.headers = headers
        self.timeout = timeout
        self._sent: SentRequest | None = None
        self._error: Exception | None = None
        self._lock = threading.Lock()
        self._is_spent = False

    @property
    def is_begun(self) -> bool:
        """Whether it was sent, or sending it has failed."""
        return self._sent is not None or self._error is not None

    def begin(self) -> None:
        """Send the request if a connection is open and it is small; what goes wrong is raised by :meth:`response`."""
        if self.content is not None and len(self.content) > _MOST_BEGUN:
            return
        with self._lock:
            if not self._is_spent:
                # It stays so if this thread is interrupted: the request may have been sent.
                self._is_spent = True
                try:
                    self._sent = self._connections.begin(self)
                except Exception as error:  # noqa: BLE001 - it is the error of the thread that wants the response
                    self._error = error
                self._is_spent = self.is_begun

    def discard(self) -> None:
        """Do not send the request any more, and close the connection on which it was sent, if it was."""
        with self._lock:
            self._is_spent = True
            sent, self._sent = self._sent, None
        if sent is not None:
            sent.discard()

    def response(self) -> BaseHTTPResponse | OpenResponse:
        """Return the response as soon as its head has arrived, after sending the request if it was not begun.

        :raises urllib3.exceptions.HTTPError: if there is no response
        :raises OSError: if there is no response, or a certificate file is missing
        """
        from urllib3.exceptions import ProtocolError

        with self._lock:
            is_spent, self._is_spent = self._is_spent, True
        if self._error is not None:
            raise self._error
        if is_spent and self._sent is None:
            raise ProtocolError("Connection aborted: the thread that sent the request was interrupted")
        sent = self._sent or self._connections.begin(self)
        return self._connections.send(self) if sent is None else sent.response()
