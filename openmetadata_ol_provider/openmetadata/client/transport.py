"""HTTP requests and responses as plain values, and their exchange: bounded in time and size."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import msgspec

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from openmetadata_ol_provider.openmetadata.client.connection_pool import ConnectionPool
    from openmetadata_ol_provider.openmetadata.client.open_connection import OpenResponse
    from openmetadata_ol_provider.openmetadata.client.prepared_request import PreparedRequest

_CHUNK = 16_384
#: Bytes read of an error response: enough for its message.
_ERROR_BYTES = 65_536


class Request(NamedTuple):
    """A request to the REST API.

    :param method: HTTP method
    :param path: path relative to ``/api``
    :param params: query parameters
    :param json: body, sent as JSON; ``None`` for no body
    :param headers: headers of this request only
    :param idempotent: ``True`` if sending it twice does no harm although its method does not promise that; default:
        ``False``
    """

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    idempotent: bool = False


class Response(NamedTuple):
    """A response whose body has been read.

    :param status: HTTP status code
    :param headers: headers by name, in any letter case
    :param content: decompressed body
    :param reason: reason phrase that accompanies the status
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    reason: str = ""

    @property
    def is_successful(self) -> bool:
        """Whether the status says that the request was carried out."""
        return 200 <= self.status < 300

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the server declares the body to be JSON."""
        return "json" in self.content_type

    def json(self) -> Any:
        """Parse the body.

        :raises ValueError: if it is not JSON
        """
        try:
            return msgspec.json.decode(self.content)
        except (msgspec.MsgspecError, ValueError):
            # The standard library is slower, but more lenient. Before msgspec 0.21 its errors are no ValueErrors.
            return json.loads(self.content)


class ResponseTooLargeError(Exception):
    """Raised when a response has more bytes than may be read."""


class ResponseCutOffError(Exception):
    """Raised when a response ends too early, or cannot be decompressed."""


def prepare(pool: ConnectionPool, request: Request, timeout: float) -> PreparedRequest:
    """Return a request that is ready to be sent.

    :param pool: connections to the server
    :param request: request to send
    :param timeout: seconds to wait for the response, and for each further piece of it
    """
    target = request.path.lstrip("/")
    if request.params:
        target += f"?{urlencode(request.params, doseq=True)}"
    return pool.prepare(request.method, target, body=request.json, headers=request.headers, timeout=timeout)


def exchange(prepared: PreparedRequest, max_bytes: int) -> Response:
    """Send a request, unless it has been sent, and read its response.

    :param prepared: request to send
    :param max_bytes: largest size of a successful response after decompression, in bytes
    :raises ResponseTooLargeError: if it has more
    :raises ResponseCutOffError: if it ends too early
    :raises urllib3.exceptions.HTTPError: if there is no response, or it is incomplete after ten times its timeout
    :raises OSError: if there is no response, or a certificate file is missing
    """
    raw = prepared.response()
    try:
        content = _read(raw, max_bytes)
        return Response(raw.status, raw.headers, content, raw.reason or "")
    finally:
        # A response read to its end has given its connection back already; one with a rest has to be closed first.
        raw.close()
        raw.release_conn()


def _read(raw: BaseHTTPResponse | OpenResponse, max_bytes: int) -> bytes:
    from urllib3.exceptions import DecodeError, ProtocolError

    is_success = 200 <= raw.status < 300
    limit = max_bytes if is_success else _ERROR_BYTES
    content = bytearray()
    try:
        # Otherwise urllib3 does not decompress bodies that come in chunks.
        for chunk in raw.stream(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > limit:
                if is_success:
                    raise ResponseTooLargeError
                return bytes(content[:limit])
    except (ProtocolError, DecodeError) as error:
        raise ResponseCutOffError(error) from None
    return bytes(content)
