"""Every body we send fits OpenMetadata's own models, those of the very version it is sent to."""

from __future__ import annotations

import json

import pytest

from openmetadata_ol_provider.sandbox.catalogue.request_log import Sent
from tests.contract import routes
from tests.contract.models import Models
from tests.contract.scenarios import SCENARIOS, start
from tests.contract.seen import AGENT
from tests.contract.test_shapes import SINCE


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_body_fits_the_model_of_the_version_it_is_sent_to(name: str, models: Models) -> None:
    with start(models.release.version) as server:
        SCENARIOS[name](server)
        bodies = [body for body in server.bodies if body.agent == AGENT]
        refused = [body for body in bodies if body.status == 400]
    assert routes.complaints(models, bodies) == []
    assert refused == []
    sent_to = {route.model for body in bodies if (route := routes.route_of(body.method, body.path))}
    assert sent_to >= {
        routes.ADD_LINEAGE,
        routes.PIPELINE_STATUS,
        routes.KIND_MODELS["pipeline"].create,
        routes.KIND_MODELS["pipelineService"].create,
    }
    has_observability = models.release.numbers >= SINCE["pipelineObservability"]
    assert (f"list of {routes.PIPELINE_OBSERVABILITY}" in sent_to) == has_observability


# -- the check itself ------------------------------------------------------------------------------------------------


def sent(method: str, path: str, body: object) -> Sent:
    return Sent(method, f"/api/v1/{path}", 200, "application/json", AGENT, json.dumps(body).encode())


def test_a_body_that_does_not_fit_is_complained_about(models: Models) -> None:
    bodies = [
        sent("PUT", "pipelines", {"name": "p", "service": "s", "colour": "red"}),
        sent("PUT", "pipelines/s.p/status", {"timestamp": "1", "executionStatus": "Running"}),
        sent("POST", "usage/pipeline/1", {"date": "2026-11-23", "count": -1}),
        sent("PATCH", "pipelines/1", [{"op": "add", "path": "/tasks/0/owner", "value": "ada"}]),
        sent("PATCH", "pipelines/1", [{"op": "add", "path": "/tags/-", "value": {"tagFQN": "PII.Email"}}]),
        sent("PUT", "pipelines/s.p/status/bulk", {"timestamp": 1}),
    ]
    for body in bodies:
        found = routes.complaints(models, [body])
        assert found, body
        assert found[0].startswith(f"{body.method} {body.path}: ")


def test_a_body_for_a_route_without_a_model_is_complained_about(models: Models) -> None:
    found = routes.complaints(models, [sent("PUT", "glossaries", {"name": "g"})])
    assert len(found) == 1
    assert "no model is known" in found[0]


def test_what_fits_is_not_complained_about(models: Models) -> None:
    label = {"tagFQN": "PII.Email", "source": "Classification", "labelType": "Manual", "state": "Confirmed"}
    bodies = [
        sent("PUT", "pipelines", {"name": "p", "service": "s"}),
        sent("PUT", "pipelines/s.p/status", {"timestamp": 1, "executionStatus": "Pending", "taskStatus": []}),
        sent("PATCH", "pipelines/name/s.p", [{"op": "add", "path": "/tasks/0/tags/-", "value": label}]),
        sent(
            "PATCH",
            "tables/1",
            [{"op": "test", "path": "/name", "value": "orders"}, {"op": "remove", "path": "/tags/0"}],
        ),
        sent("PUT", "queries/1/usage", [{"id": "6b0e4b7e-6f1c-4c55-9d3c-0f6a6d1f0c11", "type": "table"}]),
    ]
    assert routes.complaints(models, bodies) == []
