"""Something on the way answers for endpoints that only decorate lineage: it costs their facts, which come later."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from openmetadata_ol_provider.exceptions import CatalogueAuthError
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN, edge, job, orders, orders_plan, plan, totals
from tests.openmetadata.builders import SEED as SMALL
from tests.openmetadata.builders import config as config_of
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.test_optional_endpoints import (
    KINDS,
    MANY,
    RULES,
    SEED,
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
            last = history.publish(facts(new=False), client, RULES, now=history.all_due_at)
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
        last = history.publish(facts(new=False), client, RULES, now=history.all_due_at)
        assert last.edges.published == MANY


#: Status, type and content of an answer.
Own = tuple[int, str, bytes]


def proxy_of(url: str, swallowed: str) -> type[BaseHTTPRequestHandler]:
    """Return the handler of a proxy that answers some requests itself, with status 200 and no content.

    :param swallowed: beginnings of those requests
    """
    return proxy_with(url, lambda request, _: (200, _JSON, b"") if request.startswith(swallowed) else None)


def firewall_of(url: str, refused: bytes) -> type[BaseHTTPRequestHandler]:
    """Return the handler of a firewall that refuses some bodies with a page of its own.

    :param refused: part of those bodies
    """
    page = (403, "text/html", b"<html><title>Blocked</title></html>")
    return proxy_with(url, lambda _, content: page if refused in content else None)


_JSON = "application/json"


def proxy_with(url: str, own: Callable[[str, bytes], Own | None]) -> type[BaseHTTPRequestHandler]:
    """Return the handler of a proxy.

    :param own: function that returns the proxy's own answer to a request and its content, if it has one
    """

    class Proxy(BaseHTTPRequestHandler):
        def answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if (answer := own(f"{self.command} {self.path}", content)) is not None:
                self.reply(*answer)
                return
            asked = urllib.request.Request(  # noqa: S310 - the stand-in
                url + self.path, content or None, dict(self.headers), method=self.command
            )
            try:
                with urllib.request.urlopen(asked) as response:  # noqa: S310 - the stand-in
                    self.reply(response.status, _JSON, response.read())
            except urllib.error.HTTPError as error:
                self.reply(error.code, _JSON, error.read())

        def reply(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
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


def test_a_firewall_that_refuses_the_sql_of_one_edge_holds_nothing_else_back(
    web: Callable[[type[BaseHTTPRequestHandler]], str],
) -> None:
    jobs = (job(sql="select 1; drop table x"), job("other", sql="select 1"))
    both = plan(
        edge(orders(), totals()), edge(totals(), orders(), job="other"), jobs=jobs, datasets=(orders(), totals())
    )
    with CatalogueServer(SMALL, token=TOKEN) as server:
        with OpenMetadataClient(web(firewall_of(server.url, b"drop table")), TOKEN, retries=FAST) as client:
            report = KeptHistory().publish(both, client, config_of())
        assert (report.edges.published, report.edges.failed, report.parked) == (1, 1, 1)
        assert list(server.edges()) == [("pg.shop.public.totals", "pg.shop.public.orders")]
    (detail,) = [problem.detail for problem in report.problems]
    assert "answered with 403 (Blocked) and text/html instead of JSON" in detail
    assert detail.endswith("allow PUT on /api there, and bodies that contain SQL")


def test_a_dataset_that_a_firewall_keeps_from_being_read_is_not_missing(
    web: Callable[[type[BaseHTTPRequestHandler]], str],
) -> None:
    page = (403, "text/html", b"<html><title>Blocked</title></html>")
    history = KeptHistory()
    with CatalogueServer(SMALL, token=TOKEN) as server:
        blocked = web(proxy_with(server.url, lambda asked, _: page if "shop.public.totals" in asked else None))
        refused = pytest.raises(CatalogueAuthError, match=r"totals did not reach OpenMetadata.*Blocked")
        with OpenMetadataClient(blocked, TOKEN, retries=FAST) as client, refused:
            history.publish(orders_plan(), client, config_of())
        with OpenMetadataClient(server.url, TOKEN, retries=FAST) as client:
            report = history.publish(orders_plan(), client, config_of())
        assert (report.edges.published, report.parked) == (1, 0)
