"""The requests session of the client: bearer token, bounded pool, no cookies, and quiet where told to be."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


def open_session(
    token: str | None, cert: str | tuple[str, str] | None, connections: int, *, quiet: bool
) -> requests.Session:
    """Return a session that many threads may share.

    :param token: JWT, sent as bearer token
    :param cert: client certificate, or certificate and key
    :param connections: size of the pool; further threads wait for a free connection
    :param quiet: leave out urllib3's warning about unverified TLS, for this session only
    """
    import requests

    session = requests.Session()
    session.headers.update({"Accept": "application/json", "User-Agent": "openmetadata-ol-provider"})
    # A callable and not a header: requests lets .netrc replace a bare Authorization header.
    session.auth = _bearer(token)
    session.cert = cert
    # Shared by threads, so it must not collect state.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    adapter = _adapter(connections, quiet=quiet)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _bearer(token: str | None) -> Any:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


def _adapter(connections: int, *, quiet: bool) -> requests.adapters.HTTPAdapter:
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
