"""Something on the way answers for endpoints that only decorate lineage: it costs their facts, which come later."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, TOKEN
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
