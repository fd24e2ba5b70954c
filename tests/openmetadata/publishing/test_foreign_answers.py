"""Something on the way answers for endpoints that only decorate lineage: it costs their facts, which come later."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, orders_plan
from tests.openmetadata.builders import SEED as SMALL
from tests.openmetadata.builders import config as config_of
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.test_optional_endpoints import (
    KINDS,
    MANY,
    RULES,
    SEED,
    _later,
    content,
    facts,
    fail,
    undisturbed,
)

VERSION = "2.0.2"
#: Success with JSON that is not an entity's, a redirect to a login, a refusal of the method, half of an answer.
ANSWERS: dict[str, dict[str, Any]] = {
    "other JSON": {"status": 200},
    "redirect": {"status": 302},
    "method": {"status": 405},
    "half": {"status": None, "half": True},
}


#: Half of an answer without content is all of it.
WHOLE = {("ranks", "half")}


@pytest.mark.parametrize(("name", "answer"), sorted({(name, answer) for name in KINDS for answer in ANSWERS} - WHOLE))
def test_they_cost_their_facts_until_the_catalogue_answers(name: str, answer: str) -> None:
    kind, history = KINDS[name], KeptHistory()
    with (
        CatalogueServer(SEED, version=VERSION, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST, timeout=30.0) as client,
    ):
        fail(server, kind, ANSWERS[answer])
        report = history.publish(facts(), client, RULES)
        assert (report.edges.published, report.failure_ratio) == (MANY, 0)
        assert report.parked
        assert {problem.kind for problem in report.problems} <= {"failed", "endpoint_failing"}
        server.clear_faults()
        for _ in range(3):
            last = history.publish(facts(new=False), client, RULES, now=_later(history))
        assert (last.parked, last.failed) == (0, 0)
        assert content(server) == undisturbed(VERSION)


def test_the_error_names_the_request_and_what_is_missing() -> None:
    with (
        CatalogueServer(SEED, version=VERSION, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        fail(server, KINDS["owners"], {"status": 200})
        report = KeptHistory().publish(facts(), client, RULES)
        detail = next(problem.detail for problem in report.problems if "owners" in problem.detail)
        assert "the answer to GET v1/users/name/" in detail
        assert "has no 'fullyQualifiedName', so it is not OpenMetadata's (its fields: code, message)" in detail
        assert "proxy" in detail


def test_an_edge_that_something_else_has_answered_for_is_not_published() -> None:
    history = KeptHistory()
    with (
        CatalogueServer(SEED, version=VERSION, token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST) as client,
    ):
        server.fail("PUT", "v1/lineage$", status=200, times=MANY)
        report = history.publish(facts(), client, RULES)
        assert (report.edges.published, report.edges.failed) == (0, MANY)
        assert any("the answer to PUT v1/lineage has no" in problem.detail for problem in report.problems)
        server.clear_faults()
        last = history.publish(facts(new=False), client, RULES, now=_later(history))
        assert last.edges.published == MANY


def proxy_of(url: str, swallowed: str) -> type[BaseHTTPRequestHandler]:
    """Return the handler of a proxy that answers some requests itself, with status 200 and no content.

    :param swallowed: beginnings of those requests
    """

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if f"{self.command} {self.path}".startswith(swallowed):
                self.reply(200, b"")
                return
            asked = urllib.request.Request(  # noqa: S310 - the stand-in
                url + self.path, content or None, dict(self.headers), method=self.command
            )
            try:
                with urllib.request.urlopen(asked) as response:  # noqa: S310 - the stand-in
                    self.reply(response.status, response.read())
            except urllib.error.HTTPError as error:
                self.reply(error.code, error.read())

        def reply(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_PUT = do_POST = do_PATCH = answer  # noqa: N815 - names of the standard library

    return Proxy


@pytest.mark.parametrize(
    ("swallowed", "answered"),
    [
        ("PUT /api/v1/lineage", "accepted PUT v1/lineage, but the edge is not there"),
        ("POST /api/v1/pipelines", "and no content, which OpenMetadata never does"),
    ],
)
def test_a_proxy_that_swallows_writes_is_an_error(
    web: Callable[[type[BaseHTTPRequestHandler]], str], swallowed: str, answered: str
) -> None:
    with CatalogueServer(SMALL, token=TOKEN) as server:
        address = web(proxy_of(server.url, swallowed))
        with OpenMetadataClient(address, TOKEN, retries=FAST) as client:
            report = KeptHistory().publish(orders_plan(), client, config_of())
        assert report.parked > 0
        assert report.edges.published == len(server.edges()) == ("lineage" not in swallowed)
        detail = next(problem.detail for problem in report.problems if answered in problem.detail)
        assert address in detail
        assert "check the client's host, and whether a proxy" in detail
