"""Responses that urllib3 reads: limited in time as a whole, and complete in their heads.

urllib3 leaves the reading to ``http.client``, whose responses are replaced by these. It knows only a timeout for each
piece, and takes the end of a connection for the end of a head, so that half a head of a success is a success.
"""

from __future__ import annotations

from http.client import HTTPResponse, RemoteDisconnected
from io import BufferedReader, RawIOBase
from typing import Any

from openmetadata_ol_provider.openmetadata.client.deadline import Deadline


class TimelyResponse(HTTPResponse):
    """A response that has to be complete in time, and whose head must not be cut off.

    :param sock: connected socket, with its timeout
    """

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._stream = _TimelyStream(self.fp.detach(), Deadline(sock.gettimeout()))
        self.fp = BufferedReader(self._stream)

    def begin(self) -> None:
        """Read the head, after those of interim responses.

        :raises RemoteDisconnected: if the connection ends before the head does
        """
        super().begin()
        # Python skips 100 only.
        while 101 < self.status < 200 and not self._stream.has_ended:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
        if self._stream.has_ended:
            raise RemoteDisconnected("the server closed the connection in the head of its response")


class _TimelyStream(RawIOBase):
    """What arrives on a socket, up to a deadline.

    :param raw: the unbuffered stream of the socket
    :param deadline: its deadline
    :ivar has_ended: ``True`` once the end of the stream was read
    """

    def __init__(self, raw: Any, deadline: Deadline) -> None:
        super().__init__()
        self._raw = raw
        self._deadline = deadline
        self.has_ended = False

    def readable(self) -> bool:
        """Return ``True``."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has arrived, at least one byte, and return how many there were; 0 at the end.

        :raises TimeoutError: if nothing arrives in time, or the deadline has passed
        """
        self._deadline.check()
        count: int = self._raw.readinto(buffer)
        self.has_ended = not count
        return count

    def fileno(self) -> int:
        """Return the socket's file descriptor."""
        number: int = self._raw.fileno()
        return number

    def close(self) -> None:
        """Close the stream of the socket, too."""
        self._raw.close()
        super().close()
