"""HTTP servers with fixed responses, and pieces of requests, which the tests of the client share."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

Web = Callable[[type[BaseHTTPRequestHandler]], str]


class Handler(BaseHTTPRequestHandler):
    """Answers every request with its class's answer."""

    status = 200
    content_type = "application/json"
    body = b"{}"
    extra: tuple[tuple[str, str], ...] = ()
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append(dict(self.headers.items()))
        self.send_response(self.status)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(self.body)))
        for name, value in self.extra:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        pass


def answering(**answer: object) -> type[Handler]:
    return type("Answering", (Handler,), {"seen": [], **answer})


class Raw(BaseHTTPRequestHandler):
    """Sends the bytes of its class, one item a request, the last one for all that follow, and closes."""

    answers: ClassVar[list[bytes]]
    calls: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.calls.append(self.path)
        self.wfile.write(self.answers[min(len(self.calls), len(self.answers)) - 1])
        self.close_connection = True

    do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        pass


def raw(*answers: bytes) -> type[Raw]:
    return type("Sends", (Raw,), {"answers": list(answers), "calls": []})


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Type: application/json", *headers, b"", body])


EDGE = {"edge": {"fromEntity": {"id": "1", "type": "topic"}, "toEntity": {"id": "2", "type": "table"}}}


def jwt(**claims: Any) -> str:
    """Return a token that nobody signed."""
    parts = ({"alg": "RS256", "kid": "k"}, claims)
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), "c2ln"])
