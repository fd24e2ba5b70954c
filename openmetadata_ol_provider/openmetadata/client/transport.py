"""A call and its answer as plain values, and the exchange of the one for the other: bounded in time and size."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import msgspec

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_CHUNK = 16_384
#: Bytes read of an answer that is an error: enough for its message.
_ERROR_BYTES = 65_536


class Request(NamedTuple):
    """What is asked for.

    :param path: relative to ``/api``
    :param json: body
    :param repeatable: twice is as good as once, although the method does not say so
    """

    method: str
    path: str
    params: Mapping[str, Any] | None = None
    json: Any = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = False


class Response(NamedTuple):
    """What came back.

    :param headers: by their names, in any letter case
    :param reason: the words beside the status
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    reason: str = ""

    @property
    def content_type(self) -> str:
        """The type of the content without parameters, in lower case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the server calls its answer JSON."""
        return "json" in self.content_type

    def json(self) -> Any:
        """Return the content.

        :raises ValueError: if it is no JSON
        """
        import json

        return json.loads(self.content)


class TooLargeError(Exception):
    """Raised when an answer has more bytes than may be read."""


class TooSlowError(Exception):
    """Raised when an answer takes longer to come in than it may."""


class CutOffError(Exception):
    """Raised when an answer has ended before its end, or cannot be unpacked."""


def exchange(session: Session, call: Request, *, timeout: float, max_bytes: int) -> Response:
    """Send a call and read its answer.

    :param timeout: seconds to wait for the answer, and for each next piece of it
    :param max_bytes: most bytes of a good answer, decompressed
    :raises TooLargeError: if it has more
    :raises TooSlowError: if pieces of it still come in after ten times ``timeout``
    :raises CutOffError: if not all of it came
    :raises urllib3.exceptions.HTTPError: if there is no answer
    """
    deadline = time.monotonic() + 10 * timeout
    target = call.path.lstrip("/")
    if call.params:
        target += f"?{urlencode(call.params, doseq=True)}"
    response = session.send(call.method, target, body=call.json, headers=call.headers, timeout=timeout)
    try:
        content = _read(response, max_bytes, deadline)
        return Response(response.status, response.headers, content, response.reason or "")
    finally:
        # Read to its end, it has given its connection back already; with something left in it, that is closed first.
        response.close()
        response.release_conn()


def _read(response: BaseHTTPResponse, max_bytes: int, deadline: float) -> bytes:
    from urllib3.exceptions import DecodeError, ProtocolError

    good = 200 <= response.status < 300
    most = max_bytes if good else _ERROR_BYTES
    content = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > most:
                if good:
                    raise TooLargeError
                return bytes(content[:most])
            if time.monotonic() > deadline:
                raise TooSlowError
    except (ProtocolError, DecodeError) as error:
        raise CutOffError(error) from None
    return bytes(content)


_CONNECT_TIMEOUT = 10.0


class Session:
    """Connections to one server, that many threads may share.

    :param base: base URL of the API
    :param token: JWT, sent as bearer token
    :param verify: ``True``, ``False`` or the path of a CA bundle
    :param cert: client certificate, or certificate and key
    :param connections: size of the pool; further threads wait for a free connection
    """

    def __init__(
        self, base: str, token: str | None, *, verify: bool | str, cert: str | tuple[str, str] | None, connections: int
    ) -> None:
        self._base = base
        self._verify = verify
        self._cert = cert
        self._adapter = _adapter(connections, quiet=verify is False)
        self._headers = {"Accept": "application/json", "User-Agent": "openmetadata-ol-provider"}
        self._headers["Accept-Encoding"] = "gzip, deflate"
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._lock = threading.Lock()
        self._opened: tuple[Any, str] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def send(
        self, method: str, target: str, *, body: Any, headers: Mapping[str, str] | None, timeout: float
    ) -> BaseHTTPResponse:
        """Send a request and return the answer, of which no more than the head is read.

        :param target: path below the base URL, with query
        :param body: sent as JSON, unless it is ``None``
        :param headers: of this request alone
        :param timeout: seconds to wait for the answer, and for each next piece of it
        :raises urllib3.exceptions.HTTPError: if there is no answer
        :raises OSError: if a certificate is not where it should be
        """
        from urllib3 import Timeout

        pool, prefix = self._opened or self._open()
        sent = self._headers
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            sent = {**sent, "Content-Type": "application/json"}
        answer: BaseHTTPResponse = pool.urlopen(
            method,
            f"{prefix}/{target}",
            body=content,
            headers={**sent, **(headers or {})},
            timeout=Timeout(connect=min(_CONNECT_TIMEOUT, timeout), read=timeout),
            redirect=False,
            retries=False,
            preload_content=False,
        )
        return answer

    def _open(self) -> tuple[Any, str]:
        """Return the pool, and what the targets of its requests begin with: all of the URL if it is a proxy's."""
        import requests

        with self._lock, requests.Session() as session:
            if self._opened is None:
                # With False said, REQUESTS_CA_BUNDLE is not looked at.
                settings = session.merge_environment_settings(self._base, {}, True, self._verify, self._cert)
                verify, cert, proxies = settings["verify"], settings["cert"], settings["proxies"]
                request = requests.Request("GET", self._base).prepare()
                pool = self._adapter.get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
                self._adapter.cert_verify(pool, self._base, verify, cert)
                self._opened = pool, self._adapter.request_url(request, proxies)
            return self._opened


def _adapter(connections: int, *, quiet: bool) -> Any:
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class QuietPool(HTTPSConnectionPool):
        """Connects without the warning: ours has been logged once, and global filters are not ours to set."""

        def _validate_conn(self, conn: Any) -> None:
            if getattr(conn, "sock", None) is None:
                conn.connect()

    class QuietAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": QuietPool}

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": QuietPool}
            return manager

    return (QuietAdapter if quiet else HTTPAdapter)(
        pool_connections=1, pool_maxsize=connections, pool_block=True, max_retries=0
    )
