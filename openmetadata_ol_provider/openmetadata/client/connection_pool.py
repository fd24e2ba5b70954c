"""Pooled connections to one server, shared by all threads of a client; redirects are never followed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from openmetadata_ol_provider.openmetadata.client.prepared_request import PreparedRequest
from openmetadata_ol_provider.openmetadata.client.token import BearerToken

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from openmetadata_ol_provider.openmetadata.client.open_connection import OpenConnections, SentRequest

#: Most seconds to wait for a connection.
_CONNECT_TIMEOUT = 10.0


class ConnectionPool:
    """Connections to one server.

    :param base_url: base URL of the API
    :param token: bearer token, ``None`` to send none
    :param verify: ``True``, ``False`` or the path of a CA bundle
    :param cert: client certificate, or certificate and key
    :param size: most connections; further threads wait for a free one
    """

    def __init__(
        self,
        base_url: str,
        token: BearerToken | None,
        *,
        verify: bool | str,
        cert: str | tuple[str, str] | None,
        size: int,
    ) -> None:
        self._base_url = base_url
        self._verify = verify
        self._cert = cert
        self._adapter = _adapter(size, quiet=verify is False)
        self._headers = {"Accept": "application/json", "User-Agent": "openmetadata-ol-provider"}
        self._headers["Accept-Encoding"] = "gzip"
        if token is not None:
            self._headers["Authorization"] = token.authorization
        self._lock = threading.Lock()
        self._opened: tuple[Any, str, OpenConnections] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def prepare(
        self, method: str, target: str, *, body: Any, headers: Mapping[str, str] | None, timeout: float
    ) -> PreparedRequest:
        """Return a request that is ready to be sent.

        :param method: HTTP method
        :param target: path below the base URL, with the query
        :param body: body, sent as JSON; ``None`` for no body
        :param headers: headers of this request only
        :param timeout: seconds to wait for the response, and for each further piece of it
        """
        all_headers = {**self._headers, **(headers or {})}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            all_headers.setdefault("Content-Type", "application/json")
        return PreparedRequest(
            self, method=method, target=target, content=content, headers=all_headers, timeout=timeout
        )

    def begin(self, request: PreparedRequest) -> SentRequest | None:
        """Send a request on a connection that is open; ``None``: there is none that can be used.

        :raises urllib3.exceptions.HTTPError: if it could not be sent
        """
        if self._opened is None:
            return None
        _, prefix, open_connections = self._opened
        url = f"{prefix}/{request.target}"
        return open_connections.begin(request.method, url, request.content, request.headers, request.timeout)

    def send(self, request: PreparedRequest) -> BaseHTTPResponse:
        """Send a request with urllib3, which opens a connection, and return the response when its head has arrived.

        :raises urllib3.exceptions.HTTPError: if there is no response
        :raises OSError: if there is no response, or a certificate file is missing
        """
        from urllib3 import Timeout

        pool, prefix, _ = self._opened or self._open()
        response: BaseHTTPResponse = pool.urlopen(
            request.method,
            f"{prefix}/{request.target}",
            body=request.content,
            headers=request.headers,
            timeout=Timeout(connect=min(_CONNECT_TIMEOUT, request.timeout), read=request.timeout),
            # One that was lost with its thread does not come back.
            pool_timeout=request.timeout,
            redirect=False,
            retries=False,
            # A proxy for http gets the whole address, which is not its own.
            assert_same_host=False,
            preload_content=False,
        )
        return response

    def _open(self) -> tuple[Any, str, OpenConnections]:
        """Return urllib3's pool and the prefix of all request targets, which is the whole base URL behind a proxy."""
        import requests

        from openmetadata_ol_provider.openmetadata.client.open_connection import OpenConnections
        from openmetadata_ol_provider.openmetadata.client.timely_response import TimelyResponse

        with self._lock, requests.Session() as session:
            if self._opened is None:
                # An explicit False takes precedence over REQUESTS_CA_BUNDLE.
                settings = session.merge_environment_settings(self._base_url, {}, True, self._verify, self._cert)
                verify, cert, proxies = settings["verify"], settings["cert"], settings["proxies"]
                prepared = requests.Request("GET", self._base_url).prepare()
                pool = self._adapter.get_connection_with_tls_context(prepared, verify, proxies=proxies, cert=cert)
                self._adapter.cert_verify(pool, self._base_url, verify, cert)
                kind = pool.ConnectionCls
                pool.ConnectionCls = type(kind.__name__, (kind,), {"response_class": TimelyResponse})
                self._opened = pool, self._adapter.request_url(prepared, proxies), OpenConnections(pool)
            return self._opened


def _adapter(size: int, *, quiet: bool) -> Any:
    from requests.adapters import HTTPAdapter
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class QuietPool(HTTPSConnectionPool):
        """Connects without urllib3's warning: the client logs its own once, and a global filter would hide others'."""

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
        pool_connections=1, pool_maxsize=size, pool_block=True, max_retries=0
    )
