"""The REST client of OpenMetadata: paths, JSON, listings and the server's version.

It knows nothing of lineage. One client may be used from many threads at once.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from openmetadata_ol_provider.openmetadata.client.circuit import Circuits
from openmetadata_ol_provider.openmetadata.client.connection_pool import ConnectionPool
from openmetadata_ol_provider.openmetadata.client.errors import TooLargeError
from openmetadata_ol_provider.openmetadata.client.retry import RetryPolicy
from openmetadata_ol_provider.openmetadata.client.sender import RequestSender
from openmetadata_ol_provider.openmetadata.client.server import Server, SettingNames
from openmetadata_ol_provider.openmetadata.client.token import TokenClaims, bearer_token
from openmetadata_ol_provider.openmetadata.client.transport import Request, Response
from openmetadata_ol_provider.openmetadata.client.url import base_url, is_loopback
from openmetadata_ol_provider.openmetadata.client.version import Version, parse_version

if TYPE_CHECKING:
    from typing_extensions import Self

log = logging.getLogger(__name__)

#: Most bytes read of one response, unless the connection says otherwise.
MAX_ANSWER_BYTES = 64 * 2**20
_JSON_PATCH = "application/json-patch+json"
_VERSION_PATH = "v1/system/version"
_USER_PATH = "v1/users/loggedInUser"
#: Entities per page of a listing.
_PAGE_SIZE = 1000


class OpenMetadataClient:
    """A client of one OpenMetadata server.

    :param host: URL or host name; ``/api`` is added when missing
    :param token: JWT of a bot or user
    :param verify: ``True``, ``False`` (no TLS verification, with a warning) or the path of a CA bundle
    :param cert: client certificate, or certificate and key
    :param timeout: seconds to wait for a response, per attempt
    :param max_connections: most connections and, for all threads together, most requests in flight; fewer are sent
        while the server is overloaded
    :param max_answer_bytes: largest number of bytes read of one response
    :param retries: retry policy
    :param settings: what these parameters are called where they come from, for error messages
    """

    def __init__(
        self,
        host: str,
        token: str | None = None,
        *,
        verify: bool | str = True,
        cert: str | tuple[str, str] | None = None,
        timeout: float = 30.0,
        max_connections: int = 8,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        retries: RetryPolicy | None = None,
        settings: SettingNames | None = None,
    ) -> None:
        self.server = Server(base_url(host), settings or SettingNames())
        self.timeout = timeout
        self.max_connections = max(1, max_connections)
        self.max_answer_bytes = max_answer_bytes
        self._verify = verify
        self._token = bearer_token(token, self.server.settings.token)
        self._pool = ConnectionPool(self.base_url, self._token, verify=verify, cert=cert, size=self.max_connections)
        self._sender = RequestSender(
            self.server,
            self._token,
            self._pool,
            retries=retries or RetryPolicy(),
            timeout=timeout,
            max_in_flight=self.max_connections,
            max_bytes=max_answer_bytes,
        )
        self._version: Version | None = None
        self._user: str | None = None
        self._user_lock = threading.Lock()
        if verify is False:
            log.warning("TLS certificates of %s are NOT verified (verify is false)", self.base_url)

    def __repr__(self) -> str:
        return f"OpenMetadataClient({self.base_url!r}, token={'***' if self._token else None})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    @property
    def base_url(self) -> str:
        """The base URL of the API."""
        return self.server.base_url

    @property
    def exposure(self) -> str | None:
        """How the token could be intercepted on its way to the server; ``None`` if it could not."""
        url = urlsplit(self.base_url)
        if url.scheme == "https":
            return None if self._verify is not False else "TLS certificates are not verified (`verify` is false)"
        return (
            None
            if is_loopback(url.hostname)
            else "the address begins with http, so the token travels without encryption"
        )

    @property
    def token_claims(self) -> TokenClaims | None:
        """Claims of the token; ``None`` without one."""
        return self._token.claims if self._token else None

    @property
    def calls(self) -> dict[str, int]:
        """Number of HTTP requests sent so far, retries included, by method."""
        return self._sender.requests

    @property
    def circuits(self) -> Circuits:
        """What endpoints have failed lately."""
        return self._sender.circuits

    @property
    def threads(self) -> int:
        """Number of threads that keep all connections busy: some of them work on responses while the others wait."""
        return self.max_connections + self.max_connections // 2

    def lineage_first(self) -> AbstractContextManager[None]:
        """Leave one of several connections to requests that lineage needs, while the context lasts."""
        return self._sender.lineage_first()

    @property
    def version(self) -> Version:
        """The server's version, requested once.

        :raises CatalogueError: if there is no OpenMetadata behind the address
        """
        if self._version is None:
            self._version = parse_version(self.get(_VERSION_PATH), self.server)
        return self._version

    @property
    def user(self) -> str:
        """Name of the user whose token it is, requested once; empty if the server does not know it.

        :raises CatalogueError: if the server does not answer
        """
        with self._user_lock:
            if self._user is None:
                self._user = str((self.get(_USER_PATH) or {}).get("name") or "")
            return self._user

    def fetch_version(self) -> Version:
        """Request the server's version once, without retries: for a check that somebody is waiting for.

        :raises CatalogueError: if there is no OpenMetadata behind the address
        """
        body = self.request("GET", _VERSION_PATH, missing_ok=True, attempts=1)
        self._version = parse_version(body, self.server)
        return self._version

    # -- requests ------------------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the JSON object at a path, or ``None`` if there is none (404).

        :param path: path relative to ``/api``, e.g. from :func:`path`
        :param params: query parameters
        :raises CatalogueError: see :meth:`request`
        """
        return self.request("GET", path, params=params, missing_ok=True)

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """PUT a body as JSON and return the response, ``{}`` for an empty one."""
        return self.request("PUT", path, json=body) or {}

    def patch(self, path: str, operations: list[dict[str, Any]], *, if_match: str | None = None) -> dict[str, Any]:
        """PATCH with the operations of a JSON Patch (RFC 6902).

        :param if_match: ETag that the entity must still have; default: ``None``, whatever it has
        """
        headers = {"Content-Type": _JSON_PATCH, **({"If-Match": if_match} if if_match else {})}
        return self.request("PATCH", path, json=operations, headers=headers) or {}

    def post(self, path: str, body: Any, *, idempotent: bool = False) -> dict[str, Any]:
        """POST a body as JSON; it is sent again only if the first request cannot have had an effect.

        :param idempotent: ``True`` to send it again in any case, because it does no harm twice
        """
        return self.request("POST", path, json=body, idempotent=idempotent) or {}

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> bool:
        """DELETE and return whether there was something to delete."""
        return self.request("DELETE", path, params=params, missing_ok=True) is not None

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield all entities of a listing, page by page; a page that is too large is requested in smaller ones."""
        query = {"limit": _PAGE_SIZE, **(params or {})}
        while True:
            try:
                page = self.get(path, query) or {}
            except TooLargeError:
                if int(query["limit"]) <= 1:
                    raise
                query["limit"] = max(1, int(query["limit"]) // 4)
                continue
            yield from page.get("data") or ()
            after = (page.get("paging") or {}).get("after")
            if not after:
                return
            query["after"] = after

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        missing_ok: bool = False,
        attempts: int | None = None,
        idempotent: bool = False,
    ) -> dict[str, Any] | None:
        """Send a request, again if need be, and return the JSON object of the response.

        :param method: HTTP method
        :param path: path relative to ``/api``
        :param params: query parameters
        :param json: body, sent as JSON; ``None`` for no body
        :param headers: headers of this request only
        :param missing_ok: ``True`` to return ``None`` on 404 instead of raising; default: ``False``
        :param attempts: most attempts; default: those of the retry policy
        :param idempotent: ``True`` if sending it twice does no harm although its method does not promise that; default:
            ``False``
        :raises CatalogueUnavailableError: if the server is unreachable, times out, or sends 429 or 5xx until the
            retries are used up
        :raises CatalogueAuthError: on 401 and 403
        :raises CatalogueRequestError: on any other 4xx, redirects, and responses that are too large or not JSON
        """
        request = Request(method, path, params, json, headers, idempotent)
        return self._sender.send(request, missing_ok=missing_ok, attempts=attempts)

    def probe(self, path: str) -> Response:
        """GET once and return the response, whatever its status.

        :raises CatalogueUnavailableError: if there is none
        """
        return self._sender.send_once(Request("GET", path))


def path(*segments: str) -> str:
    """Join segments to a path and percent-encode each but the first completely (also quotes and slashes of an FQN)."""
    return "/".join(segment if index == 0 else quote(segment, safe="") for index, segment in enumerate(segments))
