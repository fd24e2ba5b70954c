"""Requests on connections that are open already: sent and read by the standard library, in half of urllib3's CPU time.

urllib3 opens the connections and keeps the pool. Its connections derive from those of ``http.client``, which is used
here directly. Imported with the first request, because urllib3 is.
"""

from __future__ import annotations

import copy
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

from urllib3.exceptions import ProtocolError, ReadTimeoutError

#: Request targets that need no escapes.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
#: Most heads of requests that are kept: there are a few, apart from those that name an ETag.
_MOST_HEADS = 64
#: What ``http.client`` makes of an empty body.
_EMPTY = b"Content-Length: 0\r\n"


class OpenConnections:
    """The open connections of a pool.

    :param pool: pool of urllib3
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._heads: dict[object, bytes] = {}

    def send(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> OpenResponse | None:
        """Send a request and return the response as soon as its head has arrived.

        :param url: path with the query
        :param headers: all headers
        :param timeout: seconds to wait for the response, and for each further piece of it
        :return: ``None`` if nothing was sent: no connection is open, there is a proxy in between, or the URL has to be
            escaped
        :raises urllib3.exceptions.HTTPError: if there is no response
        """
        connection = self._take() if _PLAIN.fullmatch(url) else None
        if connection is None:
            return None
        response = HTTPResponse(connection.sock, method=method)
        try:
            message = self._message(connection, method, url, content, headers)
            connection.sock.settimeout(timeout)
            # The server may have answered before it has read everything.
            with suppress(BrokenPipeError):
                connection.sock.sendall(message)
            response.begin()
        except BaseException as error:
            response.close()
            connection.close()
            self._pool._put_conn(connection)  # noqa: SLF001
            if isinstance(error, TimeoutError):
                raise ReadTimeoutError(self._pool, url, "read timed out") from error
            if isinstance(error, OSError | HTTPException):
                raise ProtocolError("Connection aborted.", error) from error
            raise
        return OpenResponse(response, connection, self._pool, url)

    def _take(self) -> Any | None:
        if self._pool.proxy is not None:
            return None
        # Not public, but the same in all versions: what subclasses of its pools build on.
        connection = self._pool._get_conn()  # noqa: SLF001
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


class OpenResponse:
    """A response whose head has been read; the part of urllib3's interface that is needed.

    :param response: the response
    :param connection: connection that it comes from
    :param pool: pool of urllib3 that the connection goes back to
    :param url: path that was requested
    """

    def __init__(self, response: HTTPResponse, connection: Any, pool: Any, url: str) -> None:
        self._response = response
        self._connection = connection
        self._pool = pool
        self._url = url
        self._is_read = False
        self.status = response.status
        self.reason = response.reason
        self.headers: Any = response.msg

    def stream(self, amt: int) -> Iterator[bytes]:
        """Yield the body, decompressed, in pieces.

        :param amt: most bytes of a piece
        :raises urllib3.exceptions.HTTPError: if it ends too early or cannot be decompressed
        """
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding == "identity":
            return self._read(amt)
        if encoding != "gzip":
            raise ProtocolError(f"its Content-Encoding {encoding} was not asked for")
        return _decompressed(self._read(amt), amt)

    def _read(self, amt: int) -> Iterator[bytes]:
        try:
            while piece := self._response.read(amt):
                yield piece
        except TimeoutError as error:
            raise ReadTimeoutError(self._pool, self._url, "read timed out") from error
        except (OSError, HTTPException) as error:
            raise ProtocolError(f"Connection broken: {error!r}", error) from error
        # Python does not mind if there is less than announced.
        if self._response.length:
            raise ProtocolError(f"Connection broken: {self._response.length} bytes are missing")
        self._is_read = True

    def close(self) -> None:
        """Close the connection unless the body was read to its end and the server keeps the connection open."""
        if self._response.will_close or not self._is_read:
            self._connection.close()
        self._response.close()

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
