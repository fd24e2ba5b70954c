"""The connections of the client: bearer token, bounded pool, no cookies, and quiet where told to be.

How to get there (proxies, CA bundles, client certificates) is asked of requests, with all that it knows of the
environment, but only once. Calls then go straight to urllib3's pool: requests would take the environment into account
for each of them, 680 of 910 microseconds of a client's CPU a call.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

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
