"""The check of endpoints that only decorate lineage: each that fails is named, and none fails the check."""

from __future__ import annotations

import pytest

from openmetadata_ol_provider.openmetadata.admin.connection_check import check_catalogue
from openmetadata_ol_provider.openmetadata.admin.endpoint_check import endpoint_steps
from openmetadata_ol_provider.openmetadata.client.client import OpenMetadataClient
from openmetadata_ol_provider.openmetadata.publishing.publisher import publish_plan
from openmetadata_ol_provider.sandbox.catalogue import CatalogueServer
from tests.openmetadata.builders import config, orders_plan

RULES = config(write={"queries": True, "tests": "existing"})


@pytest.fixture
def filled(server: CatalogueServer, client: OpenMetadataClient) -> CatalogueServer:
    publish_plan(orders_plan(), client, RULES)
    return server


def test_all_answer(filled: CatalogueServer, client: OpenMetadataClient) -> None:
    (step,) = endpoint_steps(client, RULES)
    assert (step.passed, step.is_warning, step.detail) == (True, False, "9 answer")


@pytest.mark.parametrize("status", [403, 404, 500])
@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("/status", "without statuses"),
        ("v1/usage", "without usage"),
        ("v1/queries", "without queries"),
        ("/pipelineObservability", "without observability"),
        ("testDefinitions", "without test results"),
        ("v1/users", "without owners"),
        ("v1/tags", "without tags"),
    ],
)
def test_each_that_fails_is_a_warning(
    filled: CatalogueServer, client: OpenMetadataClient, path: str, facts: str, status: int
) -> None:
    filled.fail("GET", rf"{path}(\?|$)", status, times=100)
    filled.fail("GET", rf"{path}/pipeline/", status, times=100)
    steps = check_catalogue(client, RULES)
    (step,) = [step for step in steps if step.name == "optional endpoints"]
    assert step.passed
    assert step.is_warning
    assert facts in step.detail


def test_what_is_not_written_is_not_asked(server: CatalogueServer, client: OpenMetadataClient) -> None:
    never = {"status": "never", "usage": "never", "owners": "never", "tags": "never", "observability": False}
    server.reset_requests()
    endpoint_steps(client, config(write=never))
    assert [request.path for request in server.requests] == ["/api/v1/pipelines?limit=1"]
