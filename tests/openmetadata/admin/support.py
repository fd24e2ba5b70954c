"""An OpenMetadata with fixed responses, which the tests of the check share."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from openmetadata_ol_provider.openmetadata.admin.check_step import Step

Web = Callable[[type[BaseHTTPRequestHandler]], str]


def failed(steps: list[Step]) -> list[str]:
    return [step.name for step in steps if not step.passed]


def named(steps: list[Step], name: str) -> Step:
    (step,) = (step for step in steps if step.name == name)
    return step


class Om(BaseHTTPRequestHandler):
    """Answers as an OpenMetadata whose answers the test gives: path below /api/v1/ -> (status, content type, body)."""

    answers: ClassVar[dict[str, tuple[int, Any]]]
    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        path = self.path.removeprefix("/api/v1/").partition("?")[0]
        self.asked.append(path)
        status, body = self.answers.get(path, (404, {"message": "HTTP 404 Not Found"}))
        kind, payload = ("application/json", json.dumps(body)) if not isinstance(body, str) else ("text/html", body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload.encode())))
        self.end_headers()
        self.wfile.write(payload.encode())

    def log_message(self, *args: object) -> None:
        pass


WELL: dict[str, tuple[int, Any]] = {
    "system/version": (200, {"version": "1.12.0"}),
    "system/health": (200, "<html>not found, but the UI answers</html>"),
    "users/loggedInUser": (200, {"name": "ol-bot", "isBot": True}),
    "services/databaseServices": (200, {"data": []}),
    "services/messagingServices": (200, {"data": []}),
}


def answering(**answers: tuple[int, Any]) -> type[Om]:
    given = {path.replace("__", "/"): answer for path, answer in answers.items()}
    return type("Answering", (Om,), {"answers": {**WELL, **given}, "asked": []})
