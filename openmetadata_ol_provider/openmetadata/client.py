"""The HTTP side of OpenMetadata: one pooled, retrying client that may be used from many threads at once.

It knows paths, JSON, the token and what the server's answers mean; it knows nothing of lineage. Redirects are never
followed, since the token would travel with them.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.address import base_url
from openmetadata_ol_provider.openmetadata.answers import error_of, is_json, not_an_api, unreachable
from openmetadata_ol_provider.openmetadata.retry import IDEMPOTENT, RETRIABLE_STATUS, Retries, retry_after

if TYPE_CHECKING:
    import requests
    from typing_extensions import Self

log = logging.getLogger(__name__)

MINIMUM_VERSION = (1, 8)
JSON_PATCH = "application/json-patch+json"
_CONNECT_TIMEOUT = 10.0
_PAGE = 1000


class Version(tuple[int, ...]):
    """A server version such as ``(1, 12, 0)``."""

    __slots__ = ()

    def at_least(self, *parts: int) -> bool:
        """Return whether the server is of this version or a later one."""
        return tuple(self) >= parts

    def __str__(self) -> str:
        return ".".join(str(part) for part in self)


class OpenMetadataClient:
    """A client of one OpenMetadata server.

    :param host: URL or host name; ``/api`` is added when missing
    :param token: JWT of a bot or user
    :param verify: ``True``, ``False`` (no TLS verification, warned about) or the path of a CA bundle
    :param cert: client certificate, or certificate and key
    :param timeout: seconds to wait for an answer, per try
    :param max_connections: connections kept and, at the same time, calls in flight
    :param retries: how often and how long a call is tried again
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
        retries: Retries | None = None,
    ) -> None:
        from openmetadata_ol_provider.openmetadata.session import open_session

        self.base_url = base_url(host)
        self.timeout = timeout
        self.max_connections = max(1, max_connections)
        self.retries = retries or Retries()
        self._has_token = bool(token)
        self._verify = verify
        self._session = open_session(token, cert, self.max_connections, quiet=verify is False)
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._version: Version | None = None
        if verify is False:
            log.warning("TLS certificates of %s are NOT verified (verify is false)", self.base_url)

    def __repr__(self) -> str:
        return f"OpenMetadataClient({self.base_url!r}, token={'***' if self._has_token else None})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def calls(self) -> dict[str, int]:
        """HTTP requests sent so far, retries included, by method."""
        with self._lock:
            return dict(self._calls)

    @property
    def version(self) -> Version:
        """The server's version, asked for once.

        :raises CatalogueError: if there is no OpenMetadata behind the address
        """
        if self._version is None:
            self._version = self._parse_version(self.get("v1/system/version"))
        return self._version

    # -- calls ---------------------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Return the JSON object at ``path``, or ``None`` when the server has no such thing (404).

        :param path: relative to ``/api``, e.g. of :func:`path`
        :raises CatalogueError: as :meth:`request`
        """
        return self.request("GET", path, params=params, missing_ok=True)

    def put(self, path: str, body: Any) -> dict[str, Any]:
        """PUT ``body`` as JSON and return the answer, ``{}`` for an empty one."""
        return self.request("PUT", path, json=body) or {}

    def patch(self, path: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """PATCH with the operations of a JSON Patch (RFC 6902)."""
        return self.request("PATCH", path, json=operations, headers={"Content-Type": JSON_PATCH}) or {}

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """POST ``body`` as JSON; sent again only where it cannot have had its effect."""
        return self.request("POST", path, json=body) or {}

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> bool:
        """DELETE and return whether there was something to delete."""
        return self.request("DELETE", path, params=params, missing_ok=True) is not None

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Yield all entities of a listing, page by page."""
        query = {"limit": _PAGE, **(params or {})}
        while True:
            page = self.get(path, query) or {}
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
    ) -> dict[str, Any] | None:
        """Send a request, again if need be, and return the JSON object of the answer.

        :param missing_ok: return ``None`` on 404 instead of raising
        :param attempts: tries, if other than the client's
        :raises CatalogueUnavailableError: unreachable, timed out, or 429/5xx until the retries were used up
        :raises CatalogueAuthError: on 401 and 403
        :raises CatalogueRequestError: on any other 4xx, redirects, and answers that are not JSON
        """
        deadline = time.monotonic() + self.retries.budget
        attempt = conflicts = 0
        attempts = attempts or self.retries.attempts
        while True:
            error: CatalogueError
            asked: float | None = None
            try:
                response = self._send(method, path, params, json, headers)
            except CatalogueUnavailableError as failure:
                error = failure
                again = method in IDEMPOTENT
            else:
                if 200 <= response.status_code < 300:
                    return self._body(method, path, response)
                if response.status_code == 404 and missing_ok and is_json(response):
                    return None
                error = error_of(self.base_url, method, path, response, has_token=self._has_token)
                # A PUT that raced with another one for the same name finds it existing the second time.
                conflicts += response.status_code == 409
                again = self._worth_repeating(method, response.status_code, conflicts)
                asked = retry_after(response.headers.get("Retry-After"))
            pause = self.retries.pause(attempt, asked)
            attempt += 1
            if not again or attempt >= attempts or time.monotonic() + pause > deadline:
                raise error
            log.debug("%s; attempt %d in %.1f s", error, attempt + 1, pause)
            time.sleep(pause)

    # -- checks --------------------------------------------------------------------------------------------------

    def check(self) -> list[tuple[str, bool, str]]:
        """Try the connection step by step and stop at the first that fails.

        :return: (step, passed, detail) of the steps ``address``, ``version`` and ``token``
        """
        steps: list[tuple[str, bool, str]] = []
        step = "address"
        try:
            version = self._parse_version(self.request("GET", "v1/system/version", missing_ok=True, attempts=1))
            steps.append((step, True, f"OpenMetadata {version} answers at {self.base_url}"))
            step, supported = "version", version.at_least(*MINIMUM_VERSION)
            oldest = ".".join(map(str, MINIMUM_VERSION))
            remedy = f"{version} is supported" if supported else f"{version} is too old: {oldest} or later is needed"
            steps.append((step, supported, remedy))
            if supported:
                step = "token"
                user = self.request("GET", "v1/users/loggedInUser", missing_ok=True, attempts=1) or {}
                steps.append((step, True, f"accepted, user {user.get('name', 'unknown')}"))
        except CatalogueError as error:
            steps.append((step, False, str(error)))
        return steps

    # -- inside --------------------------------------------------------------------------------------------------

    def _send(
        self, method: str, path: str, params: Mapping[str, Any] | None, json: Any, headers: Mapping[str, str] | None
    ) -> requests.Response:
        import requests

        with self._lock:
            self._calls[method] += 1
        try:
            return self._session.request(
                method,
                f"{self.base_url}/{path.lstrip('/')}",
                params=params,
                json=json,
                headers=headers,
                timeout=(min(_CONNECT_TIMEOUT, self.timeout), self.timeout),
                allow_redirects=False,
                # Given here and not to the session, where REQUESTS_CA_BUNDLE would win over it.
                verify=self._verify,
            )
        except (requests.exceptions.RequestException, OSError) as error:
            raise unreachable(self.base_url, method, path, self.timeout, error) from None

    @staticmethod
    def _worth_repeating(method: str, status: int, conflicts: int) -> bool:
        if status == 409:
            return method == "PUT" and conflicts == 1
        if method not in IDEMPOTENT:
            return status in {429, 503}
        return status in RETRIABLE_STATUS

    def _body(self, method: str, path: str, response: requests.Response) -> dict[str, Any]:
        if not response.content:
            return {}
        try:
            body = response.json() if is_json(response) else None
        except ValueError:
            body = None
        if body is None:
            raise CatalogueRequestError(not_an_api(self.base_url, method, path, response), response.status_code)
        return body if isinstance(body, dict) else {"data": body}

    def _parse_version(self, answer: dict[str, Any] | None) -> Version:
        numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", str((answer or {}).get("version", "")))
        if numbers is None:
            raise CatalogueRequestError(
                f"this is not an OpenMetadata API: {self.base_url} has no v1/system/version; check the host"
            )
        return Version(int(number or 0) for number in numbers.groups())


def path(*segments: str) -> str:
    """Return a path with every segment percent-encoded completely (quotes and slashes of an FQN included)."""
    return "/".join(segment if index == 0 else quote(segment, safe="") for index, segment in enumerate(segments))
