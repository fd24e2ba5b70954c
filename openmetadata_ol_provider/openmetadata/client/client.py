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
from urllib.parse import quote, urlsplit

from openmetadata_ol_provider.exceptions import CatalogueError, CatalogueRequestError, CatalogueUnavailableError
from openmetadata_ol_provider.openmetadata.client.errors import (
    AnswerTooLargeError,
    asked_to_wait,
    stuck,
    too_large,
    unreachable,
)
from openmetadata_ol_provider.openmetadata.client.outcome import Failure, Found, classify_response, unanswered
from openmetadata_ol_provider.openmetadata.client.retry import Retries
from openmetadata_ol_provider.openmetadata.client.throttle import Outcome, PaceError, RequestGate
from openmetadata_ol_provider.openmetadata.client.token import token_facts
from openmetadata_ol_provider.openmetadata.client.transport import (
    CutOffError,
    Request,
    Response,
    TooLargeError,
    TooSlowError,
    exchange,
)
from openmetadata_ol_provider.openmetadata.client.url import base_url

if TYPE_CHECKING:
    from typing_extensions import Self

log = logging.getLogger(__name__)

MINIMUM_VERSION = (1, 8)
JSON_PATCH = "application/json-patch+json"
#: Most bytes read of one answer, unless the connection says otherwise.
MAX_ANSWER_BYTES = 64 * 2**20
_PAGE = 1000
_WORKED: Outcome = "worked"
_FAILED: Outcome = "failed"


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
    :param max_connections: connections kept and, at the same time, most calls in flight; fewer while the server is
        overloaded, for all threads alike
    :param max_answer_bytes: most bytes read of one answer
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
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        retries: Retries | None = None,
    ) -> None:
        from openmetadata_ol_provider.openmetadata.client.transport import Session

        self.base_url = base_url(host)
        self.timeout = timeout
        self.max_connections = max(1, max_connections)
        self.retries = retries or Retries()
        #: what the token says of itself; ``None`` without one
        self.token_facts = token_facts(token) if token else None
        self._max_answer_bytes = max_answer_bytes
        # What is under way may take its own time before it counts as stuck.
        self._patience = self.retries.budget + timeout
        self._gate = RequestGate(self.max_connections, self._patience)
        self._verify = verify
        self._session = Session(self.base_url, token, verify=verify, cert=cert, connections=self.max_connections)
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._version: Version | None = None
        if verify is False:
            log.warning("TLS certificates of %s are NOT verified (verify is false)", self.base_url)

    @property
    def exposure(self) -> str | None:
        """How others could come by the token on its way, ``None`` if they could not."""
        url = urlsplit(self.base_url)
        if url.scheme == "https":
            return None if self._verify is not False else "TLS certificates are not verified (`verify` is false)"
        is_near = url.hostname in {"localhost", "127.0.0.1", "::1"}
        return None if is_near else "the address begins with http, so the token travels without encryption"

    def __repr__(self) -> str:
        return f"OpenMetadataClient({self.base_url!r}, token={'***' if self.token_facts else None})"

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

    def ask_version(self) -> Version:
        """Ask for the server's version, once and without retries: for a check that somebody waits for.

        :raises CatalogueError: if there is no OpenMetadata behind the address
        """
        answer = self.request("GET", "v1/system/version", missing_ok=True, attempts=1)
        self._version = self._parse_version(answer)
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
        """Yield all entities of a listing, page by page; a page that is too large is asked for in smaller ones."""
        query = {"limit": _PAGE, **(params or {})}
        while True:
            try:
                page = self.get(path, query) or {}
            except AnswerTooLargeError:
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
        repeatable: bool = False,
    ) -> dict[str, Any] | None:
        """Send a request, again if need be, and return the JSON object of the answer.

        :param missing_ok: return ``None`` on 404 instead of raising
        :param attempts: tries, if other than the client's
        :param repeatable: it may be sent again although a first sending may have had its effect, whatever the method
        :raises CatalogueUnavailableError: unreachable, timed out, or 429/5xx until the retries were used up
        :raises CatalogueAuthError: on 401 and 403
        :raises CatalogueRequestError: on any other 4xx, redirects, and answers that are too large or not JSON
        """
        call = Request(method, path, params, json, headers, repeatable)
        attempts = attempts or self.retries.attempts
        tried = conflicts = 0
        spent = pause = 0.0
        while True:
            place = self._enter(call, self.retries.budget - spent)
            spent += pause
            started, outcome, pause = time.monotonic(), _FAILED, 0.0
            try:
                found = self._once(call, missing_ok=missing_ok)
                if isinstance(found, Found):
                    outcome = _WORKED
                    return found.body
                outcome, pause = found.outcome, self.retries.pause(tried, found.asked)
            finally:
                self._leave(place, outcome, pause)
            spent += time.monotonic() - started
            tried += 1
            # A PUT that raced with another one for the same name finds it existing the second time.
            conflicts += found.error.status == 409
            if not found.again or conflicts > 1 or tried >= attempts:
                raise found.error
            if spent + pause > self.retries.budget:
                raise self._given_up(call, found, pause)
            log.debug("%s; attempt %d in %.1f s", found.error, tried + 1, pause)
            if outcome != "overloaded":
                # For an overloaded server all threads wait, at the gate.
                time.sleep(pause)

    def probe(self, path: str) -> Response:
        """GET once and return the answer, whatever it is.

        :raises CatalogueUnavailableError: if there is none
        """
        return self._send(Request("GET", path))

    # -- inside --------------------------------------------------------------------------------------------------

    def _enter(self, call: Request, longest_pause: float) -> int:
        """Wait until a call may be sent."""
        try:
            return self._gate.enter(longest_pause)
        except PaceError as error:
            if error.pause is None:
                raise stuck(call, self._patience) from None
            raise asked_to_wait(call, error.pause, self.retries.budget) from None

    def _leave(self, place: int, outcome: Outcome, pause: float) -> None:
        if self._gate.leave(place, outcome, pause):
            log.info(
                "OpenMetadata at %s is overloaded: at most %d calls at a time, the next in %.1f s",
                self.base_url, self._gate.width, pause,
            )  # fmt: skip

    def _once(self, call: Request, *, missing_ok: bool) -> Found | Failure:
        try:
            answer = self._send(call)
        except CatalogueUnavailableError as error:
            return unanswered(call, error)
        return classify_response(self.base_url, call, answer, self.token_facts, missing_ok=missing_ok)

    def _given_up(self, call: Request, found: Failure, pause: float) -> CatalogueError:
        """Return the error of a call whose next try would come too late."""
        if found.asked is not None and found.asked >= pause:
            return asked_to_wait(call, pause, self.retries.budget, found.error.status)
        return found.error

    def _send(self, call: Request) -> Response:
        from urllib3.exceptions import HTTPError

        with self._lock:
            self._calls[call.method] += 1
        try:
            return exchange(self._session, call, timeout=self.timeout, max_bytes=self._max_answer_bytes)
        except TooLargeError:
            raise too_large(call, self._max_answer_bytes) from None
        except (HTTPError, OSError, TooSlowError, CutOffError) as error:
            raise unreachable(self.base_url, call, self.timeout, error) from None

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
