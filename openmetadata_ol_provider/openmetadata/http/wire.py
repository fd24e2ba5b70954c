"""A call and its answer as plain values, and the exchange of the one for the other: bounded in time and size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import requests

_CONNECT_TIMEOUT = 10.0
_CHUNK = 16_384
#: Bytes read of an answer that is an error: enough for its message.
_ERROR_BYTES = 65_536


class Call(NamedTuple):
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


class Answer(NamedTuple):
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


def exchange(
    session: requests.Session, base: str, call: Call, *, timeout: float, verify: bool | str, max_bytes: int
) -> Answer:
    """Send a call and read its answer.

    :param base: base URL of the API
    :param timeout: seconds to wait for the answer, and for each next piece of it
    :param verify: as in requests
    :param max_bytes: most bytes of a good answer, decompressed
    :raises TooLargeError: if it has more
    :raises TooSlowError: if pieces of it still come in after ten times ``timeout``
    :raises requests.exceptions.RequestException: if there is no answer, or not all of it
    """
    deadline = time.monotonic() + 10 * timeout
    with session.request(
        call.method,
        f"{base}/{call.path.lstrip('/')}",
        params=call.params,
        json=call.json,
        headers=call.headers,
        timeout=(min(_CONNECT_TIMEOUT, timeout), timeout),
        allow_redirects=False,
        # Given here and not to the session, where REQUESTS_CA_BUNDLE would win over it.
        verify=verify,
        stream=True,
    ) as response:
        content = _read(response, max_bytes, deadline)
        return Answer(response.status_code, response.headers, content, response.reason or "")


def _read(response: requests.Response, max_bytes: int, deadline: float) -> bytes:
    good = 200 <= response.status_code < 300
    most = max_bytes if good else _ERROR_BYTES
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > most:
            if good:
                raise TooLargeError
            return bytes(content[:most])
        if time.monotonic() > deadline:
            raise TooSlowError
    return bytes(content)
