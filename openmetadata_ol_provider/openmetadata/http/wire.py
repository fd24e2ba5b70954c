"""A call and its answer as plain values, and the exchange of the one for the other: bounded in time and size."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from openmetadata_ol_provider.openmetadata.http.session import Session

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


class CutOffError(Exception):
    """Raised when an answer has ended before its end, or cannot be unpacked."""


def exchange(session: Session, call: Call, *, timeout: float, max_bytes: int) -> Answer:
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
        return Answer(response.status, response.headers, content, response.reason or "")
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
