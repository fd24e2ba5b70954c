"""Requests on connections that are open already: sent as ``http.client`` sends them, read by ``httptools``.

urllib3 opens the connections and keeps the pool. All of a request but this is left out, which takes most of its CPU
time. Imported with the first request, because urllib3 is.
"""

from __future__ import annotations

import copy
import logging
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal

from urllib3.exceptions import EmptyPoolError, ProtocolError, ReadTimeoutError

from openmetadata_ol_provider.openmetadata.client.received_response import ReceivedResponse, UnreadableResponseError

log = logging.getLogger(__name__)

#: Request targets that need no escapes.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
#: Most heads of requests that are kept: there are a few, apart from those that name an ETag.
_MOST_HEADS = 64
#: What ``http.client`` makes of an empty body.
_EMPTY = b"Content-Length: 0\r\n"


class OpenConnections:
    """The open connections of a pool, until a response comes that only urllib3 may be able to read.

    :param pool: pool of urllib3
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._are_readable = pool.proxy is None
        self._heads: dict[object, bytes] = {}

    def begin(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> SentRequest | None:
        """Send a request.

        :param url: path with the query
        :param headers: all headers
        :param timeout: seconds to wait for the response, and for each further piece of it
        :return: ``None`` if nothing was sent: no connection is open, there is a proxy in between, the URL has to be
            escaped, or an earlier response could not be read
        :raises urllib3.exceptions.HTTPError: if it could not be sent
        """
        connection = self._take() if _PLAIN.fullmatch(url) else None
        if connection is None:
            return None
        sent = SentRequest(connection, self._pool, url, self.leave_to_urllib3)
        try:
            sock, message = connection.sock, self._message(connection, method, url, content, headers)
            # Setting it is a call of the system, with which Python's lock goes to another thread.
            if sock.gettimeout() != timeout:
                sock.settimeout(timeout)
            # The server may have answered before it has read everything.
            with suppress(BrokenPipeError):
                sock.sendall(message)
        except BaseException as error:
            sent.give_up(error)
            raise
        return sent

    def leave_to_urllib3(self, error: UnreadableResponseError) -> None:
        """Send no further requests, after a response that could not be read."""
        log.info("urllib3 reads all further responses, which takes more CPU time: %s", error)
        self._are_readable = False

    def _take(self) -> Any | None:
        if not self._are_readable:
            return None
        # Not public, but the same in all versions: what subclasses of its pools build on.
        try:
            connection = self._pool._get_conn(timeout=0)  # noqa: SLF001
        except EmptyPoolError:
            # Waiting is up to the thread whose request it is.
            return None
        if connection.sock is not None:
            return connection
        self._pool._put_conn(connection)  # noqa: SLF001
        return None

    def _message(
        self, connection: Any, method: str, url: str, content: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        """Return a request as one piece: Python sends head and body apart, which wakes the server twice."""
        key = (method, content is None, *headers.items())
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            head = self._heads[key] = head_after_target(connection, method, headers, has_content=content is not None)
        start = f"{method} {url}".encode("ascii")
        return start + head if content is None else b"%b%b%d\r\n\r\n%b" % (start, head, len(content), content)


class SentRequest:
    """A request that was sent on an open connection.

    :param connection: the connection
    :param pool: pool of urllib3 that the connection goes back to
    :param url: path that was requested
    :param on_unreadable: function to call if the response cannot be read
    """

    __slots__ = ("_connection", "_on_unreadable", "_pool", "_url")

    def __init__(
        self, connection: Any, pool: Any, url: str, on_unreadable: Callable[[UnreadableResponseError], None]
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._url = url
        self._on_unreadable = on_unreadable

    def response(self) -> OpenResponse:
        """Return the response as soon as its head has arrived.

        :raises urllib3.exceptions.HTTPError: if there is no response
        """
        response = ReceivedResponse(self._connection.sock)
        try:
            response.receive_head()
        except BaseException as error:
            self.give_up(error)
            raise
        return OpenResponse(response, self._connection, self._pool, self._url, self._on_unreadable)

    def discard(self) -> None:
        """Close the connection, without its response."""
        self._connection.close()
        self._pool._put_conn(self._connection)  # noqa: SLF001

    def give_up(self, error: BaseException) -> None:
        """Close the connection, and raise errors that are urllib3's own for those that are not.

        :raises urllib3.exceptions.HTTPError: for an error of the connection
        """
        self.discard()
        if isinstance(error, UnreadableResponseError):
            self._on_unreadable(error)
        if isinstance(error, TimeoutError):
            raise ReadTimeoutError(self._pool, self._url, "read timed out") from error
        if isinstance(error, OSError | HTTPException):
            raise ProtocolError("Connection aborted.", error) from error


class OpenResponse:
    """A response whose head has been read; the part of urllib3's interface that is needed.

    :param response: the response
    :param connection: connection that it comes from
    :param pool: pool of urllib3 that the connection goes back to
    :param url: path that was requested
    :param on_unreadable: function to call if the body cannot be read
    """

    def __init__(
        self,
        response: ReceivedResponse,
        connection: Any,
        pool: Any,
        url: str,
        on_unreadable: Callable[[UnreadableResponseError], None],
    ) -> None:
        self._response = response
        self._connection = connection
        self._pool = pool
        self._url = url
        self._on_unreadable = on_unreadable
        self.status = response.status
        self.reason = response.reason
        self.headers: Any = response.headers

    def stream(self, amt: int, decode_content: Literal[True] = True) -> Iterator[bytes]:
        """Yield the body, decompressed, in pieces.

        :param amt: most bytes of a piece that was compressed
        :param decode_content: ``True``, as urllib3 wants it
        :raises urllib3.exceptions.HTTPError: if it ends too early or cannot be decompressed
        """
        del decode_content
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding == "identity":
            return self._read()
        if encoding != "gzip":
            raise ProtocolError(f"its Content-Encoding {encoding} was not asked for")
        return _decompressed(self._read(), amt)

    def _read(self) -> Iterator[bytes]:
        try:
            while piece := self._response.next_piece():
                yield piece
        except UnreadableResponseError as error:
            self._on_unreadable(error)
            raise
        except TimeoutError as error:
            raise ReadTimeoutError(self._pool, self._url, "read timed out") from error
        except OSError as error:
            raise ProtocolError(f"Connection broken: {error!r}", error) from error

    def close(self) -> None:
        """Close the connection unless the body was read to its end and the server keeps the connection open."""
        if not self._response.is_reusable:
            self._connection.close()

    def release_conn(self) -> None:
        """Give the connection back to its pool."""
        self._pool._put_conn(self._connection)  # noqa: SLF001


def head_after_target(connection: Any, method: str, headers: Mapping[str, str], *, has_content: bool) -> bytes:
    """Return the head of a request from the end of its target on, up to the length of its body if it has one.

    :param connection: connection as urllib3 has opened it; its state does not change
    :param headers: all headers but those that ``http.client`` adds
    """
    pieces: list[bytes] = []
    draft = copy.copy(connection)
    draft.send = pieces.append
    HTTPConnection.request(draft, method, "/", b"" if has_content else None, headers)
    head = b"".join(pieces).removeprefix(f"{method} /".encode("ascii"))
    return head.removesuffix(b"\r\n").replace(_EMPTY, b"", 1) + _EMPTY[:-3] if has_content else head


def _decompressed(pieces: Iterable[bytes], amt: int) -> Iterator[bytes]:
    """Yield a compressed body, which may be compressed in several parts, in pieces of a bounded size."""
    decoder, piece = _decoder(), b""
    try:
        for piece in pieces:
            rest = piece
            while rest:
                decoder = _decoder() if decoder.eof else decoder
                yield decoder.decompress(rest, amt)
                rest = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        yield decoder.flush()
    except zlib.error as error:
        raise ProtocolError(f"Connection broken: {error!r}", error) from error
    if piece and not decoder.eof:
        raise ProtocolError("Connection broken: the compressed body ends too early")


def _decoder() -> Any:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)
