"""Endpoints of profiles and test results that fail, or are answered for: their facts come later, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import FAST, SEED, TOKEN, config
from tests.openmetadata.histories import KeptHistory
from tests.openmetadata.publishing.measured_events import assertion, checked, measured, plan, write_of

RULES = config(write={"profile": True, "tests": "create"})
ENDPOINTS = {
    "reads of profiles": ("GET", "/(tableProfile/latest|systemProfile)"),
    "profiles": ("PUT", "/tableProfile"),
    "single rows": ("POST", "/entity/profiles"),
    "test cases": ("*", "/testCases"),
    "results": ("POST", "/testCaseResults/"),
    "test definitions": ("*", "/testDefinitions"),
}
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "502": {"status": 502},
    "400": {"status": 400},
    "404": {"status": 404},
    "other JSON": {"status": 200},
    "redirect": {"status": 302},
    "half": {"status": None, "half": True},
    "no answer": {"status": 0, "after_effect": True},
}


def events() -> list[dict[str, Any]]:
    return [
        write_of(12, change="OVERWRITE", seconds=1),
        write_of(3, seconds=9),
        measured(seconds=20, rowCount=4, columnMetrics={"id": {"nullCount": 1}}),
        measured(seconds=30, columnMetrics={"amount": {"nullCount": 2}}),
        checked(assertion("range", column="id", params={"max": 3}), assertion("rows", success=False), seconds=40),
    ]


def content(server: CatalogueServer) -> Any:
    results = {
        fqn: [(item["timestamp"], item["testCaseStatus"]) for item in items]
        for fqn, items in server.test_results().items()
    }
    definitions = [(item["name"], item.get("parameterDefinition")) for item in server.entities("testDefinition")]
    return {key: rows for key, rows in server.store.profiles.items() if rows}, results, definitions


@pytest.fixture(scope="module")
def undisturbed() -> Any:
    with CatalogueServer(SEED, version="2.0.7", token=TOKEN) as server, OpenMetadataClient(server.url, TOKEN) as client:
        KeptHistory().publish(plan(*events()), client, RULES)
        return content(server)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_it_costs_its_facts_until_it_works_again(endpoint: str, fault: str, undisturbed: Any) -> None:
    method, place = ENDPOINTS[endpoint]
    history = KeptHistory()
    with (
        CatalogueServer(SEED, version="2.0.7", token=TOKEN) as server,
        OpenMetadataClient(server.url, TOKEN, retries=FAST, timeout=30.0) as client,
    ):
        server.fail(method, place, times=100_000, **FAULTS[fault])
        report = history.publish(plan(*events()), client, RULES)
        assert (report.edges.published, report.failure_ratio) == (1, 0)
        assert report.parked, report.problems
        assert {problem.kind for problem in report.problems} <= {"failed", "endpoint_failing"}
        server.clear_faults()
        for _ in range(3):
            last = history.publish(plan(), client, RULES)
        assert (last.parked, last.failed) == (0, 0)
        assert content(server) == undisturbed
